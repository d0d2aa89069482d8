"""The store: what was read, one set of files per lead file, growing and never half written.

Belongs here: names, the commit order that survives a kill at any moment, what counts as already read.
Does not belong here: reading files, what a file of records looks like (`row_file`), joining them (`channel_records`).

Beside `<file hash>.arrow` (records) lie `<file hash>.rejects.parquet` and `<file hash>.files.parquet`; the
last one is written last and is the commit: records without it do not exist. `pending.*` at the top of the
store holds what the last run had to leave for a later one.
"""

from __future__ import annotations

import glob
import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from contracts.raw import FILES, REJECTS
from contracts.table import Table
from engine.swap import put, swap

_LONGEST = 255  # bytes of a name on disk
KEY, SIZE = "lead_refinery_reading", "lead_refinery_bytes"


class Shelf:
    """The place of one lead file in the store.

    Args:
        store: root of the store.
        channel: online or offline.
        source: name of the source.
        file_hash: SHA-256 of the file's bytes.
        size: number of the file's bytes.
    """

    def __init__(self, store: Path, channel: str, source: str, file_hash: str, size: int) -> None:
        self._size = size
        self.folder = folder_of(store, channel, source)
        self.records = self.folder / f"{file_hash}.arrow"
        self.rejects = self.folder / f"{file_hash}.rejects.parquet"
        self.files = self.folder / f"{file_hash}.files.parquet"

    def reading(self) -> str | None:
        """The key under which the file was read (reader and settings), or None if it never was."""
        try:
            return pl.read_parquet_metadata(self.files).get(KEY)
        except FileNotFoundError:
            return None

    def commit(self, records: Path | None, rejects: pl.DataFrame, files: pl.DataFrame, key: str) -> None:
        """Put a file's records (a finished file, or None), rejects and catalogue rows in place."""
        if records is not None:
            put(records, self.records)
        else:
            self.records.unlink(missing_ok=True)
        write(REJECTS.conform(rejects), self.rejects)
        self.catalogue(files, key)

    def clear(self) -> None:
        """Take back what was committed; the catalogue goes first."""
        for path in (self.files, self.rejects, self.records):
            path.unlink(missing_ok=True)

    def catalogue(self, files: pl.DataFrame, key: str) -> None:
        write(FILES.conform(files), self.files, {KEY: key, SIZE: str(self._size)})


def write(frame: pl.DataFrame, path: Path, metadata: dict[str, str] | None = None) -> None:
    """Replace a Parquet file."""
    with swap(path) as new:
        frame.write_parquet(new, metadata=metadata)


def read(paths: Iterable[Path], table: Table) -> pl.DataFrame:
    """Small Parquet files of one table below each other; many are read in one thread, handing over costs more."""
    parts = [pq.ParquetFile(path).read(use_threads=False) for path in paths]
    rows = pl.from_arrow(pa.concat_tables(parts, promote_options="permissive")) if parts else table.empty()
    return table.conform(pl.DataFrame(rows))


def committed(store: Path, channel: str | None = None, source: str | None = None) -> Iterator[Path]:
    """Catalogue files of everything in the store, sorted."""
    folder = glob.escape(folder_of(store, "", source).name) if source else "*"
    yield from sorted(store.glob(f"{channel or '*'}/{folder}/*.files.parquet"))


def folder_of(store: Path, channel: str, source: str) -> Path:
    """A source's folder, called as it is; a name too long for one, with its odd bytes spelt out, ends in a hash."""
    if len(name := source.encode()) > _LONGEST:
        source = f"{name[: _LONGEST - 17].decode(errors='ignore')}~{hashlib.sha256(name).hexdigest()[:16]}"
    return store / channel / source


def sizes_read(store: Path, channel: str, source: str, key: str) -> set[int]:
    """Sizes in bytes of the files read under this key: a file of another size is new."""
    read = (pl.read_parquet_metadata(files) for files in committed(store, channel, source))
    return {int(metadata[SIZE]) for metadata in read if metadata.get(KEY) == key}


def records_of(files: Path) -> Path:
    """The records that belong to a catalogue file."""
    return files.with_name(files.name.replace(".files.parquet", ".arrow"))


def rejects_of(files: Path) -> Path:
    """The rejects that belong to a catalogue file."""
    return files.with_name(files.name.replace(".files.parquet", ".rejects.parquet"))


def pending_rejects(store: Path) -> Path:
    """Rejects of the files left for the next run."""
    return store / "pending.rejects.parquet"


def pending_files(store: Path) -> Path:
    """Catalogue rows of the files left for the next run."""
    return store / "pending.files.parquet"
