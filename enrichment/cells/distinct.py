"""Rules over cells: only where a hint points, each distinct cell once, and from memory where cells come again.

Belongs here: choosing the cells a rule has to read, and putting its answers on the rows. Does not belong here: any
hint or rule. What a rule says of a cell depends on nothing but the cell. The usual way of a dear rule is

    where(lines.str.contains(_HINT), lines, by_cell(_read))

A hint may point at cells of which the rule then says nothing, never past one of which it would say something.

Titles, departments and the ends of company lines repeat from batch to batch, so `remembered` keeps the answers; when
too many have gathered all are forgotten, which keeps memory flat. Of cells that are mostly new in every batch the
memory would cost more than it saves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock

import polars as pl

from contracts.table import Dtype
from engine.caches import CELLS

ColumnRule = Callable[[pl.Series], pl.Series]
TableRule = Callable[[pl.Series], pl.DataFrame]


def where(hint: pl.Series, cells: pl.Series, rule: ColumnRule) -> pl.Series:
    """The cells with what `rule` makes of those the hint points at; the others stay as they are.

    Args:
        hint: Boolean, of the same height; null points at nothing.
        rule: cells from cells, of the same height.
    """
    rows = hint.fill_null(False).arg_true()
    return cells.clone().scatter(rows, rule(cells.gather(rows))) if len(rows) else cells


def where_parts(hint: pl.Series, cells: pl.Series, rule: TableRule, otherwise: pl.DataFrame) -> pl.DataFrame:
    """`where` for a rule that gives several text columns.

    Args:
        otherwise: what its columns hold on the other rows; null in those that are not there.
    """
    rows = hint.fill_null(False).arg_true()
    nothing = pl.Series([None], dtype=pl.String).new_from_index(0, len(cells))
    return pl.DataFrame(
        {
            found.name: otherwise.get_column(found.name, default=nothing).clone().scatter(rows, found)
            for found in rule(cells.gather(rows))
        }
    )


def by_cell(read: Callable[[str], str | None]) -> ColumnRule:
    """The rule for any column from one for a single cell; null where the cell is null."""

    def column(cells: pl.Series) -> pl.Series:
        distinct, which = _distinct(cells)
        return pl.Series(cells.name, list(map(read, distinct.to_list())), dtype=pl.String).gather(which)

    return column


def parts_by_cell(read: Callable[[str], Sequence[str | None]], names: Sequence[str]) -> TableRule:
    """`by_cell` for a rule that takes a cell apart into texts with these names."""
    schema = dict.fromkeys(names, pl.String)
    return of_distinct(lambda cells: pl.DataFrame(list(map(read, cells.to_list())), schema=schema, orient="row"))


def of_distinct(rule: TableRule) -> TableRule:
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


def remembered(rule: TableRule) -> TableRule:
    """`of_distinct` that reads a cell only where no earlier column held it; threads may share it."""
    return _Memory(rule).recall


class _Memory:
    def __init__(self, rule: TableRule) -> None:
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
