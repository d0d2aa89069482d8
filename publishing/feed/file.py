"""The feed without a server: a file of changes beside the tables, and the changes since any publication still kept.

Belongs here: which two publications are compared. Does not belong here: how (`publishing.feed.changes`), when the file
is written (`publishing.publish`).

    published/<run>/changes.parquet     since the publication its manifest names in `changes_since`

A first publication, and one whose predecessor has another major version of the schema, has no such file: there is
nothing to compare, and its readers take the tables. Who stands on another publication than the one named asks for
`changes_since`; it compares the tables themselves, so it holds behind a rollback as well.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import polars as pl

from contracts.changes import CHANGES
from contracts.published import ACCOUNTS, LEAD_CROSSWALK, LEADS, REDIRECTS, SCHEMA_VERSION, TOMBSTONES
from contracts.table import Table, given_or_null
from engine.parts import sink_parts
from publishing.feed.changes import State, changes_in_parts
from publishing.feed.erasures import told_ids
from publishing.manifest import NAME, BrokenPublication, Manifest, read_manifest

FILE = "changes.parquet"
_TABLES = (LEADS, ACCOUNTS, LEAD_CROSSWALK, REDIRECTS, TOMBSTONES)


class NotKept(Exception):  # noqa: N818 - an answer: there is another way
    """The publication asked for cannot be compared with; the message says what to read instead."""


def write_changes(
    before: Path, folder: Path, *, at: datetime, run_id: str, erased: Collection[str] = frozenset()
) -> Path | None:
    """Write the file of changes into the folder of a publication; None where there is nothing to compare with.

    Args:
        before: the folder of the publication before, whole.
        folder: with the tables of the publication made by `run_id`, published `at`.
        erased: ids of leads that are being erased, beside those told since the publication before.

    Raises:
        OSError, PolarsError: it cannot be read or written.
        BrokenPublication: the one before is damaged.
    """
    manifest = read_manifest(before)
    if manifest.schema_version != SCHEMA_VERSION.major:
        return None
    gone = told_ids(before.parent, manifest.created_at).union(erased)
    path = folder / FILE
    sink_parts(_compared(before, manifest, folder, at=at, run_id=run_id, erased=gone), CHANGES.schema, path)
    return path


def changes_since(published: Path, name: str) -> tuple[str, pl.DataFrame]:
    """The name of the publication that is current, and all that changed since another one: `contracts.changes.CHANGES`.

    Args:
        published: the folder of publications.
        name: the publication whose state the reader has: its folder, or the run that published it.

    Raises:
        NotKept: it is not kept any more, or has another major version: the full tables have to be read.
        BrokenPublication: one of both is damaged.
    """
    folder = (published / "current").resolve()
    now = read_manifest(folder)
    before = _found(published, name)
    if before is None or before[1].schema_version != now.schema_version:
        kept = "is not kept any more" if before is None else f"has version {before[1].schema_version} of the schema"
        raise NotKept(
            f"the publication {name} {kept}; read the full tables of {folder.name}, then the changes since that one"
        )
    erased = told_ids(published, before[1].created_at)
    return folder.name, pl.concat(_compared(*before, folder, at=now.created_at, run_id=now.run_id, erased=erased))


def _compared(
    before: Path, manifest: Manifest, folder: Path, *, at: datetime, run_id: str, erased: Collection[str]
) -> Iterator[pl.DataFrame]:
    since = manifest.created_at
    return changes_in_parts(_state(before), _state(folder), at=at, run_id=run_id, erased=erased, rewritten_since=since)


def _state(folder: Path) -> State:
    """The tables of a publication; what an older one does not have is null."""
    return {table.name: _rows(table, folder / f"{table.name}.parquet") for table in _TABLES}


def _rows(table: Table, path: Path) -> pl.LazyFrame:
    rows = pl.scan_parquet(path, glob=False) if path.exists() else table.empty().lazy()
    return rows.select(given_or_null(rows, table.schema))


def _found(published: Path, name: str) -> tuple[Path, Manifest] | None:
    """The publication of that name; else that of its run which took its place when somebody was erased."""
    there = dict(_publications(published))
    if (asked := published / name) in there:
        return asked, there[asked]
    of_run = [path for path, it in there.items() if it.run_id == name or name.startswith(f"{it.run_id}.")]
    later = sorted(path for path in of_run if (len(path.name), path.name) > (len(name), name))
    return (later[0], there[later[0]]) if later else None


def _publications(published: Path) -> Iterator[tuple[Path, Manifest]]:
    for path in published.glob(f"[!.]*/{NAME}"):
        if not path.parent.is_symlink():
            with suppress(BrokenPublication):  # nothing but a comparison rests on it
                yield path.parent, read_manifest(path.parent)
