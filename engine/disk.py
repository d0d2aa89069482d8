"""The disk: what to do about a write that failed, whoever of the libraries failed at it.

Belongs here: recognising a full disk and its like in any exception or message, and the remedy in words. Does not belong
here: deciding what stops a run. Polars, Arrow and SQLite hide the error number in their text.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from pathlib import Path

_REMEDIES = {
    errno.ENOSPC: "the disk is full; free some space (home and temporary folder) and run again",
    errno.EDQUOT: "the quota is used up; free some space (home and temporary folder) and run again",
    errno.EFBIG: "the file may not grow that large; lift the limit (ulimit -f) and run again",
    errno.EROFS: "the file system is read-only; mount it writable and run again",
    errno.EIO: "the disk does not answer as it should; check it (dmesg, smartctl) and run again",
    errno.EACCES: "no permission; give the user who runs the pipeline write access",
    errno.EPERM: "not permitted; the file system may lack symbolic links: put the home on one that has them",
    errno.ENOTSUP: "the file system has no symbolic links; put the home on one that has them",
}
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS})  # no other write would fare better
_ROOM = 1 << 14  # bytes
_WORDS = {
    errno.ENOSPC: ("no space left on device", "database or disk is full"),
    errno.EDQUOT: ("disk quota exceeded",),
    errno.EFBIG: ("file too large",),
    errno.EROFS: ("read-only file system", "readonly database"),
    errno.EIO: ("input/output error", "disk i/o error"),
}
_NUMBER = re.compile(r"(?:os error|errno) (\d+)", re.IGNORECASE)


def remedy(error: BaseException | str) -> str | None:
    """What to do about the failed write behind an exception (its causes included) or a message; None if it is none."""
    known = [cause for cause in _chain(error) if not getattr(cause, "errno", None)]  # the others have said their number
    texts = [error] if isinstance(error, str) else list(map(str, known))
    numbers = [number for cause in _chain(error) if (number := _own_number(cause))]
    number = next(iter([*numbers, *filter(None, map(_told, texts))]), None)
    return _REMEDIES[number] if number else None


def is_full(error: BaseException) -> bool:
    """Whether a write failed because the disk takes no more; what an exception quotes of a file's text is no proof."""
    return any(_own_number(cause) in _FULL for cause in _chain(error))


def takes_no_more(folder: Path) -> bool:
    """Whether the disk under a folder has no room left."""
    room = os.statvfs(folder)
    return room.f_bavail * room.f_frsize < _ROOM or (room.f_files > 0 and room.f_favail == 0)


def _chain(error: BaseException | str) -> Iterator[BaseException]:
    seen: set[int] = set()
    cause = error if isinstance(error, BaseException) else None
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__ or cause.__context__


def _own_number(error: BaseException) -> int | None:
    if not isinstance(error, OSError):
        return None
    number = error.errno or _told(str(error))
    return number if number in _REMEDIES else None


def _told(text: str) -> int | None:
    hidden = _NUMBER.search(text)
    if hidden and int(hidden[1]) in _REMEDIES:
        return int(hidden[1])
    low = text.lower()
    return next((number for number, words in _WORDS.items() if any(word in low for word in words)), None)
