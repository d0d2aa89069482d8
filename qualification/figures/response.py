"""Response: how soon sales answers, what became of leads by it, and whether the promise was kept.

Belongs here: speed_to_lead, speed_to_lead_conversion and sla_kept, of hand-overs and of stages. Does not belong here:
the clocks (`qualification.handover.sla`).
"""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

from qualification.figures.figure import NONE, figures, month, month_end
from qualification.figures.rules import KpiRules

SALES_READY = 5  # place on the common ladder
NO_RESPONSE = "no_response"
_COLUMNS = ("period", "dimension", "key", "numerator", "denominator")


def response_figures(
    handovers: pl.DataFrame, stages: pl.DataFrame, rules: KpiRules, as_of: datetime, timezone: str
) -> pl.DataFrame:
    """The figures of response, by the month of the hand-over.

    - speed_to_lead: share of each class of wall minutes, `no_response` being one where the window has passed;
    - speed_to_lead_minutes: the median of the answered;
    - speed_to_lead_conversion: of each class, who became ready for sales;
    - sla_kept: met of met and breached, over all, by owner and by window (as segment).

    Args:
        handovers: `contracts.qualified.HANDOVERS`.
        stages: `contracts.qualified.STAGE_HISTORY` of one model.
    """
    ready = (
        stages.filter(pl.col("ladder") >= SALES_READY)
        .group_by("lead_id")
        .agg(pl.col("entered_at").max().alias("ready_at"))
    )
    given = (
        handovers.filter(pl.col("window").is_not_null(), pl.col("handed_over_at").is_not_null())
        .join(ready, on="lead_id", how="left")
        .with_columns(
            period=month(pl.col("handed_over_at"), timezone),
            bucket=pl.coalesce("wall_bucket", pl.when(pl.col("sla") == "breached").then(pl.lit(NO_RESPONSE))),
            ready=(pl.col("ready_at") >= pl.col("handed_over_at")).fill_null(False),
            decided=pl.col("sla").is_in(["met", "breached"]),
        )
    )
    timed = given.filter(pl.col("bucket").is_not_null())
    shares = (
        timed.group_by("period", pl.col("bucket").alias("key"))
        .agg(pl.len().cast(pl.Int64).alias("numerator"))
        .with_columns(denominator=pl.col("numerator").sum().over("period"), dimension=pl.lit("segment"))
    )
    converted = (
        timed.group_by("period", pl.col("bucket").alias("key"))
        .agg(pl.col("ready").sum().cast(pl.Int64).alias("numerator"), pl.len().cast(pl.Int64).alias("denominator"))
        .with_columns(dimension=pl.lit("segment"))
    )
    answered = timed.filter(pl.col("wall_minutes").is_not_null())
    minutes = (
        answered.group_by("period")
        .agg(pl.col("wall_minutes").median().alias("value"), pl.len().cast(pl.Int64).alias("denominator"))
        .with_columns(numerator=pl.col("denominator"), dimension=pl.lit("all"), key=pl.lit(NONE))
    )
    young = month_end(pl.col("period"), timezone) + timedelta(days=rules.immature_days) > as_of
    return pl.concat(
        [
            figures(shares.select(_COLUMNS), "speed_to_lead", unit="share", digits=4),
            figures(minutes.select(*_COLUMNS, "value"), "speed_to_lead_minutes", unit="minutes", digits=1),
            figures(
                converted.select(_COLUMNS),
                "speed_to_lead_conversion",
                unit="share",
                digits=4,
                reasons={"still_running": young},
            ),
            figures(
                pl.concat([_kept(given, *key) for key in _KEPT_BY]),
                "sla_kept",
                unit="share",
                digits=4,
                reasons={"still_running": pl.col("denominator") == 0},
            ),
        ]
    )


def stage_window_figures(windows: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """sla_kept of the windows between stages, by the month of entry.

    Args:
        windows: as of `qualification.handover.stage_windows.stage_windows`.
    """
    given = windows.with_columns(
        period=month(pl.col("entered_at"), timezone), decided=pl.col("sla").is_in(["met", "breached"])
    )
    running = {"still_running": pl.col("denominator") == 0}
    return figures(_kept(given, *_BY_WINDOW), "sla_kept", unit="share", digits=4, reasons=running)


def _kept(given: pl.DataFrame, dimension: str, key: pl.Expr) -> pl.DataFrame:
    counted = given.filter(pl.col("sla") != "withdrawn")
    return (
        counted.group_by("period", key.alias("key"))
        .agg(
            (pl.col("sla") == "met").sum().cast(pl.Int64).alias("numerator"),
            pl.col("decided").sum().cast(pl.Int64).alias("denominator"),
        )
        .with_columns(dimension=pl.lit(dimension))
        .select(_COLUMNS)
    )


_BY_WINDOW = ("segment", pl.format("window:{}", "window"))
_KEPT_BY = (("all", pl.lit(NONE)), ("owner", pl.col("owner").fill_null(NONE)), _BY_WINDOW)
