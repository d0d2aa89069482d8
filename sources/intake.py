"""Intake: taking lead files one by one, in one run.

Belongs here: which files are new, the second look at files that may still be written, what is left for the next run.
Does not belong here: which files there are (`lead_files`), reading one (`loading`), in which process (`apart`), where
the results lie (`store`).

A file is read when its bytes, its source's settings or the reader are new. What cannot be read now but may be readable
later (a lock, a copy in progress, an error in the settings) is noted as pending and tried again.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from contracts.raw import FILES, REJECTS
from engine.faults import is_fault, lacks_memory
from sources.budget import Limits, out_of_memory
from sources.completeness import looks_cut
from sources.lead_files import GONE, LeadFile, hash_of, refuse, state_of
from sources.ledger import held_back
from sources.loading import load_file
from sources.problems import Unreadable
from sources.settings import SourceSettings, read_settings
from sources.store.fingerprint import reader_version
from sources.store.history import History
from sources.store.keys import Registry
from sources.store.looks import Looks
from sources.store.networks import CUT
from sources.store.shelf import Shelf, pending_files, pending_rejects, read, rows_read, sizes_read, write

# What is said of a file whose bytes were read before.
_KNOWN = pl.when(pl.col("status") == "quarantined").then("status").otherwise(pl.lit("already_loaded"))


@dataclass
class Taken:
    """What came of files: catalogue rows, what is left for the next run, what needs a second look."""

    files: list[pl.DataFrame] = field(default_factory=list)
    pending: list[tuple[pl.DataFrame, pl.DataFrame]] = field(default_factory=list)
    unsure: list[LeadFile] = field(default_factory=list)

    def add(self, other: Taken) -> None:
        """What came of more files."""
        self.files += other.files
        self.pending += other.pending
        self.unsure += other.unsure


class Intake:
    """One run: what was taken so far.

    Args:
        store: root of the store.
        settings: folder of `<source>.toml` settings.
        settle: seconds within which a file without an end may still be growing.
        truncate_ips: keep networks in place of IP addresses.
        version: of the reader.
    """

    def __init__(
        self,
        store: Path,
        settings: Path,
        settle: float = 0.0,
        *,
        truncate_ips: bool = False,
        version: str | None = None,
    ) -> None:
        self.taken = Taken()
        self.version = version or reader_version()
        self.store, self.folder, self.truncate_ips, self._settle = store, settings, truncate_ips, settle
        self._settings: dict[str, SourceSettings | Unreadable] = {}
        self._sizes: dict[tuple[str, str], set[int]] = {}
        self._rows: dict[tuple[str, str], dict[tuple[object, ...], pl.DataFrame]] = {}
        self._looks: dict[str, Looks] = {}
        self._histories: dict[tuple[str, str], tuple[History, Registry]] = {}

    def to_read(self, files: Iterable[LeadFile]) -> Iterator[LeadFile]:
        """The files that are ready and new; one whose end is missing waits for the second look."""
        for found in files:
            file = found
            try:
                refuse(file.place)
                if file.state == GONE:
                    file = replace(file, state=state_of(file.place))
                _check_unchanged(file)
                young = time.time() - file.state.modified / 1e9 < self._settle
                if young and looks_cut(file.place):
                    self.taken.unsure.append(file)
                elif not self._knows(file):
                    yield file
            except BaseException as error:
                self._leave(file, error)

    def read(self, file: LeadFile) -> None:
        """Read a file, unless one of the same bytes was read before."""
        try:
            _check_unchanged(file)
            self._read(file)
        except BaseException as error:
            self._leave(file, error)

    def held_back(self, file: LeadFile, problem: Unreadable) -> Taken:
        """A file over which its process ended, noted so that it is not read again before it or its limits change."""
        try:
            key = self._key(file)
            file = replace(file, hashing=_done(hash_of(file)))
            files, rejects = held_back(file, problem)
            file.shelf(self.store).commit(None, rejects, files, key)
            return Taken(files=[files])
        except BaseException as error:
            files, rejects = held_back(file, _as_problem(error))
            return Taken(files=[files], pending=[(files, rejects)])

    def limits_of(self, file: LeadFile) -> Limits:
        """What the file may take; the usual where its settings have an error."""
        try:
            return self._settings_of(file.source).budget
        except Unreadable:
            return Limits()

    def add(self, taken: Taken) -> None:
        """What another process took counts as taken here."""
        self.taken.add(taken)

    def second_look(self) -> Iterator[LeadFile]:
        """The new ones of the files that did not change while the others were read; others are still being written."""
        if not self.taken.unsure:
            return
        youngest = max(file.state.modified for file in self.taken.unsure) / 1e9
        time.sleep(min(self._settle, max(0.0, youngest + self._settle - time.time())))
        for file in self.taken.unsure:
            try:
                _check_unchanged(file)
                if not self._knows(file):
                    yield file
            except BaseException as error:
                self._leave(file, error)

    def leave_the_rest(self, channels: Sequence[str]) -> None:
        """Note for the next run what is left and what was known, in place of what the last run noted of them."""
        files, rejects = zip(*self.taken.pending, strict=True) if self.taken.pending else ((), ())
        for table, path, new in (
            (REJECTS, pending_rejects(self.store), rejects),
            (FILES, pending_files(self.store), files),
        ):
            old = table.conform(pl.read_parquet(path, glob=False)) if path.exists() else table.empty()
            write(pl.concat([old.filter(~pl.col("channel").is_in(channels)), *new]), path)
        for channel in channels:
            self._looks_of(channel).keep()

    def _key(self, file: LeadFile) -> str:
        """What decides how the file is read."""
        settings = self._settings_of(file.source)
        return f"{self.version}:{settings.fingerprint}{CUT if settings.truncate_ips else ''}"

    def _knows(self, file: LeadFile) -> bool:
        """Whether a file of the same bytes was read under the same key; it is noted then."""
        key = self._key(file)
        if file.state.size not in self._sizes_of(file, key):
            return False
        looks = self._looks_of(file.channel)
        digest = looks.hash_of(file.name, file.state) or hash_of(file)
        file = replace(file, hashing=_done(digest))
        if not file.shelf(self.store).files.exists():
            return False
        looks.note(file.name, file.state, digest)
        rows = self._rows_of(file, key).get((digest, file.name))
        if rows is None:
            return self._noted(file, key)
        self.taken.files.append(rows)
        return True

    def _noted(self, file: LeadFile, key: str) -> bool:
        shelf = file.shelf(self.store)
        known = file.state.size in self._sizes_of(file, key) and shelf.reading() == key
        if known:
            self.taken.files.append(_again(shelf, file, key))
        return known

    def _read(self, file: LeadFile) -> None:
        key = self._key(file)
        with ThreadPoolExecutor(1) as hasher:
            file = replace(file, hashing=hasher.submit(hash_of, file), settings=self._settings_of(file.source))
            if self._noted(file, key):
                return
            files = load_file(file, self.store, key, *self._history_of(file, key))
        if state_of(file.place) != file.state:
            file.shelf(self.store).clear()
            self._histories.clear()
            raise _growing()
        self._sizes_of(file, key).add(file.state.size)
        self.taken.files.append(files)

    def _settings_of(self, source: str) -> SourceSettings:
        if source not in self._settings:
            try:
                read = read_settings(self.folder, source)
                self._settings[source] = replace(read, truncate_ips=self.truncate_ips)
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
            self._sizes[place] = sizes_read(self.store, *place, key)
        return self._sizes[place]

    def _rows_of(self, file: LeadFile, key: str) -> dict[tuple[object, ...], pl.DataFrame]:
        """What is to be noted of the source's files read before, by hash and name: all at once, there may be many."""
        place = (file.channel, file.source)
        if place not in self._rows:
            rows = rows_read(self.store, *place, key).with_columns(status=_KNOWN)
            parts = rows.partition_by("file_hash", "file", maintain_order=True, as_dict=True)
            self._rows = {place: parts}  # files come source by source
        return self._rows[place]

    def _looks_of(self, channel: str) -> Looks:
        if channel not in self._looks:
            self._looks[channel] = Looks(self.store, channel)
        return self._looks[channel]

    def _history_of(self, file: LeadFile, key: str) -> tuple[History, Registry]:
        """What the store knows of the file's source; files come source by source, so one is kept."""
        place = (file.channel, file.source)
        if place not in self._histories:
            self._histories = {place: (History(self.store, *place, key), Registry(self.store, *place))}
        return self._histories[place]

    def _leave(self, file: LeadFile, error: BaseException) -> None:
        """Hold a file back, whatever is wrong with it or with its reader; what stops the night is raised again."""
        problem = out_of_memory(self.limits_of(file)) if lacks_memory(error) else _as_problem(error)
        files, rejects = held_back(file, problem)
        self.taken.pending.append((files, rejects))
        self.taken.files.append(files)


def _again(shelf: Shelf, file: LeadFile, key: str) -> pl.DataFrame:
    """Catalogue rows of a file whose bytes the store knows; a new name is entered in the catalogue."""
    known = read([shelf.files], FILES)
    mine = known["file"] == file.name
    own = known if mine.all() else known.filter(mine)
    if own.height == 0:
        first = known.filter(pl.col("file") == known["file"][0])
        own = first.with_columns(
            file=pl.lit(file.name),
            status=_KNOWN,
            records=pl.when(pl.col("records").is_not_null()).then(pl.lit(0, pl.Int64)),
            duplicates=pl.col("records") + pl.col("duplicates"),
        )
        shelf.catalogue(pl.concat([known, own]), key)
    return own.with_columns(status=_KNOWN)


def _done(digest: str) -> Future[str]:
    """A hash that is known already."""
    future: Future[str] = Future()
    future.set_result(digest)
    return future


def _check_unchanged(file: LeadFile) -> None:
    if file.state == GONE or state_of(file.place) != file.state:
        raise _growing()


def _growing() -> Unreadable:
    return Unreadable(
        "half_written", "The file changed while it was looked at: it is still being written", passing=True
    )


def _as_problem(error: BaseException) -> Unreadable:
    if isinstance(error, Unreadable):
        return error
    if not is_fault(error):
        raise error
    if isinstance(error, PermissionError):
        return Unreadable("permission_denied", "It may not be read", passing=True)
    if isinstance(error, OSError):
        return Unreadable("reader_failed", f"The file cannot be opened: {error}", passing=True)
    return Unreadable("reader_failed", f"The reader failed with {type(error).__name__}: {error}", passing=True)
