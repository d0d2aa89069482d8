"""Workbooks: XLSX, XLSM, XLSB, XLS and ODS, every sheet.

Belongs here: cells as the text a person sees: whole numbers without `.0`, dates as ISO 8601, damage by
Excel (`4.92064E+12`) left visible. Does not belong here: finding the header (`grid`).
Source: python-calamine, which reads all of these formats natively.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from typing import Any

import python_calamine as calamine

from engine.faults import is_fault
from sources.columns.legend import Legend, is_heading, legends_of_block
from sources.content import Content
from sources.formats.grid import read_grid
from sources.problems import Unreadable
from sources.reading import Reading

LARGEST_LEGEND = 1_000  # rows of a sheet that is one
MANY_CELLS = 1 << 25  # a gigabyte in calamine
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
_DIMENSION = re.compile(rb'<dimension ref="(?:[A-Z]+\d+:)?([A-Z]+)(\d+)"')
_CELL = re.compile(rb'<c r="[A-Z]+(\d+)"')
_FAR = re.compile(rb'<c r="([A-Z]{2,3})\d+"[^>]*(?<!/)>')  # filled cells beyond column Z
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_WORD = "WordDocument".encode("utf-16-le")
_POWERPOINT = "PowerPoint Document".encode("utf-16-le")
_MESSAGE = "__substg1.0_".encode("utf-16-le")


def read_workbook(
    content: Content, member: str | None = None, skip_rows: int | None = None
) -> Iterator[Reading | tuple[str | None, Unreadable]]:
    """Read every sheet that has cells.

    Raises:
        Unreadable: password_protected, unsupported_format, damaged_file or empty_file.
    """
    data = content.whole()
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        if _ENCRYPTED in data:
            raise Unreadable("password_protected", "The workbook is encrypted with a password")
        if any(mark in data for mark in (_WORD, _POWERPOINT, _MESSAGE)):
            raise Unreadable("unsupported_format", "This is a document or message, not a workbook")
    elif data.startswith(b"PK"):
        _check_extent(content)
    with content.open() as stream:
        with _readable("workbook"):
            book = calamine.load_workbook(stream)
        with book:
            yield from _sheets(book, content, member, skip_rows)


@contextmanager
def _readable(what: str) -> Iterator[None]:
    """Whatever calamine breaks on is damage of the file; it says so by an error or by a panic."""
    try:
        yield
    except BaseException as error:
        if isinstance(error, (MemoryError, OSError)) or not is_fault(error):
            raise
        if isinstance(error, calamine.PasswordError) or re.search("password|encrypt", str(error), re.IGNORECASE):
            raise Unreadable("password_protected", "The workbook is encrypted with a password") from error
        raise Unreadable("damaged_file", f"The {what} cannot be read: {error}") from error


def _check_extent(content: Content) -> None:
    """Refuse a sheet whose few cells lie so far apart that room for all between them would be memory's end.

    calamine makes that room, and a process does not survive that it gets none. What a sheet states is taken for true
    here, so that honest ones are not read twice; a false statement ends the reading process (`apart`).
    """
    with content.open() as stream, zipfile.ZipFile(stream) as archive:
        for name in archive.namelist():
            if not _SHEET.fullmatch(name):
                continue
            try:
                with archive.open(name) as sheet:
                    stated = _DIMENSION.search(sheet.read(4096))
                if stated and int(stated[2]) * _column(stated[1]) <= MANY_CELLS:
                    continue
                data = archive.read(name)
            except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError):
                continue  # calamine says what is wrong with it
            filled = data.count(b"</v>") + data.count(b"</is>")
            last = _CELL.match(data, data.rfind(b'<c r="', 0, max(data.rfind(b"</v>"), data.rfind(b"</is>"))))
            width = max(map(_column, set(_FAR.findall(data))), default=26)
            extent = int(last[1]) * width if last and filled else 0
            if extent > max(MANY_CELLS, filled * 20):
                raise Unreadable(
                    "damaged_file",
                    f"A sheet reaches over {extent:,} cells, of which {filled:,} are filled: delete the rows and "
                    "columns beyond the table and save the workbook again",
                )


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _sheets(
    book: calamine.CalamineWorkbook, content: Content, member: str | None, skip_rows: int | None
) -> Iterator[Reading | tuple[str | None, Unreadable]]:
    content.budget.open_members(len(book.sheets_metadata) - 1)  # the workbook itself is counted where it is one
    kind = _kind(content)
    any_cells = False
    legends = _legend_sheets(book)
    for meta in book.sheets_metadata:
        if meta.typ != calamine.SheetTypeEnum.WorkSheet or meta.name in legends:
            continue
        sheet_name = f"{member}/{meta.name}" if member else meta.name
        try:
            with _readable("sheet"):
                sheet = book.get_sheet_by_name(meta.name)
                if sheet.start is None:
                    continue
                any_cells = True
                rows = [_texts(row) for row in sheet.iter_rows()]
                _spread_merged(rows, sheet)
            reading = read_grid(rows, kind=kind, dialect=kind, member=sheet_name, skip_rows=skip_rows)
            reading.legends += [legend for found in legends.values() for legend in found]
            yield reading
        except Unreadable as problem:
            yield sheet_name, problem
    if not any_cells:
        raise Unreadable("empty_file", "The workbook has no cells")


def _legend_sheets(book: calamine.CalamineWorkbook) -> dict[str, list[Legend]]:
    """The sheets that are called a legend and hold nothing else, with what they say."""
    sheets = [meta.name for meta in book.sheets_metadata if meta.typ == calamine.SheetTypeEnum.WorkSheet]
    found = {}
    for name in filter(is_heading, sheets):
        with _readable("sheet"):
            rows = [_texts(row) for row in book.get_sheet_by_name(name).iter_rows()]
        if legends := legends_of_block(rows[:LARGEST_LEGEND]):
            found[name] = legends
    return found


def _spread_merged(rows: list[list[str | None]], sheet: calamine.CalamineSheet) -> None:
    """A cell merged over several rows belongs to each of them: the company beside three of its people."""
    for (top, left), (bottom, _) in sheet.merged_cell_ranges or ():
        first = rows[top] if top < len(rows) else []
        if left >= len(first):
            continue  # nothing was ever written there
        for row in rows[top + 1 : bottom + 1]:
            if row:
                row[left] = first[left]


def _kind(content: Content) -> str:
    head = content.head(4)
    if head.startswith(b"\xd0\xcf"):
        return "xls"
    suffix = content.name.lower().rsplit(".", 1)[-1]
    return suffix if suffix in ("xlsm", "xlsb", "ods") else "xlsx"


def _texts(row: list[Any]) -> list[str | None]:
    """A row's cells as text; a blank row, of which a cell far down makes a million, is an empty one."""
    return [_text(cell) for cell in row] if any(row) or any(cell != "" for cell in row) else []


def _text(cell: object) -> str | None:
    """A cell as text. calamine gives numbers as float; what is whole is shown whole, as Excel would."""
    if cell is None or cell == "":
        return None
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return _number(cell)
    if isinstance(cell, datetime):
        midnight = cell.time() == time()
        return cell.date().isoformat() if midnight else cell.isoformat(timespec="seconds")
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell)
    return str(cell)


def _number(value: float) -> str:
    """Whole numbers keep every digit up to Excel's own 15; beyond that the exponent shows what was lost."""
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return repr(value)
