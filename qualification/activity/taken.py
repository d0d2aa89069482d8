"""Taken: the columns of a table of activity by what they say.

Belongs here: finding a target's cells by the names of its shape and of the source's settings, keys within JSON, times
and numbers with their zone and notation. Does not belong here: what a row becomes (the builders beside).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from qualification.activity.numbers import currency_in, to_number
from qualification.activity.times import to_utc
from sources.activity.shapes import IN_JSON, Shape, column_of, name_key
from sources.activity.shelf import ActivityFile
from sources.reading import ROW

EMPTY = ("", "--", "-", "null", "(not set)", "n/a", "none", "nan")
_CURRENCY_OF = {"CH": "CHF", "LI": "CHF", "GB": "GBP", "US": "USD", "PL": "PLN", "CZ": "CZK", "DK": "DKK", "SE": "SEK"}
_PAIR = r'"key":\s*"{key}",\s*"value":\s*\{{[^}}]*?"(?:string|int|float|double)_value":\s*(?:"([^"]+)"|(-?\d[\d.]*))'


@dataclass(frozen=True)
class Taken:
    """One table: its shape, where it came from, its cells ("0", "1", ... and `row`)."""

    shape: Shape
    told: ActivityFile
    rows: pl.DataFrame

    def text(self, target: str) -> pl.Series:
        """A target's cells, of several columns the first filled one; null throughout where there is no column."""
        if target in self.shape.fixed:
            return pl.Series(target, [self.shape.fixed[target]], dtype=pl.String).new_from_index(0, self.rows.height)
        cells = [self.cells(name) for name in self._names(target)]
        found = [cell for some in cells for cell in some]
        if not found:
            return pl.Series(target, [None], dtype=pl.String).new_from_index(0, self.rows.height)
        return self.rows.select(pl.coalesce(found).alias(target)).to_series()

    def has(self, target: str) -> bool:
        """Whether the table has a column for a target."""
        return bool(column_of(self.told.header, self._names(target)))

    def time(self, target: str) -> pl.Series:
        """A target's times in UTC; of several columns the first that holds one."""
        found = pl.Series(target, [None], dtype=pl.Datetime("us", "UTC")).new_from_index(0, self.rows.height)
        for place in column_of(self.told.header, self._names(target)):
            read = self._times(self.rows[str(place)], self.told.header[place])
            found = pl.select(pl.coalesce(found, read).alias(target)).to_series()
        return found

    def said_time(self, target: str) -> pl.Series:
        """A time that the report says above its table, one value."""
        names = self.shape.report.get(target, ())
        return self._times(pl.Series(target, [self.told.said.get(target)], dtype=pl.String), names[0] if names else "")

    def number(self, target: str) -> pl.Series:
        """A target's numbers; null where there is none."""
        notation = self.shape.numbers
        if notation is None and self.told.country in ("US", "GB", "IE"):
            notation = "point"
        return to_number(self.text(target), notation).rename(target)

    def currency(self, amount: str) -> pl.Series:
        """ISO 4217: of the column, beside the amount, in its header, else the one of the source."""
        places = column_of(self.told.header, self._names(amount))
        header = currency_in(pl.Series([self.told.header[places[0]] if places else ""]))[0]
        if places and name_key(self.told.header[places[0]]).endswith("usd"):
            header = "USD"
        known = header if header in _KNOWN else None
        usual = self.told.currency or _CURRENCY_OF.get(self.told.country, "EUR")
        stated, beside = currency_in(self.text("currency")), currency_in(self.text(amount))
        beside = pl.select(pl.when(beside.is_in(_KNOWN)).then(beside)).to_series()
        return pl.select(
            pl.coalesce(stated, beside, pl.lit(known, pl.String), pl.lit(usual)).alias("currency")
        ).to_series()

    @property
    def where(self) -> dict[str, pl.Expr]:
        """source and file of every row."""
        name = self.told.file if self.told.sheet is None else f"{self.told.file}#{self.told.sheet}"
        return {"source": pl.lit(self.told.source), "file": pl.lit(name)}

    @property
    def crm_source(self) -> str:
        """The source whose record ids this table names."""
        return self.told.crm_source or self.told.source

    @property
    def place(self) -> pl.Series:
        """Each row's number in the file."""
        return self.rows[ROW]

    @cached_property
    def _stated(self) -> Mapping[str, list[str]]:
        stated: dict[str, list[str]] = {}
        for header, target in self.told.columns.items():
            stated.setdefault(target, []).append(header)
        return stated

    def _names(self, target: str) -> Sequence[str]:
        return [*self._stated.get(target, ()), *self.shape.take.get(target, ())]

    def cells(self, name: str) -> list[pl.Expr]:
        column, _, key = name.partition(IN_JSON)
        places = column_of(self.told.header, [column])
        if key and not places:  # a document had the pairs, and they became columns
            return self.cells(key)
        return [_filled(_within(pl.col(str(place)), key) if key else pl.col(str(place))) for place in places]

    def _times(self, cells: pl.Series, header: str) -> pl.Series:
        zone = "UTC" if self.shape.zone == "UTC" else self.told.timezone
        order = self.shape.dates or self.told.date_order
        begins = cells.str.replace(r"\s+-\s+\S.*$", "")  # `10:01 - 10:30 (29 minutes)`, as GoTo has it in one cell
        return to_utc(begins, header, zone, order if order in ("dmy", "mdy") else None)


_KNOWN = ["EUR", "USD", "CHF", "GBP", "PLN", "CZK", "DKK", "SEK", "NOK", "HUF", "JPY"]


def _filled(cell: pl.Expr) -> pl.Expr:
    bare = cell.str.strip_chars()
    return pl.when(~bare.str.to_lowercase().is_in(EMPTY)).then(bare)


def _within(cell: pl.Expr, key: str) -> pl.Expr:
    """A key of the JSON in a cell, plain or as a list of keys with their values."""
    plain = pl.when(cell.str.starts_with("{")).then(cell).str.json_path_match(f"$['{key}']")
    pair = _PAIR.format(key=re.escape(key))
    return pl.coalesce(plain, cell.str.extract(pair, 1), cell.str.extract(pair, 2))


def is_true(texts: pl.Series) -> pl.Series:
    """Yes and no as systems write them; null where it is neither."""
    low = texts.str.to_lowercase()
    yes, no = (
        ("true", "yes", "ja", "1", "t", "y", "granted", "wahr"),
        ("false", "no", "nein", "0", "f", "n", "denied", "falsch"),
    )
    return pl.select(pl.when(low.is_in(yes)).then(True).when(low.is_in(no)).then(False).alias(texts.name)).to_series()


def addresses(texts: pl.Series) -> pl.Series:
    """E-mail addresses in small letters, bare of names and brackets around them; null where there is none."""
    return texts.str.to_lowercase().str.extract(r"([^\s;,<>\"'()\[\]:]+@[^\s;,<>\"'()\[\]@]+\.[^\s;,<>\"'()\[\]@.]+)")


def bare_id(ids: pl.Series) -> pl.Series:
    """Record ids as the other export has them: `101.0`, as a sheet writes it, is `101`."""
    return ids.str.replace(r"^(\d+)\.0$", "$1")
