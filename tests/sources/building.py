"""Building an inbox: real files of every kind, written to a temporary home."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import polars as pl
import xlsxwriter
import xlwt

from sources.inbox import FilesReport, read_inbox
from sources.store.catalogue import load_files, load_rejects
from sources.store.channel_records import load_records

HEADER = ["Lead-ID", "Vorname", "Nachname", "Firma", "PLZ", "Ort", "E-Mail", "Telefon"]
ROWS = [
    ["L-1", "Jürgen", "Müller", "Käse & Söhne GmbH", "01067", "Dresden", "j.mueller@kaese.example", "0351 123450"],
    ["L-2", "Änne", "Groß", "Straßenbau AG", "80331", "München", "a.gross@strasse.example", "+49 89 1234567"],
    ["L-3", "Zoë", "Özdemir", "Öl Köln KG", "50667", "Köln", "z.oezdemir@oel.example", "0221/998877"],
]


class Home:
    """A home folder with an inbox; `put` delivers, `run` reads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.inbox = folder / "inbox"
        self.store = folder / "lake" / "raw"
        self.settings = folder / "sources"

    def put(self, name: str, content: bytes | str, source: str = "messe", channel: str = "offline") -> Path:
        path = self.inbox / channel / source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def state(self, source: str, settings: str) -> None:
        self.settings.mkdir(parents=True, exist_ok=True)
        (self.settings / f"{source}.toml").write_text(settings, encoding="utf-8")

    def run(self, settle: float = 0.0) -> FilesReport:
        return read_inbox(self.inbox, self.store, self.settings, settle=settle)

    def records(self, channel: str = "offline") -> pl.DataFrame:
        return load_records(self.store, channel).collect()

    def rejects(self) -> pl.DataFrame:
        return load_rejects(self.store)

    def files(self) -> pl.DataFrame:
        return load_files(self.store)


def csv_text(header: Sequence[str] = HEADER, rows: Iterable[Sequence[str]] = ROWS, delimiter: str = ";") -> str:
    return "".join(delimiter.join(row) + "\n" for row in [header, *rows])


def xlsx(sheets: dict[str, Sequence[Sequence[object]]]) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "default_date_format": "dd.mm.yyyy hh:mm"}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return buffer.getvalue()


def xls(rows: Sequence[Sequence[object]]) -> bytes:
    book = xlwt.Workbook()
    sheet = book.add_sheet("Leads")
    for number, row in enumerate(rows):
        for place, cell in enumerate(row):
            sheet.write(number, place, cell)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def gzipped(content: bytes) -> bytes:
    return gzip.compress(content)


def objects() -> list[dict[str, str]]:
    return [dict(zip(HEADER, row, strict=True)) for row in ROWS]


def json_lines() -> str:
    return "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in objects())


def parquet() -> bytes:
    buffer = io.BytesIO()
    pl.DataFrame(ROWS, schema=HEADER, orient="row").write_parquet(buffer)
    return buffer.getvalue()


def vcards(version: str = "3.0") -> str:
    cards = []
    for uid, given, family, company, postcode, city, email, phone in ROWS:
        cards.append(
            f"BEGIN:VCARD\r\nVERSION:{version}\r\nUID:{uid}\r\nN:{family};{given};;;\r\nFN:{given} {family}\r\n"
            f"ORG:{company};Einkauf\r\nEMAIL;TYPE=work:{email}\r\nTEL;TYPE=work,voice:{phone}\r\n"
            f"ADR;TYPE=work:;;;{city};;{postcode};\r\nEND:VCARD\r\n"
        )
    return "".join(cards)
