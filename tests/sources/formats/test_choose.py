"""The same three leads, delivered in every format, come out the same."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from tests.sources import building as b
from tests.sources.building import HEADER, ROWS, Home

FIELDS = ["source_record_id", "given_name", "family_name", "company", "postcode", "city", "email", "phone"]
GRID = [HEADER, *ROWS]
CSV = b.csv_text()
HTML = (
    "<html><table>"
    + "".join("<tr>" + "".join(f"<td>{cell.replace('&', '&amp;')}</td>" for cell in row) + "</tr>" for row in GRID)
    + "</table></html>"
)

DELIVERIES: dict[str, bytes | str] = {
    "semicolon.csv": CSV,
    "comma.csv": b.csv_text(delimiter=","),
    "tab.tsv": b.csv_text(delimiter="\t"),
    "pipe.txt": b.csv_text(delimiter="|"),
    "colon.txt": b.csv_text(delimiter=":"),
    "caret.txt": b.csv_text(delimiter="^"),
    "quoted.csv": "".join(";".join(f'"{cell}"' for cell in row) + "\r\n" for row in GRID),
    "single_quotes.csv": "".join(",".join(f"'{cell}'" for cell in row) + "\n" for row in GRID),
    "bom.csv": "\ufeff" + CSV,
    "cp1252.csv": CSV.encode("cp1252"),
    "mac_roman.csv": CSV.encode("mac_roman"),
    "cp850.csv": CSV.encode("cp850"),
    "utf16.csv": CSV.encode("utf-16"),
    "utf16le_without_bom.csv": CSV.encode("utf-16-le"),
    "utf16be_without_bom.csv": CSV.encode("utf-16-be"),
    "utf32.csv": CSV.encode("utf-32"),
    "crlf.csv": CSV.replace("\n", "\r\n"),
    "cr_only.csv": CSV.replace("\n", "\r"),
    "no_last_line_end.csv": CSV.rstrip("\n"),
    "sep_line.csv": "sep=;\n" + CSV,
    "sep_line_bom.csv": "\ufeffsep=;\r\n" + CSV,
    "titles.csv": "Leads der Messe\nStand: 12.03.2025\n\n" + CSV,
    "nul_bytes.csv": CSV.replace("Dresden", "Dres\0den"),
    "trailing_delimiters.csv": "".join(line + ";\n" for line in CSV.splitlines()),
    "blank_lines.csv": CSV.replace("\n", "\n\n"),
    "leads.xlsx": b.xlsx({"Leads": GRID}),
    "titles.xlsx": b.xlsx({"Leads": [["Leads der Messe"], [], *GRID]}),
    "two_sheets.xlsx": b.xlsx({"A": GRID[:3], "B": [HEADER, ROWS[2]], "Leer": []}),
    "leads.xls": b.xls(GRID),
    "really_xlsx.csv": b.xlsx({"Leads": GRID}),
    "really_html.xls": HTML,
    "really_tsv.xls": b.csv_text(delimiter="\t").encode("utf-16"),
    "list.json": json.dumps(b.objects(), ensure_ascii=False),
    "pretty.json": json.dumps(b.objects(), indent=2),
    "wrapped.json": json.dumps({"meta": {"total": 3}, "data": {"leads": b.objects()}}),
    "below_names.json": json.dumps(GRID),
    "split.json": json.dumps({"columns": HEADER, "index": [0, 1, 2], "data": ROWS}),
    "columns_of_values.json": json.dumps(
        {name: {str(row): cells[place] for row, cells in enumerate(ROWS)} for place, name in enumerate(HEADER)}
    ),
    "lines.jsonl": b.json_lines(),
    "blank_beginning.jsonl": "\n" * 9_000_000 + b.json_lines(),
    "lines.json": b.json_lines(),
    "leads.parquet": b.parquet(),
    "cards21.vcf": b.vcards("2.1").replace("TYPE=work,voice", "WORK;VOICE").replace("TYPE=", ""),
    "cards3.vcf": b.vcards("3.0"),
    "cards4.vcf": b.vcards("4.0"),
    "cards_cr.vcf": b.vcards().replace("\r\n", "\r"),
    "leads.csv.gz": b.gzipped(CSV.encode()),
    "leads.xlsx.gz": b.gzipped(b.xlsx({"Leads": GRID})),
    "leads.zip": b.zipped({"leads.csv": CSV.encode(), "__MACOSX/._leads.csv": b"x"}),
    "parts.zip": b.zipped({"1.csv": b.csv_text(rows=ROWS[:1]).encode(), "2.csv": b.csv_text(rows=ROWS[1:]).encode()}),
    "nested.zip": b.zipped({"inner.zip": b.zipped({"leads.csv.gz": b.gzipped(CSV.encode("cp1252"))})}),
}


@pytest.mark.parametrize("name", DELIVERIES)
def test_every_format_gives_the_same_leads(home: Home, name: str) -> None:
    home.put(name, DELIVERIES[name])
    report = home.run()
    assert home.rejects().to_dicts() == []
    records = home.records().sort("source_record_id")
    assert records.select(FIELDS).rows() == [tuple(row) for row in ROWS]
    assert report.records == 3
    assert report.files["rows"].sum() == 3


def test_the_same_leads_in_all_formats_are_three_records(home: Home) -> None:
    """Content is what counts: cards carry more fields, everything else adds nothing."""
    for name, content in DELIVERIES.items():
        if not name.endswith(".vcf"):
            home.put(name, content)
    home.run()
    assert home.records().height == 3
    assert home.files()["records"].sum() == 3


def test_provenance_names_file_sheet_row_encoding_and_dialect(home: Home) -> None:
    home.put("titel.csv", ("Export\n\n" + CSV).encode("cp1252"))
    home.put(
        "mappe.xlsx", b.xlsx({"Deckblatt": [["nur Text"]], "Halle 4": [[], ["Messe"], GRID[0], *GRID[1:]]}), "fair"
    )
    home.run()
    by_source = home.records().sort("source", "row").partition_by("source", as_dict=True)
    text, sheet = by_source[("messe",)], by_source[("fair",)]
    assert text["row"].to_list() == [4, 5, 6]
    assert text.select(pl.col("encoding", "dialect").unique()).rows() == [("cp1252", 'csv ; quote=" header row 3')]
    assert text["file"].unique().to_list() == ["offline/messe/titel.csv"]
    assert sheet["row"].to_list() == [4, 5, 6]
    assert sheet["sheet"].unique().to_list() == ["Halle 4"]


def test_row_numbers_count_lines_inside_values(home: Home) -> None:
    home.put("notes.csv", 'Name;Firma;Bemerkung\nA B;X GmbH;"eins\nzwei\n\ndrei"\nC D;Y GmbH;kurz\n')
    home.run()
    records = home.records().sort("row")
    assert records["row"].to_list() == [2, 6]
    assert records["note"].to_list() == ["eins\nzwei\n\ndrei", "kurz"]


def test_numbers_and_dates_of_a_workbook_stay_faithful(home: Home) -> None:
    from datetime import datetime

    rows = [
        ["Vorname", "Nachname", "PLZ", "Telefon", "Erfasst am", "Umsatz", "Newsletter"],
        ["Jan", "Alt", 1067, 4.92064e12, datetime(2025, 3, 12, 9, 30), 12.5, True],
        ["Ida", "Neu", "01067", 1.7e21, datetime(2025, 3, 12), 3, False],
    ]
    home.put("zahlen.xlsx", b.xlsx({"Leads": rows}))
    home.run()
    records = home.records().sort("given_name", descending=True)
    assert records["postcode"].to_list() == ["1067", "01067"]
    assert records["phone"].to_list() == ["4920640000000", "1.7e+21"]
    assert records["collected_at"].to_list() == ["2025-03-12T09:30:00", "2025-03-12"]
    assert records["revenue"].to_list() == ["12.5", "3"]
    assert records["consent_email"].to_list() == ["true", "false"]


def test_name_value_lists_of_lead_ads_are_flattened(home: Home) -> None:
    facebook = {
        "data": [
            {
                "id": "4711",
                "created_time": "2025-03-12T09:30:00+0000",
                "field_data": [
                    {"name": "full_name", "values": ["Eva Licht"]},
                    {"name": "email", "values": ["eva@licht.example"]},
                    {"name": "company_name", "values": ["Licht GmbH"]},
                ],
            }
        ],
        "paging": {"cursors": {"before": "x"}},
    }
    google = {
        "lead_id": "G-1",
        "form_id": 7,
        "user_column_data": [
            {"column_id": "FULL_NAME", "string_value": "Eva Licht"},
            {"column_id": "EMAIL", "string_value": "eva@licht.example"},
            {"column_id": "COMPANY_NAME", "string_value": "Licht GmbH"},
        ],
    }
    hubspot = {
        "results": [
            {
                "id": "9",
                "properties": {
                    "email": "eva@licht.example",
                    "firstname": "Eva",
                    "lastname": "Licht",
                    "company": "Licht GmbH",
                },
            }
        ]
    }
    for source, document in (("facebook", facebook), ("google", google), ("hubspot", hubspot)):
        home.put("leads.json", json.dumps(document), source, "online")
    home.run()
    records = {row["source"]: row for row in home.records("online").to_dicts()}
    assert {name: row["email"] for name, row in records.items()} == dict.fromkeys(records, "eva@licht.example")
    assert {name: row["company"] for name, row in records.items()} == dict.fromkeys(records, "Licht GmbH")
    assert {name: row["source_record_id"] for name, row in records.items()} == {
        "facebook": "4711",
        "google": "G-1",
        "hubspot": "9",
    }
    assert records["facebook"]["full_name"] == "Eva Licht"
    assert records["hubspot"]["given_name"] == "Eva"


def test_cards_keep_every_property(home: Home) -> None:
    card = (
        "BEGIN:VCARD\r\nVERSION:2.1\r\n"
        "N;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:M=FCller;J=F6rg;;Dr.;\r\n"
        "ORG;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:B=C3=A4ckerei =\r\nGmbH;Eink=C3=A4ufe\r\n"
        "TITLE:Leiter\\, Einkauf\r\nROLE:Entscheider\r\n"
        "TEL;WORK;VOICE:0711 1\r\nTEL;CELL:0170 2\r\nTEL;HOME:0711 3\r\nTEL;WORK;FAX:0711 4\r\nTEL;CELL;HOME:0170 5\r\n"
        "EMAIL;INTERNET:a@b.example\r\nEMAIL:c@d.example\r\n"
        "ADR;HOME:;;Heimweg 1;Ulm;;89073;Deutschland\r\n"
        "ADR;WORK:;3. OG;Werkstr. 5;Stuttgart;BW;70173;Deutschland\r\n"
        "URL:https://b.example\r\nX-ABC:eigen\r\nNOTE:Zeile 1\\nZeile 2\r\nREV:20250312T093000Z\r\nEND:VCARD\r\n"
    )
    home.put("karte.vcf", card.encode("cp1252"))
    home.run()
    (row,) = home.records().to_dicts()
    expected = {
        "family_name": "Müller",
        "given_name": "Jörg",
        "academic_title": "Dr.",
        "company": "Bäckerei GmbH",
        "department": "Einkäufe",
        "job_title": "Leiter, Einkauf",
        "phone": "0711 1",
        "phone_2": "0711 3",
        "mobile": "0170 2",
        "mobile_2": "0170 5",
        "fax": "0711 4",
        "email": "a@b.example",
        "email_2": "c@d.example",
        "street": "Werkstr. 5",
        "address_extra": "3. OG",
        "city": "Stuttgart",
        "postcode": "70173",
        "website": "https://b.example",
        "note": "Zeile 1\nZeile 2",
        "collected_at": "20250312T093000Z",
    }
    assert {name: row[name] for name in expected} == expected
    extra = json.loads(row["extra"])
    assert extra["ROLE"] == "Entscheider"
    assert extra["X-ABC"] == "eigen"
    assert "Heimweg 1" in extra["ADR home"]


def test_a_broken_card_costs_only_itself(home: Home) -> None:
    cards = b.vcards()
    cut = cards.replace("END:VCARD\r\n", "", 1) + "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Halb;Ganz"
    home.put("karten.vcf", cut)
    home.run()
    assert sorted(home.records()["source_record_id"]) == ["L-2", "L-3"]
    assert home.rejects()["reason_code"].to_list() == ["broken_card", "broken_card"]


def test_documents_and_pictures_are_refused_with_a_reason(home: Home, tmp_path: Path) -> None:
    home.put("flyer.pdf", b"%PDF-1.7 ...")
    home.put("karte.jpg", b"\xff\xd8\xff\xe0 ...")
    home.put("brief.docx", b.zipped({"[Content_Types].xml": b"", "word/document.xml": b"<w/>"}))
    home.put("gut.csv", CSV)
    home.run()
    assert home.records().height == 3
    assert home.rejects()["reason_code"].to_list() == ["unsupported_format"] * 3


def test_channels_in_lists_of_objects_are_found(home: Home) -> None:
    lead = {
        "id": 7,
        "contact": {
            "firstName": "Eva",
            "lastName": "Licht",
            "emails": [{"value": "eva@licht.example"}, {"value": "e@l.de"}],
        },
        "phones": ["0711 12345", "0171 2345678"],
        "revenue": float("nan"),
    }
    home.put("crm.json", json.dumps([lead]))
    home.run()
    (record,) = home.records().to_dicts()
    assert (record["email"], record["email_2"]) == ("eva@licht.example", "e@l.de")
    assert record["phone"] == "0711 12345; 0171 2345678"
    assert record["revenue"] is None


def test_objects_under_their_ids_are_a_record_each(home: Home) -> None:
    people = {
        "k1": {"Name": "Eva Licht", "E-Mail": "eva@licht.example"},
        "k2": {"Name": "Max Kern", "Firma": "Kern AG"},
    }
    home.put("export.json", json.dumps({"contacts": people}))
    home.run()
    found = home.records().sort("source_record_id")
    assert found.select("source_record_id", "full_name").rows() == [("k1", "Eva Licht"), ("k2", "Max Kern")]


def test_a_cell_merged_over_rows_belongs_to_each_of_them(home: Home) -> None:
    whole = io.BytesIO()
    with xlsxwriter.Workbook(whole, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.merge_range("A1:C1", "Besucher")
        sheet.write_row(1, 0, ["Firma", "Name", "E-Mail"])
        sheet.merge_range("A3:A4", "Licht GmbH")
        sheet.write_row(2, 1, ["Eva Licht", "eva@licht.example"])
        sheet.write_row(3, 1, ["Max Licht", "max@licht.example"])
        sheet.write_row(4, 0, ["Kern AG", "Ute Kern", "ute@kern.example"])
    home.put("besucher.xlsx", whole.getvalue())
    home.run()
    assert home.records().sort("row")["company"].to_list() == ["Licht GmbH", "Licht GmbH", "Kern AG"]


def test_a_header_repeated_in_other_letters_is_no_lead(home: Home) -> None:
    home.put("joined.csv", CSV + CSV.splitlines()[0].upper() + "\n")
    home.run()
    assert home.records().height == 3
    assert home.rejects()["reason_code"].to_list() == ["repeated_header"]


def test_durations_of_a_parquet_file_are_text(home: Home) -> None:
    table = pl.DataFrame(
        {"E-Mail": ["eva@licht.example"], "Firma": ["Licht GmbH"], "Verweildauer": [timedelta(hours=2)]}
    )
    whole = io.BytesIO()
    table.write_parquet(whole)
    home.put("besuche.parquet", whole.getvalue())
    home.run()
    assert "PT2H" in home.records()["extra"][0]


def test_bytes_that_are_no_text_cost_no_parquet_file(home: Home) -> None:
    table = pl.DataFrame({"E-Mail": ["eva@licht.example", "udo@licht.example"], "Blob": [b"\xff\xfe\x01", b"abc"]})
    whole = io.BytesIO()
    table.write_parquet(whole)
    home.put("keys.parquet", whole.getvalue())
    home.run()
    assert home.records().sort("email")["extra"].to_list() == ['{"Blob":"fffe01"}', '{"Blob":"abc"}']


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("leads.tar", b"leads.csv".ljust(257, b"\0") + b"ustar" + bytes(250) + CSV.encode(), "tar archive"),
        (
            "leads.xls",
            '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"><Table/>',
            "XLSX",
        ),
        ("leads.feather", b"ARROW1\0\0" + bytes(80), "Parquet"),
        ("leads.heic", b"\0\0\0\x18ftypheic" + bytes(80), "picture"),
        (
            "brief.odt",
            b.zipped({"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b"<x/>"}),
            "document",
        ),
        ("leads.numbers", b.zipped({"Index/Document.iwa": b"x", "preview.jpg": b"\xff\xd8\xff"}), "Numbers"),
        (
            "anfrage.eml",
            "From: a@b.example\nTo: c@d.example\nSubject: Leads\nMIME-Version: 1.0\n\nName: Max Kern\nFirma: Kern KG\n",
            "mail message",
        ),
    ],
)
def test_what_is_not_read_says_what_to_deliver(home: Home, name: str, content: bytes | str, said: str) -> None:
    home.put(name, content)
    home.run()
    (reject,) = home.rejects().to_dicts()
    assert reject["reason_code"] == "unsupported_format"
    assert said in reject["message"]


LEAD = '{"Vorname": "Max", "E-Mail": "max@kern.example"}'
OTHER = '{"Vorname": "Eva", "E-Mail": "eva@licht.example"}'


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("one behind the other.json", LEAD + OTHER),
        (
            "below each other.json",
            json.dumps(json.loads(LEAD), indent=2) + "\n" + json.dumps(json.loads(OTHER), indent=2),
        ),
        ("lists.json", f"[{LEAD}]\n[{OTHER}]\n"),
        ("commas.jsonl", f"{LEAD},\n{OTHER},\n"),
        ("sequence.json", f"\x1e{LEAD}\n\x1e{OTHER}\n"),
        ("links.json", '{"elements": [%s, %s], "links": [{"rel": "a"}, {"rel": "b"}, {"rel": "c"}]}' % (LEAD, OTHER)),  # noqa: UP031
    ],
)
def test_objects_are_found_however_they_are_lined_up(home: Home, name: str, content: str) -> None:
    home.put(name, content)
    home.run()
    assert sorted(home.records()["given_name"]) == ["Eva", "Max"]


def test_a_key_that_comes_twice_keeps_both_values(home: Home) -> None:
    home.put("leads.json", '[{"Firma": "Kern KG", "Telefon": "0711 1", "Telefon": "0711 2"}]')
    home.run()
    assert home.records().select("phone", "phone_2").row(0) == ("0711 1", "0711 2")


def test_half_a_character_costs_itself_only(home: Home) -> None:
    home.put("leads.json", r'[{"Nachname": "K\ud83dern", "Vorname": "Max \ud83d\ude00", "E-Mail": "max@kern.example"}]')
    home.run()
    assert home.records().select("family_name", "given_name").row(0) == ("K\ufffdern", "Max \U0001f600")


def test_answers_of_a_form_have_the_name_of_their_question(home: Home) -> None:
    answers = [
        {"field": {"id": "f1", "type": "short_text", "ref": "first_name"}, "type": "text", "text": "Max"},
        {"field": {"id": "f2", "type": "email", "ref": "email"}, "type": "email", "email": "max@kern.example"},
        {"field": {"id": "f3", "type": "choice", "ref": "Interesse"}, "type": "choice", "choice": {"label": "Pumpen"}},
    ]
    home.put("answers.json", json.dumps({"items": [{"token": "t1", "answers": answers}]}))
    home.run()
    assert home.records().select("given_name", "email", "interest").row(0) == ("Max", "max@kern.example", "Pumpen")


CARD = "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Kern;Max;;;\r\n{}END:VCARD\r\n"


@pytest.mark.parametrize(
    ("lines", "field", "value"),
    [
        ("EMAIL;TYPE=HOME:p@k.example\r\nEMAIL;TYPE=WORK:w@k.example\r\n", "email", "w@k.example"),
        ("TEL;TYPE=WORK:0711 1\r\nTEL;TYPE=WORK,PREF:0711 2\r\n", "phone", "0711 2"),
        ("EMAIL;PREF=2:b@k.example\r\nEMAIL;TYPE=HOME:p@k.example\r\n", "email_2", "p@k.example"),
        ("item1.TEL:0171 1\r\nitem1.X-ABLabel:_$!<Mobile>!$_\r\n", "mobile", "0171 1"),
        ("item1.TEL:0711 1\r\nitem1.X-ABLabel:Empfang\r\n", "extra", '{"X-ABLABEL":"Empfang"}'),
        ("NOTE:Zeile 1\r\nZeile 2\r\n", "note", "Zeile 1\nZeile 2"),
        ("ohne Doppelpunkt\r\nEMAIL:w@k.example\r\n", "extra", '{"LINE":"ohne Doppelpunkt"}'),
        ("AGENT:\r\nBEGIN:VCARD\r\nN:Sek;Retariat\r\nEND:VCARD\r\nTITLE:Chef\r\n", "job_title", "Chef"),
    ],
)
def test_a_property_of_a_card_becomes_a_field(home: Home, lines: str, field: str, value: str) -> None:
    home.put("karte.vcf", CARD.format(lines))
    home.run()
    (row,) = home.records().to_dicts()
    assert (row["family_name"], row[field]) == ("Kern", value)
    assert home.rejects().height == 0


def test_a_line_above_the_first_card_does_not_matter(home: Home) -> None:
    home.put("karten.vcf", "Kontakte vom 12.03.2025\r\n\r\n" + b.vcards())
    home.run()
    assert home.records().height == 3


def test_parquet_with_structs_and_a_name_twice(home: Home) -> None:
    contact = pa.array([{"email": "max@kern.example", "first_name": "Max"}])
    table = pa.Table.from_arrays(
        [contact, pa.array(["0711 1"]), pa.array(["0711 2"])], ["contact", "Telefon", "Telefon"]
    )
    whole = io.BytesIO()
    pq.write_table(table, whole)
    home.put("leads.parquet", whole.getvalue())
    home.run()
    row = home.records().select("email", "given_name", "phone", "phone_2").row(0)
    assert row == ("max@kern.example", "Max", "0711 1", "0711 2")


def test_headers_in_two_rows_of_a_sheet(home: Home) -> None:
    rows = [
        ["Firma", "Ansprechpartner", "", "Telefon", "", "E-Mail", ""],
        ["", "Vorname", "Name", "Zentrale", "mobil", "geschäftlich", "privat"],
        ["Kern KG", "Max", "Kern", "0731 1", "0171 1", "max@kern.example", "max@web.example"],
    ]
    home.put("leads.xlsx", b.xlsx({"Leads": rows}))
    home.run()
    (row,) = home.records().to_dicts()
    names = ("company", "given_name", "family_name", "phone", "mobile", "email", "email_2", "row")
    assert [row[name] for name in names] == [*rows[2], 3]


def test_a_cell_far_out_makes_no_columns_and_no_rows(home: Home) -> None:
    whole = io.BytesIO()
    with xlsxwriter.Workbook(whole, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Leads")
        for number, row in enumerate(GRID):
            sheet.write_row(number, 0, row)
        sheet.write(0, 1_000, "x")
        sheet.write(20_000, 0, "L-9")
    home.put("leads.xlsx", whole.getvalue())
    home.run()
    assert home.records().height == 4
    assert home.files()["rows"].to_list() == [4]
    assert json.loads(home.files()["columns"][0])["extra"] == ["x"]


def test_a_cell_in_the_last_corner_of_a_sheet_is_refused_before_it_takes_all_memory(home: Home) -> None:
    whole = io.BytesIO()
    with xlsxwriter.Workbook(whole, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Leads")
        sheet.write_row(0, 0, HEADER)
        sheet.write(1_048_575, 16_383, "x")
    home.put("ecke.xlsx", whole.getvalue())
    home.put("gut.csv", CSV)
    home.run()
    assert home.records().height == 3
    (reject,) = home.rejects().to_dicts()
    assert reject["reason_code"] == "damaged_file"
    assert "delete the rows and columns beyond the table" in reject["message"]


def card(*lines: str, version: str = "3.0") -> str:
    return "\n".join(["BEGIN:VCARD", f"VERSION:{version}", *lines, "END:VCARD\n"])


FOREIGN = [
    ("a type behind a full stop", card("FN:Nils Abend", "PHONE.WORK:0711 5553334"), {"phone": "0711 5553334"}),
    (
        "bytes of Windows",
        card("N;ENCODING=QUOTED-PRINTABLE:M=FCllner;J=F6rg", version="2.1"),
        {"family_name": "Müllner", "given_name": "Jörg"},
    ),
    (
        "separators escaped",
        card("N:Rückert\\;Vorne\\;\\;\\;;;;;", "FN:Vorne Rückert"),
        {"family_name": "Rückert", "given_name": "Vorne"},
    ),
    (
        "a soft break and a fold",
        card("N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Gr=C3=BC=\n nwald;S=C3=B6ren", version="2.1"),
        {"family_name": "Grünwald", "given_name": "Sören"},
    ),
    ("an encoding cut short", card("TITLE;ENCODING=QUOTED:Achats C=C3=B4te"), {"job_title": "Achats Côte"}),
    (
        "an organisation",
        card("KIND:org", "FN:Messe Halle", "N:Messe;Halle;;;", version="4.0"),
        {"company": "Messe Halle"},
    ),
]


@pytest.mark.parametrize(("text", "told"), [case[1:] for case in FOREIGN], ids=[case[0] for case in FOREIGN])
def test_cards_as_programs_write_them(home: Home, text: str, told: dict[str, str]) -> None:
    home.put("card.vcf", text)
    home.run()
    fields = ("family_name", "given_name", "full_name", "company", "phone", "job_title")
    row = home.records().select(fields).row(0, named=True)
    assert {name: value for name, value in row.items() if value and name != "full_name"} == told


def test_the_card_of_a_group_is_no_lead(home: Home) -> None:
    home.put("card.vcf", card("X-ADDRESSBOOKSERVER-KIND:group", "FN:Kunden Süd") + card("FN:Eva Licht"))
    home.run()
    assert home.records()["full_name"].to_list() == ["Eva Licht"]
    assert home.rejects()["reason_code"].to_list() == ["no_person_card"]
