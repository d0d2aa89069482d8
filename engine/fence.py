"""The fence: going over what lies below a folder, and opening it, without ever leaving the folder.

Belongs here: walking from open folder to open folder, and opening a file by its steps from the top, so that no link is
followed and no path is too long, whatever others do to the folder meanwhile (openat(2), O_NOFOLLOW). Does not belong
here: what the files are. A hard link is a file like any other: nothing tells which of its names is the first.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from io import BufferedReader
from pathlib import Path
from typing import NamedTuple

DEPTH = 64  # folders within each other that are entered: whoever goes to a file takes every step

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC  # a pipe must not make anybody wait


class Kind(Enum):
    """What lies where a file was looked for."""

    LINK = "a symbolic link"
    BROKEN_LINK = "a symbolic link that leads nowhere"
    FOLDER = "a folder"
    OTHER = "neither a file nor a folder"


class NotAFile(OSError):  # noqa: N818 - says what was found
    """What was to be opened is no file; `kind` says what it is instead."""

    def __init__(self, kind: Kind, name: str) -> None:
        super().__init__(errno.EINVAL, kind.value, name)
        self.kind = kind

    def __str__(self) -> str:
        return f"{self.filename} is {self.strerror}; put the file itself in its place"


class Place(NamedTuple):
    """A place below a folder: the steps that lead there from the top, of which only the top may be a link."""

    top: Path
    steps: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.steps[-1]

    def open(self) -> BufferedReader:
        """Open the file.

        Raises:
            NotAFile: there is a link, a folder, a pipe or a device.
            OSError: it cannot be opened.
        """
        with _opened(self.top, self.steps[:-1]) as folder:
            return _open_file(self.name, folder)

    def status(self) -> os.stat_result:
        """What the system says of the place itself, be it a link.

        Raises:
            OSError: it cannot be looked at.
        """
        with _opened(self.top, self.steps[:-1]) as folder:
            return os.stat(self.name, dir_fd=folder, follow_symlinks=False)


class Found(NamedTuple):
    """What lies at a place; no `status` when it cannot be looked at."""

    place: Place
    status: os.stat_result | None


def walk(top: Path, steps: tuple[str, ...], visible: Callable[[str], bool]) -> Iterator[Found]:
    """All that lies below a place and is no folder, and the folders that cannot be entered.

    Each folder's own come first, then those of its folders, all in the order of their names. A place that does not
    exist holds nothing.

    Args:
        top: the folder that is not left.
        steps: the place below it where the walk begins.
        visible: whether a file or folder of this name counts.
    """
    try:
        with _opened(top, steps) as folder, os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries if visible(entry.name))
            found = [Found(Place(top, (*steps, name)), _status(name, folder)) for name in names]
    except FileNotFoundError:
        return
    except OSError:
        yield Found(Place(top, steps), None)
        return
    enter = len(steps) < DEPTH
    yield from (it for it in found if not (enter and _is_folder(it)))
    for it in found:
        if enter and _is_folder(it):
            yield from walk(top, it.place.steps, visible)


def read_regular(path: Path, most: int = 1 << 30) -> bytes:
    """The bytes of a file that its owner put there, be it by a link; never waits for a pipe.

    Raises:
        FileNotFoundError: there is nothing.
        NotAFile: neither a file nor a link to one; a link that leads nowhere is not nothing.
        OSError: it cannot be read, or has more than `most` bytes.
    """
    try:
        with _open_file(path, None, links=True) as file:
            content = file.read(most + 1)
    except FileNotFoundError as error:
        if path.is_symlink():
            raise NotAFile(Kind.BROKEN_LINK, str(path)) from error
        raise
    if len(content) > most:
        raise OSError(errno.EFBIG, f"more than {most:,} bytes", str(path))
    return content


@contextmanager
def _opened(top: Path, steps: tuple[str, ...]) -> Iterator[int]:
    """The folder at the end of the steps, open."""
    folder = os.open(top, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for step in steps:
            here, folder = folder, os.open(step, _FOLDER, dir_fd=folder)
            os.close(here)
        yield folder
    finally:
        os.close(folder)


def _is_folder(it: Found) -> bool:
    return it.status is not None and stat.S_ISDIR(it.status.st_mode)


def _status(name: str, folder: int) -> os.stat_result | None:
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except OSError:
        return None


def _open_file(name: str | Path, folder: int | None, *, links: bool = False) -> BufferedReader:
    """Looked at before it is opened, since opening alone may act on a device; and after, since it may be another."""
    _check(os.stat(name, dir_fd=folder, follow_symlinks=links), name, folder)
    handle = os.open(name, _FILE & ~os.O_NOFOLLOW if links else _FILE, dir_fd=folder)
    try:
        _check(os.fstat(handle), name, folder)
        return os.fdopen(handle, "rb")
    except BaseException:
        os.close(handle)
        raise


def _check(status: os.stat_result, name: str | Path, folder: int | None) -> None:
    if stat.S_ISREG(status.st_mode):
        return
    if stat.S_ISLNK(status.st_mode):
        kind = Kind.LINK if _leads_somewhere(name, folder) else Kind.BROKEN_LINK
    elif stat.S_ISDIR(status.st_mode):
        os.close(os.open(name, _FOLDER, dir_fd=folder))  # one that may not be read says so
        kind = Kind.FOLDER
    else:
        kind = Kind.OTHER
    raise NotAFile(kind, str(name))


def _leads_somewhere(name: str | Path, folder: int | None) -> bool:
    try:
        os.stat(name, dir_fd=folder)
    except OSError:
        return False
    return True
