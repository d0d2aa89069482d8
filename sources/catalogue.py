"""The file catalogue: every file (sheet, archive member) ever read, how, and what came of it.

Belongs here: gathering its rows. Does not belong here: filling them (`inbox`).
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from contracts.raw import FILES
from sources import store as stores

_ORDER = ["channel", "source", "file", "sheet", "file_hash"]


def load_files(store: Path) -> pl.DataFrame:
    """All catalogue rows of the store, contracts.raw.FILES, in a stable order."""
    paths = [*stores.committed(store), *(path for path in stores.pending(store)[1:] if path.exists())]
    frames = [FILES.empty(), *(FILES.conform(pl.read_parquet(path)) for path in paths)]
    return pl.concat(frames).sort(_ORDER, nulls_last=False)
