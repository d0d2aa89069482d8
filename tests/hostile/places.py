"""Places: where something is about to change on disk, so that a run can be stopped there.

An audit hook sees every file that Python opens for writing, renames, links or removes, and every folder. What Polars,
Arrow and SQLite write they write to files that such a rename puts in place. What changes nothing (a folder that is
there already, a file that is not) is no place.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_CHANGES = {"os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.symlink", "os.link", "os.truncate", "shutil.rmtree"}
_FREES = {"os.remove", "os.rmdir", "shutil.rmtree"}
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Killed(BaseException):
    """Stands for SIGKILL."""


def killed(_: str) -> None:
    """Nothing goes on."""
    raise Killed


def disk_full(event: str) -> None:
    """Nothing is written any more; what is there can be removed."""
    if event not in _FREES:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class Places:
    """The places below a folder. From the one a run is to stop at, each of them fails, so that no `finally` helps."""

    def __init__(self) -> None:
        self.below, self.seen, self.last = "", 0, 0
        self._stop: Callable[[str], None] = killed
        self._look: Callable[[], None] = lambda: None
        sys.addaudithook(self)

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        if not self.below or not _is_place(event, arguments) or not str(arguments[0]).startswith(self.below):
            return
        self.seen += 1
        below, self.below = self.below, ""  # what the look does is no place
        self._look()
        self.below = below
        if self.seen > self.last:
            self._stop(event)

    @contextmanager
    def armed(
        self,
        below: Path,
        last: float = float("inf"),
        stop: Callable[[str], None] = killed,
        look: Callable[[], None] = lambda: None,
    ) -> Iterator[None]:
        """After `last` changes below a folder the run is stopped; before each one `look` is called."""
        self._stop, self._look = stop, look
        self.below, self.seen, self.last = f"{below}{os.sep}", 0, last
        try:
            yield
        except Killed:
            pass
        finally:
            self.below = ""


def every_place(places: Places, folder: Path, begin: Callable[[], None], work: Callable[[], None]) -> Iterator[int]:
    """Do the work again and again, dying one change later each time, until it is done without dying."""
    last = 0
    while True:
        begin()
        with places.armed(folder, last):
            work()
        yield last
        if places.seen <= last:
            return
        last += 1


def _is_place(event: str, arguments: tuple[object, ...]) -> bool:
    if event == "open":
        return isinstance(arguments[2], int) and bool(arguments[2] & _WRITING)
    if event not in _CHANGES or not isinstance(arguments[0], str | os.PathLike):
        return False
    there = os.path.lexists(arguments[0])
    return not there if event == "os.mkdir" else there or event == "os.symlink"
