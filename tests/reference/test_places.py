"""Postcodes and towns: what the shipped tables know, and how written names relate to official ones."""

from __future__ import annotations

import polars as pl
import pytest

from reference.countries import DATA
from reference.places import Places, bare_name, load_places
from reference.town_names import Relation, name_words, relation


@pytest.fixture(scope="module")
def places() -> Places:
    return load_places()


@pytest.mark.parametrize(
    ("country", "postcode", "town", "region"),
    [
        ("DE", "70173", "Stuttgart", "Baden-Württemberg"),
        ("DE", "01067", "Dresden", "Sachsen"),
        ("AT", "1010", "Wien", "Wien"),
        ("AT", "6020", "Innsbruck", "Tirol"),
        ("CH", "8001", "Zürich", "Zürich"),
        ("CH", "4103", "Bottmingen", "Basel-Landschaft"),
        ("CH", "1003", "Lausanne", "Vaud"),
        ("LI", "9490", "Vaduz", None),
    ],
)
def test_town_of_a_postcode(places: Places, country: str, postcode: str, town: str, region: str | None) -> None:
    assert (town, region) in {(found.name, found.region) for found in places.at(country, postcode) if found.official}


def test_unknown_postcodes_have_no_towns(places: Places) -> None:
    assert places.at("DE", "70014") == ()
    assert not places.knows("DE", "70014")
    assert places.at("FR", "75001") == ()


def test_towns_by_name(places: Places) -> None:
    assert set(places.named(name_words("Bottmingen"))) == {"CH"}
    assert "01067" in places.named(name_words("DRESDEN"))["DE"]
    assert places.named(name_words("Nirgendsdorf an der Nirgends")) == {}


@pytest.mark.parametrize(
    ("written", "official", "expected"),
    [
        ("Stuttgart", "Stuttgart", Relation.SAME),
        ("STUTTGART", "Stuttgart", Relation.SAME),
        ("Muenchen", "München", Relation.SAME),
        ("Munchen", "München", Relation.SAME),
        ("Weiden i.d.OPf", "Weiden in der Oberpfalz", Relation.SAME),
        ("Frankfurt/M.", "Frankfurt am Main", Relation.SAME),
        ("Frankfurt a.M.", "Frankfurt am Main", Relation.SAME),
        ("Halle/Saale", "Halle (Saale)", Relation.SAME),
        ("St. Gallen", "Sankt Gallen", Relation.SAME),
        ("Villingen Schwenningen", "Villingen-Schwenningen", Relation.SAME),
        ("Ostseebad Binz", "Binz", Relation.SAME),
        ("Bad Homburg v.d.H.", "Bad Homburg vor der Höhe", Relation.SAME),
        ("Lahr", "Lahr/Schwarzwald", Relation.SHORTER),
        ("Säckingen", "Bad Säckingen", Relation.SHORTER),
        ("Endingen am Kaiserstuhl", "Endingen", Relation.LONGER),
        ("Marburg-Wehrda", "Marburg", Relation.LONGER),
        ("Trebbin OT Klein Schulzendorf", "Trebbin", Relation.LONGER),
        ("Höchst, Frankfurt am Main", "Frankfurt am Main", Relation.INSIDE),
        ("Bad", "Bad Homburg vor der Höhe", Relation.NONE),
        ("München", "Stuttgart", Relation.NONE),
        ("Freiburg", "Frankfurt am Main", Relation.NONE),
        ("Neustadt", "Neuburg", Relation.NONE),
        ("Neunkirchen", "Neuenkirchen", Relation.NONE),
        ("NEUOETTING", "Neuötting", Relation.SAME),
        ("Neuotting", "Neuötting", Relation.SAME),
        ("", "Stuttgart", Relation.NONE),
    ],
)
def test_relation(written: str, official: str, expected: Relation) -> None:
    assert relation(name_words(written), name_words(official)) is expected


def test_words_are_those_of_the_names() -> None:
    towns = pl.read_parquet(DATA / "towns.parquet").select("words", name=bare_name())
    localities = pl.read_parquet(DATA / "localities.parquet").select("words", name="locality")
    for words, name in pl.concat([towns, localities]).unique().rows():
        assert words.split() == list(name_words(name).words), "renew them: python -m reference.build"
