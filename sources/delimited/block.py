"""A block of delimited text, read by columns.

Belongs here: whole lines of one block to cells, every byte of them accounted for, and which lines are too odd for
that. Does not belong here: the stream of blocks (`reader`), reading an odd line (`row`).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl
import pyarrow as pa
from pyarrow import csv

from sources.delimited.block_text import BlockText, Places, places_of
from sources.delimited.row import Dialect
from sources.reading import Batch, Codes, text_of


class Block(NamedTuple):
    """What a block holds: its rows, the number of its lines, and the odd ones with the lines before them."""

    batch: Batch
    lines: int
    odd: list[tuple[int, bytes]]


def read_block(text: BlockText, dialect: Dialect, width: int, before: int) -> Block | None:
    """Read whole lines of UTF-8.

    Args:
        text: the lines.
        dialect: how they are split.
        width: cells of a row.
        before: lines of the file before these.

    Returns:
        The block, or None when it has to be read row by row: rows may span lines in an odd way, most lines are
        odd, or bytes cannot be counted in this dialect.
    """
    if not text.data or text.lone_returns or not _is_simple(dialect):
        return None
    block = _Block(text, dialect, width, before)
    return block.in_order() or block.by_lines()


def _is_simple(dialect: Dialect) -> bool:
    """Whether the dialect is such that bytes can be counted."""
    return not dialect.escape and len(dialect.delimiter.encode()) == len(dialect.quote.encode()) == 1


class _Block:
    """Whole lines and how they are split."""

    def __init__(self, text: BlockText, dialect: Dialect, width: int, before: int) -> None:
        self.text, self.dialect, self.width, self.before = text, dialect, width, before

    def in_order(self) -> Block | None:
        """The block if every quote is in place, every row as wide as the header, no line blank."""
        cells = self._cells()
        if cells is None:
            return None
        lines = self.text.lines
        if len(cells) == lines:
            return Block(self._batch(cells, np.arange(lines)), lines, [])
        frame = pl.DataFrame(pl.from_arrow(cells))
        spans = _breaks(frame) + 1
        if int(spans.sum()) != lines or self._swallowed(frame, spans):
            return None
        begins = np.concatenate(([0], np.cumsum(spans)[:-1]))
        return Block(self._batch(cells, begins), lines, [])

    def by_lines(self) -> Block | None:
        """The block if every row is one line: odd lines are set apart, the others read by columns."""
        data, codes, quotes = self.text.data, self.text.codes, self.text.quotes
        ends = self.text.ends + 1
        if self.text.lines > len(ends):
            ends = np.append(ends, len(codes))
        starts = np.concatenate(([0], ends[:-1]))
        quoted = _per_line(quotes, ends)
        if (quoted % 2).any():
            return None
        delimiters = places_of(codes, self.dialect.delimiter)
        within = np.diff(np.searchsorted(delimiters, quotes))[0::2]
        quoting = np.bincount(np.searchsorted(ends, quotes[0::2], "right"), within, minlength=len(ends))
        odd = _per_line(delimiters, ends) - quoting != self.width - 1
        if self._quoting() is None:
            odd |= quoted > 0
        if odd.mean() > 0.5:
            return None
        apart = np.flatnonzero(odd)
        begins = np.concatenate(([0], ends[apart]))
        stops = np.concatenate((starts[apart], [len(data)]))
        good = b"".join(data[begin:stop] for begin, stop in zip(begins.tolist(), stops.tolist(), strict=True))
        rest = _Block(BlockText.of(good, self.dialect.quote), self.dialect, self.width, self.before)
        cells, lines = rest._cells(), np.flatnonzero(~odd)
        if cells is None or len(cells) != len(lines):
            return None
        left = [(self.before + place, data[starts[place] : ends[place]]) for place in apart.tolist()]
        return Block(rest._batch(cells, np.arange(len(lines)), lines), len(ends), left)

    def _batch(self, cells: pa.Table, begins: Places, among: Places | None = None) -> Batch:
        """The rows that begin at these lines; `among` says which lines of the file's block these were."""
        rows = (begins if among is None else among) + self.before + 1
        doubtful = self.text.doubtful()
        if len(doubtful):
            lines = np.searchsorted(self.text.ends, doubtful)
            doubtful = np.unique(rows[np.searchsorted(begins, lines, "right") - 1])
        return Batch(rows, cells, doubtful)

    def _cells(self) -> pa.Table | None:
        """The cells, if every byte is accounted for."""
        quoting = self._quoting()
        cells = self._parse() if quoting is not None else None
        if cells is None:
            return None
        texts = [text[places[0] : places[-1]] for places, text in map(text_of, _chunks(cells))]
        returns = len(self.text.returns)
        if returns:
            returns -= sum(int(np.count_nonzero(text == ord("\r"))) for text in texts)
        ends = len(cells) - (self.text.codes[-1] != ord("\n"))
        delimiters = len(cells) * (self.width - 1)
        told = sum(map(len, texts)) + delimiters + ends + returns + quoting
        return cells if told == len(self.text.data) else None

    def _parse(self) -> pa.Table | None:
        """The cells, one array a column; None if they are not UTF-8, or a row has more or fewer than the others."""
        if not self.text.is_utf8():
            return None
        names = [str(place) for place in range(self.width)]
        try:
            return csv.read_csv(
                pa.BufferReader(self.text.data),
                csv.ReadOptions(column_names=names, use_threads=False),
                csv.ParseOptions(
                    delimiter=self.dialect.delimiter,
                    quote_char=self.dialect.quote,
                    newlines_in_values=True,
                    ignore_empty_lines=False,
                ),
                csv.ConvertOptions(
                    check_utf8=False,
                    column_types=dict.fromkeys(names, pa.string()),
                    null_values=[""],
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=True,
                ),
            ).combine_chunks()
        except pa.ArrowInvalid:
            return None

    def _swallowed(self, frame: pl.DataFrame, spans: Places) -> bool:
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
        codes, quotes = self.text.codes, self.text.quotes
        if not len(quotes):
            return 0
        if len(quotes) % 2:
            return None
        opens, closes = quotes[0::2], quotes[1::2]
        before, after = codes[opens - 1], codes.take(closes + 1, mode="clip")
        if opens[0] == 0:
            before[0] = ord("\n")
        if closes[-1] == len(codes) - 1:
            after[-1] = ord("\n")
        quote, delimiter = self.dialect.quote, self.dialect.delimiter
        if not (_all_of(before, f"{delimiter}\n{quote}") and _all_of(after, f"{delimiter}\n\r{quote}")):
            return None
        cells = len(opens) - int(np.count_nonzero(before == ord(quote)))
        return cells + len(opens)  # two around each cell, and one more for each quote inside


def _all_of(codes: Codes, signs: str) -> bool:
    allowed = np.zeros(256, bool)
    allowed[list(signs.encode())] = True
    return bool(allowed[codes].all())


def _chunks(cells: pa.Table) -> list[pa.StringArray]:
    return [chunk for column in cells.columns for chunk in column.chunks]


def _breaks(frame: pl.DataFrame) -> Places:
    """How many line feeds stand in the cells of each row."""
    inside = pl.sum_horizontal(pl.all().str.count_matches("\n", literal=True).fill_null(0))
    return frame.select(inside.cast(pl.Int64)).to_series().to_numpy()


def _per_line(found: Places, ends: Places) -> Places:
    """How many of the places lie in each line."""
    return np.diff(np.searchsorted(found, ends), prepend=0)
