"""Archives: what lies packed in a file, unpacked within bounds.

Belongs here: gzip, bzip2, xz and zip, how deep and how far they are unpacked. Does not belong here: what an unpacked
content is (`choose`). Contents lie in a temporary folder and are gone when the next one is asked for.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO

from sources.content import Content
from sources.problems import Unreadable

MAX_DEPTH = 3
MAX_UNPACKED = 8 << 30  # bytes over all members
MAX_RATIO = 200  # above this an archive is taken for a bomb, once it unpacks to more than SMALL
SMALL = 256 << 20

Opener = Callable[[BinaryIO], IO[bytes]]

# By the first bytes of a file.
OPENERS: dict[bytes, Opener] = {
    b"\x1f\x8b": gzip.open,  # type: ignore[dict-item]
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\0": lzma.LZMAFile,
}


def check_depth(depth: int) -> None:
    """Refuse archives within archives beyond any use.

    Raises:
        Unreadable: archive_too_deep.
    """
    if depth >= MAX_DEPTH:
        raise Unreadable("archive_too_deep", f"More than {MAX_DEPTH} archives within each other")


@contextmanager
def decompressed(content: Content, opener: Opener) -> Iterator[Content]:
    """The one content of a compressed file.

    Raises:
        Unreadable: archive_too_large or truncated_file.
    """
    with tempfile.TemporaryDirectory(prefix="lead-refinery-") as folder:
        unpacked = Path(folder) / "content"
        with content.open() as packed, opener(packed) as stream:
            size = _copy(stream, unpacked, content.size)
        yield Content(str(PurePosixPath(content.name).with_suffix("")), size, _opener(unpacked), unpacked)


def members(archive: zipfile.ZipFile) -> Iterator[tuple[str, Content | Unreadable]]:
    """The files of an archive by name, or why one cannot be unpacked.

    Raises:
        Unreadable: empty_file or archive_too_large.
    """
    entries = [entry for entry in archive.infolist() if not entry.is_dir() and not _clutter(entry.filename)]
    if not entries:
        raise Unreadable("empty_file", "The archive has no files in it")
    total = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    if total > MAX_UNPACKED or (total > SMALL and total > packed * MAX_RATIO):
        raise Unreadable("archive_too_large", f"The archive unpacks to {total:,} bytes")
    for entry in sorted(entries, key=lambda entry: entry.filename):
        with tempfile.TemporaryDirectory(prefix="lead-refinery-") as folder:
            yield entry.filename, _unpacked(archive, entry, Path(folder) / "content")


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> Content | Unreadable:
    if entry.flag_bits & 1:
        return Unreadable("encrypted_archive", f"{entry.filename} is encrypted")
    try:
        with archive.open(entry) as stream:
            size = _copy(stream, target, entry.compress_size)
    except Unreadable as problem:
        return problem
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError) as error:
        return Unreadable("archive_damaged", f"{entry.filename} cannot be unpacked: {error}")
    return Content(PurePosixPath(entry.filename).name, size, _opener(target), target)


def _copy(stream: IO[bytes], target: Path, packed: int) -> int:
    """Unpack to a file, giving up where a bomb would go on."""
    size = 0
    limit = min(MAX_UNPACKED, max(SMALL, packed * MAX_RATIO))
    with target.open("wb") as out:
        try:
            while block := stream.read(1 << 20):
                size += len(block)
                if size > limit:
                    raise Unreadable("archive_too_large", f"The archive unpacks to more than {limit:,} bytes")
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
