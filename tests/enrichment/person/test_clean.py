"""Persons: titles, order, particles, capitals; two persons, roles and junk are told and held back."""

import csv
from pathlib import Path

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.reasons import reasons
from contracts.statuses import NAME
from enrichment.person.clean import CELLS, clean_person
from enrichment.person.parser import parse_name
from enrichment.person.plain import RESULT

CASES = Path(__file__).parents[1] / "cases" / "person.csv"
EXPECTED = ["salutation_clean", "title_clean", "given_clean", "family_clean", "status", "reasons"]
WORDS = (
    "Max MAX Anna Müller MÜLLER Hans Peter Schmidt-Huber von der Heide Dr. Dr Prof. Herr Frau Test asdf Einkauf GmbH "
    ", & und - / ( ) MBA Dipl.-Ing. (FH) H. McDonald o'brien k.A. Graf Łukasz Müller,Hans"
)
TEXTS = st.one_of(st.none(), st.text(max_size=15), st.lists(st.sampled_from(WORDS.split()), max_size=5).map(" ".join))
ROWS = st.lists(st.tuples(TEXTS, TEXTS, TEXTS, TEXTS, TEXTS), min_size=1, max_size=15)
PLAIN_WORDS = (
    "Max Anna Hans Peter Müller Schmidt Tumbrink Graf Do Test Einkauf H. Neuer Kontakt Herr Niemand Oberst Di "
    "MAX ANNA anna MÜLLER müller tumbrink Zoë Anne-Kathrin GRAF-MÜLLER Schmdt Bcdfgh Xxxx Ag Ltd So Ma U. M YILDIZ "
    "İpek von Von VAN McDonald MACDONALD Privatdozent Str Muster"
)
PLAIN = st.sampled_from(PLAIN_WORDS.split())
SALUTATION = st.sampled_from([None, "Herr", "Hr.", "Frau Dr."])
TITLE = st.sampled_from([None, "Dr.", "Dr", "Prof. Dr."])
FRONT = st.sampled_from(["", "Herr ", "Frau ", "Hr. ", "FRAU "])
TITLES = st.sampled_from(["", "Dr. ", "Mag. ", "Prof. Dr. ", "DR. ", "Dipl.-Ing. "])
WHOLE = st.tuples(FRONT, TITLES, PLAIN, PLAIN)


def cases() -> list[dict[str, str]]:
    with CASES.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def frame(rows: list[tuple[str | None, ...]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict.fromkeys(CELLS, pl.String), orient="row")


def test_every_case() -> None:
    rows = cases()
    found = clean_person(frame([tuple(row[cell] or None for cell in CELLS) for row in rows]))
    wrong = []
    for row, values, repairs in zip(rows, found.select(RESULT).iter_rows(), found["repairs"].to_list(), strict=True):
        told = " ".join(dict.fromkeys(entry["reason"] for entry in repairs))
        seen = [value or "" for value in values] + [told]
        if seen != [row[column] for column in EXPECTED]:
            wrong.append(([row[cell] for cell in CELLS], seen))
    assert wrong == []


def test_statuses_and_reasons_are_documented() -> None:
    found = clean_person(frame([tuple(row[cell] or None for cell in CELLS) for row in cases()]))
    assert set(found["name_status"]) <= set(NAME)
    told = found.select(pl.col("repairs").list.explode().struct.field("reason")).to_series().drop_nulls()
    assert set(told) <= set(reasons())


def test_a_contact_line_counts_only_where_no_name_is_given() -> None:
    found = clean_person(
        pl.DataFrame(
            {
                "given_name": [None, "Max", None, None],
                "family_name": [None, "Huber", None, None],
                "company": ["Müller GmbH", None, "Müller GmbH z.Hd. Frau Dr. Eva Klein", None],
                "company_addition": ["z.Hd. Frau Schmidt, Einkauf", "z.Hd. Frau Schmidt", None, None],
                "attention": [None, None, None, "Einkauf"],
            }
        )
    )
    assert found.select(RESULT).rows() == [
        ("Frau", None, None, "Schmidt", "partial"),
        (None, None, "Max", "Huber", "valid"),
        ("Frau", "Dr.", "Eva", "Klein", "valid"),
        (None, None, None, None, "missing"),
    ]


def test_names_held_back_leave_no_name() -> None:
    found = clean_person(frame([tuple(row[cell] or None for cell in CELLS) for row in cases()]))
    held = found.filter(pl.col("name_status").is_in(["two_persons", "role", "junk"]))
    assert held.height > 50
    assert held["given_name"].null_count() == held["family_name"].null_count() == held.height


def test_a_clean_name_stays_as_it_is() -> None:
    found = clean_person(frame([tuple(row[cell] or None for cell in CELLS) for row in cases()]))
    kept = found.filter(pl.col("name_status").is_in(["valid", "swapped", "partial"]))
    again = clean_person(kept.select(RESULT[:4]))
    assert again.select(RESULT[:4]).rows() == kept.select(RESULT[:4]).rows()


@given(st.lists(st.tuples(SALUTATION, TITLE, PLAIN, PLAIN, st.none()), min_size=1, max_size=20))
@settings(max_examples=25)
def test_plain_shapes_and_parser_agree_on_two_cells(rows: list[tuple[str | None, ...]]) -> None:
    agree(rows)


@given(st.lists(WHOLE, min_size=1, max_size=20))
@settings(max_examples=25)
def test_plain_shapes_and_parser_agree_on_whole_names(names: list[tuple[str, str, str, str]]) -> None:
    agree([(None, None, None, None, f"{salutation}{title}{first} {last}") for salutation, title, first, last in names])


@given(st.lists(st.tuples(PLAIN, PLAIN), min_size=1, max_size=20))
@settings(max_examples=25)
def test_plain_shapes_and_parser_agree_on_comma_and_lone_names(names: list[tuple[str, str]]) -> None:
    agree([(None, None, None, None, f"{last}, {first}") for first, last in names])
    agree([(None, None, None, last, None) for _, last in names])


@given(st.lists(st.tuples(SALUTATION, TITLE, TITLES, PLAIN, PLAIN), min_size=1, max_size=20))
@settings(max_examples=25)
def test_plain_shapes_and_parser_agree_on_titles_in_the_cell(names: list[tuple[str | None, ...]]) -> None:
    agree([(salutation, title, f"{titles}{first}", last, None) for salutation, title, titles, first, last in names])


def agree(rows: list[tuple[str | None, ...]]) -> None:
    found = clean_person(frame(rows)).select(RESULT).rows()
    for cells, seen in zip(rows, found, strict=True):
        name = parse_name(*cells)
        assert seen == (name.salutation, name.title, name.given, name.family, name.status), cells


@given(ROWS)
@settings(max_examples=25)
def test_neighbours_do_not_matter(rows: list[tuple[str | None, ...]]) -> None:
    found = clean_person(frame(rows))
    assert clean_person(frame(rows[::-1])).equals(found.reverse())
    assert clean_person(frame(rows[:1])).equals(found.head(1))


@given(ROWS)
@settings(max_examples=25)
def test_any_text_gives_a_verdict(rows: list[tuple[str | None, ...]]) -> None:
    found = clean_person(frame(rows))
    assert found.height == len(rows)
    assert set(found["name_status"]) <= set(NAME)
    named = pl.col("given_name").is_not_null() | pl.col("family_name").is_not_null()
    assert found.filter(named != pl.col("name_status").is_in(["valid", "swapped", "partial"])).is_empty()
