"""A block of delimited text, read by columns.

Belongs here: whole lines of one block to cells, every byte of them accounted for, and which lines are too odd for
that. Does not belong here: the stream of blocks (`delimited`), reading an odd line (`delimited_row`).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl

from sources import text
from sources.delimited_row import Dialect
from sources.reading import ROW, Batch

Codes = np.ndarray[tuple[int], np.dtype[np.uint8]]
Counts = np.ndarray[tuple[int], np.dtype[np.int64]]


class Block(NamedTuple):
    """What a block holds: its rows, the number of its lines, and the odd ones with the lines before them."""

    batch: Batch
    lines: int
    odd: list[tuple[int, bytes]]


def read_block(data: bytes, quotes: Counts, dialect: Dialect, width: int, before: int) -> Block | None:
    """Read whole lines of UTF-8.

    Args:
        data: the lines.
        quotes: where quotes stand in them (`places`).
        dialect: how they are split.
        width: cells of a row.
        before: lines of the file before these.

    Returns:
        The block, or None when it has to be read row by row: rows may span lines in an odd way, most lines are
        odd, or bytes cannot be counted in this dialect.
    """
    if not data or not _is_simple(data, dialect):
        return None
    block = _Block(data, quotes, dialect, width, before)
    return block.in_order() or block.by_lines()


def places(data: bytes, mark: str) -> Counts:
    """Where a sign stands among bytes; nowhere if it is none of one byte."""
    return np.flatnonzero(np.frombuffer(data, np.uint8) == ord(mark)) if mark.isascii() else np.empty(0, np.int64)


def _is_simple(data: bytes, dialect: Dialect) -> bool:
    """Whether dialect and line ends are such that bytes can be counted."""
    if dialect.escape or len(dialect.delimiter.encode()) != 1 or len(dialect.quote.encode()) != 1:
        return False
    returns = data.count(b"\r")
    return not returns or returns == data.count(b"\r\n")


class _Block:
    """Whole lines with the places of their quotes."""

    def __init__(self, data: bytes, quotes: Counts, dialect: Dialect, width: int, before: int) -> None:
        self.data, self.quotes, self.dialect, self.width, self.before = data, quotes, dialect, width, before
        self.codes: Codes = np.frombuffer(data, np.uint8)

    def in_order(self) -> Block | None:
        """The block if every quote is in place, every row as wide as the header, no line blank."""
        frame = self._cells()
        if frame is None:
            return None
        lines = int(np.count_nonzero(self.codes == 10)) + int(self.codes[-1] != 10)
        if frame.height == lines:
            return Block(self._batch(frame, np.arange(lines), within_lines=True), lines, [])
        spans = _count(frame, "\n") + 1
        if int(spans.sum()) != lines or self._swallowed(frame, spans):
            return None
        begins = np.concatenate(([0], np.cumsum(spans)[:-1]))
        return Block(self._batch(frame, begins, within_lines=False), lines, [])

    def by_lines(self) -> Block | None:
        """The block if every row is one line: odd lines are set apart, the others read by columns."""
        ends = places(self.data, "\n") + 1
        if self.codes[-1] != 10:
            ends = np.append(ends, len(self.codes))
        starts = np.concatenate(([0], ends[:-1]))
        quoted = _per_line(self.quotes, ends)
        if (quoted % 2).any():
            return None
        delimiters = places(self.data, self.dialect.delimiter)
        if len(self.quotes):
            delimiters = delimiters[np.searchsorted(self.quotes, delimiters) % 2 == 0]
        odd = _per_line(delimiters, ends) != self.width - 1
        if self._quoting() is None:
            odd |= quoted > 0
        if odd.mean() > 0.5:
            return None
        apart = np.flatnonzero(odd)
        begins = np.concatenate(([0], ends[apart]))
        stops = np.concatenate((starts[apart], [len(self.data)]))
        good = b"".join(self.data[begin:stop] for begin, stop in zip(begins.tolist(), stops.tolist(), strict=True))
        rest = _Block(good, places(good, self.dialect.quote), self.dialect, self.width, self.before)
        frame, lines = rest._cells(), np.flatnonzero(~odd)
        if frame is None or frame.height != len(lines):
            return None
        left = [(self.before + place, self.data[starts[place] : ends[place]]) for place in apart.tolist()]
        batch = rest._batch(frame, np.arange(len(lines)), within_lines=True, among=lines)
        return Block(batch, len(ends), left)

    def _batch(self, frame: pl.DataFrame, begins: Counts, *, within_lines: bool, among: Counts | None = None) -> Batch:
        """The rows that begin at these lines; `among` says which lines of the file's block these were."""
        numbers = (begins if among is None else among) + self.before + 1
        # Where there are quotes, a delimiter may stand in a cell.
        delimiter = b"" if len(self.quotes) else self.dialect.delimiter.encode()
        doubtful = text.doubtful_places(self.data)
        if len(doubtful):
            lines = np.searchsorted(places(self.data, "\n"), doubtful)
            doubtful = np.unique(numbers[np.searchsorted(begins, lines, "right") - 1])
        return Batch(
            frame.insert_column(0, pl.Series(ROW, numbers, pl.Int64)),
            doubtful=doubtful,
            blanks=within_lines and text.has_only_blanks(self.data, delimiter),
        )

    def _cells(self) -> pl.DataFrame | None:
        """The cells, if every byte is accounted for: the parser pads short rows without a word."""
        quoting = self._quoting()
        frame = self._parse() if quoting is not None else None
        if frame is None:
            return None
        cells = frame.select(pl.sum_horizontal(pl.all().str.len_bytes().sum())).item()
        delimiters = frame.height * (self.width - 1)
        ends = frame.height - (self.codes[-1] != 10)
        if b"\r" in self.data:
            ends += self.data.count(b"\r") - int(_count(frame, "\r").sum())
        return frame if cells + delimiters + ends + quoting == len(self.data) else None

    def _parse(self) -> pl.DataFrame | None:
        try:
            return pl.read_csv(
                self.data,
                has_header=False,
                new_columns=[str(place) for place in range(self.width)],
                separator=self.dialect.delimiter,
                quote_char=self.dialect.quote,
                infer_schema=False,
            ).rechunk()
        except pl.exceptions.PolarsError:
            return None

    def _swallowed(self, frame: pl.DataFrame, spans: Counts) -> bool:
        """Whether a cell over several lines holds delimiters, as it does when a quote was never closed."""
        several = frame.filter(pl.Series(spans > 1))
        suspicious = pl.all().str.contains("\n", literal=True) & pl.all().str.contains(
            self.dialect.delimiter, literal=True
        )
        return several.select(pl.any_horizontal(suspicious).any()).item() is True

    def _quoting(self) -> int | None:
        """How many bytes of quotes stand around and in cells beside their text, None if a quote is out of place.

        Every quote must open after, and close before, a delimiter, line end or doubled quote.
        """
        codes, quote, delimiter = self.codes, ord(self.dialect.quote), ord(self.dialect.delimiter)
        if len(self.quotes) % 2:
            return None
        opens, closes = self.quotes[0::2], self.quotes[1::2]
        before = codes[np.maximum(opens - 1, 0)]
        doubled = (before == quote) & (opens > 0)
        opened = (opens == 0) | (before == delimiter) | (before == 10) | doubled
        after = codes[np.minimum(closes + 1, len(codes) - 1)]
        closed = (closes == len(codes) - 1) | np.isin(after, np.array([delimiter, 10, 13, quote], np.uint8))
        if not (opened.all() and closed.all()):
            return None
        cells = len(opens) - int(np.count_nonzero(doubled))
        return cells + len(opens)  # two around each cell, and one more for each quote inside


def _count(frame: pl.DataFrame, mark: str) -> Counts:
    """How often a mark stands in the cells of each row."""
    inside = pl.sum_horizontal(pl.all().str.count_matches(mark, literal=True).fill_null(0))
    return frame.select(inside.cast(pl.Int64)).to_series().to_numpy()


def _per_line(found: Counts, ends: Counts) -> Counts:
    """How many of the places lie in each line."""
    return np.diff(np.searchsorted(found, ends), prepend=0)
