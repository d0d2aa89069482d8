"""Clustering: from pairs to persons, without blind transitivity.

Belongs here: joining merged pairs into clusters, cutting chains that hold a contradiction at their weakest
link, obeying people's decisions, alarms. Does not belong here: the evidence itself (`matching/leads/decision/scoring`).

Links are taken strongest first (Kruskal); a link that would bring a contradicting pair into one cluster is
cut, and so is one short of certainty that would bridge a conflict: a name alone does not join two mailboxes.
Links inside what was published as one lead come before all others, so that those who come later are tried against a
lead, and not it against them. Ties fall to the smaller record numbers, so equal decisions give equal clusters.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from matching.components import Labels, components

REACH = 60  # records of one chain that are checked against each other
LARGE = 12  # records of one person that make a person look
SURE = 0.999  # a link at least this probable may bridge a conflict
CONTRADICTION = "contradiction"  # how the reason of a pair begins that must not share a cluster
CONFLICT = "conflict"  # how the reason of a pair begins that only sure links may bring together
SINGLE = "single record"
BY_HAND = "linked by hand"

Foes = dict[int, set[int]]
CUT = {"left": pl.UInt32, "right": pl.UInt32, "probability": pl.Float32, "bits": pl.Float32, "reason": pl.String}
ALARMS = {"cluster": pl.UInt32, "records": pl.UInt32, "alarm": pl.String}


class ContradictionError(ValueError):
    """Two records that a person declared different are joined by links a person declared."""

    def __init__(self, left: int, right: int) -> None:
        super().__init__(f"records {left} and {right} are declared different, yet links declared by hand join them")
        self.records = left, right


@dataclass(frozen=True, slots=True)
class Clustering:
    """`clusters`: record, cluster (its smallest record), match_probability, match_reason; one row per record.

    `cut`: merged pairs that were cut because their chain held a contradiction; they belong in review.
    `alarms`: cluster, records, alarm: clusters so large that something may be wrong, and cut chains.
    """

    clusters: pl.DataFrame
    cut: pl.DataFrame
    alarms: pl.DataFrame


def cluster(
    decisions: pl.DataFrame,
    n_records: int,
    *,
    must_link: pl.DataFrame | None = None,
    cannot_link: pl.DataFrame | None = None,
    before: npt.NDArray[np.int32] | None = None,
) -> Clustering:
    """Join records into persons.

    Args:
        decisions: contracts.matched.MATCH_DECISIONS; rows `merged` are links, rows `apart` contradictions, or
            conflicts where their reason says so.
        n_records: number of records; records without a link become clusters of one.
        must_link: left, right: records a person declared to be the same.
        cannot_link: left, right: records a person declared to be different.
        before: per record the lead it was published in, -1 for none (`matching.leads.decision.published.leads_before`).

    Raises:
        ContradictionError: must_link and cannot_link contradict each other.

    Example:
        >>> columns = ["left", "right", "probability", "bits", "outcome", "reason"]
        >>> rows = [(0, 1, 0.99, 19.1, "merged", "same e-mail"), (1, 3, 0.97, 17.5, "merged", "same name, same phone")]
        >>> cluster(pl.DataFrame(rows, columns, orient="row"), 4).clusters
        shape: (4, 4)
        ┌────────┬─────────┬───────────────────┬───────────────────────┐
        │ record ┆ cluster ┆ match_probability ┆ match_reason          │
        │ ---    ┆ ---     ┆ ---               ┆ ---                   │
        │ u32    ┆ u32     ┆ f64               ┆ str                   │
        ╞════════╪═════════╪═══════════════════╪═══════════════════════╡
        │ 0      ┆ 0       ┆ 0.99              ┆ same e-mail           │
        │ 1      ┆ 0       ┆ 0.99              ┆ same e-mail           │
        │ 2      ┆ 2       ┆ 1.0               ┆ single record         │
        │ 3      ┆ 0       ┆ 0.97              ┆ same name, same phone │
        └────────┴─────────┴───────────────────┴───────────────────────┘
    """
    merged = decisions.filter(pl.col("outcome") == "merged").sort(
        ["probability", "bits", "left", "right"], descending=[True, True, False, False]
    )
    forced = _edges(must_link)
    apart, conflict = pl.col("outcome") == "apart", pl.col("reason").str.starts_with(CONFLICT)
    strict = np.concatenate([_edges(cannot_link), _edges(decisions.filter(apart & ~conflict))])
    banned = np.concatenate([strict, _edges(decisions.filter(apart & conflict))])
    sure = np.concatenate([np.ones(len(forced), bool), (merged["probability"] >= SURE).to_numpy()])
    links = np.concatenate([forced, _edges(merged)])
    labels = _components(links, n_records)
    tangled = np.unique(labels[banned[:, 0]][labels[banned[:, 0]] == labels[banned[:, 1]]])
    kept = np.ones(len(links), bool)
    if len(tangled):
        inside = np.flatnonzero(np.isin(labels[links[:, 0]], tangled))
        inside = inside[np.argsort(_rank(links[inside], inside < len(forced), before), kind="stable")]
        foes = _foes(strict), _foes(banned)
        kept[inside] = _untangle(links[inside], inside < len(forced), sure[inside], foes)
        _refuse_contradictions(links[: len(forced)], cannot_link, n_records)
        labels = _components(links[kept], n_records)
    cut = merged.filter(pl.Series(~kept[len(forced) :])).select(list(CUT)).sort("left", "right")
    held = _strongest_links(links[kept], merged, kept[len(forced) :], int(kept[: len(forced)].sum()), n_records)
    clusters = held.insert_column(1, pl.Series("cluster", labels, dtype=pl.UInt32))
    return Clustering(clusters, cut, _alarms(labels, cut))


def chained(links: pl.DataFrame, n_records: int) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32]]:
    """The pairs that links (left, right) join only through others; in long chains only the near ones."""
    edges = _edges(links)
    labels = _components(edges, n_records)
    sizes = np.bincount(labels, minlength=1)
    inside = np.flatnonzero(sizes[labels] > 2)
    order = inside[np.argsort(labels[inside], kind="stable")]
    found = [np.zeros((0, 2), np.int64)]
    for distance in range(1, REACH):
        if len(order) <= distance:
            break
        a, b = order[:-distance], order[distance:]
        found.append(np.column_stack([a, b])[labels[a] == labels[b]])
    pairs = np.concatenate(found)
    direct = np.isin(pairs[:, 0] << 32 | pairs[:, 1], edges[:, 0] << 32 | edges[:, 1])
    return pairs[~direct, 0].astype(np.uint32), pairs[~direct, 1].astype(np.uint32)


def _edges(pairs: pl.DataFrame | None) -> npt.NDArray[np.int64]:
    if pairs is None or not pairs.height:
        return np.zeros((0, 2), np.int64)
    return np.column_stack([pairs[c].to_numpy().astype(np.int64) for c in ("left", "right")])


def _components(links: npt.NDArray[np.int64], n: int) -> Labels:
    return components(links[:, 0], links[:, 1], n)


def _untangle(
    links: npt.NDArray[np.int64],
    forced: npt.NDArray[np.bool_],
    sure: npt.NDArray[np.bool_],
    foes: tuple[Foes, Foes],
) -> npt.NDArray[np.bool_]:
    """Which links to keep so that no foes end up in one cluster; forced links always stay.

    `foes`: those that no link may join, and those that only a sure link may join.
    """
    members: dict[int, set[int]] = {}
    kept = np.ones(len(links), bool)
    for place, (a, b) in enumerate(links.tolist()):
        one, other = members.setdefault(a, {a}), members.setdefault(b, {b})
        if one is other:
            continue
        if not forced[place] and _hostile(one, other, foes[0] if sure[place] else foes[1]):
            kept[place] = False
            continue
        small, large = sorted((one, other), key=len)
        large |= small
        for record in small:
            members[record] = large
    return kept


def _rank(
    links: npt.NDArray[np.int64], forced: npt.NDArray[np.bool_], before: npt.NDArray[np.int32] | None
) -> npt.NDArray[np.int64]:
    """0 for what a person linked, 1 for what was published as one lead, 2 for the rest."""
    ends = (before[links[:, 0]], before[links[:, 1]]) if before is not None else (np.zeros(1), np.ones(1))
    return np.where(forced, 0, np.where((ends[0] == ends[1]) & (ends[0] >= 0), 1, 2))


def _foes(pairs: npt.NDArray[np.int64]) -> Foes:
    found: Foes = {}
    for a, b in pairs.tolist():
        found.setdefault(a, set()).add(b)
        found.setdefault(b, set()).add(a)
    return found


def _refuse_contradictions(forced: npt.NDArray[np.int64], cannot_link: pl.DataFrame | None, n: int) -> None:
    labels = _components(forced, n)
    for a, b in _edges(cannot_link).tolist():
        if labels[a] == labels[b]:
            raise ContradictionError(a, b)


def _hostile(one: Iterable[int], other: set[int], foes: Foes) -> bool:
    return any(not other.isdisjoint(foes[record]) for record in one if record in foes)


def _strongest_links(
    links: npt.NDArray[np.int64], merged: pl.DataFrame, kept: npt.NDArray[np.bool_], forced: int, n: int
) -> pl.DataFrame:
    """Per record the strongest link that holds it (links come strongest first)."""
    probability = np.concatenate([np.ones(forced, np.float32), merged["probability"].to_numpy()[kept]])
    reason = pl.concat([pl.Series([BY_HAND] * forced, dtype=pl.String), merged["reason"].filter(pl.Series(kept))])
    reason = pl.concat([reason, pl.Series([SINGLE], dtype=pl.String)])
    probability = np.append(probability, np.float32(1.0))
    first = np.full(n, len(links), np.int64)
    np.minimum.at(first, links.ravel(), np.repeat(np.arange(len(links)), 2))
    return pl.DataFrame(
        {
            "record": np.arange(n, dtype=np.uint32),
            "match_probability": probability[first],
            "match_reason": reason.gather(first),
        }
    )


def _alarms(labels: npt.NDArray[np.int64], cut: pl.DataFrame) -> pl.DataFrame:
    """`labels`: per record its cluster."""
    sizes = np.bincount(labels)
    chains = np.unique(labels[cut["left"].to_numpy()])
    alarms = {
        "more records than one person usually has": np.flatnonzero(sizes > LARGE),
        "a chain with a contradiction was cut at its weakest link": chains,
    }
    tables = [
        pl.DataFrame({"cluster": found, "records": sizes[found], "alarm": [alarm] * len(found)}, ALARMS, strict=False)
        for alarm, found in alarms.items()
    ]
    return pl.concat(tables).sort("cluster", "alarm")
