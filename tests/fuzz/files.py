"""Files a stranger might deliver: honest ones of every format, damaged in any way by a few strokes.

Belongs here: the honest files and the strokes, as strategies of hypothesis. Does not belong here: what must hold of
them (`test_readers`). Archives and workbooks are damaged inside as well: a flipped byte of a packed one is found by its
checksum and reaches no parser.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import zipfile
from functools import cache, partial
from html import escape

import polars as pl
from hypothesis import strategies as st

from samples.hostile import HOSTILE
from tests.sources import building
from tests.sources.building import HEADER, ROWS, csv_text, vcards, xls, xlsx, zipped

PIECES = [
    *(b'"', b'""', b"'", b"\\", b";", b",", b"\t", b"|", b"\n", b"\r", b"\r\n", b"\0", b" ", b"\xa0", b"=\r\n"),
    *(b"=3D", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xc3", b"\xff", b"\xed\xa0\x80", b"\xf0\x9f\x98\x80"),
    *(b"{", b"}", b"[", b"]", b"null", b"NaN", b"1e999", b'"a":', b"\\ud800", b"<", b">", b"&#0;", b"</td>"),
    *(b"<table>", b"]]>", b"<!--", b"BEGIN:VCARD\n", b"END:VCARD\n", b"VERSION:", b"ENCODING=BASE64:", b"CHARSET=x:"),
    *(b"sep=;\n", b"Summe;", b"9" * 21, b"-1", b"1048576", b"XFD", b"\x1f\x8b", b"PAR1", b"PK\x03\x04", b"\x85"),
    *(text.encode(code) for text, code in (("ä", "utf-8"), ("Ä", "cp1252"), ("é", "utf-16-le"), ("\u202e", "utf-8"))),
]  # fmt: skip
_QUOTED = [[f'"{cell}"' for cell in row] for row in [HEADER, *ROWS, [*ROWS[0][:7], "0351\n1; 2"]]]
_NESTED = [
    {"id": row[0], "properties": {"firstname": {"value": row[1]}, "phones": row[7:], "mail": row[6]}, "company": None}
    for row in ROWS
]


def _ods() -> bytes:
    oasis = "urn:oasis:names:tc:opendocument:xmlns"
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    rows = ["".join(cell.format(escape(value)) for value in row) for row in [HEADER, *ROWS]]
    table = "".join(f"<table:table-row>{row}</table:table-row>" for row in rows)
    content = (
        f'<office:document-content xmlns:office="{oasis}:office:1.0" xmlns:table="{oasis}:table:1.0" '
        f'xmlns:text="{oasis}:text:1.0"><office:body><office:spreadsheet><table:table table:name="Leads">{table}'
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    manifest = f'<manifest:manifest xmlns:manifest="{oasis}:manifest:1.0"/>'
    return zipped(
        {
            "mimetype": b"application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": manifest.encode(),
            "content.xml": content.encode(),
        }
    )


def _html() -> bytes:
    rows = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in [HEADER, *ROWS])
    return f"<html><head><meta charset='utf-8'></head><body><table border=1>{rows}</table></body></html>".encode()


def _typed() -> bytes:
    """Parquet of other types than text."""
    columns = {
        "Lead-ID": [1, 2, None],
        "E-Mail": [row[6] for row in ROWS],
        "Nachname": [row[2].encode() for row in ROWS],
        "Telefon": [[row[7], None] for row in ROWS],
        "meta": [{"ort": row[5], "x": 1.5} for row in ROWS],
    }
    buffer = io.BytesIO()
    pl.DataFrame(columns).write_parquet(buffer)
    return buffer.getvalue()


_FOLDED = (
    "BEGIN:VCARD\nVERSION:2.1\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=C3=BCrgen\n"
    "NOTE;ENCODING=QUOTED-PRINTABLE:zwei=0D=0A=\n Zeilen\nPHOTO;ENCODING=BASE64:AAAA\n AAAA\n\n"
    "item1.EMAIL;INTERNET:j@kaese.example\nADR;WORK:;;Weg 1;Ulm;;89073;\nEND:VCARD\n"
)


@cache
def honest() -> dict[str, bytes]:
    """A file of every kind that is read, by name."""
    text, cells = csv_text(), [HEADER, *ROWS]
    codes = ("utf-8", "utf-8-sig", "utf-16", "utf-16-be", "cp1252", "mac_roman", "cp850")
    files = {f"{code}.csv": text.encode(code, errors="replace") for code in codes}
    files |= {
        "comma.csv": csv_text(delimiter=",").encode(),
        "tab.tsv": csv_text(delimiter="\t").encode(),
        "pipe.txt": csv_text(delimiter="|").replace("\n", "\r").encode(),
        "quoted.csv": csv_text(_QUOTED[0], _QUOTED[1:]).encode(),
        "title.csv": ("Besucherliste;;\n;;\n" + text + "Summe: 3;;;\n").encode(),
        "list.json": json.dumps(building.objects()).encode(),
        "nested.json": json.dumps({"results": _NESTED, "total": 3}).encode(),
        "lines.jsonl": building.json_lines().encode(),
        "3.vcf": vcards().encode(),
        "4.vcf": vcards("4.0").encode(),
        "2.vcf": _FOLDED.encode(),
        "page.html": _html(),
        "text.parquet": building.parquet(),
        "typed.parquet": _typed(),
        "book.xlsx": xlsx({"Leads": cells, "Mehr": [["Notiz"], ["x"]]}),
        "book.xls": xls(cells),
        "book.ods": _ods(),
        "packed.zip": zipped({"a.csv": text.encode(), "b/c.xlsx": xlsx({"Leads": cells}), "d.vcf": vcards().encode()}),
        "packed.csv.gz": gzip.compress(text.encode()),
        "packed.csv.bz2": bz2.compress(text.encode()),
        "packed.csv.xz": lzma.compress(text.encode()),
    }
    small = {hostile.name for hostile in HOSTILE} & {"far cell, not stated.xlsx", "nested and whole.json"}
    return files | {hostile.name: hostile.make() for hostile in HOSTILE if hostile.name in small}


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, bytes]:
    """A file by name and content, after some strokes."""
    name = draw(st.sampled_from(sorted(honest())))
    content = honest()[name]
    if name.endswith((".xlsx", ".ods", ".zip")) and draw(st.booleans()):
        content = draw(_damaged_inside(content))
    elif name.endswith((".gz", ".bz2", ".xz")) and draw(st.booleans()):
        content = gzip.compress(draw(strokes(csv_text().encode())))
    else:
        content = draw(strokes(content))
    if draw(st.integers(0, 9)) == 0:
        name = draw(st.sampled_from(sorted(honest())))  # a name that says something else
    return name, content


@st.composite
def _damaged_inside(draw: st.DrawFn, packed: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    struck = draw(st.sampled_from(sorted(members)))
    return zipped(members | {struck: draw(strokes(members[struck]))})


@st.composite
def strokes(draw: st.DrawFn, content: bytes) -> bytes:
    """The content after some strokes."""
    for _ in range(draw(st.integers(0, 5))):
        content = draw(_stroke(content))
    return content


def _stroke(content: bytes) -> st.SearchStrategy[bytes]:
    place = st.integers(0, len(content))
    piece = st.sampled_from(PIECES) | st.binary(max_size=6)
    other = st.sampled_from(sorted(honest())).map(honest().__getitem__)
    return st.one_of(
        st.builds(partial(_put, content), place, st.integers(0, 8), piece, st.sampled_from([1, 1, 1, 2, 50, 3_000])),
        st.builds(partial(_again, content), place, place, st.sampled_from([0, 2, 2, 40])),
        st.builds(lambda end: content[:end], place),
        st.builds(content.replace, st.sampled_from(PIECES), piece),
        st.builds(lambda end, after, begin: content[:end] + after[begin:], place, other, place),
        st.builds(partial(_flip, content), place, st.integers(1, 255)),
    )


def _flip(content: bytes, place: int, bits: int) -> bytes:
    return content[:place] + bytes(byte ^ bits for byte in content[place : place + 1]) + content[place + 1 :]


def _put(content: bytes, place: int, instead_of: int, piece: bytes, times: int) -> bytes:
    return content[:place] + piece * times + content[place + instead_of :]


def _again(content: bytes, one: int, other: int, times: int) -> bytes:
    """A stretch left out or repeated."""
    start, stop = sorted((one, other))
    return content[:start] + content[start : min(stop, start + 20_000)] * times + content[stop:]
