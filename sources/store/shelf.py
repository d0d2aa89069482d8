"""The store: what was read, one set of files per lead file, growing and never half written.

Belongs here: names, the commit order that survives a kill at any moment, what counts as already read.
Does not belong here: reading files, what a file of records looks like (`row_file`), joining them (`channel_records`).

Beside `<file hash>.arrow` (records) lie `<file hash>.rejects.parquet` and `<file hash>.files.parquet`; the
last one is written last and is the commit: records without it do not exist. The journal of each source says what
was written, before it takes its place (`engine.journal`, `soundness`), and outlives the folder of the source.
`pending.*` at the top of the store holds what the last run had to leave for a later one.
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
from engine.journal import Journal, Line, digest_of
from engine.swap import put, scratch, swap

_LONGEST = 255  # bytes of a name on disk
KEY, SIZE = "lead_refinery_reading", "lead_refinery_bytes"
JOURNALS, LINES = "journals", "lines.jsonl"
KINDS = {"records": ".arrow", "rejects": ".rejects.parquet", "files": ".files.parquet"}


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
        self._size, self._hash = size, file_hash
        self.folder = folder_of(store, channel, source)
        self.records, self.rejects, self.files = places(self.folder, file_hash).values()

    def reading(self) -> str | None:
        """The key under which the file was read (reader and settings), or None if it never was."""
        try:
            return pl.read_parquet_metadata(self.files).get(KEY)
        except FileNotFoundError:
            return None

    def commit(self, records: Path | None, rejects: pl.DataFrame, files: pl.DataFrame, key: str) -> None:
        """Put a file's records (a finished file, or None), rejects and catalogue rows in place."""
        with scratch(self.rejects) as new_rejects, scratch(self.files) as new_files:
            REJECTS.conform(rejects).write_parquet(new_rejects)
            self._write_catalogue(files, key, new_files)
            self._tell(records, new_rejects, new_files, files)
            if records is not None:
                put(records, self.records)
            else:
                self.records.unlink(missing_ok=True)
            put(new_rejects, self.rejects)
            put(new_files, self.files)

    def clear(self) -> None:
        """Take back what was committed; the catalogue goes first."""
        if not self.files.exists():
            return
        self._tell(None, None, None, pl.DataFrame())
        for path in (self.files, self.rejects, self.records):
            path.unlink(missing_ok=True)

    def catalogue(self, files: pl.DataFrame, key: str) -> None:
        """Replace the catalogue rows alone."""
        with swap(self.files) as new:
            self._write_catalogue(files, key, new)
            self._tell(self.records, self.rejects, new, files)

    def _write_catalogue(self, files: pl.DataFrame, key: str, path: Path) -> None:
        FILES.conform(files).write_parquet(path, metadata={KEY: key, SIZE: str(self._size)})

    def _tell(self, records: Path | None, rejects: Path | None, files: Path | None, rows: pl.DataFrame) -> None:
        name = rows["file"][0] if rows.height else None
        digests = [None if path is None else digest_of(path) for path in (records, rejects, files)]
        journal_of(self.folder).append(line_of(self._hash, name, *digests))


def line_of(file_hash: str, name: str | None, records: str | None, rejects: str | None, files: str | None) -> Line:
    """The journal's line of one lead file: its hash and name, and the digest of each of its files in the store."""
    return {"file_hash": file_hash, "file": name, "records": records, "rejects": rejects, "files": files}


def journal_of(folder: Path) -> Journal:
    """The journal of the folder of a source."""
    return Journal(folder.parents[1] / JOURNALS / folder.parent.name / folder.name / LINES)


def journal_of_pending(store: Path) -> Journal:
    """The journal of what is left for the next run."""
    return Journal(store / JOURNALS / "pending.jsonl")


def places(folder: Path, file_hash: str) -> dict[str, Path]:
    """Where the records, rejects and catalogue rows of a lead file lie (the keys of `KINDS`)."""
    return {kind: folder / f"{file_hash}{suffix}" for kind, suffix in KINDS.items()}


def write(frame: pl.DataFrame, path: Path) -> None:
    """Replace a Parquet file at the top of the store."""
    with swap(path) as new:
        frame.write_parquet(new)
        journal_of_pending(path.parent).append({"file": path.name, "digest": digest_of(new)})


def read(paths: Iterable[Path], table: Table, key: str | None = None) -> pl.DataFrame:
    """Small Parquet files of one table below each other, those written under this key if one is named.

    Many are read in one thread: handing over costs more.
    """
    files = map(pq.ParquetFile, paths)
    parts = [
        file.read(use_threads=False)
        for file in files
        if key is None or (file.metadata.metadata or {}).get(KEY.encode()) == key.encode()
    ]
    rows = pl.from_arrow(pa.concat_tables(parts, promote_options="permissive")) if parts else table.empty()
    return table.conform(pl.DataFrame(rows))


def committed(store: Path, channel: str | None = None, source: str | None = None) -> Iterator[Path]:
    """Catalogue files of everything in the store, sorted."""
    folder = glob.escape(folder_of(store, "", source).name) if source else "*"
    found = store.glob(f"{channel or '*'}/{folder}/*.files.parquet")
    yield from sorted(path for path in found if path.parents[1].name != JOURNALS)


def folder_of(store: Path, channel: str, source: str) -> Path:
    """A source's folder, called as it is; a name too long for one, with its odd bytes spelt out, ends in a hash."""
    if len(name := source.encode()) > _LONGEST:
        source = f"{name[: _LONGEST - 17].decode(errors='ignore')}~{hashlib.sha256(name).hexdigest()[:16]}"
    return store / channel / source


def sizes_read(store: Path, channel: str, source: str, key: str) -> set[int]:
    """Sizes in bytes of the files read under this key: a file of another size is new."""
    read = (pl.read_parquet_metadata(files) for files in committed(store, channel, source))
    return {int(metadata[SIZE]) for metadata in read if metadata.get(KEY) == key}


def rows_read(store: Path, channel: str, source: str, key: str) -> pl.DataFrame:
    """Catalogue rows of the files read under this key, contracts.raw.FILES."""
    return read(committed(store, channel, source), FILES, key)


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
