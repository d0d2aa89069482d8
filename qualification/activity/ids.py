"""Ids: stable names for rows that have none of their own.

Belongs here: hashing what a row says, as digits. Does not belong here: what is hashed (the callers).
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from engine.row_hash import row_hash


def hashed(rows: pl.DataFrame, columns: Sequence[str]) -> pl.Series:
    """Digits (64 bits) for what each row says in these columns, wherever it stands; nulls and order do not count."""
    texts = rows.select(pl.col(name).cast(pl.String) for name in columns)
    whole = texts.select(row_hash((name, name) for name in columns).alias("hash")).to_series()
    return whole.cast(pl.UInt64, wrap_numerical=True).cast(pl.String).rename("id")
