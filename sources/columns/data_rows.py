"""Data rows: the rows of a table that are data, with tidy cells.

Belongs here: trimming, dropping blank rows, taking out legends, repeated headers and totals. Does not belong here:
telling a total from a lead (`layout`), mending cells (`mending`).
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from sources.columns.headers import fold
from sources.columns.layout import group_of, is_subtotal, is_total
from sources.columns.legend import Legend, is_of_legend
from sources.problems import RAW_LIMIT, Problem
from sources.reading import ROW


def trimmed(frame: pl.DataFrame, untidy: Sequence[str]) -> pl.DataFrame:
    """Cells of the untidy columns without white space around them, empty ones null, blank rows dropped."""
    if untidy:
        bare = pl.col(untidy).str.strip_chars("\ufeff").str.strip_chars()
        frame = frame.with_columns(bare).with_columns(pl.when(pl.col(untidy) != "").then(pl.col(untidy)))
    blank = frame.select(pl.all_horizontal(pl.exclude(ROW).is_null())).to_series()
    return frame.filter(~blank) if blank.any() else frame


def without_legends(frame: pl.DataFrame, legends: Sequence[Legend]) -> pl.DataFrame:
    """The rows that are no part of the legends around the table; only those without an address are looked at."""
    if not legends:
        return frame
    address = pl.any_horizontal(pl.exclude(ROW).str.contains("@", literal=True).fill_null(False))
    first = pl.coalesce(pl.exclude(ROW)).str.contains(r"[=:]|^\W*\pL[\pL ]*\W*$|^-?\d{1,3}$|\d\s+\pL")
    rows = frame.filter(first & ~address).iter_rows()
    out = [number for number, *values in rows if is_of_legend(values, legends)]
    return frame.filter(~pl.col(ROW).is_in(out)) if out else frame


class Watch:
    """Takes out rows that repeat the header, rows of totals and rows that head a group; all go to `problems`.

    In a grouped report (`Muster GmbH (2 records)` above the rows of the group) the group's name stands in the rows
    below it, where their own cell is empty.

    Where joined exports have their columns in another order, the rows below such a header are put in the
    order of the first one.
    """

    def __init__(self, header: Sequence[str], problems: list[Problem]) -> None:
        self._names = [fold(name) for name in header]
        cases = (str.strip, str.upper, str.lower, str.title)
        self._written = sorted({case(name.strip()) for name in header for case in cases if name.strip()})
        self._named = [str(place) for place, name in enumerate(header) if name.strip()][:2]
        self._problems = problems
        self._order: list[int] | None = None
        self._group: tuple[int, str] | None = None

    def clean(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The rows that are data, cells under the header they belong to."""
        cells = [name for name in frame.columns if name != ROW]
        again = pl.all_horizontal([pl.col(cell).is_in(self._written) for cell in self._named] or [pl.lit(False)])
        few = pl.sum_horizontal(pl.col(cells).is_not_null()) <= min(3, max(1, len(cells) - 1))
        out: list[int] = []
        turns: list[tuple[int, list[int] | None]] = []
        groups: list[tuple[int, tuple[int, str]]] = [(0, self._group)] if self._group else []
        for number, *values in frame.filter(again | few).iter_rows():
            if (order := self._header_order(values)) is not None:
                turns.append((number, None if order == list(range(len(order))) else order))
                self._hold_back(number, "repeated_header", "The header row again", values)
            elif is_total(values) or is_subtotal(values):
                self._hold_back(number, "total_row", "A row of totals", values)
            elif (group := group_of(values)) is not None:
                groups.append((number, self._placed(*group)))
                self._hold_back(number, "group_row", "The head of a group, named in its rows", values)
            else:
                continue
            out.append(number)
        frame = self._reordered(frame, turns)
        frame = frame.filter(~pl.col(ROW).is_in(out)) if out else frame
        return self._grouped(frame, groups) if groups else frame

    def _placed(self, place: int, name: str) -> tuple[int, str]:
        """A group's column and name: `Account Name: Muster GmbH` says its column itself."""
        label, _, rest = name.partition(":")
        known = fold(label) in self._names and rest.strip()
        return (self._names.index(fold(label)), rest.strip()) if known else (place, name)

    def _grouped(self, frame: pl.DataFrame, groups: list[tuple[int, tuple[int, str]]]) -> pl.DataFrame:
        """The rows of each group with its name, where their own cell is empty."""
        self._group = groups[-1][1]
        heads = pl.DataFrame(
            [(row, str(group[0]), group[1]) for row, group in groups],
            schema={"head": frame.schema[ROW], "cell": pl.String, "name": pl.String},
            orient="row",
        )
        headed = frame.join_asof(heads, left_on=ROW, right_on="head", strategy="backward")
        filled = (
            pl.when((pl.col("cell") == cell) & pl.col(cell).is_null()).then("name").otherwise(cell).alias(cell)
            for cell in heads["cell"].unique().to_list()
        )
        return headed.with_columns(filled).select(frame.columns)

    def _header_order(self, values: Sequence[str | None]) -> list[int] | None:
        """For each column the place of its value in this row, if the row is a header."""
        if sum(1 for value in values if value) < min(2, len(self._names)):
            return None
        places: dict[str, list[int]] = {}
        for place, value in enumerate(values):
            places.setdefault(fold(value or ""), []).append(place)
        try:
            return [places[name].pop(0) for name in self._names]
        except (KeyError, IndexError):
            return None

    def _reordered(self, frame: pl.DataFrame, turns: list[tuple[int, list[int] | None]]) -> pl.DataFrame:
        if self._order is None and not any(order for _, order in turns):
            return frame
        parts = []
        start = 0
        for number, order in [*turns, (None, None)]:
            stop = frame.height if number is None else int((frame[ROW] < number).sum())
            part = frame[start:stop]
            if self._order is not None:
                part = part.select(ROW, *(pl.col(str(p)).alias(str(n)) for n, p in enumerate(self._order)))
            parts.append(part)
            start = stop
            if number is not None:
                self._order = order
        return pl.concat(parts)

    def _hold_back(self, number: int, reason: str, message: str, values: Sequence[str | None]) -> None:
        raw = ";".join(value or "" for value in values)[:RAW_LIMIT]
        self._problems.append(Problem(number, reason, message, raw))
