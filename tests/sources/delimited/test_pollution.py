"""Polluted CSV: every way a delimited file may be damaged; no value may be lost or stand under another name.

The classes are those of the Pollock benchmark (Vitagliano et al. 2023, Pollock: A Data Loading Benchmark): pollutions
of a file, of its table, of a row and of a single sign, made here of one honest file.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import pytest

from sources.content import Content
from sources.formats.choose import read_content
from sources.problems import Unreadable
from sources.reading import ROW, Reading
from sources.settings import SourceSettings

HEADER = ["ID", "Vorname", "Firma", "PLZ", "Ort", "E-Mail"]
ROWS = [
    [f"L-{number}", name, firm, f"0106{number}", "Dresden", f"{name.lower()}{number}@firma.example"]
    for number, (name, firm) in enumerate(
        [("Karl", "Käse, Söhne GmbH"), ("Anna", "A; B AG"), ("Uwe", 'Haus "Sonne" KG'), ("Eva", "Öl\nKöln KG")] * 2
    )
]


def written(
    rows: Sequence[Sequence[str]] = (HEADER, *ROWS),
    delimiter: str = ";",
    end: str = "\n",
    quote: str = '"',
    every: bool = False,
) -> str:
    buffer = io.StringIO()
    quoting = csv.QUOTE_ALL if every else csv.QUOTE_MINIMAL
    csv.writer(buffer, delimiter=delimiter, lineterminator=end, quotechar=quote, quoting=quoting).writerows(rows)
    return buffer.getvalue()


def read(content: bytes) -> tuple[list[dict[str, str | None]], list[str]]:
    """Records by name, and the reasons of the rows held back."""
    (reading,) = read_content(Content.of_bytes("a.csv", content), SourceSettings())
    assert isinstance(reading, Reading), reading
    rows = [
        dict(zip([ROW, *reading.header], row, strict=True)) for b in reading.batches for row in b.frame().iter_rows()
    ]
    reading.rows_in_file()
    return [{name: row[name] for name in HEADER} for row in rows], [problem.reason for problem in reading.problems]


WHOLE = [dict(zip(HEADER, row, strict=True)) for row in ROWS]
HEAD, BODY = written([HEADER]), written(ROWS)
MIXED = "".join(f"L-{n};Max;X GmbH;0106{n};Ulm;m{n}@x.example{end}" for n, end in enumerate(["\r\n", "\n", "\r"] * 3))


@pytest.mark.parametrize(
    "text",
    [
        written(),
        written(end="\r\n"),
        written(delimiter=","),
        written(delimiter="\t"),
        written(delimiter="|"),
        written(delimiter="^"),
        written(quote="'", every=True),
        written(every=True),
        written().rstrip("\n"),
        "\ufeff" + written(),
        "\n\n\n" + written(),
        "Export vom 1. März 2025\n\n" + written(),
        "Liste;Nr. 7;Werk Nord\n" + written(),
        "sep=;\n" + written(),
        HEAD + "\n" + BODY,
        HEAD.replace("\n", ";;\n") + BODY,
        ";" + HEAD + BODY,
        HEAD.replace("Ort", ";Ort") + BODY,
        HEAD.replace("Firma", '"Firma') + BODY,
        '"' + HEAD + BODY,
        HEAD.replace(";", ",") + BODY,
        HEAD + BODY.replace("@firma.example", "@firma.example;;"),
        written(every=True).replace('""', '\\"'),
    ],
    ids=[
        "honest",
        "windows-line-ends",
        "comma",
        "tab",
        "bar",
        "caret",
        "single-quotes",
        "all-in-quotes",
        "no-line-end-at-the-end",
        "byte-order-mark",
        "blank-lines-before",
        "preamble",
        "preamble-of-several-cells",
        "stated-delimiter",
        "blank-line-below-the-header",
        "header-with-delimiters-behind",
        "header-with-a-delimiter-in-front",
        "header-with-a-delimiter-within",
        "header-with-a-quote-open",
        "header-begins-with-a-quote",
        "header-with-another-delimiter",
        "rows-with-delimiters-behind",
        "escaped-quotes",
    ],
)
def test_every_value_stands_under_its_name(text: str) -> None:
    assert read(text.encode()) == (WHOLE, [])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252", "mac_roman"])
def test_in_any_encoding(encoding: str) -> None:
    assert read(written().encode(encoding)) == (WHOLE, [])


def test_line_ends_of_three_kinds_in_one_file() -> None:
    found, problems = read((HEAD + MIXED).encode())
    assert [row["ID"] for row in found] == [f"L-{n}" for n in range(9)]
    assert {row["Ort"] for row in found} == {"Ulm"} and not problems


@pytest.mark.parametrize("place", range(len(HEADER) + 1))
def test_a_cell_too_many_holds_its_row_back_and_no_other(place: int) -> None:
    polluted = [*ROWS[0][:place], "x", *ROWS[0][place:]]
    assert read(written([HEADER, polluted, *ROWS[1:]]).encode()) == (WHOLE[1:], ["ragged_row"])


@pytest.mark.parametrize("place", range(len(HEADER)))
def test_a_cell_too_few_holds_its_row_back_and_no_other(place: int) -> None:
    polluted = [*ROWS[0][:place], *ROWS[0][place + 1 :]]
    assert read(written([HEADER, polluted, *ROWS[1:]]).encode()) == (WHOLE[1:], ["ragged_row"])


@pytest.mark.parametrize(
    ("tail", "reasons"),
    [
        ("\nArtikel;Preis\nA;1\n", ["ragged_row", "ragged_row"]),
        ("* Quelle: intern\n", ["ragged_row"]),
        ("L-9" + ";x" * 400 + "\n", ["ragged_row"]),
        ('L-9;"Max;X GmbH;01069;Ulm;m@x.example\n', ["unbalanced_quote"]),
    ],
    ids=["a-second-table", "a-footnote", "an-over-long-row", "a-quote-never-closed"],
)
def test_what_is_no_row_of_the_table_is_told(tail: str, reasons: list[str]) -> None:
    assert read((written() + tail).encode()) == (WHOLE, reasons)


def test_a_delimiter_of_two_signs() -> None:
    rows = [[cell.replace("\n", " ").replace('"', "") for cell in row] for row in ROWS]
    text = "\n".join("||".join(row) for row in [HEADER, *rows]) + "\n"
    assert read(text.encode()) == ([dict(zip(HEADER, row, strict=True)) for row in rows], [])


def test_a_header_alone_is_a_table_without_rows() -> None:
    assert read(HEAD.encode()) == ([], [])


def test_an_empty_file_is_told() -> None:
    ((_, problem),) = read_content(Content.of_bytes("a.csv", b""), SourceSettings())
    assert isinstance(problem, Unreadable) and problem.reason == "empty_file"
