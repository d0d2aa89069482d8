"""Delimited text: CSV, TSV and their relatives as a reading.

Belongs here: the steps from a content to its reading, and why a text is no table. Does not belong here: finding dialect
and header (`dialect`), texts no single sign splits (`shapes`), the rows (`stream`).
"""

from __future__ import annotations

import codecs
from dataclasses import replace

from sources.columns.layout import SIDEWAYS
from sources.columns.legend import LAST_ROWS, Legend, below, legends_of_rows
from sources.content import Content
from sources.delimited.dialect import DELIMITERS, Found, find_dialect
from sources.delimited.row import read_row
from sources.delimited.shapes import (
    UNIT,
    are_contacts,
    is_fixed_width,
    is_wrapped,
    long_delimiter,
    split_by_units,
    unwrapped,
    without_formulas,
)
from sources.delimited.stream import TextStream
from sources.encoding import find_encoding
from sources.problems import RAW_LIMIT, Unreadable
from sources.reading import Reading
from sources.settings import SourceSettings

HEAD = 1 << 20
TAIL = 1 << 14


def read_delimited(content: Content, settings: SourceSettings, member: str | None = None) -> Reading:
    """Read a delimited text.

    Raises:
        Unreadable: empty_file; no_table when the text has no columns, no_header when their names stand below each
            other.
    """
    head = content.head(HEAD)
    whole = len(head) == content.size
    encoding = settings.encoding or _encoding(content, head, whole)
    sample = _sample(head, whole, encoding)
    if not sample.strip():
        if whole:
            raise Unreadable("empty_file", "The file has no text in it")
        raise Unreadable("no_table", f"The first {HEAD >> 20} MB are blank lines: remove them")
    if settings.delimiter is None and (long := long_delimiter(sample)) is not None:
        by_units = replace(settings, encoding="utf-8", delimiter=UNIT)
        reading = read_delimited(split_by_units(content, encoding, long), by_units, member)
        return replace(reading, encoding=encoding, dialect=reading.dialect.replace(UNIT, long))
    content.budget.columns(_least_width(sample))
    found = find_dialect(sample, settings.delimiter, settings.skip_rows)
    if found.width < 2 and is_wrapped(sample):
        return read_delimited(unwrapped(content, encoding), replace(settings, encoding="utf-8"), member)
    content.budget.columns(found.width)
    _refuse(found, sample, settings)
    stream = TextStream(content, encoding, found, _legends(content, found, sample, whole, encoding))
    titles = f" header row {found.lines}" if found.header is not None else " without header"
    return Reading(
        format="csv",
        header=found.header if found.header is not None else [""] * found.width,
        batches=map(without_formulas, stream.batches()) if '="' in sample else stream.batches(),
        rows_in_file=stream.rows_in_file,
        cells_of=stream.cells_of,
        dialect=found.dialect.describe() + titles,
        encoding=encoding,
        member=member,
        legends=stream.legends,
        problems=stream.problems,
        warnings=stream.warnings,
    )


def _legends(content: Content, found: Found, sample: str, whole: bool, encoding: str) -> list[Legend]:
    """Those above the header, and those in the last lines of the text."""
    if whole:
        lines = sample.splitlines()[found.lines :]
    else:
        lines = content.tail(TAIL).decode(encoding, errors="replace").splitlines()[1:]
    last = [read_row(line, 0, found.dialect).cells for line in lines[-LAST_ROWS:]]
    return [*legends_of_rows(found.titles), *below(last)]


def _refuse(found: Found, sample: str, settings: SourceSettings) -> None:
    """Refuse a text that is no table, or one whose header cannot be told."""
    split = found.width > 2  # evenly, by a delimiter: blanks that stand below each other are chance then
    if found.header is None and settings.delimiter is None and not split and is_fixed_width(sample):
        raise Unreadable(
            "no_table",
            "The columns are set apart by spaces alone (fixed width): export with a delimiter, or save as a workbook",
            sample[:RAW_LIMIT],
        )
    if found.header is None and found.width < 2 and not are_contacts(sample):
        raise Unreadable(
            "no_table", "The text has no columns: no delimiter splits its lines evenly", sample[:RAW_LIMIT]
        )
    if found.sideways:
        raise Unreadable("no_header", SIDEWAYS, sample[:RAW_LIMIT])


def _least_width(sample: str) -> int:
    """Columns that a text surely has: some delimiter splits each of its first lines into so many or more."""
    lines = [line for line in sample[:HEAD].splitlines() if line.strip()][:3]
    return max((min(line.count(sign) for line in lines) for sign in DELIMITERS), default=0) + 1 if lines else 0


def _encoding(content: Content, head: bytes, whole: bool) -> str:
    """The encoding by the first block that tells: a head in plain ASCII does not."""
    if whole or not head.isascii() or b"\0" in head:
        return find_encoding(head, whole)
    telling = next((block for block in content.blocks() if not block.isascii()), b"")
    return find_encoding(telling, whole=False)


def _sample(head: bytes, whole: bool, encoding: str) -> str:
    sample = codecs.getincrementaldecoder(encoding)("replace").decode(head, whole).replace("\0", "").lstrip("\ufeff")
    if whole:
        return sample
    end = max(sample.rfind("\n"), sample.rfind("\r")) + 1
    return sample[:end] if end else sample
