"""Cells in long form: from several values per record back to one row per record.

Belongs here: putting values that carry their record's position (`row`) beside the records. Does not belong
here: which value wins (`enrichment/email`, `enrichment/phone`).
"""

from __future__ import annotations

import polars as pl


def one_per_record(values: pl.DataFrame, height: int) -> pl.DataFrame:
    """`values`, at most one per `row`, spread over `height` records; null where a record has none."""
    records = pl.int_range(height, dtype=pl.UInt32, eager=True).alias("row").to_frame()
    return records.join(values, on="row", how="left", maintain_order="left")


def lists_per_record(values: pl.DataFrame, column: str, height: int) -> pl.Series:
    """The distinct values of `column` as a list per record, in the order given; null where there are none."""
    lists = values.group_by("row", maintain_order=True).agg(pl.col(column).unique(maintain_order=True))
    return one_per_record(lists, height)[column]
