"""Files that no reader can or should load whole: `write_broken_inbox`.

Belongs here: one deliberately broken file per way in which deliveries go wrong, each with the kind of reason a person
would give. Does not belong here: reason codes (`contracts/reasons/sources.csv` owns them) or dirty values
(`samples/dirt`).
"""

from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path

from samples import files

HEADER = "ID;Vorname;Nachname;E-Mail;Firma;PLZ;Ort\r\n"
ROWS = "".join(
    f"{nth};Jürgen;Müller{nth};j.mueller{nth}@beispiel-{nth}.de;Müller & Söhne GmbH;70173;Stuttgart\r\n"
    for nth in range(1, 41)
)
GOOD = HEADER + ROWS


def write_broken_inbox(folder: Path) -> dict[str, str]:
    """Write broken files, each as a source of its own (`folder/{online,offline}/<name>/<file>`), beside good ones.

    Returns:
        Path below `folder` -> kind of reason: `good` (loads whole), `readable` (odd, yet every row can be loaded),
        `rows held back` (loads, with some rows quarantined), else a word for why the whole file is held back:
        empty, half-written, password, not a table, damaged, no header, unfinished download, lock file.
    """
    online: dict[str, tuple[str, bytes]] = {
        "good.csv": ("good", GOOD.encode("cp1252")),
        "empty.csv": ("empty", b""),
        "only_blank_lines.csv": ("empty", b"\r\n\r\n  \r\n"),
        "only_bom.csv": ("empty", b"\xef\xbb\xbf"),
        "header_only.csv": ("readable", HEADER.encode()),
        "no_header.csv": ("readable", ROWS.encode()),
        "picture.csv": ("not a table", _png()),
        "leaflet.pdf": ("not a table", _pdf()),
        "page.xls": ("readable", _html_table()),
        "error_page.csv": ("not a table", b"<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1></body></html>"),
        "nul_bytes.csv": ("readable", GOOD.replace("70173", "70\x00173", 2).encode("cp1252")),
        "all_nul.csv": ("not a table", b"\x00" * 4096),
        "unbalanced_quotes.csv": ("rows held back", GOOD.replace("\r\n7;", '\r\n7;"', 1).encode("cp1252")),
        "ragged.csv": (
            "rows held back",
            GOOD.replace("9;Jürgen;Müller9;", "9;Jürgen;Müller9;zu;viele;Zellen;", 1).encode(),
        ),
        "header_again.csv": ("rows held back", (GOOD + GOOD).encode()),
        "total_row.csv": ("rows held back", (GOOD + "Summe: 40;;;;;;\r\n").encode()),
        "half_written.json": (
            "half-written",
            json.dumps([{"id": nth, "email": f"a{nth}@b.de"} for nth in range(90)])[:-200].encode(),
        ),
        "half_written.jsonl": ("rows held back", b'{"id": 1, "email": "a@firma.de"}\n{"id": 2, "em'),
        "not_json.json": ("damaged", b"{id: 1, 'email': a@b.de}"),
        "json_scalar.json": ("not a table", b"42"),
        "mixed_encodings.csv": (
            "readable",
            HEADER.encode() + ROWS.encode() + ROWS.replace("Müller", "Möller").encode("cp1252"),
        ),
        "latin_named_utf8.csv": ("readable", GOOD.encode("cp1252")),
        "utf16_without_bom.csv": ("readable", GOOD.encode("utf-16-le")),
        "mac.csv": ("readable", GOOD.replace("\r\n", "\r").encode("mac_roman")),
        "very_long_line.csv": (
            "readable",
            (HEADER + "1;" + "ä" * 300_000 + ";Müller;x@firma.de;F GmbH;70173;Stuttgart\r\n").encode(),
        ),
        "leads.csv.crdownload": ("unfinished download", GOOD[:500].encode()),
    }
    offline: dict[str, tuple[str, bytes]] = {
        "good.xlsx": ("good", _workbook()),
        "password.xlsx": ("password", _encrypted_workbook()),
        "half_written.xlsx": ("half-written", _workbook()[:-900]),
        "csv_named.xlsx": ("readable", GOOD.encode("cp1252")),
        "xlsx_named.csv": ("readable", _workbook()),
        "no_rows.xlsx": ("empty", files.xlsx([("Tabelle1", [])])),
        "title_only.xlsx": ("no header", files.xlsx([("Tabelle1", [["Besucherliste 2025"]])])),
        "~$leads.xlsx": ("lock file", b"\x05Meier" + b"\x00" * 159),
        "half_written.csv.gz": ("half-written", files.gzipped(GOOD.encode() * 50)[:-40]),
        "damaged.csv.gz": ("damaged", _flipped(files.gzipped(GOOD.encode() * 50))),
        "not_gzip.csv.gz": ("readable", GOOD.encode()),
        "half_written.zip": ("half-written", files.zipped([("leads.csv", GOOD.encode() * 50)])[:-60]),
        "password.zip": ("password", _encrypted_archive()),
        "empty.zip": ("empty", files.zipped([])),
        "path_outside.zip": ("readable", files.zipped([("../../leads.csv", GOOD.encode())])),
        "nested.zip": ("readable", files.zipped([("inner.zip", files.zipped([("leads.csv", GOOD.encode())]))])),
        "half_written.parquet": (
            "half-written",
            files.parquet({"id": list(range(99)), "email": ["a@firma.de"] * 99})[:-12],
        ),
        "half_card.vcf": (
            "rows held back",
            b"BEGIN:VCARD\r\nVERSION:3.0\r\nUID:1\r\nFN:Max Bauer\r\nEND:VCARD\r\nBEGIN:VCARD\r\nVERSION:3.0\r\nFN:Er",
        ),
        "not_a_card.vcf": ("not a table", b"Sehr geehrte Damen und Herren,\r\nanbei die Karten.\r\n"),
        "program.exe": ("not a table", b"MZ\x90\x00" + b"\x00\xff" * 400),
    }
    expected = {}
    for channel, broken in (("online", online), ("offline", offline)):
        for name, (reason, content) in broken.items():
            path = folder / channel / f"{Path(name).stem}_{Path(name).suffix[1:]}".strip("~$") / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            expected[path.relative_to(folder).as_posix()] = reason
    return expected


def _workbook() -> bytes:
    return files.xlsx([("Tabelle1", [line.split(";") for line in GOOD.splitlines()])])


def _encrypted_workbook() -> bytes:
    """The start of an OLE container with an `EncryptedPackage` stream, which is what Excel makes of a password."""
    sector = 512
    header = bytearray(sector)
    header[:8] = bytes.fromhex("d0cf11e0a1b11ae1")
    struct.pack_into("<HHHHH", header, 24, 0x3E, 3, 0xFFFE, 9, 6)
    struct.pack_into("<IIIIIIIII", header, 44, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0, 0)
    header[76:] = struct.pack("<109I", *([0] + [0xFFFFFFFF] * 108))
    table = [0xFFFFFFFD, 0xFFFFFFFE, *range(3, 10), 0xFFFFFFFE]
    fat = struct.pack("<128I", *(table + [0xFFFFFFFF] * (128 - len(table))))
    names = (("Root Entry", 5, 0xFFFFFFFE, 0, 1), ("EncryptedPackage", 2, 2, 4096, 0xFFFFFFFF))
    directory = b"".join(_entry(*name) for name in names) + _entry("", 0, 0, 0, 0xFFFFFFFF) * 2
    return bytes(header) + fat + directory + zlib.compress(b"secret" * 9).ljust(8 * sector, b"\x5a")


def _entry(name: str, kind: int, start: int, size: int, child: int) -> bytes:
    entry = bytearray(128)
    text = name.encode("utf-16-le")
    entry[: len(text)] = text
    struct.pack_into("<HBB", entry, 64, len(text) + 2 if name else 0, kind, 1)
    struct.pack_into("<III", entry, 68, 0xFFFFFFFF, 0xFFFFFFFF, child)
    struct.pack_into("<IQ", entry, 116, start, size)
    return bytes(entry)


def _encrypted_archive() -> bytes:
    """A zip whose member is flagged as encrypted."""
    whole = bytearray(files.zipped([("leads.csv", GOOD.encode())]))
    local, central = 6, whole.find(b"PK\x01\x02") + 8
    for flag in (local, central):
        whole[flag] |= 1
    return bytes(whole)


def _flipped(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes(byte ^ 0x5A for byte in content[middle : middle + 40]) + content[middle + 40 :]


def _png() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    pixels = zlib.compress(b"\x00\xff\xff\xff" * 3)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 3, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", pixels)
        + chunk(b"IEND", b"")
    )


def _pdf() -> bytes:
    objects = (
        b"1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n<< /Type /Pages /Kids [] /Count 0 >>\nendobj\n"
    )
    return b"%PDF-1.7\n" + objects + b"trailer\n<< /Root 1 0 R >>\n%%EOF\n"


def _html_table() -> bytes:
    """What many web systems deliver as `.xls`."""
    rows = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in line.split(';'))}</tr>" for line in GOOD.splitlines())
    return f"<html><head><meta charset='utf-8'></head><body><table>{rows}</table></body></html>".encode()
