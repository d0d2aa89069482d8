"""A reading: what every format reader hands on, whatever the file was.

Belongs here: the common shape of one table found in a file (header, batches of text cells with their
row numbers, problems, and an independent count of rows to reconcile with).
Does not belong here: how a format is read or what the columns mean.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import polars as pl

from sources.problems import Problem

Rows = np.ndarray[tuple[int], np.dtype[np.int64]]

ROW = "row"
BATCH_ROWS = 50_000


class Batch(NamedTuple):
    """Rows of a table: `row` (Int64) and the text columns "0", "1", ... in the order of the header.

    Two things may be known from searching the text as a whole, which spares a look at every cell: `doubtful`, the
    numbers of the rows in which mojibake or a lost character may be found (None when any row may hold one); `blanks`,
    that there is nothing to trim but the blank.
    """

    frame: pl.DataFrame
    doubtful: Rows | None = None
    blanks: bool = False


@dataclass
class Reading:
    """One table of a file.

    `problems` and `warnings` grow while the batches are taken; `rows_in_file` answers after
    the last one, and counts by other means than the batches do.
    """

    format: str
    header: list[str]
    batches: Iterator[Batch]
    rows_in_file: Callable[[], int]
    dialect: str
    encoding: str | None = None
    member: str | None = None
    fields: dict[int, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def batch_of(rows: Sequence[int], cells: Sequence[Sequence[str | None]], width: int) -> Batch:
    """A batch from row numbers and equally long rows of cells."""
    columns = list(zip(*cells, strict=True)) if cells else [()] * width
    data = {ROW: pl.Series(ROW, rows, dtype=pl.Int64)}
    data |= {str(place): pl.Series(str(place), column, dtype=pl.String) for place, column in enumerate(columns)}
    return Batch(pl.DataFrame(data))
