"""The catalogue: every file (sheet, archive member) ever read, how, and what of it could not become a record.

Belongs here: gathering the rows. Does not belong here: filling them (`sources.ledger`), what is rejected (the readers).
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from contracts.raw import FILES, REJECTS
from sources.store.shelf import committed, pending_files, pending_rejects, read, rejects_of

_FILES_ORDER = ["channel", "source", "file", "sheet", "file_hash"]
_REJECTS_ORDER = ["channel", "source", "file", "sheet", "row", "reason_code", "raw"]


def load_files(store: Path) -> pl.DataFrame:
    """All catalogue rows of the store, contracts.raw.FILES, in a stable order."""
    paths = [*committed(store), *filter(Path.exists, [pending_files(store)])]
    return read(paths, FILES).sort(_FILES_ORDER, nulls_last=False)


def load_rejects(store: Path) -> pl.DataFrame:
    """All rejects of the store, contracts.raw.REJECTS, in a stable order."""
    paths = [rejects_of(path) for path in committed(store)]
    paths += filter(Path.exists, [pending_rejects(store)])
    return read(paths, REJECTS).sort(_REJECTS_ORDER, nulls_last=False)
