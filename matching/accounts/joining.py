"""Pairs into accounts without chain merges: best links first, and none that joins what must stay apart.

Belongs here: joining rows over judged links under constraints. Does not belong here: judging links.
Kruskal's algorithm (1956) over links sorted by probability: a link is refused when the two groups carry
different legal forms, VAT or register numbers, or a person said they are apart. Groups without any
contradiction are plain connected components, so the slow path sees only the few that have one.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from matching.components import Labels, components

DECISIVE = 0.995
"""Links from this probability on rest on a number or a person and may join different legal forms."""

EXCLUSIVE = {"form": "legal form", "vat": "VAT number", "register": "register number"}
"""Marks a company has one of, and what people call them."""


def join(
    rows: pl.DataFrame, links: pl.DataFrame, apart: pl.DataFrame, unlike: pl.DataFrame
) -> tuple[Labels, pl.DataFrame]:
    """Group rows over links.

    Args:
        rows: columns row (0-based, any order) and the codes of EXCLUSIVE.
        links: left, right, probability, sorted or not.
        apart: left, right: pairs a person said are not one.
        unlike: left, right: pairs whose evidence contradicts; only a decisive link may join them.

    Returns:
        Per row the smallest row of its group, and the links refused.
    """
    height = rows.height
    left, right = links["left"].to_numpy(), links["right"].to_numpy()
    component = components(left, right, height)
    by_row = rows.sort("row")
    torn = np.zeros(height, bool)
    for column in EXCLUSIVE:
        kinds = (
            pl.DataFrame({"component": component, "value": by_row[column]})
            .drop_nulls()
            .group_by("component")
            .agg(lowest=pl.min("value"), highest=pl.max("value"))
            .filter(pl.col("lowest") != pl.col("highest"))
        )
        torn[kinds["component"].to_numpy()] = True
    for pairs in (apart, unlike):
        a, b = component[pairs["left"].to_numpy()], component[pairs["right"].to_numpy()]
        torn[a[a == b]] = True
    if not torn.any():
        return component, links.clear()
    contested = torn[component[left]]
    kept, refused = _kruskal(by_row, links.filter(pl.Series(contested)), apart, unlike)
    accepted = pl.concat([links.filter(pl.Series(~contested)), kept])
    return components(accepted["left"].to_numpy(), accepted["right"].to_numpy(), height), refused


def _kruskal(
    rows: pl.DataFrame, links: pl.DataFrame, apart: pl.DataFrame, unlike: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    ordered = links.sort("probability", "left", "right", descending=[True, False, False])
    parent: dict[int, int] = {}
    carried: dict[int, list[set[int]]] = {}
    members: dict[int, set[int]] = {}
    involved = np.unique(np.r_[ordered["left"].to_numpy(), ordered["right"].to_numpy()])
    values = zip(*(rows[c].gather(involved).to_list() for c in EXCLUSIVE), strict=True)
    for row, marks in zip(involved.tolist(), values, strict=True):
        parent[row] = row
        carried[row] = [set() if v is None else {v} for v in marks]
        members[row] = {row}

    inside = pl.Series(involved, dtype=pl.UInt32).implode()
    stated, shunned = (
        _both_ways(p.filter(pl.col("left").is_in(inside) & pl.col("right").is_in(inside))) for p in (apart, unlike)
    )

    def meets(x: int, y: int, enemies: dict[int, set[int]]) -> bool:
        return any(enemies[m] & members[y] for m in members[x] if m in enemies)

    def root(x: int) -> int:
        while parent[x] != x:
            parent[x] = parent[parent[x]]
            x = parent[x]
        return x

    keep = []
    for a, b, probability in ordered.select("left", "right", "probability").iter_rows():
        x, y = root(a), root(b)
        if x == y:
            keep.append(True)
            continue
        contradiction = any(p and q and p != q for p, q in zip(carried[x], carried[y], strict=True))
        contradiction = contradiction or meets(x, y, shunned)
        if (contradiction and probability < DECISIVE) or meets(x, y, stated):
            keep.append(False)
            continue
        x, y = min(x, y), max(x, y)
        parent[y] = x
        members[x] |= members.pop(y)
        carried[x] = [p | q for p, q in zip(carried[x], carried.pop(y), strict=True)]
        keep.append(True)
    kept = pl.Series(keep, dtype=pl.Boolean)
    return ordered.filter(kept), ordered.filter(~kept)


def _both_ways(pairs: pl.DataFrame) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    for a, b in pairs.select("left", "right").iter_rows():
        found.setdefault(a, set()).add(b)
        found.setdefault(b, set()).add(a)
    return found
