"""What a finished night published."""

from pathlib import Path

import polars as pl

from contracts.published import PUBLISHED

Tables = dict[str, pl.DataFrame]


def published(home: Path) -> Tables:
    """All published tables of a home."""
    current = (home / "published" / "current").resolve()
    return {table.name: pl.read_parquet(current / f"{table.name}.parquet") for table in PUBLISHED}


def content(tables: Tables) -> Tables:
    """Tables without the columns that name the run and its time."""
    return {name: frame.drop("run_id", "updated_at", "at", strict=False) for name, frame in tables.items()}
