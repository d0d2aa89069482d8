"""Lead files: which files lie in the inbox, and whether one is ready to be read.

Belongs here: walking `inbox/{online,offline,activity}/<source>/`, files that are not ready or not to be read, files
nobody will read. Does not belong here: which of them are new (`intake`), reading one (`loading`).
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from engine.fence import DEPTH, Kind, NotAFile, Place, walk
from sources.columns.list_names import list_channel
from sources.problems import Unreadable
from sources.settings import SourceSettings
from sources.store.shelf import Shelf

CHANNELS = ("online", "offline")
ACTIVITY = "activity"  # the folder of what people did, costs and orders: none of its rows is a lead
FOLDERS = (*CHANNELS, ACTIVITY)

# What programs call a file they are still writing, and what they leave lying about.
_UNFINISHED = frozenset(
    {".!ut", ".crdownload", ".download", ".filepart", ".opdownload", ".part", ".partial", ".swp", ".temp", ".tmp"}
)
_CLUTTER = frozenset({"thumbs.db", "desktop.ini", "icon\r"})

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)  # what the clock of a file may say; some say the year 400,000


class FileState(NamedTuple):
    """A file at a glance: bytes, nanoseconds of the last change of its content and of anything about it."""

    size: int
    modified: int
    changed: int = 0
    inode: int = 0

    @property
    def received_at(self) -> datetime:
        """The last change, in UTC, within what a date can be."""
        seconds = min(max(self.modified // 10**3, 0), (_LATEST - _EPOCH) // timedelta(microseconds=1))
        return _EPOCH + timedelta(microseconds=seconds)


GONE = FileState(-1, 0)  # that cannot be looked at


@dataclass(frozen=True)
class LeadFile:
    """A lead file in the inbox: where it is, who delivered it and how it is to be read.

    `name` is the path below the inbox, `state` that of the first look. The SHA-256 of its bytes may still be under way.
    """

    place: Place
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
    """All files below a channel, in the order of their paths; hidden files and folders are left out.

    What is no file and what cannot be entered is there too: opening it (`refuse`) says what it is.
    """
    for place, status in walk(inbox, (channel,), _visible):
        name = _as_text("/".join(place.steps))
        yield LeadFile(place, name, channel, _as_text(_source(place, status)), _state(status))


def _source(place: Place, status: os.stat_result | None) -> str:
    """The folder below the channel; of a file that lies in none, its name."""
    if len(place.steps) == 2 and status is not None and stat.S_ISREG(status.st_mode):
        return PurePosixPath(place.name).stem
    return place.steps[min(1, len(place.steps) - 1)]


def _as_text(name: str) -> str:
    """A name on disk as text: bytes that are not UTF-8 (an old archive's umlauts) are spelt out as `\\xfc`."""
    return os.fsencode(name).decode(errors="backslashreplace")


def _visible(name: str) -> bool:
    return not name.startswith((".", "__MACOSX")) and name.lower() not in _CLUTTER


def state_of(place: Place) -> FileState:
    """The state of what lies there, GONE when it cannot be looked at."""
    try:
        return _state(place.status())
    except OSError:
        return GONE


def _state(status: os.stat_result | None) -> FileState:
    return FileState(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino) if status else GONE


def refuse(place: Place) -> None:
    """Refuse what is not to be read, by name and kind.

    Raises:
        Unreadable: lock_file, partial_download, link, broken_link, folder_too_deep or not_a_file, or half_written when
            it is gone.
        OSError: the file may not be read.
    """
    if place.name.startswith("~$"):
        raise Unreadable("lock_file", "An office program's lock file", passing=True)
    if (suffix := PurePosixPath(place.name).suffix).lower() in _UNFINISHED:
        raise Unreadable("partial_download", f"The name ends in {suffix}", passing=True)
    try:
        place.open().close()
    except NotAFile as error:
        if error.kind is Kind.FOLDER and len(place.steps) <= DEPTH:
            raise Unreadable("half_written", "The folder could not be listed a moment ago", passing=True) from error
        raise Unreadable(*_NO_FILE[error.kind], passing=True) from error
    except FileNotFoundError as error:
        raise Unreadable("half_written", "The file went away while it was looked at", passing=True) from error


_NO_FILE = {
    Kind.LINK: ("link", "A symbolic link; where it leads is not looked at"),
    Kind.BROKEN_LINK: ("broken_link", "The link leads nowhere"),
    Kind.FOLDER: ("folder_too_deep", f"The folder lies in more than {DEPTH} others; nothing in it was read"),
    Kind.OTHER: ("not_a_file", "Neither a file nor a folder"),
}


def hash_of(file: LeadFile) -> str:
    """SHA-256 of the file's bytes; a list of objections is another file than one of the same bytes that is none."""
    with file.place.open() as stream:
        digest = hashlib.file_digest(stream, "sha256")
    digest.update((list_channel(file.name) or "").encode())
    return digest.hexdigest()


def as_received(files: Iterable[LeadFile]) -> list[LeadFile]:
    """Files in the order in which they were received, those of one moment by their bytes; names do not count."""
    moments = groupby(sorted(files, key=_moment), key=_moment)
    return [file for _, some in moments for file in _by_bytes(list(some))]


def _moment(file: LeadFile) -> datetime:
    return file.state.received_at


def _by_bytes(files: list[LeadFile]) -> list[LeadFile]:
    """Sorted by their hashes; one that cannot be read comes last and is told of when its turn comes."""
    return files if len(files) == 1 else sorted(files, key=_hash_if_readable)


def _hash_if_readable(file: LeadFile) -> str:
    try:
        return hash_of(file)
    except OSError:
        return "~"


def strays(inbox: Path) -> list[str]:
    """What lies below `inbox` in none of its channel folders, as paths below it; hidden files do not count."""
    found = (place.steps for place, _ in walk(inbox, (), lambda name: not name.startswith(".")))
    return sorted(_as_text("/".join(steps)) for steps in found if steps and steps[0] not in FOLDERS)
