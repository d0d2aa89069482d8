"""A reading: what every format reader hands on, whatever the file was.

Belongs here: the common shape of one table found in a file (header, batches of text cells with their
row numbers, problems, and an independent count of rows to reconcile with).
Does not belong here: how a format is read or what the columns mean.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import polars as pl
import pyarrow as pa

from sources.columns.legend import Legend
from sources.problems import Problem

Rows = np.ndarray[tuple[int], np.dtype[np.int64]]
Codes = np.ndarray[tuple[int], np.dtype[np.uint8]]

ROW = "row"
BATCH_ROWS = 50_000
_WHITE = [char.encode() for char in map(chr, range(0x10000)) if char.isspace() or char == "\ufeff"]
_WHITE_OF_TWO = 0xC2  # first byte of all white space of two bytes; that of three begins higher
_WHITE_BEGINS = np.isin(np.arange(256), [char[0] for char in _WHITE])
_WHITE_ENDS = np.isin(np.arange(256), [char[-1] for char in _WHITE])


class Batch(NamedTuple):
    """Rows of a table: their numbers, and the text columns "0", "1", ... in the order of the header.

    `doubtful` are the numbers of the rows in which mojibake or a lost character may be found, None when in any.
    """

    rows: Rows
    cells: pa.Table
    doubtful: Rows | None = None

    def frame(self, rows: int | None = None) -> pl.DataFrame:
        """`row` (Int64) and the text columns, of the first rows if there are to be no more."""
        numbers = pa.Array.from_buffers(pa.int64(), len(self.rows), [None, pa.py_buffer(self.rows)])
        return pl.DataFrame(pl.from_arrow(self.cells.add_column(0, ROW, numbers).slice(0, rows)))

    def largest(self) -> int:
        """Bytes of the largest cell."""
        places = [text_of(chunk)[0] for name in self.cells.column_names for chunk in self.cells[name].chunks]
        return max((int(np.diff(ends).max()) for ends in places if len(ends) > 1), default=0)

    def untidy(self) -> list[str]:
        """The columns in which a cell may have white space around it."""
        return [name for name in self.cells.column_names if any(map(_may_have_white_edges, self.cells[name].chunks))]


def _may_have_white_edges(cells: pa.StringArray) -> bool:
    """Whether a cell may begin or end with white space, by its first and last bytes.

    Where an empty cell begins the next one does, or the text ends; where it ends the one before did.
    """
    places, text = text_of(cells)
    if not len(text):
        return False
    first, ends = text.take(places[:-1], mode="clip"), places[1:] - 1
    if _WHITE_BEGINS[first[_neither_letter_nor_sign(first)]].any():
        return True
    ends = ends[_neither_letter_nor_sign(text.take(ends, mode="clip"))]
    one, two, three = (text.take(ends - back, mode="clip") for back in range(3))
    of_two, of_three = two == _WHITE_OF_TWO, _WHITE_BEGINS[three] & (three > _WHITE_OF_TWO)
    return bool((_WHITE_ENDS[one] & (_WHITE_BEGINS[one] | of_two | of_three)).any())


def _neither_letter_nor_sign(codes: Codes) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which bytes are no visible sign of ASCII: most are, and that is quickly seen."""
    return (codes <= ord(" ")) | (codes > ord("~"))


def text_of(cells: pa.StringArray) -> tuple[np.ndarray[tuple[int], np.dtype[np.int32]], Codes]:
    """Where each cell begins in the text of all, with the end of the last; and that text."""
    _, places, text = cells.buffers()
    return (
        np.frombuffer(places, np.int32, len(cells) + 1, 4 * cells.offset),
        np.frombuffer(text, np.uint8) if text else np.empty(0, np.uint8),
    )


@dataclass
class Reading:
    """One table of a file.

    `problems` and `warnings` grow while the batches are taken; `rows_in_file` answers after
    the last one, and counts by other means than the batches do. `cells_of` splits the text of a row that was held back.
    `legends` are those that stand around the table.
    """

    format: str
    header: list[str]
    batches: Iterator[Batch]
    rows_in_file: Callable[[], int]
    dialect: str
    encoding: str | None = None
    member: str | None = None
    fields: dict[int, str] = field(default_factory=dict)
    cells_of: Callable[[str], list[str]] = lambda raw: [raw]
    legends: list[Legend] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def batch_of(rows: Sequence[int], cells: Sequence[Sequence[str | None]], width: int) -> Batch:
    """A batch from row numbers and equally long rows of cells."""
    columns = list(zip(*cells, strict=True)) if cells else [()] * width
    named = [pl.Series(str(place), column, dtype=pl.String) for place, column in enumerate(columns)]
    return Batch(np.array(rows, np.int64), as_cells(pl.DataFrame(named)))


def batches_of(rows: Iterable[tuple[int, Sequence[str | None]]], width: int) -> Iterator[Batch]:
    """Batches of BATCH_ROWS from rows behind their numbers; all are `width` cells wide."""
    numbers: list[int] = []
    cells: list[Sequence[str | None]] = []
    for number, row in rows:
        numbers.append(number)
        cells.append(row)
        if len(numbers) >= BATCH_ROWS:
            yield batch_of(numbers, cells, width)
            numbers, cells = [], []
    if numbers:
        yield batch_of(numbers, cells, width)


def as_cells(frame: pl.DataFrame) -> pa.Table:
    """Text columns as a batch has them."""
    names = frame.columns
    return frame.to_arrow(compat_level=pl.CompatLevel.newest()).cast(pa.schema(dict.fromkeys(names, pa.string())))
