"""Headers find their fields; `headers.csv` and `mappings.csv` are the specification."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import groupby, pairwise
from pathlib import Path

import polars as pl
import pytest

from contracts.raw import FIELDS
from sources.columns import consent, headers
from sources.columns.mapping import map_columns
from sources.columns.words import CELL_WORDS, HEADER_WORDS, SYNONYMS
from sources.settings import SourceSettings

HERE = Path(__file__).parent


def rows(name: str) -> Iterator[dict[str, str]]:
    with (HERE / name).open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


@pytest.mark.parametrize("row", list(rows("headers.csv")), ids=lambda row: row["header"])
def test_a_header_means_a_field(row: dict[str, str]) -> None:
    assert (headers.look_up(row["header"]).field or "") == row["field"]


@pytest.mark.parametrize("row", list(rows("mappings.csv")), ids=lambda row: row["case"])
def test_neighbours_and_values_decide(row: dict[str, str]) -> None:
    header = row["header"].split("|")
    cells = [row["first row"].split("|"), row["second row"].split("|")]
    sample = pl.DataFrame(cells, schema=[str(place) for place in range(len(header))], orient="row")
    mapping = map_columns(header, sample, SourceSettings())
    got = dict(mapping.fields)
    if mapping.record_id is not None:
        got["id"] = mapping.record_id
    used = set(got.values())
    if mapping.time is not None:
        got["time"] = mapping.time
    if mapping.name_prefix is not None:
        got["prefix"] = mapping.name_prefix
    wanted = {part.split("=")[0]: int(part.split("=")[1]) for part in row["mapped"].split()}
    assert got == wanted
    assert set(mapping.extra.values()) == set(range(len(header))) - used


def exports() -> Iterator[tuple[str, list[dict[str, str]]]]:
    for export, columns in groupby(rows("exports.csv"), key=lambda row: row["export"]):
        yield export, list(columns)


@pytest.mark.parametrize(
    ("export", "columns"), list(exports()), ids=lambda entry: entry if isinstance(entry, str) else ""
)
def test_the_columns_of_an_export_find_their_fields(export: str, columns: list[dict[str, str]]) -> None:
    """`exports.csv`: the columns other programs write, two rows of each, and the field each becomes."""
    cells = [[column[row] or None for column in columns] for row in ("first row", "second row")]
    names = [str(place) for place in range(len(columns))]
    sample = pl.DataFrame(cells, schema=dict.fromkeys(names, pl.String), orient="row")
    mapping = map_columns([column["header"] for column in columns], sample, SourceSettings())
    got = dict.fromkeys(range(len(columns)), "") | {place: "opt_out" for place, _ in mapping.objections}
    got |= {place: field for field, place in mapping.fields.items()}
    if mapping.record_id is not None:
        got[mapping.record_id] = "id"
    assert [(column["header"], got[place]) for place, column in enumerate(columns)] == [
        (column["header"], column["field"]) for column in columns
    ]


SENTENCES = [
    ("Ja, ich möchte den Newsletter erhalten", "consent_email"),
    ("Ich bin damit einverstanden, per E-Mail kontaktiert zu werden", "consent_email"),
    ("I agree to receive marketing emails", "consent_email"),
    ("Ich willige ein, dass mich die Firma telefonisch kontaktiert", "consent_phone"),
    ("Ich möchte keinen Newsletter erhalten", "opt_out"),
    ("Ich möchte den Newsletter abbestellen", "opt_out"),
    ("I do not want to receive emails", "opt_out"),
    ("Ich habe die Datenschutzerklärung gelesen und stimme zu", None),
    ("I agree to the terms and conditions", None),
    ("Ich interessiere mich für E-Mail-Marketing", None),
    ("Ja, ich möchte den Newsletter (Abmeldung jederzeit möglich)", "consent_email"),
    ("Ich kann den Newsletter jederzeit abbestellen", None),
]


@pytest.mark.parametrize(("sentence", "field"), SENTENCES)
def test_a_sentence_above_a_box_agrees_to_what_it_says(sentence: str, field: str | None) -> None:
    assert headers.look_up(sentence).field == field


def test_every_synonym_is_understood_whatever_its_spelling() -> None:
    for key, field in headers._synonyms().items():
        for spelling in (key.upper(), f" {key}* ", f"{key}:"):
            assert headers.look_up(spelling).field == field, spelling


def test_synonyms_are_listed_once_each_and_in_order() -> None:
    """No synonym folds to another one or to a field's name; each means its field; in the order of their letters."""
    table: dict[str, list[str]] = {}
    for row in SYNONYMS:
        table.setdefault(row["field"], []).append(row["name"])
    listed: dict[str, str] = {headers.fold(field): field for field in table}
    for field, names in table.items():
        for name in names:
            known = listed.setdefault(headers.fold(name), f"{name} of {field}")
            assert known == f"{name} of {field}", f"{name} of {field} is listed as {known}: take one out"
            assert headers.look_up(name).field == field, name
        for name, after in pairwise(names):
            assert headers.fold(name) < headers.fold(after), f"{field}: {after} belongs before {name}"


def test_every_word_is_listed_once_and_of_use() -> None:
    for file in ("header_words.csv", "cell_words.csv"):
        lines = [
            line for line in (Path(headers.__file__).with_name(file)).read_text(encoding="utf-8").splitlines() if line
        ]
        assert all(line.count(",") >= 1 for line in lines if line[0] != "#"), file
    for kind, words in [*HEADER_WORDS.items(), *CELL_WORDS.items()]:
        assert len(set(words)) == len(words), kind
        assert all(word and word == word.strip() for word in words), kind
    for kind in ("qualifier", "asked", "of others", "company", "address"):
        assert all(word == headers.fold(word) for word in HEADER_WORDS[kind]), kind


def test_every_field_has_synonyms_but_the_numbered_ones() -> None:
    known = set(headers._synonyms().values())
    numbered = {"phone_2", "phone_3", "mobile_2", "email_2", "email_3"}
    assert {column.name for column in FIELDS} - known == numbered


@pytest.mark.parametrize(
    ("header", "terms"),
    [
        *(("DSGVO", True), ("GDPR consent", True), ("Datenschutzeinwilligung", True), ("DSGVO-Zustimmung", True)),
        *(("Newsletter", False), ("Einwilligung", False), ("DSGVO-Einwilligung Newsletter", False)),
    ],
)
def test_consent_to_terms_is_told_from_consent_to_advertising(header: str, terms: bool) -> None:
    assert consent.speaks_of_terms(headers.plain(header)) == terms
