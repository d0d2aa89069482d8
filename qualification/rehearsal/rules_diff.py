"""Rules diff: two sets of rules replayed on the same history, and who qualifies or is handed over by one of them alone.

Belongs here: the leads that gain or lose, the rows that decide it, hand-overs added and withdrawn, hand-overs per day,
the share that was won. Does not belong here: what rules mean (`scoring`), what keeps a lead from sales (told by whoever
asks), printing (the command). Nothing is published by it.
Both replays see the facts and touchpoints of today, so that they differ by the rules alone; what was told on past
nights stands in `stage_history` and may differ from both.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

import polars as pl

from contracts.table import TIMESTAMP, Dtype
from qualification.scoring.explained import amount, cents, explained
from qualification.scoring.fit import fit
from qualification.scoring.judged import judged
from qualification.scoring.rules import Scoring
from qualification.scoring.standing import standings

LEADS: dict[str, Dtype] = {
    "lead_id": pl.String,
    "change": pl.String,
    "at": TIMESTAMP,
    "why": pl.String,
    "fit_old": pl.Float64,
    "fit_new": pl.Float64,
    "behaviour_old": pl.Float64,
    "behaviour_new": pl.Float64,
}
"""change: gained or lost. at: when the lead qualified by the rules by which it does. why: as in `moves.MOVES`."""

ROWS: dict[str, Dtype] = {
    "lead_id": pl.String,
    "part": pl.String,
    "rule": pl.String,
    "touchpoint_id": pl.String,
    "file": pl.String,
    "row": pl.Int64,
    "old": pl.Float64,
    "new": pl.Float64,
}
"""old, new: what the row contributes at that moment by each set of rules. file, row: its first evidence."""

HANDOVERS: dict[str, Dtype] = {"lead_id": pl.String, "change": pl.String, "at": TIMESTAMP, "why": pl.String}
"""change: added or withdrawn. at: when the lead qualified by the rules by which it is handed over. why: as in `LEADS`
where qualifying decides; else the hold of the other rules."""

DAYS: dict[str, Dtype] = {"day": pl.Date, "old": pl.UInt32, "new": pl.UInt32}
WON: dict[str, Dtype] = {
    "of": pl.String,
    "leads": pl.UInt32,
    "won": pl.UInt32,
    "share": pl.Float64,
    "reason": pl.String,
}
"""of: old, new, gained or lost. won: those with an order after they qualified. reason: why there is no share."""

_KEY = ["lead_id", "part", "rule", "touchpoint_id"]


HELD = {"lead_id": pl.String, "hold_code": pl.String}


class Tried(NamedTuple):
    """A set of rules as it is tried."""

    scoring: Scoring
    held: Callable[[pl.DataFrame], pl.DataFrame]
    """`HELD` of those leads that a hold keeps from sales, given lead_id, at and why of when they qualified first."""


class RulesDiff(NamedTuple):
    """What the new rules change."""

    leads: pl.DataFrame
    """`LEADS`, sorted by change and lead_id."""
    rows: pl.DataFrame
    """`ROWS` of these leads that count differently; where none does, a threshold decides."""
    handovers: pl.DataFrame
    """`HANDOVERS`, sorted by change and lead_id."""
    days: pl.DataFrame
    """`DAYS`: hand-overs per business day of the period, days without one included."""
    won: pl.DataFrame
    """`WON`."""


def rules_diff(
    touchpoints: pl.DataFrame,
    people: pl.DataFrame,
    old: Tried,
    new: Tried,
    *,
    as_of: datetime,
    zone: str,
    customers: pl.DataFrame,
    days: int = 90,
) -> RulesDiff:
    """Who would have been marketing-qualified within the last days by one set of rules and not by the other.

    Args:
        touchpoints: `contracts.qualified.TOUCHPOINTS`.
        people: as of `scoring.people.people`.
        as_of: end of the period, with its zone.
        zone: IANA zone of business days.
        customers: lead_id, customer_since.
        days: length of the period.
    """
    begin = as_of - timedelta(days=days)
    spans = [_spans(touchpoints, people, tried.scoring, as_of, zone) for tried in (old, new)]
    here = [it.filter((pl.col("left") > begin) | pl.col("left").is_null()) for it in spans]
    firsts = [it.unique("lead_id", keep="first", maintain_order=True) for it in here]
    holds = [tried.held(one.select("lead_id", "at", "why")) for tried, one in zip((old, new), firsts, strict=True)]
    changed = pl.concat(
        [
            firsts[1].join(firsts[0], on="lead_id", how="anti").with_columns(change=pl.lit("gained")),
            firsts[0].join(firsts[1], on="lead_id", how="anti").with_columns(change=pl.lit("lost")),
        ]
    )
    theirs, them = (frame.join(changed, on="lead_id", how="semi") for frame in (touchpoints, people))
    told = [_told(judged(theirs, tried.scoring, as_of, zone), them, tried.scoring, changed) for tried in (old, new)]
    leads = changed
    for name, (sums, _) in zip(("old", "new"), told, strict=True):
        leads = leads.join(
            sums.rename({"fit": f"fit_{name}", "behaviour": f"behaviour_{name}"}), on="lead_id", how="left"
        )
    sets = {"old": firsts[0], "new": firsts[1]} | {
        name: changed.filter(pl.col("change") == name) for name in ("gained", "lost")
    }
    return RulesDiff(
        leads.select(pl.col(name).cast(dtype) for name, dtype in LEADS.items()).sort("change", "lead_id"),
        _deciding(told[0][1], told[1][1], touchpoints),
        _handovers(firsts, holds, begin),
        _per_day(
            [it.join(held, on="lead_id", how="anti") for it, held in zip(here, holds, strict=True)], begin, as_of, zone
        ),
        pl.concat([_won(name, rows, customers) for name, rows in sets.items()]),
    )


def _spans(touchpoints: pl.DataFrame, people: pl.DataFrame, rules: Scoring, as_of: datetime, zone: str) -> pl.DataFrame:
    """lead_id, at, left, why: each time a lead was qualified."""
    parts = [part.moves for part in standings(touchpoints, people, rules, as_of, zone=zone)]
    changes = pl.concat(parts).filter(pl.col("signal").is_in(["qualified", "disqualified"]))
    left = pl.col("at").shift(-1).over("lead_id")
    spans = changes.with_columns(left=left).filter(pl.col("signal") == "qualified")
    return spans.select("lead_id", "at", "left", "why").sort("lead_id", "at")


def _told(
    rows: pl.DataFrame, people: pl.DataFrame, rules: Scoring, changed: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Fit and behaviour of each changed lead at its moment, and the rows they consist of, by one set of rules."""
    asked = changed.select(owner="lead_id", asked_at="at")
    rows = rows.join(asked, on="owner", how="inner", maintain_order="left")
    rows = rows.filter(pl.min_horizontal("occurred_at", "known_at") <= pl.col("asked_at"))
    scores, parts = explained(rows, rules, pl.col("asked_at"))
    fits, fit_rows = fit(people, rules)
    sums = fits.select("lead_id", "fit").join(scores.rename({"owner": "lead_id"}), on="lead_id", how="left")
    behaves = parts.rename({"owner": "lead_id"}).select(*_KEY, "contribution")
    suits = fit_rows.select("lead_id", "part", "rule", pl.lit(None, pl.String).alias("touchpoint_id"), "contribution")
    return sums.with_columns(pl.col("behaviour").fill_null(0.0)), pl.concat([behaves, suits])


def _deciding(old: pl.DataFrame, new: pl.DataFrame, touchpoints: pl.DataFrame) -> pl.DataFrame:
    both = old.join(new, on=_KEY, how="full", coalesce=True, nulls_equal=True, suffix="_new").select(
        *_KEY,
        old=amount(cents(pl.col("contribution").fill_null(0.0))),
        new=amount(cents(pl.col("contribution_new").fill_null(0.0))),
    )
    differ = both.filter(pl.col("old") != pl.col("new"))
    shown = touchpoints.select("touchpoint_id", pl.col("evidence").list.first().alias("first")).join(
        differ, on="touchpoint_id", how="semi"
    )
    first = pl.col("first").struct
    evidence = shown.select("touchpoint_id", first.field("file").alias("file"), first.field("row").alias("row"))
    return differ.join(evidence, on="touchpoint_id", how="left").select(*ROWS).sort(_KEY, nulls_last=True)


def _handovers(firsts: list[pl.DataFrame], holds: list[pl.DataFrame], begin: datetime) -> pl.DataFrame:
    """Who is handed over within the period by one set of rules and not by the other, and why not by the other."""
    given = [one.join(held, on="lead_id", how="anti") for one, held in zip(firsts, holds, strict=True)]
    parts = [
        given[mine]
        .filter(pl.col("at") >= begin)
        .join(given[1 - mine], on="lead_id", how="anti")
        .join(holds[1 - mine].select("lead_id", "hold_code"), on="lead_id", how="left")
        .select(
            "lead_id",
            pl.lit(change).alias("change"),
            "at",
            pl.when(pl.col("hold_code").is_null())
            .then("why")
            .otherwise(pl.lit("hold ") + pl.col("hold_code"))
            .alias("why"),
        )
        for change, mine in (("added", 1), ("withdrawn", 0))
    ]
    return pl.concat(parts).sort("change", "lead_id")


def _per_day(spans: list[pl.DataFrame], begin: datetime, as_of: datetime, zone: str) -> pl.DataFrame:
    day = pl.col("at").dt.convert_time_zone(zone).dt.date().alias("day")
    edges = pl.DataFrame({"at": [begin, as_of]}, schema={"at": TIMESTAMP}).select(day)["day"]
    found = pl.DataFrame({"day": pl.date_range(edges[0], edges[1], eager=True)})
    for name, span in zip(("old", "new"), spans, strict=True):
        count = span.filter(pl.col("at") >= begin).group_by(day).agg(pl.len().alias(name))
        found = found.join(count, on="day", how="left")
    return found.select("day", pl.col("old", "new").fill_null(0).cast(pl.UInt32)).sort("day")


def _won(of: str, rows: pl.DataFrame, customers: pl.DataFrame) -> pl.DataFrame:
    orders = customers.group_by("lead_id").agg(pl.col("customer_since").max().alias("ordered"))
    won = rows.join(orders, on="lead_id").filter(pl.col("ordered") >= pl.col("at")).height
    share = won / rows.height if rows.height else None
    reason = None if rows.height else "no_leads"
    return pl.DataFrame([(of, rows.height, won, share, reason)], schema=WON, orient="row")
