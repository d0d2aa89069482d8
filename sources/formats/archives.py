"""Archives: what lies packed in a file, unpacked within its budget.

Belongs here: gzip, bzip2, xz and zip, members that overlap. Does not belong here: what an unpacked content is
(`choose`), how much may be unpacked (`budget`). Contents lie in a temporary folder and are gone when the next one is
asked for.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO

from sources.budget import Budget, OverBudget
from sources.content import Content
from sources.problems import Unreadable

_HEADER = 30  # bytes before a member's name and content

Opener = Callable[[BinaryIO], IO[bytes]]

# By the first bytes of a file.
OPENERS: dict[bytes, Opener] = {
    b"\x1f\x8b": gzip.open,  # type: ignore[dict-item]
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\0": lzma.LZMAFile,
}


@contextmanager
def decompressed(content: Content, opener: Opener) -> Iterator[Content]:
    """The one content of a compressed file.

    Raises:
        Unreadable: archive_too_large or truncated_file.
    """
    with tempfile.TemporaryDirectory(prefix="lead-refinery-") as folder:
        unpacked = Path(folder) / "content"
        with content.open() as packed, opener(packed) as stream:
            size = _copy(stream, unpacked, content.budget)
        name = PurePosixPath(content.name)
        yield Content(str(name.with_suffix("")), size, _opener(unpacked), unpacked, content.budget)


def members(archive: zipfile.ZipFile, budget: Budget) -> Iterator[tuple[str, Content | Unreadable]]:
    """The files of an archive by name, or why one cannot be unpacked.

    Raises:
        Unreadable: empty_file, archive_overlaps or over budget.
    """
    entries = [entry for entry in archive.infolist() if not entry.is_dir() and not _clutter(entry.filename)]
    if not entries:
        raise Unreadable("empty_file", "The archive has no files in it")
    budget.open_members(len(entries))
    _refuse_overlaps(entries)
    replace(budget).unpack(sum(entry.file_size for entry in entries))  # as stated; what comes out is counted then
    for entry in sorted(entries, key=lambda entry: entry.filename):
        with tempfile.TemporaryDirectory(prefix="lead-refinery-") as folder:
            yield entry.filename, _unpacked(archive, entry, Path(folder) / "content", budget)


def _refuse_overlaps(entries: Sequence[zipfile.ZipInfo]) -> None:
    """Members that share bytes are how a small file unpacks to any size."""
    ordered = sorted(entries, key=lambda entry: entry.header_offset)
    for entry, after in pairwise(ordered):
        if entry.header_offset + _HEADER + entry.compress_size > after.header_offset:
            raise OverBudget("archive_overlaps", f"{entry.filename} and {after.filename} share bytes of the archive")


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, budget: Budget) -> Content | Unreadable:
    if entry.flag_bits & 1:
        return Unreadable("encrypted_archive", f"{entry.filename} is encrypted")
    try:
        with archive.open(entry) as stream:
            size = _copy(stream, target, budget)
    except OverBudget:
        raise
    except Unreadable as problem:
        return problem
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError) as error:
        return Unreadable("archive_damaged", f"{entry.filename} cannot be unpacked: {error}")
    return Content(PurePosixPath(entry.filename).name, size, _opener(target), target, budget)


def _copy(stream: IO[bytes], target: Path, budget: Budget) -> int:
    """Unpack to a file, giving up where a bomb would go on."""
    size = 0
    with target.open("wb") as out:
        try:
            while block := stream.read(1 << 20):
                size += len(block)
                budget.unpack(len(block))
                out.write(block)
        except EOFError as error:
            raise Unreadable("truncated_file", "The compressed content ends in the middle", passing=False) from error
    return size


def _opener(path: Path) -> Callable[[], BinaryIO]:
    return lambda: path.open("rb")


def _clutter(name: str) -> bool:
    """Files that archive programs add on their own."""
    path = PurePosixPath(name)
    return path.parts[0] == "__MACOSX" or path.name.startswith((".", "~$")) or path.name.lower() == "thumbs.db"
