"""Header fit: no value stands under a name that is not its own, whatever is wrong with the header; none is lost."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from sources.delimited.header_fit import fit_header
from tests.sources.building import Home

NAMES = ["ID", "Vorname", "Nachname", "Firma", "PLZ", "Ort", "E-Mail", "Telefon"]
ROWS = [
    ["L-1", "Karl", "Müller", "Käse & Söhne GmbH", "01067", "Dresden", "k.mueller@kaese.example", "0351 123450"],
    ["L-2", "Anna", "Groß", "Straßenbau AG", "80331", "München", "a.gross@strasse.example", "+49 89 1234567"],
    ["L-3", "Peter", "Özdemir", "Öl Köln KG", "50667", "Köln", "p.oezdemir@oel.example", "0221/998877"],
]


def without(*places: int) -> list[str]:
    return [name for place, name in enumerate(NAMES) if place not in places]


def unnamed(*places: int) -> list[str]:
    return ["" if place in places else name for place, name in enumerate(NAMES)]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["", *NAMES], NAMES),
        ([*NAMES[:4], "", *NAMES[4:]], NAMES),
        ([*NAMES[:4], "", "", *NAMES[4:]], NAMES),
        (["ID", "Vorname", "Nach", "name", *NAMES[3:]], NAMES),
        ([*NAMES[:4], "PLZ Ort", *NAMES[6:]], NAMES),
        (["ID", "Vorname Nachname", *NAMES[3:]], NAMES),
        ([*NAMES[:3], "FirmaPLZ", *NAMES[5:]], NAMES),
        (without(0), unnamed(0)),
        (without(3), unnamed(3)),
        (without(7), unnamed(7)),
    ],
    ids=[
        "a-delimiter-in-front",
        "a-delimiter-within",
        "two-delimiters-within",
        "a-name-split",
        "two-names-run-together",
        "names-of-a-person-run-together",
        "names-without-a-blank",
        "the-first-missing",
        "one-within-missing",
        "the-last-missing",
    ],
)
def test_the_values_tell_which_name_belongs_to_which_column(names: list[str], expected: list[str]) -> None:
    fit = fit_header(names, ROWS)
    assert fit is not None and fit.names == expected


def test_columns_without_a_name_behind_the_others_keep_their_values() -> None:
    fit = fit_header(NAMES, [[*row, "x", "y"] for row in ROWS])
    assert fit is not None and fit.names == [*NAMES, "", ""]


@pytest.mark.parametrize(
    ("names", "rows"),
    [
        (NAMES, ROWS),
        ([*NAMES, ""], ROWS),
        ([*NAMES, "Notiz", "Rang"], ROWS),
        (NAMES, [[*row, "", ""] for row in ROWS]),
        (NAMES, [ROWS[0][:3], ROWS[1][:5], ROWS[2]]),
        (NAMES, [[*ROWS[0], "x"]]),
        (
            ["Name", "Firma", "E-Mail"],
            [["Klein", " Anna", "X GmbH", "a@x.example"], ["Groß", " Uwe", "Y AG", "u@y.example"]],
        ),
        (["A", "B", "C"], [["1", "2"], ["3", "4"]]),
        (["A", "B"], [["1", "2", "3"], ["3", "4", "5"]]),
    ],
    ids=[
        "as-wide",
        "an-empty-name-behind",
        "names-of-columns-never-filled",
        "empty-cells-behind",
        "uneven-rows",
        "one-row",
        "a-value-that-holds-the-delimiter",
        "nothing-known-too-many",
        "nothing-known-too-few",
    ],
)
def test_a_header_against_which_nothing_speaks_stands(names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    assert fit_header(names, rows) is None


def test_where_the_values_contradict_and_do_not_tell_nothing_is_named() -> None:
    fit = fit_header(["Telefon", "", "E-Mail", "Ort"], [["Klein", "Ulm", "x"], ["Groß", "Bonn", "y"]])
    assert fit is not None and fit.names is None


@pytest.mark.parametrize("delimiter", list(";,\t|"))
@pytest.mark.parametrize(
    "header",
    [
        lambda names, d: d + d.join(names),
        lambda names, d: d.join([*names[:4], "", *names[4:]]),
        lambda names, d: d.join([*names[:4], "PLZ Ort", *names[6:]]),
        lambda names, d: '"' + d.join(names),
        lambda names, d: d.join(names).replace("Firma", '"Firma'),
        lambda names, d: d.join(names).replace("Firma", 'Firma"'),
        lambda names, d: d.join(names).replace("Firma", 'Fir"ma'),
        lambda names, d: d.join(names) + '"',
        lambda names, d: '"' + d.join(names) + '"',
        lambda names, d: (";" if d != ";" else ",").join(names),
        lambda names, d: "\ufeff" + d.join(names) + d,
    ],
    ids=[
        "delimiter-in-front",
        "delimiter-within",
        "run-together",
        "quote-in-front",
        "quote-before-a-name",
        "quote-behind-a-name",
        "quote-within-a-name",
        "quote-at-the-end",
        "all-in-quotes",
        "another-delimiter",
        "byte-order-mark",
    ],
)
def test_no_value_is_lost_or_moved(home: Home, header: object, delimiter: str) -> None:
    assert callable(header)
    home.put("a.csv", "\n".join([header(NAMES, delimiter), *(delimiter.join(row) for row in ROWS)]) + "\n")
    home.run()
    records = home.records().sort("source_record_id")
    fields = ["source_record_id", "given_name", "family_name", "company", "postcode", "city", "email", "phone"]
    assert records.select(fields).rows() == [tuple(row) for row in ROWS]
    assert home.rejects().is_empty()


def test_what_was_put_right_is_said_and_what_has_no_name_is_kept(home: Home) -> None:
    home.put("a.csv", "\n".join([";".join(NAMES), *(";".join([*row, "ruft an"]) for row in ROWS)]) + "\n")
    home.run()
    assert [json.loads(extra) for extra in home.records()["extra"]] == [{"column 9": "ruft an"}] * 3
    assert "The header has 8 names, the rows have 9 cells" in home.files()["warnings"].item()


def test_rows_whose_names_cannot_be_told_are_held_back(home: Home) -> None:
    home.put("a.csv", "Telefon;;E-Mail;Ort\nKlein;Ulm;x\nGroß;Bonn;y\n")
    home.run()
    assert home.records().is_empty()
    assert home.rejects()["reason_code"].to_list() == ["ragged_row"] * 2
