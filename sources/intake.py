"""Intake: taking lead files one by one, in one run.

Belongs here: which files are new, the second look at files that may still be written, what is left for the next run.
Does not belong here: which files there are (`lead_files`), reading one (`loading`), where the results lie (`store`).

A file is read when its bytes, its source's settings or the reader are new. What cannot be read now but may be readable
later (a lock, a copy in progress, an error in the settings) is noted as pending and tried again.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from contracts.raw import FILES, REJECTS
from engine.disk import is_full
from sources.completeness import looks_cut
from sources.lead_files import GONE, LeadFile, hash_of, refuse, state_of
from sources.ledger import held_back
from sources.loading import load_file
from sources.problems import Unreadable
from sources.settings import SourceSettings, read_settings
from sources.store.fingerprint import reader_version
from sources.store.history import History
from sources.store.shelf import Shelf, pending_files, pending_rejects, sizes_read, write


@dataclass
class Taken:
    """What came of files: catalogue rows, what is left for the next run, what needs a second look."""

    files: list[pl.DataFrame] = field(default_factory=list)
    pending: list[tuple[pl.DataFrame, pl.DataFrame]] = field(default_factory=list)
    unsure: list[LeadFile] = field(default_factory=list)


class Intake:
    """One run: what was taken so far.

    Args:
        store: root of the store.
        settings: folder of `<source>.toml` settings.
        settle: seconds within which a file without an end may still be growing.
    """

    def __init__(self, store: Path, settings: Path, settle: float) -> None:
        self.taken = Taken()
        self._store, self._folder, self._settle = store, settings, settle
        self._settings: dict[str, SourceSettings | Unreadable] = {}
        self._sizes: dict[tuple[str, str], set[int]] = {}
        self._histories: dict[tuple[str, str], History] = {}

    def take(self, file: LeadFile) -> None:
        """Read a file unless it is not ready; a file whose end is missing waits for the second look."""
        try:
            refuse(file.path)
            if file.state == GONE:
                file = replace(file, state=state_of(file.path))
            _check_unchanged(file)
            young = time.time() - file.state.modified / 1e9 < self._settle
            if young and looks_cut(file.path):
                self.taken.unsure.append(file)
            else:
                self._read(file)
        except (Unreadable, OSError) as error:
            self._leave(file, error)

    def add(self, taken: Taken) -> None:
        """What another process took counts as taken here."""
        self.taken.files += taken.files
        self.taken.pending += taken.pending
        self.taken.unsure += taken.unsure

    def second_look(self) -> None:
        """Read the files that did not change while the others were read; the rest is still being written."""
        if not self.taken.unsure:
            return
        youngest = max(file.state.modified for file in self.taken.unsure) / 1e9
        time.sleep(min(self._settle, max(0.0, youngest + self._settle - time.time())))
        for file in self.taken.unsure:
            try:
                _check_unchanged(file)
                self._read(file)
            except (Unreadable, OSError) as error:
                self._leave(file, error)

    def leave_the_rest(self, channels: Sequence[str]) -> None:
        """Note what is left for the next run, in place of what the last run had left for these channels."""
        files, rejects = zip(*self.taken.pending, strict=True) if self.taken.pending else ((), ())
        for table, path, new in (
            (REJECTS, pending_rejects(self._store), rejects),
            (FILES, pending_files(self._store), files),
        ):
            old = table.conform(pl.read_parquet(path)) if path.exists() else table.empty()
            write(pl.concat([old.filter(~pl.col("channel").is_in(channels)), *new]), path)

    def _read(self, file: LeadFile) -> None:
        settings = self._settings_of(file.source)
        key = f"{reader_version()}:{settings.fingerprint}"
        with ThreadPoolExecutor(1) as hasher:
            file = replace(file, hashing=hasher.submit(hash_of, file.path), settings=settings)
            if file.state.size in self._sizes_of(file, key) and file.shelf(self._store).reading() == key:
                self.taken.files.append(_again(file.shelf(self._store), file, key))
                return
            files = self._loaded(file, key)
        if state_of(file.path) != file.state:
            file.shelf(self._store).clear()
            self._histories.clear()
            raise _growing()
        self._sizes_of(file, key).add(file.state.size)
        self.taken.files.append(files)

    def _loaded(self, file: LeadFile, key: str) -> pl.DataFrame:
        try:
            return load_file(file, self._store, key, self._history_of(file, key))
        except (Unreadable, OSError):
            raise
        except Exception as error:  # whatever a reader's library throws must not stop the night
            raise Unreadable(
                "reader_failed", f"The reader failed with {type(error).__name__}: {error}", passing=True
            ) from error

    def _settings_of(self, source: str) -> SourceSettings:
        if source not in self._settings:
            try:
                self._settings[source] = read_settings(self._folder, source)
            except Unreadable as problem:
                self._settings[source] = problem
        settings = self._settings[source]
        if isinstance(settings, Unreadable):
            raise settings
        return settings

    def _sizes_of(self, file: LeadFile, key: str) -> set[int]:
        """Sizes of the source's files read before: only a file of one of them may be known already."""
        place = (file.channel, file.source)
        if place not in self._sizes:
            self._sizes[place] = sizes_read(self._store, *place, key)
        return self._sizes[place]

    def _history_of(self, file: LeadFile, key: str) -> History:
        """What the store knows of the file's source; files come source by source, so one is kept."""
        place = (file.channel, file.source)
        if place not in self._histories:
            self._histories = {place: History(self._store, *place, key)}
        return self._histories[place]

    def _leave(self, file: LeadFile, error: Exception) -> None:
        if is_full(error):  # that is no fault of the file, and the night must not go on without it
            raise error
        files, rejects = held_back(file, _as_problem(error))
        self.taken.pending.append((files, rejects))
        self.taken.files.append(files)


def _again(shelf: Shelf, file: LeadFile, key: str) -> pl.DataFrame:
    """Catalogue rows of a file whose bytes the store knows; a new name is entered in the catalogue."""
    known = FILES.conform(pl.read_parquet(shelf.files))
    own = known.filter(pl.col("file") == file.name)
    status = pl.when(pl.col("status") == "quarantined").then("status").otherwise(pl.lit("already_loaded"))
    if own.height == 0:
        first = known.filter(pl.col("file") == known["file"][0])
        own = first.with_columns(
            file=pl.lit(file.name),
            status=status,
            records=pl.when(pl.col("records").is_not_null()).then(pl.lit(0, pl.Int64)),
            duplicates=pl.col("records") + pl.col("duplicates"),
        )
        shelf.catalogue(pl.concat([known, own]), key)
    return own.with_columns(status=status)


def _check_unchanged(file: LeadFile) -> None:
    if file.state == GONE or state_of(file.path) != file.state:
        raise _growing()


def _growing() -> Unreadable:
    return Unreadable(
        "half_written", "The file changed while it was looked at: it is still being written", passing=True
    )


def _as_problem(error: Exception) -> Unreadable:
    if isinstance(error, Unreadable):
        return error
    if isinstance(error, PermissionError):
        return Unreadable("permission_denied", "The file may not be read", passing=True)
    return Unreadable("reader_failed", f"The file cannot be opened: {error}", passing=True)
