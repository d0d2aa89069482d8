"""Pairs into accounts without chain merges: best links first, and none that joins what must stay apart.

Belongs here: joining rows over judged links under constraints. Does not belong here: judging links.
Kruskal's algorithm (1956) over links sorted by probability: a link is refused when the two groups carry
different legal forms, VAT or register numbers, when both domain and town of the one are others than those of the other,
or a person said they are apart. Groups without any contradiction are plain connected components, so the slow path sees
only the few that have one.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
import numpy.typing as npt
import polars as pl

from matching.components import Labels, components

DECISIVE = 0.995
"""Links from this probability on rest on a number or a person and may join different legal forms."""

EXCLUSIVE = {"form": "legal form", "vat": "VAT number", "register": "register number"}
"""Marks a company has one of, and what people call them."""

SEATS = ("label", "town_head")
"""What may differ in a slip, yet not both of them where each is established."""
ESTABLISHED = 2
"""Records that say the same domain and town from which a group is known to be there: no misspelt record is a bridge."""


def join(
    rows: pl.DataFrame, links: pl.DataFrame, apart: pl.DataFrame, unlike: pl.DataFrame, names: pl.DataFrame
) -> tuple[Labels, pl.DataFrame]:
    """Group rows over links.

    Args:
        rows: columns row (0-based, any order), records, and the codes of EXCLUSIVE and SEATS.
        links: left, right, probability, sorted or not.
        apart: left, right: pairs a person said are not one.
        unlike: left, right: pairs whose evidence contradicts; only a decisive link may join them.
        names: contracts.matched.COMPANY_NAMES; of two links as good the one whose rows come first by what they say.

    Returns:
        Per row the smallest row of its group, and the links refused.
    """
    height = rows.height
    left, right = links["left"].to_numpy(), links["right"].to_numpy()
    component = components(left, right, height)
    by_row = rows.sort("row")
    torn = _torn(component, by_row, apart, unlike)
    if not torn.any():
        return component, links.clear()
    contested = torn[component[left]]
    kept, refused = _kruskal(by_row, _best_first(links.filter(pl.Series(contested)), names), apart, unlike)
    accepted = pl.concat([links.filter(pl.Series(~contested)), kept])
    return components(accepted["left"].to_numpy(), accepted["right"].to_numpy(), height), refused


def _torn(component: Labels, rows: pl.DataFrame, apart: pl.DataFrame, unlike: pl.DataFrame) -> npt.NDArray[np.bool_]:
    """Per component whether it holds two marks of one kind, or a pair that must not be one."""
    torn = np.zeros(len(component), bool)
    for column in EXCLUSIVE:
        kinds = (
            pl.DataFrame({"component": component, "value": rows[column]})
            .drop_nulls()
            .group_by("component")
            .agg(lowest=pl.min("value"), highest=pl.max("value"))
            .filter(pl.col("lowest") != pl.col("highest"))
        )
        torn[kinds["component"].to_numpy()] = True
    elsewhere = _established(rows.with_columns(component=pl.Series(component)), "component")
    several = elsewhere.group_by("component").agg(pl.col(*SEATS).n_unique())
    torn[several.filter(pl.all_horizontal(pl.col(*SEATS) > 1))["component"].to_numpy()] = True
    for pairs in (apart, unlike):
        a, b = component[pairs["left"].to_numpy()], component[pairs["right"].to_numpy()]
        torn[a[a == b]] = True
    return torn


def _established(rows: pl.DataFrame, group: str) -> pl.DataFrame:
    """Domains and towns that enough records of a group say together: the group and SEATS."""
    said = rows.drop_nulls(SEATS).group_by(group, *SEATS).agg(pl.col("records").sum())
    return said.filter(pl.col("records") >= ESTABLISHED).drop("records")


class _Groups:
    """Rows joined so far: each group by its smallest row, with its members and the marks that it carries.

    `seats` are how many records say which domain and town together.
    """

    def __init__(self, rows: pl.DataFrame, involved: npt.NDArray[np.uint32]) -> None:
        marks = zip(*(rows[c].gather(involved).to_list() for c in EXCLUSIVE), strict=True)
        self.parent = {row: row for row in involved.tolist()}
        self.members = {row: {row} for row in self.parent}
        self.marks = {
            row: [set() if mark is None else {mark} for mark in own]
            for row, own in zip(self.parent, marks, strict=True)
        }
        said = zip(*(rows[c].gather(involved).to_list() for c in (*SEATS, "records")), strict=True)
        self.seats = {
            row: Counter({(label, town): records} if label is not None and town is not None else {})
            for row, (label, town, records) in zip(self.parent, said, strict=True)
        }

    def of(self, row: int) -> int:
        while self.parent[row] != row:
            self.parent[row] = self.parent[self.parent[row]]
            row = self.parent[row]
        return row

    def contradict(self, x: int, y: int) -> bool:
        return any(p and q and p != q for p, q in zip(self.marks[x], self.marks[y], strict=True))

    def elsewhere(self, x: int, y: int) -> bool:
        """Whether both groups are established, and neither domain nor town of the one is any of the other's."""
        here, there = ([seat for seat, records in self.seats[g].items() if records >= ESTABLISHED] for g in (x, y))
        apart = ({seat[side] for seat in here}.isdisjoint(seat[side] for seat in there) for side in range(len(SEATS)))
        return bool(here and there) and all(apart)

    def meet(self, x: int, y: int, enemies: dict[int, set[int]]) -> bool:
        return any(enemies[m] & self.members[y] for m in self.members[x] if m in enemies)

    def unite(self, x: int, y: int) -> None:
        x, y = min(x, y), max(x, y)
        self.parent[y] = x
        self.members[x] |= self.members.pop(y)
        self.seats[x] += self.seats.pop(y)
        self.marks[x] = [p | q for p, q in zip(self.marks[x], self.marks.pop(y), strict=True)]


def _best_first(links: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    """Links by probability, those as good by what their rows say, so that the order of rows decides nothing."""
    involved = pl.concat([links["left"], links["right"]]).unique()
    said = names[involved].select(pl.exclude("name", "records")).with_columns(row=involved)
    order = said.sort(pl.exclude("row"), nulls_last=True).select("row", pl.row_index("rank"))
    ranked = links.join(order.rename({"row": "left", "rank": "a"}), on="left").join(
        order.rename({"row": "right", "rank": "b"}), on="right"
    )
    return ranked.sort(
        "probability", pl.min_horizontal("a", "b"), pl.max_horizontal("a", "b"), descending=[True, False, False]
    ).drop("a", "b")


def _kruskal(
    rows: pl.DataFrame, ordered: pl.DataFrame, apart: pl.DataFrame, unlike: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Of links in the order in which they are tried, those kept and those refused."""
    involved = np.unique(np.r_[ordered["left"].to_numpy(), ordered["right"].to_numpy()])
    groups = _Groups(rows, involved)
    inside = pl.Series(involved, dtype=pl.UInt32).implode()
    stated, shunned = (
        _both_ways(p.filter(pl.col("left").is_in(inside) & pl.col("right").is_in(inside))) for p in (apart, unlike)
    )
    keep = []
    for a, b, probability in ordered.select("left", "right", "probability").iter_rows():
        x, y = groups.of(a), groups.of(b)
        if x != y:
            doubted = probability < DECISIVE and (
                groups.contradict(x, y) or groups.elsewhere(x, y) or groups.meet(x, y, shunned)
            )
            if doubted or groups.meet(x, y, stated):
                keep.append(False)
                continue
            groups.unite(x, y)
        keep.append(True)
    kept = pl.Series(keep, dtype=pl.Boolean)
    return ordered.filter(kept), ordered.filter(~kept)


def _both_ways(pairs: pl.DataFrame) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    for a, b in pairs.select("left", "right").iter_rows():
        found.setdefault(a, set()).add(b)
        found.setdefault(b, set()).add(a)
    return found
