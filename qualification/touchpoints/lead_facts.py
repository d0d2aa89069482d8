"""Lead facts: what records declare of need and size, as numbers that scoring can compare.

Belongs here: bands of employees, budgets, months until buying. Does not belong here: which record speaks for a lead
otherwise (`matching.golden`), points.
Nothing here decays: a fact changes when a record says something else.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from contracts.qualified import LEAD_FACTS
from contracts.table import given_or_null
from engine.word_lists import WordLists
from qualification.activity.numbers import to_number

_BANDS = ((10, "1-9"), (50, "10-49"), (250, "50-249"), (1000, "250-999"))
_MOST = "1000+"
_WORDS = WordLists(Path(__file__).parent).rows("timeframes.csv")
_FIELDS = ("industry", "employees", "budget", "timeframe", "interest", "rating")


def lead_facts(records: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """The facts of each lead that has any.

    Args:
        records: source, source_record_id, collected_at, received_at, and of contracts.raw what is there of industry,
            employees, budget, timeframe, interest and rating.
        members: source, source_record_id, lead_id.

    Returns:
        contracts.qualified.LEAD_FACTS, sorted: of each fact what the newest record that has one says.
    """
    told = records.select("source", "source_record_id", "collected_at", "received_at", *given_or_null(records, _FIELDS))
    told = told.filter(pl.any_horizontal(pl.col(_FIELDS).is_not_null()))
    told = told.join(members.select("source", "source_record_id", "lead_id"), on=["source", "source_record_id"])
    told = told.with_columns(
        employees_band=_bands(told["employees"]),
        budget_amount=_largest(told["budget"]),
        timeframe_months=_months(told["timeframe"]),
    ).sort(pl.coalesce("collected_at", "received_at"), "source", "source_record_id")
    facts = [name for name in LEAD_FACTS.names if name != "lead_id"]
    found = told.group_by("lead_id").agg(pl.col(name).drop_nulls().last() for name in facts)
    found = found.filter(pl.any_horizontal(pl.col(facts).is_not_null()))
    return LEAD_FACTS.conform(found).sort("lead_id")


def _bands(texts: pl.Series) -> pl.Series:
    """`ca. 120`, `50-249`, `> 1.000` as a band: of two numbers the lower tells."""
    bare = texts.str.replace_all(r"(\d)[.,'\s](\d{3})\b", "$1$2")
    number = bare.str.extract(r"(\d+)").cast(pl.Int64, strict=False)
    band = pl.lit(_MOST)
    for limit, name in reversed(_BANDS):
        band = pl.when(number < limit).then(pl.lit(name)).otherwise(band)
    return pl.select(pl.when(number > 0).then(band).alias("employees_band")).to_series()


def _largest(texts: pl.Series) -> pl.Series:
    """`10.000 - 25.000 €`, `ca. 50 TEUR`, `1,5 Mio.`: of two amounts the lower, as nobody promised the other."""
    low = texts.str.to_lowercase()
    first = low.str.extract(r"(\d[\d.,' ]*\d|\d)").str.replace_all(" ", "")
    number = to_number(first)
    millions, thousands = (
        low.str.contains(r"\d\s*(?:mio|million|m€|m eur)"),
        low.str.contains(r"\d\s*(?:k\b|t€|teur|tsd|tausend|k€)"),
    )
    factor = pl.when(millions).then(1e6).when(thousands).then(1e3).otherwise(1.0)
    return pl.select((number * factor).alias("budget_amount")).to_series()


def _months(texts: pl.Series) -> pl.Series:
    """`sofort`, `3-6 Monate`, `Q3`: months until they want to buy; of two numbers the higher, as it is not before."""
    low = texts.str.to_lowercase().str.strip_chars()
    number = pl.coalesce(low.str.extract(r"(\d+)\s*(?:-|–|bis|to)\s*(\d+)", 2), low.str.extract(r"(\d+)")).cast(
        pl.Float64
    )
    unit = pl.lit(None, pl.Float64)
    worded = pl.lit(None, pl.Float64)
    for row in reversed(_WORDS):
        hit = low.str.contains(row["word"], literal=True)
        months = float(row["months"])
        if row["kind"] == "unit":
            unit = pl.when(hit).then(months).otherwise(unit)
        else:
            worded = pl.when(hit).then(months).otherwise(worded)
    quarter = low.str.contains(r"\bq[1-4]\b|20\d\d")  # a date, not a length: what it is from depends on the day
    counted = pl.when(~quarter).then(number * unit)
    return pl.select(pl.coalesce(worded, counted).alias("timeframe_months")).to_series()
