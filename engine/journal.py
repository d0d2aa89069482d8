"""Journal: what was written, said before it takes its place, so that what lies on disk can be held against it.

Belongs here: digests of files and folders, and the lines that keep them. Does not belong here: which files there are,
and what to do about one that is not what was written (`sources.store.soundness`, `assets.resources.lake`).

A line is appended before its files are put in place; whoever is killed in between leaves the files of the line before.
So a thing is sound while it is what one of its last two lines says. Each line carries a check of its own, and one that
fails it is left out: what it spoke of is taken as it lies.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from engine.fence import read_regular
from engine.swap import swap

Line = dict[str, str | None]
_CHECK = 16  # hexadecimal digits before each line
_SMALL = 1 << 16  # bytes


class Damaged(Exception):  # noqa: N818 - a state of the disk, not a programming error
    """What lies on disk is not what was written; the message names it and says what to do."""


class Journal:
    """The lines of one journal.

    Args:
        path: the file; need not exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def lines(self) -> list[Line]:
        """All lines that are what was written, oldest first.

        Raises:
            OSError: the file is none, or cannot be read.
        """
        return [json.loads(text[_CHECK + 1 :]) for text in self._texts() if _is_whole(text)]

    def damaged(self) -> list[int]:
        """The numbers of the lines that are not what was written; raises as `lines` does."""
        return [number for number, text in enumerate(self._texts(), 1) if text and not _is_whole(text)]

    def _texts(self) -> list[bytes]:
        try:
            return read_regular(self.path).split(b"\n")
        except FileNotFoundError:
            return []

    def append(self, line: Line) -> None:
        """Add a line. What a disk that was full cut off before it is closed by a line end."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a+b") as file:
            file.seek(max(file.tell() - 1, 0))
            whole = file.read() in (b"", b"\n")
            file.write((b"" if whole else b"\n") + _text(line))

    def replace(self, lines: Iterable[Line]) -> None:
        """Only these lines from now on."""
        with swap(self.path) as new:
            new.write_bytes(b"".join(map(_text, lines)))


def digest_of(path: Path) -> str | None:
    """SHA-256 (hex) of a file, or of the names and contents in a folder; None where there is nothing."""
    try:
        with path.open("rb") as file:
            head = file.read(_SMALL)
            if len(head) < _SMALL:  # many are: what `file_digest` prepares costs more than their hash
                return hashlib.sha256(head).hexdigest()
            file.seek(0)
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return None
    except IsADirectoryError:
        parts = [f"{part.relative_to(path)}\0{digest_of(part)}" for part in sorted(path.rglob("*")) if part.is_file()]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _is_whole(text: bytes) -> bool:
    return text == _checked(text[_CHECK + 1 :])


def _text(line: Line) -> bytes:
    return _checked(json.dumps(line).encode()) + b"\n"


def _checked(text: bytes) -> bytes:
    return hashlib.sha256(text).hexdigest()[:_CHECK].encode() + b" " + text
