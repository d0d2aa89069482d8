"""Judged: what each touchpoint may give by the rules, whenever it is asked, and why it gives less.

Belongs here: machines, the future, `per`, `min_share`, caps by day, interest, `until`. Does not belong here: decay,
ceilings and grades (`explained`, `course` beside). Nothing said here changes as time goes by, so any past moment is
judged alike: a later touchpoint never changes what an earlier one gives.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import numpy as np
import polars as pl

from contracts.table import TIMESTAMP, Dtype
from qualification.scoring.rules import PER, Act, Scoring

ACCOUNT: Final = "account:"
"""Before the id of an account that owns the touchpoints of its shared mailboxes and anonymous visitors."""

JUDGED: dict[str, Dtype] = {
    "owner": pl.String,
    "number": pl.UInt32,
    "touchpoint_id": pl.String,
    "kind": pl.String,
    "occurred_at": TIMESTAMP,
    "known_at": TIMESTAMP,
    "points": pl.Float64,
    "weight": pl.Float64,
    "half_life": pl.Float64,
    "group": pl.String,
    "trigger": pl.Boolean,
    "cancelled_at": TIMESTAMP,
    "reason": pl.String,
}
"""owner: lead_id, or `ACCOUNT` and account_id. number: of the owner among these, in order. weight: interest and doubt
about the human, without decay. half_life: days, 0 for none. cancelled_at: from when `until` cancels it. reason: why it
gives nothing; null where it counts."""

_READ = ("lead_id", "account_id", "touchpoint_id", "kind", "occurred_at", "known_at", "share", "human", "reason")


def judged(touchpoints: pl.DataFrame, rules: Scoring, as_of: datetime, zone: str) -> pl.DataFrame:
    """The touchpoints some rule of behaviour speaks of, each with what it may give.

    Args:
        touchpoints: `contracts.qualified.TOUCHPOINTS`. Those of no person count for their account; those of neither
            are left out.
        as_of: with its zone. What is dated later than this, or than the night that first knew it, does not count.
        zone: IANA zone of business days.

    Returns:
        `JUDGED`, sorted by owner, time and id.
    """
    lead, account = pl.col("lead_id"), pl.col("account_id")
    acts = {act.kind: act for act in rules.acts}
    asked = {column for column in PER.values() if column}
    rows = (
        touchpoints.lazy()
        .filter(pl.col("kind").is_in(list(acts)) & (lead.is_not_null() | account.is_not_null()))
        .select(*_READ, "category", *sorted(asked))
        .with_columns(pl.coalesce(lead, pl.lit(ACCOUNT) + account).alias("owner"))
        .drop("lead_id", "account_id")
        .join(_table(rules).lazy(), on="kind", how="left")
        .with_columns(_reason(rules, as_of), _weight(rules, zone))
        .drop("share", "human", "category")
        .collect()
    )
    rows = _capped(_once(_sorted(rows), acts, rules.horizon), acts, zone)
    return _cancelled(rows, acts).select(*JUDGED)


def _sorted(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows by owner, time and id, with the owner's number: numbers are sorted and grouped by faster than texts."""
    owners = rows["owner"].unique().sort()
    numbers = pl.DataFrame({"owner": owners, "number": pl.int_range(len(owners), dtype=pl.UInt32, eager=True)})
    rows = rows.join(numbers, on="owner", how="left").sort("number", "occurred_at").with_row_index("row")
    same = pl.struct("number", "occurred_at")
    ties = rows.select("row", "number", "occurred_at", "touchpoint_id").filter(same.is_duplicated())
    place = np.arange(rows.height)
    place[ties["row"].to_numpy()] = ties.sort("number", "occurred_at", "touchpoint_id")["row"].to_numpy()
    return rows.drop("row")[place] if ties.height else rows.drop("row")


def _table(rules: Scoring) -> pl.DataFrame:
    acts = rules.acts
    return pl.DataFrame(
        {
            "kind": [act.kind for act in acts],
            "points": [act.points for act in acts],
            "half_life": [act.half_life for act in acts],
            "group": pl.Series([act.group for act in acts], dtype=pl.String),
            "trigger": [act.trigger for act in acts],
            "min_share": pl.Series([act.min_share for act in acts], dtype=pl.Float64),
        }
    )


def _reason(rules: Scoring, as_of: datetime) -> pl.Expr:
    """Why the touchpoint alone, without its neighbours, gives nothing."""
    latest = pl.min_horizontal("known_at", pl.lit(as_of).cast(TIMESTAMP)) + rules.future_tolerance
    partly = pl.col("min_share").is_not_null()
    return (
        pl.when(rules.drop_bots & (pl.col("human") == "no"))
        .then(pl.lit("machine"))
        .when(pl.col("occurred_at") > latest)
        .then(pl.lit("event_in_future"))
        .when(pl.col("reason").is_not_null())
        .then("reason")
        .when(partly & pl.col("share").is_null())
        .then(pl.lit("share_unknown"))
        .when(partly & (pl.col("share") < pl.col("min_share")))
        .then(pl.lit("below_min_share"))
        .alias("reason")
    )


def _weight(rules: Scoring, zone: str) -> pl.Expr:
    """Interest of the day it happened on, of what gives and not of what takes; the greatest where several fit."""
    day = pl.col("occurred_at").dt.convert_time_zone(zone).dt.date()
    category = pl.col("category").str.strip_chars().str.to_lowercase()
    fitting = [
        pl.when((category == it.category.strip().lower()) & day.is_between(it.valid_from, it.valid_to)).then(it.factor)
        for it in rules.interests
    ]
    interest = pl.max_horizontal(fitting).fill_null(1.0) if fitting else pl.lit(1.0)
    human = pl.when(pl.col("human") == "maybe").then(rules.human_maybe_factor).otherwise(1.0)
    return (pl.when(pl.col("points") > 0).then(interest).otherwise(1.0) * human).alias("weight")


def _once(rows: pl.DataFrame, acts: dict[str, Act], horizon: timedelta) -> pl.DataFrame:
    """Each content, mailing, campaign or kind once within the horizon, the earliest first; what names none is one."""
    kinds = {per: [act.kind for act in acts.values() if act.per == per] for per in PER}
    told: list[pl.Expr] = [
        pl.when(pl.col("kind").is_in(named)).then(pl.col(PER[per] or "kind").fill_null("") if PER[per] else pl.lit(""))
        for per, named in kinds.items()
        if named
    ] or [pl.lit(None, pl.String)]
    what = pl.coalesce(told)
    indexed = rows.with_row_index("row").with_columns(what.alias("what"))
    left = indexed.filter(pl.col("what").is_not_null() & pl.col("reason").is_null())
    left = left.select("row", "number", "kind", "what", "occurred_at")
    again = [pl.Series("row", [], dtype=left.schema["row"])]
    key = ["number", "kind", "what"]
    while left.height:
        first = left.group_by(key).agg(pl.col("occurred_at").min().alias("first"), pl.col("row").min().alias("counts"))
        late = left.join(first, on=key, how="left").filter(pl.col("row") != pl.col("counts"))
        repeats = pl.col("occurred_at") <= pl.col("first") + horizon
        again.append(late.filter(repeats)["row"])
        left = late.filter(~repeats).select(left.columns)
    repeated = pl.col("row").is_in(pl.concat(again).implode())
    per = pl.col("kind").replace_strict(
        {act.kind: f"once_per_{act.per}" for act in acts.values() if act.per}, default=None, return_dtype=pl.String
    )
    return indexed.with_columns(pl.when(repeated).then(per).otherwise("reason").alias("reason")).drop("what", "row")


def _capped(rows: pl.DataFrame, acts: dict[str, Act], zone: str) -> pl.DataFrame:
    """At most `max_per_day` of a kind on a business day, the earliest first."""
    most = {act.kind: act.max_per_day for act in acts.values() if act.max_per_day}
    if not most:
        return rows
    indexed = rows.with_row_index("row")
    ranked = (
        indexed.lazy()
        .filter(pl.col("reason").is_null() & pl.col("kind").is_in(list(most)))
        .select("row", "number", "kind", pl.col("occurred_at").dt.convert_time_zone(zone).dt.date().alias("day"))
        .select("row", "kind", pl.int_range(1, pl.len() + 1).over("number", "kind", "day").alias("nth"))
        .filter(pl.col("nth") > pl.col("kind").replace_strict(most, return_dtype=pl.Int64))
        .collect()
    )
    over = pl.col("row").is_in(ranked["row"].implode())
    return indexed.with_columns(pl.when(over).then(pl.lit("daily_cap")).otherwise("reason").alias("reason")).drop("row")


def _cancelled(rows: pl.DataFrame, acts: dict[str, Act]) -> pl.DataFrame:
    """From when a later touchpoint of the kind named by `until` cancels it; a machine's or future one does not."""
    until = {act.kind: act.until for act in acts.values() if act.until}
    never = pl.lit(None, TIMESTAMP).alias("cancelled_at")
    if not until:
        return rows.with_columns(never)
    indexed = rows.with_row_index("row")
    ends = indexed.filter(pl.col("kind").is_in(list(set(until.values()))) & ~_unsound())
    ended = (
        indexed.filter(pl.col("kind").is_in(list(until)))
        .select("row", "number", "occurred_at", pl.col("kind").replace_strict(until).alias("kind"))
        .sort("occurred_at")
        .join_asof(
            ends.select("number", "kind", "occurred_at", pl.col("occurred_at").alias("cancelled_at")).sort(
                "occurred_at"
            ),
            on="occurred_at",
            by=["number", "kind"],
            strategy="forward",
            allow_exact_matches=False,
            check_sortedness=False,
        )
    )
    return indexed.join(ended.select("row", "cancelled_at"), on="row", how="left", maintain_order="left").drop("row")


def _unsound() -> pl.Expr:
    return pl.col("reason").fill_null("").is_in(["machine", "event_in_future"])
