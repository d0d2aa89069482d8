"""Tombstones: the file that keeps who was erased, without saying who it was.

Belongs here: the key, reading `erased.csv` and adding to it. Does not belong here: what is hashed
(`enrichment/traces`).

A tombstone is a BLAKE2b hash under a key of this home: the file names nobody, and nobody can be looked up in it
without the key. It is read whole or not at all: a file that cannot be trusted would say that nobody was erased. Only a
last line that breaks off, which a copy that was cut short leaves, is passed over and told of (`torn`), so that whoever
gave its command gives it again. `.erased.count` says how many there are at least, so that a file
that was cut short is noticed.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path

from engine.fence import NotAFile, read_regular
from engine.swap import swap
from engine.table_file import only_writer

HEADER = "tombstone,at"
_FILE, _KEY, _COUNT = "erased.csv", "erased.key", ".erased.count"
_KEY_BYTES = 32
_TORN = re.compile(r"[0-9a-f]{0,32}|[0-9a-f]{32},[\d-]{0,9}")
_LINE = re.compile(r"([0-9a-f]{32}),(\d{4}-\d\d-\d\d)")


@dataclass(frozen=True, slots=True)
class Erasures:
    """The tombstones of a home and the key they were made with."""

    key: bytes = b""
    tombstones: frozenset[str] = frozenset()
    torn: bool = False

    def hashed(self, trace: str) -> str:
        return blake2b(trace.encode(), key=self.key, digest_size=16).hexdigest()

    def knows(self, trace: str) -> bool:
        """Whether an erased person left this trace."""
        return self.hashed(trace) in self.tombstones


def read_erasures(folder: Path) -> Erasures:
    """The tombstones in `folder` (`erased.csv`, `erased.key`); none where nobody was erased.

    Raises:
        ValueError: one of the files is there and cannot be trusted (a link that leads nowhere, a pipe, other bytes), or
            one without the other, so that nobody would be recognised; names file, line and remedy.
    """
    content, key = _read(folder / _FILE), _read(folder / _KEY)
    if content is None:
        if key is not None:
            raise ValueError(f"{folder / _FILE} is missing, but its key is there: restore it, or the erased come back")
        return Erasures()
    tombstones, torn = _tombstones(folder / _FILE, content)
    if key is None:
        if not tombstones:  # its making was killed before there was a key
            return Erasures()
        raise ValueError(f"{folder / _KEY} is missing: without it the people in {_FILE} are not recognised; restore it")
    if len(key) != _KEY_BYTES:
        raise ValueError(f"{folder / _KEY} holds {len(key)} bytes instead of {_KEY_BYTES}; restore it from a backup")
    least = int(_read(folder / _COUNT) or 0)
    if len(tombstones) < least:
        raise ValueError(
            f"{folder / _FILE} holds {len(tombstones):,} of {least:,} tombstones; restore it from a backup"
        )
    return Erasures(key, frozenset(tombstones), torn)


def add_tombstones(folder: Path, traces: Iterable[str]) -> int:
    """Set tombstones for these traces, on the disk when this returns; the number of new ones.

    Raises:
        ValueError: the files that are there cannot be trusted; nothing was added.
        OSError: they cannot be written.
    """
    path = folder / _FILE
    with only_writer(path):
        known = read_erasures(folder)
        if not known.key:  # the file goes first: where there is a key there was a file, so that a lost one is noticed
            _write(path, f"{HEADER}\n".encode())
            _write(folder / _KEY, secrets.token_bytes(_KEY_BYTES))
            known = read_erasures(folder)
        new = sorted({known.hashed(trace) for trace in traces} - known.tombstones)
        if new:
            today = datetime.now(UTC).date().isoformat()
            _write(path, _whole_lines(path) + "".join(f"{tombstone},{today}\n" for tombstone in new).encode())
            _write(folder / _COUNT, str(len(known.tombstones) + len(new)).encode())
        return len(new)


def _write(path: Path, content: bytes) -> None:
    with swap(path, durable=True, private=True) as new:
        new.write_bytes(content)


def _whole_lines(path: Path) -> bytes:
    """The file without a line that breaks off."""
    before, _, last = (content := read_regular(path)).rpartition(b"\n")
    return content + b"\n" if _LINE.fullmatch(last.decode(errors="replace").strip()) else before + b"\n"


def _read(path: Path) -> bytes | None:
    """The file's bytes; None where there is nothing at all."""
    try:
        return read_regular(path)
    except FileNotFoundError:
        return None
    except NotAFile as error:
        raise ValueError(f"{path} is {error.kind.value}: who was erased cannot be read; restore it") from error
    except OSError as error:
        raise ValueError(f"{path} cannot be read ({error.strerror}): make it readable, or restore it") from error


def _tombstones(path: Path, content: bytes) -> tuple[list[str], bool]:
    """The tombstones of the file, and whether its last line breaks off."""
    header, *lines = content.decode("utf-8-sig", errors="replace").split("\n")
    if header.strip() != HEADER or not lines:
        raise ValueError(f"{path}, line 1: the header {HEADER} is missing; restore the file from a backup")
    last = lines.pop().strip()
    torn = bool(last) and _TORN.fullmatch(last) is not None
    lines += [last] if last and not torn else []
    found = []
    for number, line in enumerate(lines, start=2):
        if (read := _LINE.fullmatch(line.strip())) is None:
            raise ValueError(f"{path}, line {number}: not a tombstone and a date; restore the file from a backup")
        found.append(read[1])
    return found, torn
