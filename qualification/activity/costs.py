"""Costs: what a campaign was planned to cost and did cost, by day or month.

Belongs here: months as sheets write them, rows of totals. Does not belong here: adding up days and deliveries
(`campaign_costs`), exchange rates.
"""

from __future__ import annotations

import polars as pl

from engine.word_lists import alternatives
from qualification.activity.parts import Parts
from qualification.activity.taken import Taken
from qualification.activity.times import to_utc
from sources.columns.words import CELL_WORDS

_TOTAL = rf"(?i)^\W*(?:{alternatives(CELL_WORDS['total before'])}\s*)?{alternatives(CELL_WORDS['total'])}(?:\W|$)"
_MICROS = 1_000_000
_MESSAGES = {
    "total_row": "A row of totals: it would count every cost twice",
    "no_campaign": "The row names no campaign",
    "unknown_month": "The month is not told, or not in a notation that is known",
    "no_amount": "Neither planned nor actual costs are in the row",
}


def read_costs(taken: Taken) -> Parts:
    """One row per campaign and day or month; total_row, no_campaign, unknown_month and no_amount go to the rejects."""
    parts = Parts()
    campaign, written = taken.text("campaign_id"), taken.text("day")
    day, month = _months(written)
    amount = "actual" if taken.has("actual") else "planned"
    rows = pl.DataFrame(
        {
            "row": taken.place,
            "campaign_id": campaign,
            "day": day,
            "month": month,
            "channel": taken.text("channel"),
            "planned": taken.number("planned"),
            "actual": _actual(taken),
            "currency": taken.currency(amount),
        }
    ).with_columns(received_at=pl.lit(taken.told.received_at), **taken.where)
    summed = pl.any_horizontal(texts.str.contains(_TOTAL).fill_null(False) for texts in (campaign, written))
    bare = campaign.is_null() & written.is_null()
    reason = (
        pl.when(summed | bare)
        .then(pl.lit("total_row"))
        .when(pl.col("campaign_id").is_null())
        .then(pl.lit("no_campaign"))
        .when(pl.col("month").is_null())
        .then(pl.lit("unknown_month"))
        .when(pl.col("planned").is_null() & pl.col("actual").is_null())
        .then(pl.lit("no_amount"))
    )
    rows = rows.with_columns(reason_code=reason)
    parts.add("costs", rows.filter(pl.col("reason_code").is_null()))
    lost = rows.filter(pl.col("reason_code").is_not_null())
    message = pl.col("reason_code").replace_strict(_MESSAGES, default=None, return_dtype=pl.String)
    raw = pl.concat_str(
        pl.col("campaign_id", "month"), pl.col("planned", "actual").cast(pl.String), separator=";", ignore_nulls=True
    )
    parts.add("rejects", lost.with_columns(message=message, raw=raw))
    return parts


def _actual(taken: Taken) -> pl.Series:
    """Money spent; Google counts in millionths."""
    spent = taken.number("actual")
    return spent if not taken.has("micros") else taken.number("micros") / _MICROS


def _months(written: pl.Series) -> tuple[pl.Series, pl.Series]:
    """The day (null where only a month is told) and the month, YYYY-MM."""
    written = written.str.replace(r"^(\pL+\.?|\d{1,2}[/.])\s*'?(\d\d)$", "$1 20$2").str.replace(
        r"^(\d{1,2}[/.]) ", "$1"
    )
    year_first = written.str.extract(r"^(\d{4})[-/.]?(?:0?([1-9])|1[0-2])$", 1)
    number = written.str.extract(r"^\d{4}[-/.]?(\d{1,2})$", 1)
    year_last, first = (
        written.str.extract(r"^\d{1,2}[-/.](\d{4})$", 1),
        written.str.extract(r"^(\d{1,2})[-/.]\d{4}$", 1),
    )
    short = pl.select(
        pl.coalesce(
            pl.format("{}-{}", year_first, number.str.zfill(2)), pl.format("{}-{}", year_last, first.str.zfill(2))
        )
    ).to_series()
    named = to_utc("1 " + written.str.replace(r"\.", "")).dt.strftime("%Y-%m")
    at = to_utc(written)
    dated = at.dt.strftime("%Y-%m")
    is_month = short.is_not_null() | (named.is_not_null() & dated.is_null())
    day = pl.select(pl.when(~is_month).then(at.dt.strftime("%Y-%m-%d")).alias("day")).to_series()
    valid = short.str.contains(r"-(?:0[1-9]|1[0-2])$")
    return day, pl.select(pl.coalesce(pl.when(valid).then(short), dated, named).alias("month")).to_series()
