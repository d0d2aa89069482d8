"""Numbers: money, minutes and counts as exports write them.

Belongs here: German and English signs, currencies beside an amount, durations in words. Does not belong here: which
notation a shape is bound to (`sources/activity/shapes.toml`).
"""

from __future__ import annotations

import polars as pl

_SIGNS = r"[^\d.,+\-']"
_GROUPED = r"^[+-]?\d{1,3}(?:[.,]\d{3})+$"
_CURRENCIES = {
    "€": "EUR",
    "$": "USD",
    "£": "GBP",
    "eur": "EUR",
    "euro": "EUR",
    "chf": "CHF",
    "fr.": "CHF",
    "sfr": "CHF",
}


def to_number(texts: pl.Series, notation: str | None = None) -> pl.Series:
    """Numbers (Float64); null where a text holds none.

    Args:
        texts: the cells, perhaps with a currency.
        notation: `point` where the point always is the decimal sign; None: the column tells, German where it does not.

    Example:
        >>> to_number(pl.Series(["10.000,00", "8.400 €", "-", "1.250"])).to_list()
        [10000.0, 8400.0, None, 1250.0]
    """
    bare = (
        texts.cast(pl.String)
        .str.replace_all(r"[\u2212\u2013]", "-")
        .str.replace_all(_SIGNS, "")
        .str.replace_all("'", "")
    )
    bare = bare.str.replace(r"^(.*\d)-$", "-$1")  # a minus behind the amount, as SAP writes it
    cells = bare.rename("cell").to_frame()
    cell = pl.col("cell")
    point, comma = cell.str.contains(".", literal=True), cell.str.contains(",", literal=True)
    german = (point & comma & cell.str.contains(r"\..*,\d*$")) | cell.str.contains(r"^[+-]?\d+,(?:\d{1,2}|\d{4,})$")
    english = (point & comma & cell.str.contains(r",.*\.\d*$")) | cell.str.contains(r"^[+-]?\d*\.(?:\d{1,2}|\d{4,})$")
    told = cells.select(german=german.any(), english=english.any()).row(0)
    as_german = cell.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)
    as_english = cell.str.replace_all(",", "", literal=True)
    by_column = as_english if notation == "point" or (told[1] and not told[0]) else as_german
    if notation == "point":
        both = point & comma & cell.str.contains(r"\..*,\d*$")  # 48.000,00 can be nothing else
        number = pl.when(both).then(as_german).otherwise(by_column)
    else:
        # What only groups its digits by threes goes with the column; everything else tells for itself.
        number = pl.when(german).then(as_german).when(english).then(as_english).otherwise(by_column)
    return cells.select(number.cast(pl.Float64, strict=False).alias(texts.name)).to_series()


def to_minutes(texts: pl.Series) -> pl.Series:
    """Minutes (Float64) of `29`, `1h 5m 12s`, `54 minutes`, `01:02:03`."""
    cells = texts.cast(pl.String).str.to_lowercase().str.strip_chars().rename("cell").to_frame()
    cell = pl.col("cell")

    def part(unit: str) -> pl.Expr:
        return cell.str.extract(rf"(\d+)\s*{unit}").cast(pl.Float64, strict=False)

    hours, minutes, seconds = part(r"(?:h|std)"), part(r"m(?:in|\b|$)"), part(r"s(?:ec|ek|\b|$)")
    worded = hours.fill_null(0) * 60 + minutes.fill_null(0) + seconds.fill_null(0) / 60
    clock = [cell.str.extract(r"^(\d+):(\d\d):(\d\d)$", group).cast(pl.Float64, strict=False) for group in (1, 2, 3)]
    plain = cell.str.extract(r"^(\d+(?:[.,]\d+)?)$").str.replace(",", ".").cast(pl.Float64, strict=False)
    any_word = pl.any_horizontal(hours.is_not_null(), minutes.is_not_null(), seconds.is_not_null())
    told = pl.coalesce(plain, clock[0] * 60 + clock[1] + clock[2] / 60, pl.when(any_word).then(worded))
    return cells.select(told.alias(texts.name)).to_series()


def currency_in(texts: pl.Series) -> pl.Series:
    """The currency written beside amounts or alone, ISO 4217; null where there is none."""
    cells = texts.cast(pl.String).str.to_lowercase().rename("cell").to_frame()
    cell = pl.col("cell")
    code = cell.str.extract(r"(?:^|[^a-z])([a-z]{3})(?:$|[^a-z])").str.to_uppercase()
    named = pl.lit(None, pl.String)
    for sign, iso in _CURRENCIES.items():
        named = pl.when(cell.str.contains(sign, literal=True)).then(pl.lit(iso)).otherwise(named)
    return cells.select(pl.coalesce(named, code).alias(texts.name)).to_series()
