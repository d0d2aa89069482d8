"""Rejects: every file and row in the store that could not become a record.

Belongs here: gathering them. Does not belong here: deciding what is rejected (the readers).
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from contracts.raw import REJECTS
from sources import store as stores

_ORDER = ["channel", "source", "file", "sheet", "row", "reason_code", "raw"]


def load_rejects(store: Path) -> pl.DataFrame:
    """All rejects of the store, contracts.raw.REJECTS, in a stable order."""
    paths = [stores.rejects_of(path) for path in stores.committed(store)]
    paths += [path for path in stores.pending(store)[:1] if path.exists()]
    frames = [REJECTS.empty(), *(REJECTS.conform(pl.read_parquet(path)) for path in paths)]
    return pl.concat(frames).sort(_ORDER, nulls_last=False)
