"""Addresses as a domain expert writes them down: `cases/address.csv`, and what must hold of any address."""

from __future__ import annotations

import csv
import itertools
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from contracts.clean import ADDRESS, REPAIRS
from contracts.reasons import reasons
from contracts.statuses import ADDRESS as STATUSES
from enrichment.address import locality_columns as localities
from enrichment.address.clean import clean_address
from enrichment.address.locality import Localities
from reference.places import Places, load_places
from reference.streets import Streets
from reference.world_places import load_world_places

CASES = list(csv.DictReader((Path(__file__).parents[1] / "cases" / "address.csv").open(encoding="utf-8")))
INPUTS = [
    "address", "street", "house_number", "address_extra", "po_box", "po_box_postcode", "postcode", "city",
    "postcode_city", "region", "country", "attention", "default_country",
]  # fmt: skip
SHORT = {"status": "address_status", "reason": "address_reason", "suggestion": "address_suggestion"}
REGISTER = Path(__file__).parents[4] / "shared" / "data" / "register_companies.tsv.gz"


@pytest.fixture(scope="module")
def places() -> Places:
    return load_places()


@pytest.fixture(scope="module")
def judged(places: Places) -> list[dict[str, object]]:
    rows = [fields(case["input"]) for case in CASES]
    return clean_address(raw(rows), places).rows(named=True)


def fields(text: str) -> dict[str, str]:
    """`street=Am Markt | city=Erfurt` as a mapping; `\\n` is a line break."""
    parts = (part.split("=", 1) for part in text.split(" | ") if part)
    return {name.strip(): value.strip().replace("\\n", "\n") for name, value in parts}


def raw(rows: list[dict[str, str]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict.fromkeys(INPUTS, pl.String))


@pytest.mark.parametrize("number", range(len(CASES)), ids=[case["input"] for case in CASES])
def test_case(number: int, judged: list[dict[str, object]]) -> None:
    expected = fields(CASES[number]["expected"])
    got = judged[number]
    assert {name: got[SHORT.get(name, name)] or "" for name in expected} == expected


def test_columns_statuses_and_reasons_are_the_promised_ones(places: Places) -> None:
    clean = clean_address(raw([fields(case["input"]) for case in CASES]), places)
    assert clean.columns == [column.name for column in ADDRESS] + [REPAIRS.name]
    assert clean.schema[REPAIRS.name] == REPAIRS.dtype
    assert set(clean["address_status"]) <= set(STATUSES)
    evidence = clean[REPAIRS.name].explode(empty_as_null=False).struct.unnest()
    assert set(clean["address_reason"].drop_nulls()) | set(evidence["reason"]) <= set(reasons())
    assert evidence["rule"].null_count() == 0


def test_missing_columns_count_as_empty_and_no_rows_are_fine(places: Places) -> None:
    assert clean_address(pl.DataFrame({"city": ["Stuttgart"]}), places).height == 1
    assert clean_address(pl.DataFrame({"city": [None, "k.A."]}), places)["address_status"].to_list() == ["missing"] * 2
    assert clean_address(pl.DataFrame(schema={"city": pl.String}), places).height == 0


def test_a_conflict_changes_nothing_and_names_the_evidence(places: Places) -> None:
    row = clean_address(raw([{"postcode": "70173", "city": "München"}]), places).row(0, named=True)
    assert (row["postcode"], row["city"], row["address_status"]) == ("70173", "München", "conflict")
    assert row[REPAIRS.name] == [
        {
            "field": "address_status",
            "raw": "70173 München",
            "value": "conflict",
            "reason": "postcode_city_conflict",
            "rule": "locality",
        }
    ]


def test_a_repair_keeps_the_raw_value(places: Places) -> None:
    row = clean_address(raw([{"postcode": "1067", "city": "Dresden"}]), places).row(0, named=True)
    assert row[REPAIRS.name][0] == {
        "field": "postcode",
        "raw": "1067",
        "value": "01067",
        "reason": "postcode_leading_zero",
        "rule": "leading_zero",
    }


def test_clean_of_clean_is_clean(places: Places) -> None:
    once = clean_address(raw([fields(case["input"]) for case in CASES]), places)
    again = clean_address(once.select(set(INPUTS) & set(once.columns)), places)
    parts = [
        "street",
        "house_number",
        "address_extra",
        "po_box",
        "po_box_postcode",
        "postcode",
        "city",
        "region",
        "country",
    ]
    assert_frame_equal(once.select(parts), again.select(parts))


def test_a_street_written_out_keeps_its_raw_line(places: Places) -> None:
    clean = clean_address(raw([{"street": "Königstr. 1"}, {"street": "Königstraße 1"}, {"street": "Q7, 24"}]), places)
    evidence = [[e["reason"] for e in row if e["field"] == "street"] for row in clean[REPAIRS.name].to_list()]
    assert evidence == [["street_spelling"], [], []]


def test_rows_do_not_influence_each_other(places: Places) -> None:
    frame = raw([fields(case["input"]) for case in CASES])
    backwards = clean_address(frame.reverse(), places).reverse()
    assert_frame_equal(clean_address(frame, places), backwards)


TOWNS = [
    "Stuttgart",
    "München",
    "Muenchen",
    "Lahr",
    "Halle/Saale",
    "Wien",
    "Zürich",
    "Leipzig",
    "Bottmingen",
    "Nirgends",
    "",
]
CODES = ["70173", "80331", "77933", "06108", "6108", "1010", "8001", "4103", "04103", "D-70173", "99999", "x", ""]
STREETS = ["Hauptstr. 5", "Q7, 24", "Am Markt", "Postfach 10 20 30", "c/o Muster GmbH Weg 3", "KÖNIGSTRASSE 1 A", ""]


@settings(max_examples=60)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "street": st.sampled_from(STREETS) | st.text(max_size=12),
                "postcode": st.sampled_from(CODES) | st.text("0123456789 -.DACH", max_size=7),
                "city": st.sampled_from(TOWNS) | st.text(max_size=12),
                "country": st.sampled_from(["", "DE", "Schweiz", "A", "FR", "??"]),
            }
        ),
        min_size=1,
        max_size=8,
    )
)
def test_any_text_gives_one_sound_row_each(places: Places, rows: list[dict[str, str]]) -> None:
    clean = clean_address(raw(rows), places)
    assert clean.height == len(rows)
    assert set(clean["address_status"]) <= set(STATUSES)
    texts = clean.drop(REPAIRS.name)
    assert not any((texts[name] == "").any() for name in texts.columns)
    inputs = [name for name in INPUTS if name in clean.columns]
    again = clean_address(clean.select(inputs), places)
    parts = ["street", "house_number", "postcode", "city", "po_box"]
    settled = clean["address_status"].is_in(["locality", "corrected"])
    assert_frame_equal(clean.select(parts).filter(settled), again.select(parts).filter(settled))
    verified = clean.filter(pl.col("address_status").is_in(["locality", "corrected"]))
    assert verified.select("postcode", "city", "country").null_count().sum_horizontal().sum() == 0


def test_a_street_directory_lifts_the_verdict(places: Places) -> None:
    directory = Streets(
        pl.DataFrame(
            {
                "country": ["DE"] * 2,
                "postcode": ["70173"] * 2,
                "street": ["Königstraße", "Marktplatz"],
                "house_number": ["1", None],
            }
        )
    )
    rows = [
        {"street": "Koenigstr. 1", "postcode": "70173", "city": "Stuttgart"},
        {"street": "Königstr. 99", "postcode": "70173", "city": "Stuttgart"},
        {"street": "Marktpl. 3", "postcode": "70173", "city": "Stuttgart"},
        {"street": "Nirgendsweg 3", "postcode": "70173", "city": "Stuttgart"},
        {"street": "Königstr. 1", "postcode": "70173", "city": "München"},
    ]
    statuses = clean_address(raw(rows), places, streets=directory)["address_status"].to_list()
    assert statuses == ["house_number", "street", "street", "locality", "conflict"]


@pytest.mark.skipif(not REGISTER.exists(), reason="the register's addresses are not here")
def test_at_least_99_percent_of_real_addresses_are_verified(places: Places) -> None:
    rows = pl.read_csv(REGISTER, separator="\t", quote_char=None, infer_schema=False)
    clean = clean_address(rows.select("street", postcode="plz", city="city"), places)
    assert clean["address_status"].is_in(["locality", "corrected"]).mean() >= 0.99


def test_plain_localities_get_the_verdict_of_the_judge() -> None:
    judge = Localities(load_places(), load_world_places())
    towns = judge.places.sole.sample(1_500, seed=1)
    written = pl.concat([towns["postcode"], "D-" + towns["postcode"], towns["postcode"] + ".0"])
    for stated, default, named in itertools.product((None, "DE", "AT"), ("DE", "CH", None), (True, False)):
        city = (
            pl.concat([towns["town"]] * 3)
            if named
            else pl.Series([None], dtype=pl.String).new_from_index(0, len(written))
        )
        keys = pl.DataFrame({"postcode": written, "city": city}).with_columns(
            stated=pl.lit(stated, pl.String), default_country=pl.lit(default, pl.String)
        )
        plain = localities._plain(keys, judge.places.sole)
        one_by_one = localities._one_by_one(plain.select(localities.KEYS), judge)
        assert plain.drop(localities.KEYS).equals(one_by_one)
        assert plain.height > 1_000 or stated == "AT"
