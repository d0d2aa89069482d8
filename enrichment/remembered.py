"""Readings remembered: a rule over distinct cells reads each cell once per process, not once per batch.

Belongs here: the memory itself. Does not belong here: any rule. What a rule says of a cell depends on
nothing but the cell, and companies, titles and names repeat from batch to batch, so the answer is kept;
when too many have gathered all are forgotten, which keeps memory flat.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

LIMIT = 1 << 17  # cells kept per rule

Rule = Callable[[pl.Series], pl.DataFrame]


def remembered(rule: Rule) -> Rule:
    """The rule for any column: what it says of each cell, on the cell's rows; null where the cell is null.

    Args:
        rule: columns from distinct non-null cells, same height.
    """
    return _Memory(rule).recall


class _Memory:
    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.place: dict[str, int] = {}
        self.found: pl.DataFrame | None = None

    def recall(self, column: pl.Series) -> pl.DataFrame:
        cells = column.to_list()
        if self.found is None or len(self.place) > LIMIT:
            self.place, self.found = {}, self.rule(pl.Series(dtype=pl.String))
        place = self.place
        new = [cell for cell in dict.fromkeys(cells) if cell is not None and cell not in place]
        if new:
            self.found = pl.concat([self.found, self.rule(pl.Series(new))], rechunk=True)
            place.update(zip(new, range(len(place), self.found.height), strict=True))
        rows = pl.Series(list(map(place.get, cells)), dtype=pl.UInt32)
        return self.found.select(pl.all().gather(rows))
