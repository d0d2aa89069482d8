"""Writing files whose bytes depend on their content alone.

Belongs here: one writer per format, with fixed time stamps inside archives and workbooks. Does not belong here:
which columns a source has (`layouts`).
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import quopri
import zipfile
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import xlsxwriter
import xlwt

Row = Sequence[Any]
STAMP = (2025, 1, 7, 6, 0, 0)


def delimited(rows: Iterable[Row], delimiter: str, line_end: str = "\r\n", quote_all: bool = False) -> str:
    """Rows as delimited text."""
    text = io.StringIO(newline="")
    csv.writer(
        text,
        delimiter=delimiter,
        lineterminator=line_end,
        quoting=csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL,
    ).writerows(rows)
    return text.getvalue()


def gzipped(content: bytes) -> bytes:
    """Gzip without a time stamp."""
    return gzip.compress(content, compresslevel=6, mtime=0)


def zipped(members: Iterable[tuple[str, bytes]]) -> bytes:
    """A zip archive with fixed time stamps."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            entry = zipfile.ZipInfo(name, date_time=STAMP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return whole.getvalue()


def xlsx(sheets: Iterable[tuple[str, Iterable[Row]]]) -> bytes:
    """A workbook; `datetime` values become date cells."""
    whole = io.BytesIO()
    with xlsxwriter.Workbook(
        whole, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        book.set_properties({"created": datetime(*STAMP, tzinfo=UTC).replace(tzinfo=None)})
        date = book.add_format({"num_format": "dd.mm.yyyy hh:mm"})
        for name, rows in sheets:
            page = book.add_worksheet(name)
            for at, row in enumerate(rows):
                for column, value in enumerate(row):
                    if value is None:
                        continue
                    if isinstance(value, datetime):
                        page.write_datetime(at, column, value, date)
                    elif isinstance(value, str):
                        page.write_string(at, column, value)
                    else:
                        page.write_number(at, column, value)
    return whole.getvalue()


def xls(name: str, rows: Iterable[Row]) -> bytes:
    """An old Excel workbook of one sheet, at most 65,536 rows."""
    book = xlwt.Workbook(encoding="utf-8")
    page = book.add_sheet(name)
    for at, row in enumerate(rows):
        for column, value in enumerate(row):
            if value is not None:
                page.write(at, column, value)
    whole = io.BytesIO()
    book.save(whole)
    return whole.getvalue()


def parquet(columns: dict[str, Any]) -> bytes:
    """A Parquet file."""
    whole = io.BytesIO()
    pl.DataFrame(columns).write_parquet(whole, compression="zstd")
    return whole.getvalue()


def json_lines(objects: Iterable[dict[str, Any]]) -> str:
    """One JSON object per line."""
    return "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in objects)


def vcard(properties: Iterable[tuple[str, str]], version: str) -> str:
    """One card; version 2.1 writes non-ASCII text as quoted-printable UTF-8."""
    lines = ["BEGIN:VCARD", f"VERSION:{version}"]
    for name, value in properties:
        if version == "2.1" and not value.isascii():
            encoded = quopri.encodestring(value.encode(), quotetabs=False).decode().replace("=\n", "=\r\n")
            lines.append(f"{name};CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:{encoded}")
        else:
            lines.append(f"{name}:{value}")
    return "\r\n".join([*lines, "END:VCARD", ""])


def put(path: Path, content: bytes, delivered: datetime) -> int:
    """Write `content` and set the file's time to `delivered`; returns its size."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    seconds = delivered.replace(tzinfo=UTC).timestamp()
    os.utime(path, (seconds, seconds))
    return len(content)
