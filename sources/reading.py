"""A reading: what every format reader hands on, whatever the file was.

Belongs here: the common shape of one table found in a file (header, batches of text cells with their
row numbers, problems, and an independent count of rows to reconcile with).
Does not belong here: how a format is read or what the columns mean.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import polars as pl

from sources.problems import Problem

ROW = "row"
BATCH_ROWS = 50_000


@dataclass
class Reading:
    """One table of a file.

    `batches` yields frames with `row` (Int64) and the text columns "0", "1", ... in the order of
    `header`. `problems` and `warnings` grow while the batches are taken; `rows_in_file` answers after
    the last one, and counts by other means than the batches do.
    """

    format: str
    header: list[str]
    batches: Iterator[pl.DataFrame]
    rows_in_file: Callable[[], int]
    dialect: str
    encoding: str | None = None
    member: str | None = None
    fields: dict[int, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def frame_of(rows: Sequence[int], cells: Sequence[Sequence[str | None]], width: int) -> pl.DataFrame:
    """A batch from row numbers and equally long rows of cells."""
    columns = list(zip(*cells, strict=True)) if cells else [()] * width
    data = {ROW: pl.Series(ROW, rows, dtype=pl.Int64)}
    data |= {str(place): pl.Series(str(place), column, dtype=pl.String) for place, column in enumerate(columns)}
    return pl.DataFrame(data)
