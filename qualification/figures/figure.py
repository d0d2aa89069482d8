"""Figure: one row of the table of figures, with numerator, denominator, and the reason where there is no value.

Belongs here: the division that is never one by zero, and the months rows are counted in. Does not belong here: which
figures there are (the files beside).
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from contracts.qualified import KPIS

NONE = "(none)"
EVER = "all"  # the period of a figure over all months
NOTHING = "nothing_to_divide_by"


def figures(
    frame: pl.DataFrame, kpi: str, *, unit: str | pl.Expr, digits: int, reasons: Mapping[str, pl.Expr] | None = None
) -> pl.DataFrame:
    """The rows of a figure: `contracts.qualified.KPIS`.

    Args:
        frame: period, dimension, key, numerator, denominator, and `value` where it is not their quotient.
        digits: decimals of the value.
        reasons: why there is no value, the first that is true.
    """
    zero = pl.col("denominator").fill_null(0) == 0
    why = [pl.when(holds.fill_null(False)).then(pl.lit(name)) for name, holds in (reasons or {}).items()]
    value = pl.col("value") if "value" in frame.columns else pl.col("numerator") / pl.col("denominator")
    rows = frame.with_columns(
        pl.lit(kpi).alias("kpi"),
        pl.col("numerator", "denominator").cast(pl.Float64),
        (pl.lit(unit) if isinstance(unit, str) else unit).alias("unit"),
        pl.coalesce(*why, pl.when(zero).then(pl.lit(NOTHING))).alias("reason"),
    ).with_columns(
        value=pl.when(pl.col("reason").is_null()).then(value.cast(pl.Float64).round(digits)),
        key=pl.col("key").fill_null(NONE),
    )
    return KPIS.conform(rows.select(KPIS.names)).sort(KPIS.key)


def month(moment: pl.Expr, timezone: str) -> pl.Expr:
    """The month of a moment on the business calendar, YYYY-MM."""
    return moment.dt.convert_time_zone(timezone).dt.strftime("%Y-%m")


def month_end(period: pl.Expr, timezone: str) -> pl.Expr:
    """The first moment (UTC) after a month."""
    first = (period + "-01").str.to_date("%Y-%m-%d").dt.offset_by("1mo")
    return first.cast(pl.Datetime("us")).dt.replace_time_zone(timezone).dt.convert_time_zone("UTC")
