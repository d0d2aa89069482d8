"""How each source writes its files: columns, notations, encodings, formats.

Belongs here: `Source` per source and the function that turns a dirty sheet into the bytes of one file; headers are
in `data/layouts.toml`, fill rates in `proportions.FILL`. Does not belong here: values (`sheet`, `notation`, `dirt`)
or byte formats (`files`).
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from samples import files
from samples.draw import Draw, Objects
from samples.lists import DATA
from samples.proportions import LOOSE_ROWS
from samples.sheet import Sheet

Rows = list[list[Any]]
NUMBER_FIRST = {"GB", "US", "FR"}
WALL_CLOCK = ZoneInfo("Europe/Berlin")  # date cells of a workbook know no zone


@dataclass(frozen=True)
class Source:
    """One source: in which notation it holds what, and how it writes a file."""

    name: str
    channel: str
    prefix: str
    extensions: tuple[str, ...]
    write: Callable[[Page], bytes]
    time: str
    country_styles: tuple[int, ...] = (0,)
    files: int = 2
    encoding: str = "utf-8"
    one_name: bool = False
    english: bool = False
    postcodes_as_numbers: bool = False


@dataclass(frozen=True)
class Page:
    """What one file holds: its sheet after the dirt, the record ids, the times, and which file of the source it is."""

    sheet: Sheet
    ids: Objects
    at: list[datetime]
    part: int
    source: Source

    def table(self, layout: str) -> tuple[list[str], Rows]:
        """Header and rows of a layout."""
        headers, fields = zip(*columns(layout), strict=True)
        streets, towns = self._composed()
        clock = [at.replace(tzinfo=UTC).astimezone(WALL_CLOCK).replace(tzinfo=None) for at in self.at]
        moments = [at if text else None for at, text in zip(clock, self.sheet.raw["collected_at"], strict=True)]
        special = {"id": self.ids, "street": streets, "town": towns, "moment": moments}
        if "house_number" in fields:
            del special["street"]
        cells = {**self.sheet.raw, **special}
        nothing = [None] * self.sheet.size
        return list(headers), [list(row) for row in zip(*(cells.get(field, nothing) for field in fields), strict=True)]

    def _composed(self) -> tuple[list[str | None], list[str | None]]:
        """Street with number, the number first where that is the custom; postcode with city."""
        raw, country = self.sheet.raw, self.sheet.true("country")
        nothing = [None] * self.sheet.size
        streets: list[str | None] = []
        for street, number, land in zip(
            raw.get("street", nothing), raw.get("house_number", nothing), country, strict=True
        ):
            parts = (number, street) if land in NUMBER_FIRST else (street, number)
            streets.append(" ".join(part for part in parts if part) or None if street else None)
        pairs = zip(raw.get("postcode", nothing), raw.get("city", nothing), strict=True)
        return streets, [" ".join(part for part in pair if part) or None for pair in pairs]

    def address(self) -> list[str | None]:
        """The whole address in one cell, on one line or two."""
        streets, towns = self._composed()
        pairs = enumerate(zip(streets, towns, strict=True))
        return [("\n" if at % 3 else ", ").join(part for part in pair if part) or None for at, pair in pairs]

    def loose(self, header: list[str], rows: Rows) -> Rows:
        """Rows with lines among them that are no lead: ragged rows, and perhaps the header again."""
        draw: Draw = self.sheet.draw("loose rows")
        count = int(self.sheet.size * LOOSE_ROWS["ragged"] + draw.unit(1)[0])
        places = sorted(draw.below(count, max(1, len(rows))).tolist(), reverse=True)
        for nth, place in enumerate(places):
            broken = [f"{self.source.prefix}X{self.part}{nth}", *rows[place][1:]]
            rows.insert(place, broken[: len(broken) // 2] if nth % 2 else [*broken, "", "Zusatz", "x"])
        if len(rows) > 40 and draw.unit(1)[0] < LOOSE_ROWS["header_repeated"]:
            rows.insert(len(rows) // 2, list(header))
        return rows


@cache
def columns(layout: str) -> tuple[tuple[str, str], ...]:
    """(header, field) of each column of a layout."""
    line = tomllib.loads((DATA / "layouts.toml").read_text(encoding="utf-8"))[layout]
    return tuple((header, field) for header, _, field in (column.partition("=") for column in line.split("|")))


def _web_form(page: Page) -> bytes:
    header, rows = page.table("web_form")
    text = files.delimited([header, *page.loose(header, rows)], ",", "\n")
    return text.encode("utf-8-sig" if page.part == 1 else "utf-8")


def _newsletter(page: Page) -> bytes:
    header, rows = page.table("newsletter")
    return files.delimited([header, *page.loose(header, rows)], ";").encode(page.source.encoding)


def _webinar(page: Page) -> bytes:
    header, rows = page.table("webinar")
    pairs = (zip(header, row, strict=True) for row in rows)
    return files.json_lines({name: value for name, value in each if value is not None} for each in pairs).encode()


def _linkedin(page: Page) -> bytes:
    header, rows = page.table("linkedin_ads")
    phone = header.index("phone_number")
    for row in rows:
        row[phone] = row[phone] if row[phone] is None or row[phone].startswith("p:") else f"p:{row[phone]}"
    return b"\xff\xfe" + files.delimited([header, *rows], "\t").encode("utf-16-le")


def _whitepaper(page: Page) -> bytes:
    raw = page.sheet.raw
    groups = {
        "contact": {
            "first_name": "given_name",
            "last_name": "family_name",
            "email": "email",
            "phone": "phone",
            "job_title": "job_title",
        },
        "company": {"name": "company"},
        "address": {"zip": "postcode", "city": "city", "country": "country"},
        "tracking": {"ip": "ip_address", "user_agent": "user_agent", "language": "language"},
        "consent": {"email": "consent_email", "purpose": "consent_purpose"},
    }
    leads = [
        {
            "id": page.ids[at],
            "submitted_at": raw["collected_at"][at],
            "campaign": raw["lead_source"][at],
            **{name: {key: raw[field][at] for key, field in fields.items()} for name, fields in groups.items()},
        }
        for at in range(page.sheet.size)
    ]
    return json.dumps({"export": "whitepaper", "version": 2, "leads": leads}, ensure_ascii=False).encode()


def _demo_request(page: Page) -> bytes:
    page.sheet.raw["address"] = np.array(page.address(), dtype=object)
    header, rows = page.table("demo_request")
    half = (len(rows) + 1) // 2
    parts = [part for part in (rows[:half], rows[half:]) if part]
    texts = (files.delimited([header, *part], ";", "\n", quote_all=True) for part in parts)
    return files.zipped([(f"demo_{nth}.csv", text.encode()) for nth, text in enumerate(texts, 1)])


def _trade_fair(page: Page) -> bytes:
    header, rows = page.table("trade_fair_scan")
    third = max(1, -(-len(rows) // 3))
    sheets = []
    for day in range(1, 4):
        part = rows[(day - 1) * third : day * third]
        title: Rows = [["Besucherscan Hannover Messe"], [f"Messetag {day}", None, "Stand 4 / Halle 17"], []]
        if part:
            sheets.append((f"Tag {day}", [*title, header, *part, ["Summe:", len(part)]]))
    return files.xlsx(sheets)


def _business_cards(page: Page) -> bytes:
    version = "2.1" if page.part % 2 else "3.0"
    work, cell, mail, place = (
        ("TEL;WORK;VOICE", "TEL;CELL", "EMAIL;INTERNET", "ADR;WORK")
        if version == "2.1"
        else ("TEL;TYPE=WORK,VOICE", "TEL;TYPE=CELL", "EMAIL;TYPE=INTERNET,WORK", "ADR;TYPE=WORK")
    )
    raw, (streets, _) = page.sheet.raw, page._composed()
    cards = []
    for at in range(page.sheet.size):
        text = {field: _escaped(column[at] or "") for field, column in raw.items()}
        names = (text["academic_title"], text["given_name"], text["family_name"])
        properties = (
            ("N", f"{names[2]};{names[1]};;{names[0]};"),
            ("FN", " ".join(name for name in names if name)),
            ("ORG", f"{text['company']};{text['department']}".rstrip(";")),
            ("TITLE", text["job_title"]),
            (work, text["phone"]),
            (cell, text["mobile"]),
            (mail, text["email"]),
            (place, f";;{_escaped(streets[at] or '')};{text['city']};;{text['postcode']};{text['country']}"),
            ("NOTE", text["note"]),
            ("UID", page.ids[at]),
            ("REV", text["collected_at"]),
        )
        cards.append(files.vcard([(name, value) for name, value in properties if value.strip(";")], version))
    return "".join(cards).encode()


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n").replace("\t", " ")


def _field_sales(page: Page) -> bytes:
    old = page.part % 2 == 1
    header, rows = page.table("field_sales_old" if old else "field_sales")
    postcode = header.index("PLZ") if old else 0
    for row in rows:
        for column in {0, postcode}:
            if row[column] is not None and row[column].isdigit():
                row[column] = int(row[column])
    if old:
        return files.xls("Kunden", [header, *rows])
    return files.xlsx([("Besuchsberichte", [header, *rows, [], ["Summe:", len(rows)]])])


def _partner_list(page: Page) -> bytes:
    header, rows = page.table("partner_list")
    if page.part % 2 == 0:
        return files.parquet(dict(zip(header, map(list, zip(*rows, strict=True)), strict=True)))
    # The later delivery has grown a column nobody announced.
    grown = [[*row, f"{at * 37 % 900},00"] for at, row in enumerate(rows)]
    header.append("Kontostand")
    text = files.delimited([header, *page.loose(header, grown)], ",", "\n")
    return files.gzipped(text.encode(page.source.encoding))


def _event_guests(page: Page) -> bytes:
    header, rows = page.table("event_guests")
    return ("sep=;\r\n" + files.delimited([header, *rows], ";")).encode(page.source.encoding)


def _call_center(page: Page) -> bytes:
    header, rows = page.table("call_center")
    title: Rows = [["Anrufliste Inside Sales"], [f"Teil {page.part + 1}"], []]
    lines = [*title, header, *page.loose(header, rows), [f"Summe: {len(rows)}"]]
    return files.delimited(lines, "\t").encode(page.source.encoding)


_ALL = (
    Source("web_form", "online", "WF-", ("csv",), _web_form, "iso_local", (0, 1, 3), files=3),
    Source("newsletter", "online", "NL", ("csv",), _newsletter, "german", files=3, encoding="cp1252"),
    Source("webinar", "online", "WB-", ("jsonl",), _webinar, "iso_utc", (1, 3), english=True),
    Source("linkedin_ads", "online", "l:", ("tsv",), _linkedin, "iso_offset", (3, 1), one_name=True, english=True),
    Source("whitepaper", "online", "wp_", ("json",), _whitepaper, "iso_millis", (1,)),
    Source("demo_request", "online", "D-", ("zip",), _demo_request, "german_browser"),
    Source("trade_fair_scan", "offline", "MS", ("xlsx",), _trade_fair, "german", (0, 2), postcodes_as_numbers=True),
    Source("business_cards", "offline", "card-", ("vcf",), _business_cards, "basic_utc", (0, 3)),
    Source(
        "field_sales",
        "offline",
        "",
        ("xlsx", "xls"),
        _field_sales,
        "german_short",
        (0, 2),
        one_name=True,
        postcodes_as_numbers=True,
    ),
    Source(
        "partner_list",
        "offline",
        "PL-",
        ("parquet", "csv.gz"),
        _partner_list,
        "german_date",
        (2,),
        encoding="mac_roman",
        one_name=True,
    ),
    Source(
        "event_guests",
        "offline",
        "EV",
        ("csv",),
        _event_guests,
        "german_words",
        (0, 4),
        encoding="cp850",
        one_name=True,
    ),
    Source("call_center", "offline", "CC-", ("txt",), _call_center, "slashes", encoding="cp1252", one_name=True),
)
SOURCES = {source.name: source for source in _ALL}
"""Every source by name."""
