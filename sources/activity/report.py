"""Reports: where in a text the table of activity stands, and what is said above it.

Belongs here: texts whose header a shape tells, several tables in one text (Zoom, GoTo, Teams), pairs of name and value
above them. Does not belong here: which shapes there are (`shapes`), splitting texts in general (`sources.delimited`).
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sources.activity.shapes import Shape, column_of, name_key, recognised
from sources.content import Content
from sources.encoding import find_encoding
from sources.reading import Reading, batches_of

_LINES = 60  # from the top among which the header of a table must be
_HEAD = 1 << 16
_SIGNS = (",", ";", "\t", "|")

Row = list[str]


@dataclass(frozen=True)
class Report:
    """The table of activity in a text: its shape, the sign between its cells, the lines above its header."""

    shape: Shape
    delimiter: str
    above: int
    encoding: str
    said: dict[str, str] = field(default_factory=dict)


def find_report(content: Content, encoding: str | None = None) -> Report | None:
    """The table of activity in a text; None where the text has none, or is none."""
    head = content.head(_HEAD)
    if not head or head[:4].startswith((b"PK", b"PAR1", b"\x1f\x8b", b"[", b"{", b"<")):
        return None
    encoding = encoding or find_encoding(head, len(head) == content.size)
    text = codecs.getincrementaldecoder(encoding)("replace").decode(head).lstrip("\ufeff")
    lines = text.splitlines()[:_LINES]
    for number, line in enumerate(lines):
        sign = max(_SIGNS, key=line.count)
        if not line.count(sign) or not _may_be_header(line):
            continue
        shape = recognised(next(csv.reader([line], delimiter=sign), []))
        if shape is not None and not (shape.section and _is_staffs(shape, lines[:number], sign)):
            return Report(shape, sign, number, encoding)
    return None


def _may_be_header(line: str) -> bool:
    """Whether a line may hold names: addresses and many digits are values, and need no closer look."""
    return "@" not in line and 4 * sum(map(str.isdigit, line)) < len(line)


def read_report(content: Content, report: Report) -> tuple[Reading, dict[str, str]]:
    """The rows of a report of several tables, and what is said above them (target to text).

    Tables of other sections, and those of our own staff, are no rows of it.
    """
    text = content.whole().decode(report.encoding, errors="replace").lstrip("\ufeff")
    rows = list(_rows(text, report.delimiter))
    place = next(place for place, (number, _) in enumerate(rows) if number == report.above + 1)
    header = [name.strip() for name in rows[place][1]]
    body = [(number, _wide(row, len(header))) for number, row in _until_next(rows[place + 1 :], report.shape)]
    said = _said(report.shape, [row for _, row in rows[:place]])
    reading = Reading(
        format="csv",
        header=header,
        batches=batches_of(body, len(header)),
        rows_in_file=lambda: len(body),
        dialect=f"csv {report.delimiter} header row {report.above + 1}",
        encoding=report.encoding,
    )
    return reading, said


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, Row]]:
    reader = csv.reader(text.splitlines(keepends=True), delimiter=delimiter)
    last = 0
    for row in reader:
        yield last + 1, row
        last = reader.line_num


def _wide(row: Row, width: int) -> list[str | None]:
    cells: list[str | None] = [cell.strip() or None for cell in row[:width]]
    return cells + [None] * (width - len(cells))


def _until_next(rows: Sequence[tuple[int, Row]], shape: Shape) -> Iterator[tuple[int, Row]]:
    """The rows before the next table: a title alone in its line, a table of staff, another header."""
    for number, row in rows:
        filled = [cell for cell in row if cell.strip()]
        if not filled:
            continue
        if len(filled) == 1 and "@" not in filled[0]:
            return
        if recognised(row) is not None:
            return
        yield number, row


def _is_staffs(shape: Shape, above: Sequence[str], sign: str) -> bool:
    """Whether the title above a header names our own people rather than those who came."""
    for line in reversed(above):
        cells = [cell.strip() for cell in next(csv.reader([line], delimiter=sign), []) if cell.strip()]
        if not cells:
            continue
        if len(cells) > 1:
            return False
        title = name_key(cells[0])
        named = any(name_key(word) in title for word in shape.section)
        return not named and any(name_key(word) in title for word in shape.staff)
    return False


def _said(shape: Shape, above: Sequence[Row]) -> dict[str, str]:
    """What the lines above say: names with values beside them, or a row of names above a row of values."""
    found: dict[str, str] = {}
    for place, row in enumerate(above):
        below = above[place + 1] if place + 1 < len(above) else []
        for target, names in shape.report.items():
            for column in column_of(row, names):
                beside = row[column + 1] if column == 0 and len([cell for cell in row if cell.strip()]) == 2 else ""
                value = beside or (below[column] if column < len(below) else "")
                if value.strip():
                    found.setdefault(target, value.strip())
    return found
