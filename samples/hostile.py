"""Hostile files: small ones that turn out to be big, each with the reason for which it is held back.

Belongs here: making them, one line per way. Does not belong here: honest samples (`generate`), damaged ones (`damage`).
Each is the least of its kind that would take a reader without limits gigabytes or minutes.
"""

from __future__ import annotations

import gzip
import io
import json
import lzma
import zipfile
from collections.abc import Callable, Sequence
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

NAMES = "Vorname;Nachname;E-Mail"
LEAD = {"Vorname": "Eva", "Nachname": "Klein", "E-Mail": "eva@nord.example"}
MEGA = 1_000_000
_TYPES = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"></Types>'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


class Hostile(NamedTuple):
    """A file by name; the reasons it may be held back for, or none where it is read after all."""

    name: str
    make: Callable[[], bytes]
    reasons: tuple[str, ...]


def zipped(members: dict[str, bytes]) -> bytes:
    """An archive of these members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def nested(content: bytes, times: int) -> bytes:
    """Content packed again and again."""
    for depth in range(times):
        content = zipped({f"{depth}.zip" if depth else "leads.csv": content})
    return content


def overlapping(members: int) -> bytes:
    """An archive whose directory names the same bytes again and again."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("0.csv", b"Vorname;Nachname\n" + b"Eva;Klein\n" * 100_000)
        entry = archive.infolist()[0]
        for number in range(1, members):
            again = zipfile.ZipInfo(f"{number}.csv")
            for part in ("CRC", "file_size", "compress_size", "header_offset", "compress_type"):
                setattr(again, part, getattr(entry, part))
            archive.filelist.append(again)
            archive.NameToInfo[again.filename] = again
    return buffer.getvalue()


def workbook(rows: str, after: str = "", dimension: str = "A1:C2", strings: str = "", sheets: int = 1) -> bytes:
    """A workbook of these rows in XML, in one sheet or said to be many."""
    relations = "http://schemas.openxmlformats.org/package/2006/relationships"
    sheet = f'<worksheet xmlns="{_MAIN}"><dimension ref="{dimension}"/><sheetData>{rows}</sheetData>{after}</worksheet>'
    parts = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": f'<Relationships xmlns="{relations}"><Relationship Id="r1" '
        f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        + "".join(f'<sheet name="Leads {number}" sheetId="{number}" r:id="r1"/>' for number in range(1, sheets + 1))
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{relations}"><Relationship Id="r1" '
        f'Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": sheet,
    }
    if strings:
        parts["xl/sharedStrings.xml"] = strings
    return zipped({name: content.encode() for name, content in parts.items()})


def row(number: int, cells: Sequence[str], column: Sequence[str] = "ABC") -> str:
    """A row of a sheet in XML."""
    filled = zip(column, cells, strict=False)
    inner = "".join(f'<c r="{letter}{number}" t="inlineStr"><is><t>{cell}</t></is></c>' for letter, cell in filled)
    return f'<row r="{number}">{inner}</row>'


_TABLE = row(1, NAMES.split(";")) + row(2, list(LEAD.values()))


def _far_cell(place: str, dimension: str) -> Callable[[], bytes]:
    number = int(place.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    far = f'<row r="{number}"><c r="{place}"><v>1</v></c></row>'
    return lambda: workbook(_TABLE + far, dimension=dimension)


def _one_long_string(rows: int) -> bytes:
    """Rows whose cells all name the same text."""
    cells = ("".join(f'<c r="{letter}{number}" t="s"><v>0</v></c>' for letter in "ABC") for number in range(3, rows))
    filled = "".join(f'<row r="{number}">{inner}</row>' for number, inner in enumerate(cells, 3))
    return workbook(_TABLE + filled, strings=f'<sst xmlns="{_MAIN}"><si><t>{"x" * 32_000}</t></si></sst>')


def _far_in_ods() -> bytes:
    oasis = "urn:oasis:names:tc:opendocument:xmlns"
    cell = (
        f'<table:table-cell office:value-type="string" table:number-columns-repeated="{1 << 14}">'
        "<text:p>Eva</text:p></table:table-cell>"
    )
    rows = f'<table:table-row table:number-rows-repeated="{1 << 20}">{cell}</table:table-row>'
    content = (
        f'<office:document-content xmlns:office="{oasis}:office:1.0" xmlns:table="{oasis}:table:1.0" '
        f'xmlns:text="{oasis}:text:1.0"><office:body><office:spreadsheet><table:table table:name="Leads">{rows}'
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    return zipped(
        {
            "mimetype": b"application/vnd.oasis.opendocument.spreadsheet",
            "content.xml": content.encode(),
            "META-INF/manifest.xml": f'<manifest:manifest xmlns:manifest="{oasis}:manifest:1.0"/>'.encode(),
        }
    )


def _laughs() -> str:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    return f'<!DOCTYPE sst [<!ENTITY e0 "haha">{entities}]><sst xmlns="{_MAIN}"><si><t>&e11;</t></si></sst>'


def _parquet(columns: dict[str, list[str]]) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer, compression="zstd")
    return buffer.getvalue()


def _wide(columns: int) -> list[str]:
    return [f"Frage {number}" for number in range(columns)]


def _csv(columns: int) -> bytes:
    names = ";".join([NAMES, *_wide(columns)])
    values = ";".join([*LEAD.values(), *["x"] * columns])
    return f"{names}\n{values}\n{values}\n".encode()


def _json(columns: int) -> bytes:
    return json.dumps([LEAD | dict.fromkeys(_wide(columns), "x")] * 2).encode()


def _card(lines: str) -> bytes:
    return f"BEGIN:VCARD\nVERSION:2.1\nN:Klein;Eva\nEMAIL:eva@nord.example\n{lines}END:VCARD\n".encode()


def _new_keys(rows: int) -> bytes:
    return "".join(json.dumps(LEAD | {f"Frage {number}": "x"}) + "\n" for number in range(rows)).encode()


def _html(rows: str) -> bytes:
    names = "".join(f"<th>{name}</th>" for name in LEAD)
    values = "".join(f"<td>{value}</td>" for value in LEAD.values())
    return f"<html><table><tr>{names}</tr><tr>{values}</tr>{rows}</table></html>".encode()


_MEMORY = ("too_much_memory", "damaged_file", "reader_crashed")
HOSTILE = (
    Hostile("far cell, as stated.xlsx", _far_cell("XFD1048576", "A1:XFD1048576"), _MEMORY),
    Hostile("far cell, not stated.xlsx", _far_cell("XFD1048576", "A1:C2"), _MEMORY),
    Hostile("far row of wide ones.xlsx", _far_cell("CZ1000000", "A1:C2"), _MEMORY),
    Hostile("repeated to the end.ods", _far_in_ods, _MEMORY),
    Hostile(
        "merged beyond the data.xlsx",
        lambda: workbook(_TABLE, '<mergeCells count="1"><mergeCell ref="F90:G99"/></mergeCells>'),
        (),
    ),
    Hostile("many sheets.xlsx", lambda: workbook(_TABLE, sheets=5_000), ("too_many_members",)),
    Hostile("one long string.xlsx", lambda: _one_long_string(30_000), _MEMORY[:1]),
    Hostile("billion laughs.xlsx", lambda: workbook(_TABLE, strings=_laughs()), ()),
    Hostile("bomb.zip", lambda: zipped({"a.csv": bytes(300 * MEGA)}), ("archive_too_large",)),
    Hostile("bomb in bombs.zip", lambda: nested(zipped({"a.csv": bytes(300 * MEGA)}), 2), ("archive_too_large",)),
    Hostile("bomb.csv.gz", lambda: gzip.compress(bytes(300 * MEGA)), ("archive_too_large",)),
    Hostile("bomb.csv.xz", lambda: lzma.compress(bytes(300 * MEGA)), ("archive_too_large",)),
    Hostile("without end.zip", lambda: nested(f"{NAMES}\nEva;Klein;e@f.example\n".encode(), 9), ("archive_too_deep",)),
    Hostile("overlapping.zip", lambda: overlapping(200), ("archive_overlaps",)),
    Hostile("many members.zip", lambda: zipped({f"{n}.csv": _csv(0) for n in range(3_000)}), ("too_many_members",)),
    Hostile("4,000 columns.csv", lambda: _csv(4_000), ("too_many_columns",)),
    Hostile("100,000 columns.csv", lambda: _csv(100_000), ("too_many_columns",)),
    Hostile("100,000 columns.json", lambda: _json(100_000), ("too_many_columns",)),
    Hostile(
        "100,000 columns.parquet",
        lambda: _parquet({name: ["x"] for name in _wide(20_000)}),
        ("too_many_columns",),
    ),
    Hostile("a new key each.jsonl", lambda: _new_keys(20_000), ("too_many_columns",)),
    Hostile(
        "values of one name.json",
        lambda: json.dumps([LEAD | {"data": [{"name": "x", "value": n} for n in range(100_000)]}]).encode(),
        ("too_many_columns",),
    ),
    Hostile(
        "one key.json",
        lambda: "[{{{}}}]".format(",".join(f'"Vorname":"{number}"' for number in range(300_000))).encode(),
        ("too_many_columns",),
    ),
    Hostile(
        "keys of a megabyte.json",
        lambda: json.dumps([LEAD | {"k" * MEGA + str(number): "x" for number in range(5)}]).encode(),
        ("cell_too_large",),
    ),
    Hostile("nested.json", lambda: b'[{"a":' * 100_000, ("damaged_file",)),
    Hostile(
        "nested and whole.json",
        lambda: b'{"a":' * 900 + b"1" + b"}" * 900,
        ("damaged_file", "no_table", "no_known_column"),
    ),
    Hostile(
        "100,000 properties.vcf",
        lambda: _card("".join(f"X-{n}:x\n" for n in range(100_000))),
        ("too_many_columns",),
    ),
    Hostile(
        "names of 50,000 signs.vcf",
        lambda: _card("".join(f"X-{'A' * 50_000}{number}:x\n" for number in range(200))),
        ("cell_too_large",),
    ),
    Hostile("one name.vcf", lambda: _card("".join(f"X-A:{number}\n" for number in range(990))) * 100, ()),
    Hostile(
        "folded.vcf",
        lambda: _card("NOTE;ENCODING=QUOTED-PRINTABLE:" + "=3D=\n" * 200_000 + "\n"),
        (),
    ),
    Hostile(
        "a cell of 60 MB.parquet",
        lambda: _parquet({"Nachname": ["x" * (60 * MEGA)], "E-Mail": ["e@f.example"]}),
        ("cell_too_large", "archive_too_large"),
    ),
    Hostile("a cell of 5 MB.csv", f"{NAMES}\nEva;{'x' * (5 * MEGA)};e@f.example\n".encode, ("cell_too_large",)),
    Hostile(
        "rows of one cell.csv",
        lambda: f"{NAMES}\n".encode() + b"x\n" * MEGA,
        ("ragged_row", "too_slow", "too_much_memory"),
    ),
    Hostile("carriage returns.csv", lambda: f"{NAMES}\n".encode() + b"\r" * (20 * MEGA), ()),
    Hostile("quotes.csv", lambda: f"{NAMES}\n".encode() + b'"' * (20 * MEGA), ()),
    Hostile("quotes in lines.csv", lambda: f"{NAMES}\n".encode() + b'"\n' * (5 * MEGA), ()),
    Hostile(
        "spans.html",
        lambda: _html('<tr><td colspan="1000">x</td></tr>' * 300_000),
        ("too_much_memory",),
    ),
    Hostile(
        "spans in one row.html",
        lambda: _html("<tr>" + '<td colspan="1000">x</td>' * 300_000),
        ("too_many_columns",),
    ),
    Hostile(
        "tables.html", lambda: _html("</table><table><tr><td>E-Mail<tr><td>e@f.example" * 5_000), ("too_many_members",)
    ),
    Hostile("sections without a name.html", lambda: _html("<![" * 100_000), ()),
    Hostile("tags without end.html", lambda: _html("<a" * 50_000).removesuffix(b"</table></html>"), ()),
    Hostile("comments without end.html", lambda: _html("<!-- >" * 200_000), ()),
    Hostile("nested tables.html", lambda: _html("<table><tr><td>" * 50_000), ()),
)
