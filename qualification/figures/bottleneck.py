"""Bottleneck: the stage in which leads pile up or wait longer than they used to.

Belongs here: each stage's count and waiting time now against its own last eight weeks. Does not belong here: how many
get further (`qualification.figures.conversion`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import polars as pl

from qualification.figures.figure import figures, month

WEEKS = 8
LEAST = 20  # leads in a stage, below which a change says nothing
_SECONDS_OF_A_DAY = 86400


def bottlenecks(stages: pl.DataFrame, ranks: Mapping[str, int], as_of: datetime, timezone: str) -> pl.DataFrame:
    """bottleneck_open, bottleneck_time and bottleneck per stage: what is now by the median of the last eight weeks.

    `bottleneck` is the greater of the two; the stage where it is greatest, and above 1, is the bottleneck.

    Args:
        stages: `contracts.qualified.STAGE_HISTORY` of one model.
        ranks: stages of the funnel, lowest first; in the last nobody waits.
    """
    waiting = list(ranks)[:-1]
    history = stages.filter(pl.col("stage").is_in(waiting), pl.col("entered_at") <= as_of)
    every = pl.DataFrame({"stage": waiting}, schema={"stage": pl.String})
    weeks = [
        every.join(_standing(history, as_of - timedelta(weeks=week)), on="stage", how="left").with_columns(
            pl.col("open").fill_null(0), week=pl.lit(week)
        )
        for week in range(WEEKS + 1)
    ]
    seen = pl.concat(weeks)
    usual = seen.filter(pl.col("week") > 0).group_by("stage").agg(pl.col("open", "days").median().name.suffix("_usual"))
    now = seen.filter(pl.col("week") == 0).join(usual, on="stage", how="left")
    base = now.select(
        "open",
        "days",
        "open_usual",
        "days_usual",
        period=month(pl.lit(as_of), timezone),
        dimension=pl.lit("stage"),
        key=pl.col("stage"),
    )
    count = base.with_columns(numerator=pl.col("open").cast(pl.Float64), denominator="open_usual")
    time = base.with_columns(numerator="days", denominator="days_usual")
    rise = {
        name: pl.col(name) / pl.when(pl.col(f"{name}_usual") > 0).then(f"{name}_usual") for name in ("open", "days")
    }
    longer = (rise["days"] > rise["open"]).fill_null(rise["open"].is_null())
    most = base.with_columns(
        numerator=pl.when(longer).then("days").otherwise(pl.col("open").cast(pl.Float64)),
        denominator=pl.when(longer).then("days_usual").otherwise("open_usual"),
    )
    few = pl.col("open") < LEAST
    reasons = {f"fewer_than_{LEAST}": few, "no_history": pl.col("denominator").fill_null(0) == 0}
    frames = {"bottleneck_open": count, "bottleneck_time": time, "bottleneck": most}
    return pl.concat([figures(frame, kpi, unit="ratio", digits=4, reasons=reasons) for kpi, frame in frames.items()])


def standing(stages: pl.DataFrame, moment: datetime) -> pl.DataFrame:
    """The rows of the stage history that were open at a moment, with `days` since they were entered."""
    inside = (pl.col("entered_at") <= moment) & (pl.col("left_at").is_null() | (pl.col("left_at") > moment))
    age = (pl.lit(moment) - pl.col("entered_at")).dt.total_seconds() / _SECONDS_OF_A_DAY
    return stages.filter(inside).with_columns(days=age)


def _standing(stages: pl.DataFrame, moment: datetime) -> pl.DataFrame:
    return (
        standing(stages, moment).group_by("stage").agg(pl.len().cast(pl.Int64).alias("open"), pl.col("days").median())
    )
