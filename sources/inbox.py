"""The inbox: which lead files there are, which are new, and reading the new ones.

Belongs here: walking `inbox/{online,offline}/<source>/`, files that are not ready or not to be read, the
second look at files that may still be written, the report of a run. Does not belong here: reading a file
(`loading`), where the results lie (`store`).

A file is read when its bytes, its source's settings or the reader are new. What cannot be read now but may
be readable later (a lock, a copy in progress, an error in the settings) is noted as pending and tried again.
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path
from typing import NamedTuple

import polars as pl

from contracts.raw import FILES, REJECTS
from engine.swap import sweep
from engine.workers import cores, in_processes
from sources.completeness import looks_cut
from sources.loading import Lead, held_back, load_file
from sources.problems import Unreadable
from sources.settings import Override, read_override
from sources.store import shelf as stores
from sources.store.history import History

CHANNELS = ("online", "offline")
SPREAD_BYTES = 16 << 20  # of files beside the largest source's: from here on several processes pay
SETTLE_SECONDS = 2.0  # a file younger than this whose end is missing gets a second look before it is judged

_PARTIAL = (
    ".crdownload",
    ".part",
    ".partial",
    ".tmp",
    ".temp",
    ".download",
    ".filepart",
    ".swp",
    ".!ut",
    ".opdownload",
)
_CLUTTER = frozenset({"thumbs.db", "desktop.ini", "icon\r"})

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class FilesReport:
    """What a run found in the inbox.

    `files` is contracts.raw.FILES for this run: `status` says loaded, already_loaded or quarantined now.
    """

    files: pl.DataFrame

    def count(self, status: str) -> int:
        """Files (sheets, archive members) with this status."""
        return self.files.filter(pl.col("status") == status).height

    @property
    def records(self) -> int:
        """Records that are new to the store."""
        return int(self.files.filter(pl.col("status") == "loaded")["records"].sum())

    @property
    def rejected(self) -> int:
        """Rows held back in files read now."""
        return int(self.files.filter(pl.col("status") != "already_loaded")["rejected"].sum())


class _State(NamedTuple):
    size: int
    modified: int


class _Found(NamedTuple):
    path: Path
    channel: str
    source: str
    file: str


class _Taken(NamedTuple):
    """What came of files: catalogue rows, what is left for the next run, what needs a second look."""

    files: list[pl.DataFrame]
    pending: list[tuple[pl.DataFrame, pl.DataFrame]]
    unsure: list[tuple[_Found, _State]]


def read_inbox(
    inbox: Path,
    store: Path,
    overrides: Path,
    channels: Sequence[str] = CHANNELS,
    progress: Progress | None = None,
    *,
    settle: float = SETTLE_SECONDS,
) -> FilesReport:
    """Read every new file of the inbox into the store. A file that fails never stops the others.

    Args:
        inbox: folder with `online/<source>/...` and `offline/<source>/...`; need not exist.
        store: root of the store; created where missing.
        overrides: folder of `<source>.toml` settings; need not exist.
        channels: which channels to read.
        progress: called with files done, files in all and the file's path below the inbox.
        settle: seconds within which a file without an end may still be growing.

    Returns:
        The report of this run; the store's own tables are `records`, `rejects` and `catalogue`.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> from sources.store.records import load_records
        >>> with TemporaryDirectory() as folder:
        ...     home = Path(folder)
        ...     file = home / "inbox" / "online" / "form" / "leads.csv"
        ...     file.parent.mkdir(parents=True)
        ...     export = pl.DataFrame({"Vorname": ["Anna"], "Nachname": ["Klein"], "E-Mail": ["anna@nord.de"]})
        ...     export.write_csv(file, separator=";")
        ...     report = read_inbox(home / "inbox", home / "store", home / "sources", settle=0)
        ...     records = load_records(home / "store", "online").collect()
        >>> report.files.select("file", "status", "records", "rejected")
        shape: (1, 4)
        ┌───────────────────────┬────────┬─────────┬──────────┐
        │ file                  ┆ status ┆ records ┆ rejected │
        │ ---                   ┆ ---    ┆ ---     ┆ ---      │
        │ str                   ┆ str    ┆ i64     ┆ i64      │
        ╞═══════════════════════╪════════╪═════════╪══════════╡
        │ online/form/leads.csv ┆ loaded ┆ 1       ┆ 0        │
        └───────────────────────┴────────┴─────────┴──────────┘
        >>> records.select("source", "row", "given_name", "family_name", "email")
        shape: (1, 5)
        ┌────────┬─────┬────────────┬─────────────┬──────────────┐
        │ source ┆ row ┆ given_name ┆ family_name ┆ email        │
        │ ---    ┆ --- ┆ ---        ┆ ---         ┆ ---          │
        │ str    ┆ i64 ┆ str        ┆ str         ┆ str          │
        ╞════════╪═════╪════════════╪═════════════╪══════════════╡
        │ form   ┆ 2   ┆ Anna       ┆ Klein       ┆ anna@nord.de │
        └────────┴─────┴────────────┴─────────────┴──────────────┘
    """
    sweep(store)
    run = _Run(inbox, store, overrides, settle)
    found = [file for channel in channels for file in _walk(inbox, channel)]
    looks = [(file, _look(file.path)) for file in found]
    # Files of one source are read one after the other: which of two twins is the copy depends on it.
    by_source: dict[tuple[str, str], list[tuple[_Found, _State | None]]] = {}
    for look in looks:
        by_source.setdefault((look[0].channel, look[0].source), []).append(look)
    sources = list(by_source.values())
    sizes = [sum(state.size for _, state in files if state) for files in sources]
    done = count(1)

    def tell(file: _Found) -> None:
        if progress:
            progress(next(done), len(found), file.file)

    if cores() > 1 and sum(sizes) - max(sizes, default=0) >= SPREAD_BYTES:
        results = in_processes(partial(_take, inbox, store, overrides, settle), sources, weights=sizes)
        for files, taken in zip(sources, results, strict=True):
            run.add(taken)
            for file, _ in files:
                tell(file)
    else:
        for file, state in looks:
            run.take(file, state)
            tell(file)
    run.second_look()
    run.finish(channels)
    return FilesReport(pl.concat([FILES.empty(), *run.files]))


def _take(
    inbox: Path, store: Path, overrides: Path, settle: float, files: Sequence[tuple[_Found, _State | None]]
) -> _Taken:
    """Take the files of one source, in a process of their own."""
    run = _Run(inbox, store, overrides, settle)
    for file, state in files:
        run.take(file, state)
    return _Taken(run.files, run.pending, run.unsure)


def _walk(inbox: Path, channel: str) -> Iterator[_Found]:
    """All files below a channel, in the order of their paths; folders of hidden files are left out."""
    top = inbox / channel
    for folder, folders, files in os.walk(top, followlinks=True):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__MACOSX")))
        here = Path(folder)
        parts = here.relative_to(top).parts
        for name in sorted(files):
            if name.startswith(".") or name.lower() in _CLUTTER:
                continue
            source = _as_text(parts[0] if parts else Path(name).stem)
            yield _Found(here / name, channel, source, _as_text((here / name).relative_to(inbox).as_posix()))


def _as_text(name: str) -> str:
    """A name on disk as text: bytes that are not UTF-8 (an old archive's umlauts) are spelt out as `\\xfc`."""
    return os.fsencode(name).decode(errors="backslashreplace")


def _look(path: Path) -> _State | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return _State(status.st_size, status.st_mtime_ns)


class _Run:
    """One run over the inbox: catalogue rows so far, and what is left for later."""

    def __init__(self, inbox: Path, store: Path, overrides: Path, settle: float) -> None:
        self.inbox, self.store, self.overrides, self.settle = inbox, store, overrides, settle
        self.files: list[pl.DataFrame] = []
        self.pending: list[tuple[pl.DataFrame, pl.DataFrame]] = []
        self.unsure: list[tuple[_Found, _State]] = []
        self.settings: dict[str, Override | Unreadable] = {}
        self.sizes: dict[tuple[str, str], set[int]] = {}
        self.histories: dict[tuple[str, str], History] = {}

    def take(self, file: _Found, state: _State | None) -> None:
        """Read a file unless it is not ready; a file whose end is missing waits for the second look."""
        lead = _lead(file)
        try:
            _refuse(file.path)
            if state is None:
                state = _look(file.path) or _State(-1, -1)
            if _look(file.path) != state:
                raise _growing()
            young = time.time() - state.modified / 1e9 < self.settle
            if young and looks_cut(file.path):
                self.unsure.append((file, state))
                return
            self._read(file, lead, state)
        except (Unreadable, OSError) as error:
            self._leave(lead, error)

    def add(self, taken: _Taken) -> None:
        """What another process took of these files counts as taken here."""
        self.files += taken.files
        self.pending += taken.pending
        self.unsure += taken.unsure

    def second_look(self) -> None:
        """Read the files that did not change while the others were read; the rest is still being written."""
        if not self.unsure:
            return
        youngest = max(state.modified for _, state in self.unsure) / 1e9
        time.sleep(min(self.settle, max(0.0, youngest + self.settle - time.time())))
        for file, state in self.unsure:
            lead = _lead(file)
            try:
                if _look(file.path) != state:
                    raise _growing()
                self._read(file, lead, state)
            except (Unreadable, OSError) as error:
                self._leave(lead, error)

    def _read(self, file: _Found, lead: Lead, state: _State) -> None:
        override = self._settings(file.source)
        key = f"{stores.reader_version()}:{override.fingerprint}"
        with ThreadPoolExecutor(1) as hasher:
            hashing = hasher.submit(_hash, file.path)
            lead = replace(lead, hashing=hashing, size=state.size, override=override, received_at=_time(state))
            if state.size in self._sizes(lead, key) and lead.shelf(self.store).reading() == key:
                self.files.append(self._again(lead.shelf(self.store), lead, key))
                return
            try:
                files = load_file(lead, self.store, key, self._history(lead, key))
            except (Unreadable, OSError):
                raise
            except Exception as error:  # whatever a reader's library throws must not stop the night
                raise Unreadable(
                    "reader_failed", f"The reader failed with {type(error).__name__}: {error}", passing=True
                ) from error
        if _look(file.path) != state:
            self._take_back(lead.shelf(self.store))
            self.histories.clear()
            raise _growing()
        self._sizes(lead, key).add(state.size)
        self.files.append(files)

    def _again(self, shelf: stores.Shelf, lead: Lead, key: str) -> pl.DataFrame:
        """Catalogue rows of a file whose bytes the store knows; a new name is entered in the catalogue."""
        known = FILES.conform(pl.read_parquet(shelf.files))
        own = known.filter(pl.col("file") == lead.file)
        if own.height == 0:
            first = known.filter(pl.col("file") == known["file"][0])
            own = first.with_columns(
                file=pl.lit(lead.file),
                status=pl.when(pl.col("status") == "quarantined").then("status").otherwise(pl.lit("already_loaded")),
                records=pl.when(pl.col("records").is_not_null()).then(pl.lit(0, pl.Int64)),
                duplicates=pl.col("records") + pl.col("duplicates"),
            )
            shelf.catalogue(pl.concat([known, own]), key)
        status = pl.when(pl.col("status") == "quarantined").then("status").otherwise(pl.lit("already_loaded"))
        return own.with_columns(status=status)

    def _take_back(self, shelf: stores.Shelf) -> None:
        for path in (shelf.files, shelf.rejects, shelf.records):
            path.unlink(missing_ok=True)

    def _settings(self, source: str) -> Override:
        if source not in self.settings:
            try:
                self.settings[source] = read_override(self.overrides, source)
            except Unreadable as problem:
                self.settings[source] = problem
        settings = self.settings[source]
        if isinstance(settings, Unreadable):
            raise settings
        return settings

    def _sizes(self, lead: Lead, key: str) -> set[int]:
        """Sizes of the source's files read before: only a file of one of them may be known already."""
        place = (lead.channel, lead.source)
        if place not in self.sizes:
            self.sizes[place] = stores.sizes(self.store, *place, key)
        return self.sizes[place]

    def _history(self, lead: Lead, key: str) -> History:
        """What the store knows of the lead's source; files come source by source, so one is kept."""
        place = (lead.channel, lead.source)
        if place not in self.histories:
            self.histories = {place: History(self.store, *place, key)}
        return self.histories[place]

    def _leave(self, lead: Lead, error: Exception) -> None:
        files, rejects = held_back(lead, _as_problem(error))
        self.pending.append((files, rejects))
        self.files.append(files)

    def finish(self, channels: Sequence[str]) -> None:
        """Note what is left for the next run, in place of what the last run had left for these channels."""
        for place, (table, path) in enumerate(zip((REJECTS, FILES), stores.pending(self.store), strict=True)):
            old = table.conform(pl.read_parquet(path)) if path.exists() else table.empty()
            new = [entry[1 - place] for entry in self.pending]
            stores.write(pl.concat([old.filter(~pl.col("channel").is_in(channels)), *new]), path)


def _lead(file: _Found) -> Lead:
    state = _look(file.path)
    return Lead(file.path, file.file, file.channel, file.source, 0, _time(state or _State(0, 0)), Override())


def _time(state: _State) -> datetime:
    return datetime.fromtimestamp(state.modified / 1e9, UTC)


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


def _refuse(path: Path) -> None:
    """Refuse what is not to be read, by name and kind.

    Raises:
        Unreadable: lock_file, partial_download, broken_link, not_a_file or permission_denied.
    """
    if path.name.startswith("~$"):
        raise Unreadable("lock_file", "An office program's lock file", passing=True)
    if path.name.lower().endswith(_PARTIAL):
        raise Unreadable("partial_download", f"The name ends in {path.suffix}", passing=True)
    try:
        mode = path.stat().st_mode
    except FileNotFoundError as error:
        if path.is_symlink():
            raise Unreadable("broken_link", "The link leads nowhere", passing=True) from error
        raise Unreadable("half_written", "The file went away while it was looked at", passing=True) from error
    if not stat.S_ISREG(mode):
        raise Unreadable("not_a_file", "Neither a file nor a folder", passing=True)
    with path.open("rb"):
        pass


def _hash(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def strays(inbox: Path) -> list[str]:
    """Files below `inbox` that are in none of its channel folders, as paths below it; hidden ones do not count."""
    if not inbox.is_dir():
        return []
    others = (entry for entry in inbox.iterdir() if entry.name not in CHANNELS)
    files = (path for entry in others for path in (entry.rglob("*") if entry.is_dir() else (entry,)) if path.is_file())
    names = (path.relative_to(inbox) for path in files)
    return sorted(name.as_posix() for name in names if not any(part.startswith(".") for part in name.parts))
