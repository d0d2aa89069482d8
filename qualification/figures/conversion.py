"""Conversion: how many of those who enter a stage get further, and how many leads an order takes.

Belongs here: cohorts by the month of entry. Does not belong here: how long it takes (`qualification.figures.cycle`).
Who skips a stage has reached it; who goes the way twice in one pass counts once; a second pass is another cohort.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import polars as pl

from qualification.figures.figure import NONE, figures, month, month_end
from qualification.figures.rules import KpiRules

_MONTHS = 12  # of cohorts whose rates are pooled for `leads_needed`
_EXACT = 1e-9  # 12 / (0.25 * 0.4 * 0.3) is 400 and a rounding error


def conversion_rates(
    stages: pl.DataFrame, ranks: Mapping[str, int], rules: KpiRules, as_of: datetime, timezone: str
) -> pl.DataFrame:
    """conversion_rate per stage and cohort: those who got further of those who entered.

    Args:
        stages: `contracts.qualified.STAGE_HISTORY` of one model.
        ranks: stages of the funnel and their ranks, lowest first.
    """
    climbed = stages.with_columns(
        rank=pl.col("stage").replace_strict(dict(ranks), default=None, return_dtype=pl.Int32)
    ).filter(pl.col("rank").is_not_null(), pl.col("entered_at") <= as_of)
    cohorts = [_cohorts(climbed, stage, rank, timezone) for stage, rank in list(ranks.items())[:-1]]
    if not cohorts:
        return figures(_NO_COHORT, "conversion_rate", unit="share", digits=4)
    young = month_end(pl.col("period"), timezone) + timedelta(days=rules.immature_days) > as_of
    return figures(pl.concat(cohorts), "conversion_rate", unit="share", digits=4, reasons={"still_running": young})


def leads_needed(rates: pl.DataFrame, ranks: Mapping[str, int], rules: KpiRules, period: str) -> pl.DataFrame:
    """leads_needed for the target of kpis.toml, by the rates of the last twelve grown-up cohorts of each stage.

    Args:
        rates: as of `conversion_rates`.
        period: month of the run.
    """
    grown = rates.filter(pl.col("reason").is_null()).sort("period", descending=True)
    pooled = grown.group_by("key").agg(
        pl.col("numerator").sort_by("period", descending=True).head(_MONTHS).sum(),
        pl.col("denominator").sort_by("period", descending=True).head(_MONTHS).sum(),
    )
    known = {key: reached / entered for key, reached, entered in pooled.iter_rows()}
    steps = [stage for stage, _ in pairwise(ranks)]
    product = math.prod(known.get(stage, 0.0) for stage in steps)
    needed = needed_leads(rules.target, [known.get(stage, 0.0) for stage in steps])
    row = {"period": period, "dimension": "all", "key": NONE, "numerator": rules.target, "denominator": product}
    frame = pl.DataFrame([row | {"value": needed}], schema_overrides={"value": pl.Float64})
    missing = pl.lit(any(stage not in known for stage in steps))
    reasons = {"no_grown_up_cohort": missing, "no_conversion": pl.col("denominator") == 0}
    return figures(frame, "leads_needed", unit="leads", digits=0, reasons=reasons)


def needed_leads(target: float, rates: Sequence[float]) -> int | None:
    """The leads a target takes at these rates, rounded up; None where none gets through.

    Example:
        >>> needed_leads(12, [0.25, 0.4, 0.3])
        400
    """
    product = math.prod(rates)
    return math.ceil(target / product - _EXACT) if product > 0 else None


def _cohorts(climbed: pl.DataFrame, stage: str, rank: int, timezone: str) -> pl.DataFrame:
    return (
        climbed.filter(pl.col("rank") >= rank)
        .group_by("lead_id", "pass")
        .agg(pl.col("entered_at").min(), (pl.col("rank").max() > rank).alias("further"))
        .group_by(month(pl.col("entered_at"), timezone).alias("period"))
        .agg(pl.col("further").sum().cast(pl.Int64).alias("numerator"), pl.len().cast(pl.Int64).alias("denominator"))
        .with_columns(dimension=pl.lit("stage"), key=pl.lit(stage))
        .select(_NO_COHORT.columns)
    )


_NO_COHORT = pl.DataFrame(
    schema={
        "period": pl.String,
        "dimension": pl.String,
        "key": pl.String,
        "numerator": pl.Int64,
        "denominator": pl.Int64,
    }
)
