"""Explained: the behaviour of each owner at one moment, in rows that sum to it exactly.

Belongs here: decay, ceilings of groups, the range, rounding. Does not belong here: what a touchpoint may give
(`judged`), fit (`fit`), how the behaviour moves with time (`course`).
Each row counts with the cents it adds to the rounded sum of those before it, so that the rows' cents sum to the
score whatever their fractions are: a row may differ by one cent from its own rounded value.
"""

from __future__ import annotations

from datetime import datetime

import polars as pl

from contracts.table import TIMESTAMP, Dtype
from qualification.scoring.rules import Scoring

BEHAVIOUR: dict[str, Dtype] = {"owner": pl.String, "behaviour": pl.Float64}
EXPLAINED: dict[str, Dtype] = {
    "owner": pl.String,
    "part": pl.String,
    "rule": pl.String,
    "touchpoint_id": pl.String,
    "points": pl.Float64,
    "factor": pl.Float64,
    "contribution": pl.Float64,
    "reason": pl.String,
}
_DAY = 86_400_000_000


def cents(values: pl.Expr) -> pl.Expr:
    """Hundredths, half to even; what differs by less than a millionth of one is the same number."""
    return (values * 100).round(6).round(0, mode="half_to_even")


def amount(of_cents: pl.Expr) -> pl.Expr:
    """Cents as the number nearest to them, which a plain division by 100 misses by a bit; never -0."""
    return (of_cents / 100).round(2) + 0.0


def explained(
    rows: pl.DataFrame, rules: Scoring, as_of: datetime | pl.Expr, factors: pl.DataFrame | None = None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The behaviour at `as_of` of every owner that has touchpoints, and the rows it consists of.

    Args:
        rows: `judged.JUDGED`, in its order.
        as_of: with its zone; or the column of a moment for each owner.
        factors: owner, factor: owners whose touchpoints count by another factor (customers).

    Returns:
        `BEHAVIOUR` and `EXPLAINED`, both sorted by owner; the rows of an owner by time, its caps last.
    """
    rows = _at(rows, rules, as_of, factors)
    sums = rows.group_by("number", maintain_order=True).agg(
        pl.col("owner").first(),
        pl.col("raw").sum().alias("total"),
        *(pl.col("raw").filter(pl.col("group") == name).sum().alias(f"groups.{name}") for name in rules.ceilings),
    )
    cuts = _cuts(sums, rules)
    parts = pl.concat([rows.select(cuts.columns), cuts]).sort("number", "place", maintain_order=True)
    before = pl.col("sum").shift(1, fill_value=0).over("number")
    parts = parts.with_columns(cents(pl.col("raw").cum_sum().over("number")).alias("sum")).with_columns(
        amount(pl.col("sum") - before).alias("contribution")
    )
    scores = parts.group_by("number", maintain_order=True).agg(
        pl.col("owner").first(), amount(pl.col("sum").last()).alias("behaviour")
    )
    return scores.select(*BEHAVIOUR), parts.select(*EXPLAINED)


def _at(rows: pl.DataFrame, rules: Scoring, as_of: datetime | pl.Expr, factors: pl.DataFrame | None) -> pl.DataFrame:
    now = as_of if isinstance(as_of, pl.Expr) else pl.lit(as_of).cast(TIMESTAMP)
    age = (now - pl.col("occurred_at")).dt.total_microseconds().clip(0)
    decay = pl.when(pl.col("half_life") > 0).then(0.5 ** (age / (pl.col("half_life") * _DAY))).otherwise(1.0)
    if factors is None:
        rows = rows.with_columns(own=pl.lit(1.0))
    else:
        rows = rows.join(factors, on="owner", how="left", maintain_order="left").rename({"factor": "own"})
    return rows.with_columns(
        factor=decay * pl.col("weight") * pl.col("own").fill_null(1.0),
        reason=pl.when(pl.col("reason").is_not_null())
        .then("reason")
        .when(pl.col("cancelled_at") <= now)
        .then(pl.lit("until"))
        .when(age > rules.horizon.total_seconds() * 1e6)
        .then(pl.lit("beyond_horizon")),
    ).with_columns(
        pl.lit("behaviour").alias("part"),
        pl.col("kind").alias("rule"),
        pl.lit(0, pl.UInt32).alias("place"),
        raw=pl.when(pl.col("reason").is_null()).then(pl.col("points") * pl.col("factor")).otherwise(0.0),
        factor=pl.when(pl.col("reason").is_null()).then("factor").otherwise(0.0),
    )


def _cuts(sums: pl.DataFrame, rules: Scoring) -> pl.DataFrame:
    """What the ceilings and then the range take away, a row each."""
    low, high = rules.behaviour_range
    over = {
        f"groups.{name}": (most - pl.col(f"groups.{name}")).clip(upper_bound=0) for name, most in rules.ceilings.items()
    }
    kept = pl.col("total") + pl.sum_horizontal(over.values()) if over else pl.col("total")
    cut = sums.select("owner", "number", **over, **{"model.behaviour_range": kept.clip(low, high) - kept})
    none = pl.lit(None)
    frames = [
        cut.filter(pl.col(name) != 0).select(
            "owner",
            "number",
            pl.lit("cap").alias("part"),
            pl.lit(name).alias("rule"),
            none.cast(pl.String).alias("touchpoint_id"),
            none.cast(pl.Float64).alias("points"),
            none.cast(pl.Float64).alias("factor"),
            pl.lit("range" if name == "model.behaviour_range" else "group_ceiling").alias("reason"),
            pl.lit(place, pl.UInt32).alias("place"),
            pl.col(name).alias("raw"),
        )
        for place, name in enumerate(cut.columns[2:], 1)
    ]
    return pl.concat(frames)
