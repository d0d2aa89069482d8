"""Lead files: which files lie in the inbox, and whether one is ready to be read.

Belongs here: walking `inbox/{online,offline}/<source>/`, files that are not ready or not to be read, files nobody
will read. Does not belong here: which of them are new (`intake`), reading one (`loading`).
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from sources.problems import Unreadable
from sources.settings import SourceSettings
from sources.store.shelf import Shelf

CHANNELS = ("online", "offline")

# What programs call a file they are still writing, and what they leave lying about.
_UNFINISHED = frozenset(
    {".!ut", ".crdownload", ".download", ".filepart", ".opdownload", ".part", ".partial", ".swp", ".temp", ".tmp"}
)
_CLUTTER = frozenset({"thumbs.db", "desktop.ini", "icon\r"})


class FileState(NamedTuple):
    """A file at a glance: bytes, and nanoseconds of its last change."""

    size: int
    modified: int

    @property
    def received_at(self) -> datetime:
        """The last change, in UTC."""
        return datetime.fromtimestamp(self.modified / 1e9, UTC)


GONE = FileState(-1, 0)  # that cannot be looked at


@dataclass(frozen=True)
class LeadFile:
    """A lead file in the inbox: where it is, who delivered it and how it is to be read.

    `name` is the path below the inbox, `state` that of the first look. The SHA-256 of its bytes may still be under way.
    """

    path: Path
    name: str
    channel: str
    source: str
    state: FileState
    settings: SourceSettings = field(default_factory=SourceSettings)
    hashing: Future[str] | None = None

    @property
    def hash(self) -> str | None:
        return self.hashing.result() if self.hashing else None

    def shelf(self, store: Path) -> Shelf:
        """Its place in the store."""
        return Shelf(store, self.channel, self.source, self.hash or "", self.state.size)


def lead_files(inbox: Path, channel: str) -> Iterator[LeadFile]:
    """All files below a channel, in the order of their paths; hidden files and folders are left out."""
    top = inbox / channel
    for folder, folders, files in os.walk(top, followlinks=True):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__MACOSX")))
        here = Path(folder)
        parts = here.relative_to(top).parts
        for name in sorted(files):
            if name.startswith(".") or name.lower() in _CLUTTER:
                continue
            source = _as_text(parts[0] if parts else Path(name).stem)
            path = here / name
            yield LeadFile(path, _as_text(path.relative_to(inbox).as_posix()), channel, source, state_of(path))


def _as_text(name: str) -> str:
    """A name on disk as text: bytes that are not UTF-8 (an old archive's umlauts) are spelt out as `\\xfc`."""
    return os.fsencode(name).decode(errors="backslashreplace")


def state_of(path: Path) -> FileState:
    """The file's state, GONE when it cannot be looked at."""
    try:
        status = path.stat()
    except OSError:
        return GONE
    return FileState(status.st_size, status.st_mtime_ns)


def refuse(path: Path) -> None:
    """Refuse what is not to be read, by name and kind.

    Raises:
        Unreadable: lock_file, partial_download, broken_link or not_a_file, or half_written when it is gone.
        OSError: the file may not be read.
    """
    if path.name.startswith("~$"):
        raise Unreadable("lock_file", "An office program's lock file", passing=True)
    if path.suffix.lower() in _UNFINISHED:
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


def hash_of(path: Path) -> str:
    """SHA-256 of the file's bytes."""
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
