"""Cells in long form: from several values per record back to one row per record.

Belongs here: putting values that carry their record's position (`row`) beside the records, without a join
per column. Does not belong here: which value wins (`enrichment/email`, `enrichment/phone`).
"""

from __future__ import annotations

import numpy as np
import polars as pl


def one_per_record(values: pl.DataFrame, height: int) -> pl.DataFrame:
    """`values`, at most one per `row`, spread over `height` records; null where a record has none."""
    place = np.full(height, values.height, dtype=np.uint32)
    place[values["row"].to_numpy()] = np.arange(values.height, dtype=np.uint32)
    return pl.concat([values, values.clear(n=1)]).select(pl.all().gather(pl.Series(place)))


def lists_per_record(values: pl.DataFrame, column: str, height: int) -> pl.Series:
    """The distinct values of `column` as a list per record, in the order given; null where there are none."""
    lists = values.group_by("row", maintain_order=True).agg(pl.col(column).unique(maintain_order=True))
    return one_per_record(lists, height)[column]
