"""Columns a step reads of records that may lack some: what is missing counts as null.

Belongs here: that one idea. Does not belong here: which columns a step reads.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from contracts.table import Dtype


def given_or_null(frame: pl.DataFrame | pl.LazyFrame, wanted: Mapping[str, Dtype]) -> list[pl.Expr]:
    """The columns of `wanted` (name to type) for a `select` on `frame`, null where it has none of the name."""
    present = set(frame.lazy().collect_schema().names())
    return [(pl.col(name) if name in present else pl.lit(None)).cast(kind).alias(name) for name, kind in wanted.items()]
