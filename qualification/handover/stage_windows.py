"""Stage windows: whether each lead left a stage in the business time sla.toml gives it.

Belongs here: the windows that lie between two stages, such as accepting a lead. Does not belong here: the windows of a
hand-over (`qualification.handover.sla`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import polars as pl

from qualification.handover.business_time import BusinessClock
from qualification.handover.sla import Clocks, SlaRules, Window

_UTC = pl.Datetime("us", "UTC")
STAGE_WINDOWS: dict[str, pl.DataType | type[pl.DataType]] = {
    "lead_id": pl.String,
    "window": pl.String,
    "entered_at": _UTC,
    "business_minutes": pl.Float64,
    "sla": pl.String,
}


def stage_windows(stages: pl.DataFrame, ranks: Mapping[str, int], rules: SlaRules, as_of: datetime) -> pl.DataFrame:
    """How each lead kept each window between two stages of a model, by the business clock of [calendar].

    Args:
        stages: `contracts.qualified.STAGE_HISTORY` of the model.
        ranks: its stages and their ranks; a window between stages it does not have says nothing.

    Returns:
        `STAGE_WINDOWS`; sla is met, breached, running, or withdrawn where the lead went another way in time.
    """
    clock = Clocks(rules).of()
    windows = [window for window in rules.windows if window.stages and set(window.stages) <= ranks.keys()]
    kept = [_kept(stages, ranks, window, clock, as_of) for window in windows]
    return pl.concat([pl.DataFrame(schema=STAGE_WINDOWS), *kept]).sort("window", "entered_at", "lead_id")


def business_minutes(frame: pl.DataFrame, begin: str, end: str, clock: BusinessClock) -> pl.Series:
    """The minutes an office was open from one column to another, row by row; as of `BusinessClock.minutes`."""
    if frame.is_empty():
        return pl.Series("minutes", [], dtype=pl.Float64)
    first, last = frame.select(pl.col(begin).min(), pl.col(end).max().alias("last")).row(0)
    openings = clock.openings(first, last)
    passed = [_passed(frame, name, openings) for name in (begin, end)]
    return (passed[1] - passed[0]).clip(lower_bound=0).alias("minutes")


def _kept(
    stages: pl.DataFrame, ranks: Mapping[str, int], window: Window, clock: BusinessClock, as_of: datetime
) -> pl.DataFrame:
    left, right = window.stages or ("", "")
    ranked = stages.with_columns(rank=pl.col("stage").replace_strict(dict(ranks), default=None, return_dtype=pl.Int32))
    reached = (
        ranked.filter(pl.col("rank") >= ranks[right])
        .group_by("lead_id", "pass")
        .agg(pl.col("entered_at").min().alias("reached_at"))
    )
    inside = (
        ranked.filter(pl.col("stage") == left, pl.col("entered_at") <= as_of)
        .join(reached, on=["lead_id", "pass"], how="left")
        .with_columns(reached=(pl.col("reached_at") >= pl.col("entered_at")).fill_null(False))
        .with_columns(until=pl.when("reached").then("reached_at").otherwise(pl.col("left_at").fill_null(as_of)))
    )
    late = pl.col("business_minutes") > window.business_minutes
    return inside.with_columns(business_minutes(inside, "entered_at", "until", clock).alias("business_minutes")).select(
        "lead_id",
        pl.lit(window.name).alias("window"),
        "entered_at",
        "business_minutes",
        pl.when(late)
        .then(pl.lit("breached"))
        .when("reached")
        .then(pl.lit("met"))
        .when(pl.col("left_at").is_null())
        .then(pl.lit("running"))
        .otherwise(pl.lit("withdrawn"))
        .alias("sla"),
    )


def _passed(frame: pl.DataFrame, column: str, openings: pl.DataFrame) -> pl.Series:
    """Minutes open before each moment of a column, counted from the first opening."""
    asked = frame.select(moment=pl.col(column)).with_row_index("at").sort("moment")
    since = (pl.col("moment") - pl.col("begins")).dt.total_microseconds() / 6e7
    return (
        asked.join_asof(openings, left_on="moment", right_on="begins", strategy="backward")
        .sort("at")
        .select((pl.col("before") + pl.min_horizontal(since, "length")).fill_null(0.0))
        .to_series()
    )
