"""Delimited text: everything comes back cell for cell or is held back with its text; nothing is lost."""

from __future__ import annotations

import csv
import io
import json

import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sources.content import Content
from sources.delimited.reader import read_delimited
from sources.reading import ROW
from sources.settings import SourceSettings
from tests.sources.building import HEADER, ROWS, Home, csv_text

CELL = st.text(st.sampled_from("abcäöüßÉ0123456789 .,;:|\t\"'\n-_@&/\\"), max_size=12)
HEADERS = ["Vorname", "Nachname", "Firma", "Ort", "E-Mail", "Telefon"]


def read(
    content: bytes, settings: SourceSettings | None = None
) -> tuple[pl.DataFrame, list[tuple[int | None, str, str | None]], int]:
    reading = read_delimited(Content.of_bytes("x.csv", content), settings or SourceSettings())
    batches = [batch.frame() for batch in reading.batches]
    problems = [(problem.row, problem.reason, problem.raw) for problem in reading.problems]
    return pl.concat(batches) if batches else pl.DataFrame(), problems, reading.rows_in_file()


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.lists(CELL, min_size=6, max_size=6), min_size=1, max_size=8),
    st.sampled_from(";,\t|"),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252", "mac_roman", "cp850"]),
)
@example([["", ",", ",", ",", ",", ","]], ";", csv.QUOTE_MINIMAL, "\n", "utf-8")
@example([["", "", "", "", "", "--"]], ";", csv.QUOTE_MINIMAL, "\n", "utf-8")
@example([["", "", "", "", "''", "''"], ["", "", "", "0", "''", "''"]], ";", csv.QUOTE_MINIMAL, "\n", "utf-8")
def test_any_table_written_as_csv_comes_back(
    rows: list[list[str]], delimiter: str, quoting: int, line_end: str, encoding: str
) -> None:
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, quoting=quoting, lineterminator=line_end)  # type: ignore[arg-type]
    writer.writerows([HEADERS, *rows])
    stated = SourceSettings(encoding=encoding) if not encoding.startswith("utf") else SourceSettings()
    frame, problems, _ = read(buffer.getvalue().encode(encoding), stated)
    wanted = [list(row) for row in rows if any(cell.strip() for cell in row)]
    got = [[cell or "" for cell in row[1:]] for row in frame.iter_rows()] if frame.height else []
    got = [row for row in got if any(cell.strip() for cell in row)]
    # Only a value that holds both a line end and a delimiter may look like rows swallowed by an open quote.
    if not any(delimiter in cell and ("\n" in cell) for row in rows for cell in row):
        assert not problems
    kept = [row for row in wanted if row in got]
    assert got == kept
    raw = "\n".join(text or "" for _, _, text in problems)
    for row in wanted:
        if row not in got:
            assert any(part in raw for cell in row for part in cell.splitlines() if part.strip()), (row, raw)
    if not problems:
        assert got == wanted


@settings(max_examples=200)
@given(st.lists(st.text(st.sampled_from('ab;"\n\r '), max_size=30), max_size=20), st.booleans())
def test_no_line_vanishes_from_any_garbage(lines: list[str], end: bool) -> None:
    """Whatever the text, each line is in a row, in a reject, or blank; the reader's own count agrees."""
    body = "\n".join(lines) + ("\n" if end else "")
    frame, problems, count = read(("Vorname;Nachname;Ort\n" + body).encode())
    assert count >= frame.height
    text = "".join("".join(cell or "" for cell in row[1:]) for row in frame.iter_rows()) if frame.height else ""
    text += "".join(raw or "" for _, _, raw in problems)
    for letter in "ab":
        assert text.count(letter) == body.count(letter)


UNBALANCED = [
    ("opened_and_never_closed", '1;"Müller;Berlin', [2]),
    ("closed_but_never_opened", '1;Müller";Berlin', []),
    ("quote_inside_a_word", '1;Müller "Max" GmbH;Berlin', []),
    ("quote_inside_quotes", '1;"Müller "Max" GmbH";Berlin', []),
    ("space_before_the_quote", '1; "Müller" ;Berlin', []),
]


@pytest.mark.parametrize(("name", "line", "rejected"), UNBALANCED)
def test_a_bad_quote_costs_its_own_line_at_most(name: str, line: str, rejected: list[int]) -> None:
    after = [f'{number};"Meier, {number}";Ort' for number in range(2, 40)]
    frame, problems, count = read("\n".join(["ID;Firma;Stadt", line, *after, ""]).encode())
    assert [row for row, _, _ in problems] == rejected
    assert frame.height == 39 - len(rejected)
    assert frame["1"].to_list()[-38:] == [f"Meier, {number}" for number in range(2, 40)]
    assert count == 39


def test_two_unclosed_quotes_do_not_swallow_what_lies_between(home: Home) -> None:
    home.put("a.csv", 'ID;Firma;Stadt\n1;"A GmbH;Ulm\n2;B GmbH;Bonn\n3;C GmbH";Köln\n4;D GmbH;Trier\n')
    home.run()
    assert sorted(home.records()["company"]) == ["B GmbH", 'C GmbH"', "D GmbH"]
    assert home.rejects().select("row", "reason_code", "raw").rows() == [(2, "unbalanced_quote", '1;"A GmbH;Ulm')]


def test_ragged_rows_are_held_back_with_their_text(home: Home) -> None:
    home.put(
        "a.csv",
        csv_text() + "L-4;Zu;Kurz\n" + ";".join(["x"] * 11) + "\n" + ";".join(ROWS[0]).replace("L-1", "L-5") + ";;;\n",
    )
    report = home.run()
    assert home.rejects().select("row", "reason_code", "raw").rows() == [
        (5, "ragged_row", "L-4;Zu;Kurz"),
        (6, "ragged_row", ";".join(["x"] * 11)),
    ]
    assert sorted(home.records()["source_record_id"]) == ["L-1", "L-2", "L-3", "L-5"]
    assert report.files.select("rows", "records", "duplicates", "rejected").row(0) == (6, 4, 0, 2)


def test_a_writer_that_leaves_out_empty_cells_at_the_end_is_understood(home: Home) -> None:
    lines = ["Vorname;Nachname;Firma;Telefon;Notiz"]
    lines += [f"V{n};N{n};F{n}" if n % 3 else f"V{n};N{n};F{n};0711 {n};gut" for n in range(20)]
    home.put("a.csv", "\n".join(lines))
    home.run()
    assert home.records().height == 20


def test_repeated_headers_and_totals_are_not_leads(home: Home) -> None:
    again = ";".join(HEADER)
    first, second, third = (";".join(row) for row in ROWS)
    home.put(
        "a.csv",
        "\n".join([again, first, again, second, third, "Summe: 3", "Total;;;;;;;3", "3 Datensätze exportiert", ""]),
    )
    home.run()
    assert home.records().height == 3
    assert home.rejects().select("row", "reason_code").rows() == [
        (3, "repeated_header"),
        (6, "total_row"),
        (7, "total_row"),
        (8, "total_row"),
    ]


def test_repeated_headers_and_totals_in_a_workbook(home: Home) -> None:
    from tests.sources.building import xlsx

    home.put("a.xlsx", xlsx({"Leads": [HEADER, ROWS[0], HEADER, ROWS[1], ["Summe", None, None, 2], ["Summe: 2"]]}))
    home.run()
    assert home.records().height == 2
    assert home.rejects()["reason_code"].to_list() == ["repeated_header", "total_row", "total_row"]


def test_a_company_called_total_is_a_lead(home: Home) -> None:
    home.put("a.csv", "Firma;Ort;Telefon\nTotal;Berlin;030 1\nSumme 11 GmbH;Köln;0221 2\nTotal;;\n")
    home.run()
    assert {"Total", "Summe 11 GmbH"} <= set(home.records()["company"])


def test_a_very_long_line_is_read(home: Home) -> None:
    note = "x" * 3_000_000
    home.put("a.csv", f"Name;Firma;Notiz\nA B;X GmbH;{note}\nC D;Y GmbH;kurz\n")
    home.run()
    assert sorted(len(text) for text in home.records()["note"]) == [4, 3_000_000]


def test_many_blocks_keep_row_numbers(home: Home) -> None:
    """A file larger than a block, with values over several lines, blank lines and odd rows in between."""
    lines, expected = ["ID;Firma;Notiz"], {}
    line = 1
    for number in range(60_000):
        line += 1
        note = f'"Zeile eins {"y" * 150}\nZeile zwei"' if number % 997 == 0 else "z" * 150
        expected[str(number)] = line
        lines.append(f"{number};Firma {number};{note}")
        line += number % 997 == 0
        if number % 5000 == 4999:
            lines.append("")
            line += 1
    home.put("gross.csv", "\n".join(lines))
    report = home.run()
    assert report.files.select("rows", "records", "rejected").row(0) == (60_000, 60_000, 0)
    records = home.records()
    assert dict(zip(records["source_record_id"], records["row"], strict=True)) == expected


def test_two_columns_of_one_name_keep_both_values(home: Home) -> None:
    home.put("a.csv", "Name;Telefon;Telefon;Ort;Ort\nA B;0711 1;0711 2;Ulm;Bonn\n")
    home.run()
    (row,) = home.records().to_dicts()
    assert (row["phone"], row["phone_2"], row["city"]) == ("0711 1", "0711 2", "Ulm")
    assert json.loads(row["extra"]) == {"Ort": "Bonn"}


def test_backslash_escapes(home: Home) -> None:
    home.put("a.csv", 'ID,Firma,Notiz\n1,"Müller \\"Max\\" GmbH","a, b"\n2,"Meier","c"\n')
    home.run()
    assert sorted(home.records()["company"]) == ["Meier", 'Müller "Max" GmbH']


def test_without_a_header_what_is_certain_is_mapped_and_the_rest_kept(home: Home) -> None:
    home.put("a.csv", "".join(f"Max;Muster{n};max{n}@firma.example;7017{n}\n" for n in range(5)))
    home.run()
    records = home.records().sort("row")
    assert records["email"].to_list() == [f"max{n}@firma.example" for n in range(5)]
    assert json.loads(records["extra"][0])["column 1"] == "Max"


def test_without_a_header_and_without_certainty_the_file_is_held_back(home: Home) -> None:
    home.put("a.csv", "Max;Muster;17\nEva;Licht;18\nUwe;Kahl;19\n")
    home.run()
    assert home.rejects()["reason_code"].to_list() == ["no_header"]


@pytest.mark.parametrize("delimiter", list(";,\t|:^"))
def test_one_row_of_data_is_enough_to_find_the_delimiter(delimiter: str) -> None:
    frame, problems, _ = read(delimiter.join(HEADER).encode() + b"\n" + delimiter.join(ROWS[1]).encode())
    assert not problems
    assert frame.select(pl.exclude(ROW)).row(0) == tuple(ROWS[1])


@pytest.mark.parametrize("encoding", ["cp1252", "mac_roman", "utf-8", "utf-16"])
def test_the_first_umlaut_may_come_late(home: Home, encoding: str) -> None:
    lines = ["ID;Firma;Notiz", *(f"{n};Firma {n};{'x' * 100}" for n in range(30_000)), "z;Müller Süd;größer"]
    home.put("a.csv", "\n".join(lines).encode(encoding))
    home.run()
    records = home.records()
    assert records.height == 30_001
    assert records.filter(source_record_id="z")["company"].to_list() == ["Müller Süd"]


@settings(max_examples=60)
@given(
    st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=60),
    st.integers(20, 400),
    st.sampled_from(["\n", "\r\n"]),
)
@example([[";", "\n", ";"]], 20, "\n")
def test_the_size_of_blocks_changes_nothing(rows: list[list[str]], size: int, line_end: str) -> None:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=";", lineterminator=line_end).writerows([["ID", "Firma", "Ort"], *rows])
    data = ("ID;Firma;Ort\n" + buffer.getvalue() + 'x;"nie zu;y\nzu;kurz\n').encode()
    results = []
    for block in (size, 1 << 20):
        content = Content.of_bytes("x.csv", data)
        pieces = [data[start : start + block] for start in range(0, len(data), block)]
        object.__setattr__(content, "blocks", lambda pieces=pieces: iter(pieces))
        reading = read_delimited(content, SourceSettings())
        cells = [row for batch in reading.batches for row in batch.frame().iter_rows()]
        cells = [
            (row[0], *(cell or "" for cell in row[1:]))
            for row in cells
            if any(cell and cell.strip() for cell in row[1:])
        ]
        results.append((cells, reading.problems, reading.rows_in_file()))
    assert results[0][:2] == results[1][:2]


def test_joined_exports_may_have_their_columns_in_another_order(home: Home) -> None:
    turned = [row[::-1] for row in [HEADER, ["L-9", *ROWS[0][1:]]]]
    home.put("a.csv", csv_text() + csv_text(turned[0], turned[1:]) + csv_text(rows=[["L-8", *ROWS[1][1:]]]))
    home.run()
    records = home.records().select("source_record_id", "family_name", "phone").sort("source_record_id")
    assert records.rows() == [
        ("L-1", "Müller", "0351 123450"),
        ("L-2", "Groß", "+49 89 1234567"),
        ("L-3", "Özdemir", "0221/998877"),
        ("L-8", "Groß", "+49 89 1234567"),
        ("L-9", "Müller", "0351 123450"),
    ]
    assert home.rejects()["reason_code"].to_list() == ["repeated_header"] * 2


def test_lines_that_stand_in_quotes_as_a_whole(home: Home) -> None:
    lines = csv_text(
        rows=[*ROWS, ["L-4", "A", "B", '"C, D"', "1", "E", "f@g.example", "2"]], delimiter=","
    ).splitlines()
    home.put("a.csv", "\n".join('"' + line.replace('"', '""') + '"' for line in lines))
    home.run()
    assert home.records().height == 4
    assert "C, D" in home.records()["company"].to_list()


def test_a_plain_list_of_mail_addresses(home: Home) -> None:
    home.put("a.txt", "a@b.example\nc@d.example\ne@f.example\n")
    home.run()
    assert home.records().sort("row")["email"].to_list() == ["a@b.example", "c@d.example", "e@f.example"]


def test_the_end_mark_of_dos_is_no_row(home: Home) -> None:
    home.put("a.csv", csv_text() + "\x1a")
    home.run()
    assert home.files().select("rows", "rejected").row(0) == (3, 0)


def test_a_delimiter_may_be_several_signs(home: Home) -> None:
    home.put("a.csv", "Vorname~|~Nachname~|~Firma\nEva~|~Licht~|~X GmbH\nIda~|~Neu~|~\n")
    home.put("b.csv", '"Vorname"<|>"Nachname"\n"Max"<|>"Must""er"\n"Jo"<|>"Alt"\n')
    home.run()
    records = home.records().sort("file", "row")
    names = [("Eva", "Licht"), ("Ida", "Neu"), ("Max", 'Must"er'), ("Jo", "Alt")]
    assert records.select("given_name", "family_name").rows() == names
    assert records["dialect"][0] == 'csv ~|~ quote=" header row 1'


def test_the_prefix_of_a_family_name_stands_before_it(home: Home) -> None:
    home.put("a.csv", "Vorname;Vorsatzwort;Nachname\nKarl;von der;Heide\nEva;;Licht\nIda;-;Neu\nJan;von;von Berg\n")
    home.run()
    names = home.records().sort("row").select("given_name", "family_name").rows()
    assert names == [("Karl", "von der Heide"), ("Eva", "Licht"), ("Ida", "Neu"), ("Jan", "von Berg")]


def test_a_day_and_its_time_make_one_moment(home: Home) -> None:
    home.put("a.csv", "Firma;Datum;Uhrzeit\nX GmbH;12.03.2025;14:30\nY AG;13.03.2025;\nZ KG;;9:05\n")
    home.run()
    records = home.records().sort("row")
    assert records["collected_at"].to_list() == ["12.03.2025 14:30", "13.03.2025", "9:05"]
    assert records["extra"].to_list() == ['{"Uhrzeit":"14:30"}', None, '{"Uhrzeit":"9:05"}']


@pytest.mark.parametrize("delimiter", ["#", "!", "*", "=", "/"])
def test_a_delimiter_nobody_expects(home: Home, delimiter: str) -> None:
    home.put(
        "leads.txt",
        csv_text([name.replace("-", "") for name in HEADER], delimiter=delimiter).replace("0221/99", "022199"),
    )
    home.run()
    assert home.records().sort("row")["company"].to_list() == [row[3] for row in ROWS]


TABLE = "Firma;Ort;PLZ;E-Mail\n{}"
LEADS = "Kern KG;Ulm;89073;max@kern.example\nLicht AG;Bonn;53111;eva@licht.example\n"


@pytest.mark.parametrize(
    ("text", "row"),
    [
        (TABLE.format("-----;---;---;------\n" + LEADS), 3),
        (
            "| Firma | Ort | PLZ | E-Mail |\n|---|:---:|---|---|\n"
            + "|"
            + LEADS.replace(";", "|").replace("\n", "|\n|")[:-1],
            3,
        ),
        (";;;Kontakt\n" + TABLE.format(LEADS), 3),
        ("Kunde;Anschrift;;Kontakt\nFirma;Ort;PLZ;E-Mail\n" + LEADS, 3),
        ("Kunde;Anschrift;;E-Mail\nName;Ort;PLZ;geschäftlich\n" + LEADS, 3),
        ('="Firma";Ort;PLZ;E-Mail\n' + LEADS.replace("89073", '="89073"').replace("Kern KG", '="Kern KG"'), 2),
        ('"Firma"; "Ort"; "PLZ"; "E-Mail"\n"Kern KG"; "Ulm"; "89073"; "max@kern.example"\n', 2),
    ],
    ids=["rule", "markdown", "groups above", "groups", "groups that say more", "formulas", "blanks before quotes"],
)
def test_what_stands_around_header_and_cells(home: Home, text: str, row: int) -> None:
    home.put("leads.csv", text)
    home.run()
    first = home.records().sort("row").row(0, named=True)
    expected = {"company": "Kern KG", "city": "Ulm", "postcode": "89073", "email": "max@kern.example", "row": row}
    assert {name: first[name] for name in expected} == expected
    assert home.rejects().height == 0


def test_a_second_table_does_not_hide_the_first(home: Home) -> None:
    first = "Vorname;Nachname;E-Mail\nMax;Kern;max@kern.example\n\n"
    home.put("leads.csv", first + "Firma;Straße;PLZ;Ort\nLicht AG;Weg 1;53111;Bonn\n")
    home.run()
    assert home.records()["email"].to_list() == ["max@kern.example"]
    assert home.rejects()["reason_code"].to_list() == ["ragged_row", "ragged_row"]


@pytest.mark.parametrize(
    "text",
    [
        "Vorname;Max;Eva\nNachname;Kern;Licht\nFirma;Kern KG;Licht AG\nE-Mail;max@kern.example;eva@licht.example\n",
        "Vorname: Max\nNachname: Kern\nFirma: Kern KG\nE-Mail: max@kern.example\n",
    ],
)
def test_a_table_on_its_side_is_held_back(home: Home, text: str) -> None:
    home.put("leads.txt", text)
    home.run()
    (reject,) = home.rejects().to_dicts()
    assert reject["reason_code"] == "no_header"
    assert "turn the table" in reject["message"]


@pytest.mark.parametrize("line", ["Gesamtergebnis;;;3", "Teilergebnis: 12;;;", "*** Ende der Liste ***;;;"])
def test_the_last_line_of_a_report_is_no_lead(home: Home, line: str) -> None:
    home.put("leads.csv", TABLE.format(LEADS + line + "\n"))
    home.run()
    assert home.records().height == 2
    assert home.rejects()["reason_code"].to_list() == ["total_row"]
