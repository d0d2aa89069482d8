"""Rules over distinct cells: each cell read once per column, or once per process where few cells fill the column.

Belongs here: reading distinct cells and putting the answers on the rows, and the memory. Does not belong here: any
rule. What a rule says of a cell depends on nothing but the cell, and titles, departments and the ends of company
lines repeat from batch to batch, so the answer is kept; when too many have gathered all are forgotten, which keeps
memory flat. Of cells that are mostly new in every batch the memory would cost more than it saves.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

import polars as pl

from contracts.table import Dtype
from engine.caches import CELLS

Rule = Callable[[pl.Series], pl.DataFrame]


def of_distinct(rule: Rule) -> Rule:
    """The rule for any column: what it says of each cell, on the cell's rows; null where the cell is null.

    Args:
        rule: columns from distinct non-null cells, same height.
    """

    def read(column: pl.Series) -> pl.DataFrame:
        cells, which = _distinct(column)
        return rule(cells).select(pl.all().gather(which))

    return read


def each_once(text: pl.Expr, rule: Callable[[pl.Expr], pl.Expr], kind: Dtype = pl.String) -> pl.Expr:
    """`rule(text)` worked out on the distinct texts alone; null where the text is null.

    Args:
        kind: type of what the rule gives.
    """
    read = of_distinct(lambda cells: cells.to_frame("cell").select(rule(pl.col("cell"))))
    return text.map_batches(lambda column: read(column).to_series(), return_dtype=kind)


def remembered(rule: Rule) -> Rule:
    """`of_distinct` that reads a cell only where no earlier column held it; threads may share it."""
    return _Memory(rule).recall


class _Memory:
    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.place: dict[str, int] = {}
        self.found: pl.DataFrame | None = None
        self.lock = Lock()

    def recall(self, column: pl.Series) -> pl.DataFrame:
        distinct, which = _distinct(column)
        cells = distinct.to_list()
        with self.lock:
            if self.found is None or len(self.place) > CELLS:
                self.place, self.found = {}, self.rule(pl.Series(dtype=pl.String))
            found, place = self.found, self.place
            new = [cell for cell in cells if cell not in place]
            if new:
                self.found = found = pl.concat([found, self.rule(pl.Series(new))], rechunk=True)
                place.update(zip(new, range(len(place), found.height), strict=True))
            rows = pl.Series([place[cell] for cell in cells], dtype=pl.UInt32)
        return found.select(pl.all().gather(rows.gather(which)))


def _distinct(column: pl.Series) -> tuple[pl.Series, pl.Series]:
    """The distinct cells of a column, and for every row which of them it holds; null where it holds none."""
    encoded = column.cast(pl.String).to_arrow().dictionary_encode()
    return pl.Series(encoded.dictionary, dtype=pl.String), pl.Series(encoded.indices, dtype=pl.UInt32)
