"""Formats: what a file is, by its content first and its name second, and who reads it.

Belongs here: recognising formats and archives, handing each content to its reader. Does not belong here: the readers,
unpacking (`archives`).
"""

from __future__ import annotations

import codecs
import lzma
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace

from sources.budget import OverBudget
from sources.content import Content
from sources.delimited.reader import read_delimited
from sources.encoding import find_encoding
from sources.formats.archives import OPENERS, Opener, decompressed, members
from sources.formats.ldif import is_ldif, read_ldif
from sources.formats.markup import read_html
from sources.formats.objects import read_json, read_json_lines
from sources.formats.parquet import read_parquet
from sources.formats.sheets import read_workbook
from sources.formats.vcard import read_vcards
from sources.problems import Unreadable
from sources.reading import Reading
from sources.settings import SourceSettings

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
_HEADER_LINES = re.compile(r"(?:[a-z][\w-]*:[^\n]*\n(?:[ \t][^\n]*\n)*){2,}")  # as mail has them
_OF_A_MESSAGE = re.compile(r"^(?:mime-version|message-id|received):", re.MULTILINE)
_VCARD = re.compile(r"^begin:vcard[ \t]*\r?$", re.MULTILINE)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def read_content(
    content: Content, settings: SourceSettings, member: str | None = None, depth: int = 0
) -> Iterator[Outcome]:
    """Everything in a file: one reading per table, or why there is none, archives opened.

    Yields:
        A Reading (take its batches before the next), or the member's name with the Unreadable.

    Raises:
        OverBudget: the file as a whole is too big; the batches of a reading may raise it too.
    """
    try:
        yield from _read(content, settings, member, depth)
    except OverBudget:
        raise
    except Unreadable as problem:
        yield member, problem
    except RecursionError:
        yield member, Unreadable("damaged_file", "The content is nested too deeply")
    except (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile) as error:
        if isinstance(error, PermissionError):
            raise
        yield member, Unreadable("archive_damaged", f"The content cannot be unpacked: {error}")


def _read(content: Content, settings: SourceSettings, member: str | None, depth: int) -> Iterator[Outcome]:
    head = content.head(1 << 16)
    if not head:
        raise Unreadable("empty_file", "The file has no bytes")
    if not head.strip(b"\0"):
        raise Unreadable("damaged_file", "The file holds nothing but NUL bytes")
    opener = next((opener for magic, opener in OPENERS.items() if head.startswith(magic)), None)
    if opener is not None:
        yield from _compressed(content, opener, settings, member, depth)
    elif head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        yield from _zip(content, settings, member, depth)
    elif head.startswith(_OLE):
        yield from read_workbook(content, member, settings.skip_rows)
    elif head.startswith(b"PAR1"):
        yield read_parquet(content, member)
    else:
        _refuse_bytes(head)
        yield from _text(content, head, settings, member)


def _refuse_bytes(head: bytes) -> None:
    for magic, what in _REFUSED:
        if head.startswith(magic):
            raise Unreadable("unsupported_format", f"This is {what}, not a table of leads")
    if head[4:8] == b"ftyp":
        raise Unreadable("unsupported_format", "This is a picture or video, not a table of leads")
    if head[257:262] == b"ustar":
        raise Unreadable("unsupported_format", "This is a tar archive; pack the files with zip")


def _text(content: Content, head: bytes, settings: SourceSettings, member: str | None) -> Iterator[Outcome]:
    encoding = settings.encoding or find_encoding(head, len(head) == content.size)
    start = _first_text(content, encoding)
    if not start:
        raise Unreadable("empty_file", "The file has nothing but white space")
    low = start[:2000].lower()
    _refuse_text(low)
    if _VCARD.search(low.replace("\r", "\n")):
        yield read_vcards(content, encoding, member)
    elif is_ldif(start[:20_000]):
        yield read_ldif(content, encoding, member)
    elif _is_html(low):
        yield from read_html(content, encoding, member, settings.skip_rows)
    elif low.startswith("<"):
        raise Unreadable("unsupported_format", "This is XML, which is not read: save it as a workbook or CSV")
    elif start[0] in "[{":
        yield _json(content, start, encoding, settings, member)
    else:
        yield read_delimited(content, settings, member)


def _first_text(content: Content, encoding: str) -> str:
    """A block of the text from its first sign on, however many blank lines stand before it."""
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    texts = (decoder.decode(block).lstrip("\ufeff \t\r\n\0\x1e") for block in content.blocks(1 << 18))
    return next(filter(None, texts), "")


def _refuse_text(low: str) -> None:
    if "urn:schemas-microsoft-com:office:spreadsheet" in low:
        raise Unreadable("unsupported_format", "This is a workbook as Excel 2003 XML; save it as XLSX")
    lines = _HEADER_LINES.match(low.replace("\r", ""))
    if lines and _OF_A_MESSAGE.search(lines[0]):
        raise Unreadable(
            "unsupported_format", "This is a mail message: save its attachment, or export the leads as CSV"
        )


def _is_html(low: str) -> bool:
    if low.startswith(("<html", "<!doctype html", "<table", "<meta", "<head", "<body", "<style")):
        return True
    return low.startswith(("<?xml", "<!--")) and ("<html" in low or "<table" in low)


def _json(content: Content, start: str, encoding: str, settings: SourceSettings, member: str | None) -> Reading:
    """JSON, JSON Lines, or text that only begins like JSON."""
    first = start.splitlines()[0].rstrip()
    if start[0] == "{" and first.endswith("}") and len(start.splitlines()) > 1:
        return read_json_lines(content, encoding, member)
    if content.name.lower().endswith((".jsonl", ".ndjson", ".jsonlines")):
        return read_json_lines(content, encoding, member)
    try:
        return read_json(content, encoding, member)
    except OverBudget:
        raise
    except Unreadable:
        if content.name.lower().endswith((".csv", ".tsv", ".txt")):
            return read_delimited(content, settings, member)
        raise


def _compressed(
    content: Content, opener: Opener, settings: SourceSettings, member: str | None, depth: int
) -> Iterator[Outcome]:
    content.budget.go_down(depth)
    with decompressed(content, opener) as inner:
        yield from read_content(inner, settings, member, depth + 1)


def _zip(content: Content, settings: SourceSettings, member: str | None, depth: int) -> Iterator[Outcome]:
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
                if "mimetype" in names and b"spreadsheet" not in _kind_of(archive):
                    raise Unreadable("unsupported_format", "This is a document, not a table of leads")
                replace(content.budget).unpack(sum(entry.file_size for entry in archive.infolist()))
                yield from _office(content, names, settings, member)
                return
            if any(name.endswith(".iwa") for name in names):
                raise Unreadable("unsupported_format", "This is a Numbers document; export it as Excel or CSV")
            content.budget.go_down(depth)
            for name, inner in members(archive, content.budget):
                path = f"{member}/{name}" if member else name
                if isinstance(inner, Unreadable):
                    yield path, inner
                else:
                    yield from read_content(inner, settings, path, depth + 1)


def _kind_of(archive: zipfile.ZipFile) -> bytes:
    with archive.open("mimetype") as stated:
        return stated.read(200)


def _office(content: Content, names: list[str], settings: SourceSettings, member: str | None) -> Iterator[Outcome]:
    if any(name.startswith("xl/") for name in names) or "content.xml" in names:
        yield from read_workbook(content, member, settings.skip_rows)
    elif any(name.startswith("word/") for name in names):
        raise Unreadable("unsupported_format", "This is a Word document, not a table of leads")
    elif any(name.startswith("ppt/") for name in names):
        raise Unreadable("unsupported_format", "This is a presentation, not a table of leads")
    else:
        raise Unreadable("unsupported_format", "This is an office document, not a table of leads")
