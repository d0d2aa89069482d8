"""Formats: what a file is, by its content first and its name second, and who reads it.

Belongs here: recognising formats and archives, opening archives within bounds, handing each content to its
reader. Does not belong here: the readers.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO

from sources.content import Content
from sources.delimited.reader import read_delimited
from sources.encoding import find_encoding
from sources.formats.markup import read_html
from sources.formats.objects import read_json, read_json_lines
from sources.formats.sheets import read_workbook
from sources.formats.tables import read_parquet
from sources.formats.vcard import read_vcards
from sources.problems import Unreadable
from sources.reading import Reading
from sources.settings import Override

MAX_DEPTH = 3
MAX_UNPACKED = 8 << 30  # bytes over all members
MAX_RATIO = 200  # above this an archive is taken for a bomb, once it unpacks to more than SMALL
SMALL = 256 << 20

Outcome = Reading | tuple[str | None, Unreadable]

_REFUSED = (
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"II*\0", "a picture"),
    (b"MM\0*", "a picture"),
    (b"RIFF", "a media file"),
    (b"{\\rtf", "an RTF document"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive; use zip or gzip"),
    (b"Rar!", "a RAR archive; use zip or gzip"),
    (b"SQLite format 3", "a database file"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"BEGIN:VCALENDAR", "a calendar"),
    (b"ARROW1", "an Arrow file; save it as Parquet"),
)
_MESSAGE = re.compile(r"(?:[a-z][\w-]*:[^\n]*\n(?:[ \t][^\n]*\n)*){2,}")  # lines of headers, as mail has them
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ARCHIVES: dict[bytes, Callable[[BinaryIO], IO[bytes]]] = {
    b"\x1f\x8b": gzip.open,  # type: ignore[dict-item]
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\0": lzma.LZMAFile,
}


def read_content(content: Content, override: Override, member: str | None = None, depth: int = 0) -> Iterator[Outcome]:
    """Everything in a file: one reading per table, or why there is none, archives opened.

    Yields:
        A Reading (take its batches before the next), or the member's name with the Unreadable.
    """
    try:
        yield from _read(content, override, member, depth)
    except Unreadable as problem:
        yield member, problem
    except (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile) as error:
        if isinstance(error, PermissionError):
            raise
        yield member, Unreadable("archive_damaged", f"The content cannot be unpacked: {error}")


def _read(content: Content, override: Override, member: str | None, depth: int) -> Iterator[Outcome]:
    head = content.head(1 << 16)
    if not head:
        raise Unreadable("empty_file", "The file has no bytes")
    if not head.strip(b"\0"):
        raise Unreadable("damaged_file", "The file holds nothing but NUL bytes")
    for magic, opener in _ARCHIVES.items():
        if head.startswith(magic):
            yield from _compressed(content, opener, override, member, depth)
            return
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        yield from _zip(content, override, member, depth)
        return
    if head.startswith(_OLE):
        yield from read_workbook(content, member, override.skip_rows)
        return
    if head.startswith(b"PAR1"):
        yield read_parquet(content, member)
        return
    for magic, what in _REFUSED:
        if head.startswith(magic):
            raise Unreadable("unsupported_format", f"This is {what}, not a table of leads")
    if head[4:8] == b"ftyp":
        raise Unreadable("unsupported_format", "This is a picture or video, not a table of leads")
    if head[257:262] == b"ustar":
        raise Unreadable("unsupported_format", "This is a tar archive; pack the files with zip")
    yield from _text(content, head, override, member)


def _text(content: Content, head: bytes, override: Override, member: str | None) -> Iterator[Outcome]:
    encoding = override.encoding or find_encoding(head, len(head) == content.size)
    start = head.decode(encoding, errors="replace").lstrip("\ufeff \t\r\n\0\x1e")
    low = start[:2000].lower()
    if not start:
        raise Unreadable("empty_file", "The file has nothing but white space")
    if "urn:schemas-microsoft-com:office:spreadsheet" in low:
        raise Unreadable("unsupported_format", "This is a workbook as Excel 2003 XML; save it as XLSX")
    if (lines := _MESSAGE.match(low.replace("\r", ""))) and re.search(
        r"^(?:mime-version|message-id|received):", lines[0], re.M
    ):
        raise Unreadable(
            "unsupported_format", "This is a mail message: save its attachment, or export the leads as CSV"
        )
    if re.search(r"^begin:vcard[ \t]*\r?$", low.replace("\r", "\n"), re.MULTILINE):
        yield read_vcards(content, encoding, member)
    elif low.startswith(("<html", "<!doctype html", "<table", "<meta", "<head", "<body", "<style")) or (
        low.startswith(("<?xml", "<!--")) and ("<html" in low or "<table" in low)
    ):
        yield from read_html(content, encoding, member, override.skip_rows)
    elif low.startswith("<"):
        raise Unreadable("unsupported_format", "This is XML, which is not read: save it as a workbook or CSV")
    elif start[0] in "[{":
        yield _json(content, start, encoding, override, member)
    else:
        yield read_delimited(content, override, member)


def _json(content: Content, start: str, encoding: str, override: Override, member: str | None) -> Reading:
    """JSON, JSON Lines, or text that only begins like JSON."""
    first = start.splitlines()[0].rstrip()
    if start[0] == "{" and first.endswith("}") and len(start.splitlines()) > 1:
        return read_json_lines(content, encoding, member)
    if content.name.lower().endswith((".jsonl", ".ndjson", ".jsonlines")):
        return read_json_lines(content, encoding, member)
    try:
        return read_json(content, encoding, member)
    except Unreadable:
        if content.name.lower().endswith((".csv", ".tsv", ".txt")):
            return read_delimited(content, override, member)
        raise


def _compressed(
    content: Content, opener: Callable[[BinaryIO], IO[bytes]], override: Override, member: str | None, depth: int
) -> Iterator[Outcome]:
    _check_depth(depth)
    name = str(PurePosixPath(content.name).with_suffix(""))
    with tempfile.TemporaryDirectory(prefix="lead-refinery-") as folder:
        unpacked = Path(folder) / "content"
        with content.open() as packed, opener(packed) as stream:
            size = _copy(stream, unpacked, content.size)
        inner = Content(name, size, lambda: unpacked.open("rb"), unpacked)
        yield from read_content(inner, override, member, depth + 1)


def _copy(stream: IO[bytes], target: Path, packed: int, budget: int = MAX_UNPACKED) -> int:
    """Unpack to a file, giving up where a bomb would go on."""
    size = 0
    limit = min(budget, max(SMALL, packed * MAX_RATIO))
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


def _check_depth(depth: int) -> None:
    if depth >= MAX_DEPTH:
        raise Unreadable("archive_too_deep", f"More than {MAX_DEPTH} archives within each other")


def _zip(content: Content, override: Override, member: str | None, depth: int) -> Iterator[Outcome]:
    with content.open() as stream:
        try:
            archive = zipfile.ZipFile(stream)
        except zipfile.BadZipFile as error:
            raise Unreadable(
                "truncated_file", f"The file begins as zip or workbook but is not whole: {error}"
            ) from error
        with archive:
            names = archive.namelist()
            if "[Content_Types].xml" in names or "mimetype" in names:
                if "mimetype" in names and b"spreadsheet" not in archive.read("mimetype"):
                    raise Unreadable("unsupported_format", "This is a document, not a table of leads")
                yield from _office(content, names, override, member)
                return
            if any(name.endswith(".iwa") for name in names):
                raise Unreadable("unsupported_format", "This is a Numbers document; export it as Excel or CSV")
            _check_depth(depth)
            yield from _members(archive, override, member, depth)


def _office(content: Content, names: list[str], override: Override, member: str | None) -> Iterator[Outcome]:
    if any(name.startswith("xl/") for name in names) or "content.xml" in names:
        yield from read_workbook(content, member, override.skip_rows)
    elif any(name.startswith("word/") for name in names):
        raise Unreadable("unsupported_format", "This is a Word document, not a table of leads")
    elif any(name.startswith("ppt/") for name in names):
        raise Unreadable("unsupported_format", "This is a presentation, not a table of leads")
    else:
        raise Unreadable("unsupported_format", "This is an office document, not a table of leads")


def _members(archive: zipfile.ZipFile, override: Override, member: str | None, depth: int) -> Iterator[Outcome]:
    entries = [entry for entry in archive.infolist() if not entry.is_dir() and not _clutter(entry.filename)]
    if not entries:
        raise Unreadable("empty_file", "The archive has no files in it")
    total = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    if total > MAX_UNPACKED or (total > SMALL and total > packed * MAX_RATIO):
        raise Unreadable("archive_too_large", f"The archive unpacks to {total:,} bytes")
    for entry in sorted(entries, key=lambda entry: entry.filename):
        name = f"{member}/{entry.filename}" if member else entry.filename
        if entry.flag_bits & 1:
            yield name, Unreadable("encrypted_archive", f"{entry.filename} is encrypted")
            continue
        with tempfile.TemporaryDirectory(prefix="lead-refinery-") as folder:
            unpacked = Path(folder) / "content"
            try:
                with archive.open(entry) as stream:
                    size = _copy(stream, unpacked, entry.compress_size)
            except Unreadable as problem:
                yield name, problem
                continue
            except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError) as error:
                yield name, Unreadable("archive_damaged", f"{entry.filename} cannot be unpacked: {error}")
                continue
            inner = Content(PurePosixPath(entry.filename).name, size, _opener(unpacked), unpacked)
            yield from read_content(inner, override, name, depth + 1)


def _opener(path: Path) -> Callable[[], BinaryIO]:
    return lambda: path.open("rb")


def _clutter(name: str) -> bool:
    """Files that archive programs add on their own."""
    path = PurePosixPath(name)
    return path.parts[0] == "__MACOSX" or path.name.startswith((".", "~$")) or path.name.lower() == "thumbs.db"
