"""Towns of the world: by postcode as received, by name in any of its languages."""

from __future__ import annotations

import polars as pl
import pytest

from reference.countries import DATA
from reference.places import COUNTRIES
from reference.town_names import name_words
from reference.world_places import LENGTHS, WorldPlaces, bare_postcode, load_world_places, postcode_key

FILES = ("world_places.parquet", "french_places.parquet", "american_places.parquet")


@pytest.fixture(scope="module")
def world() -> WorldPlaces:
    return load_world_places()


@pytest.mark.parametrize(
    ("country", "postcode", "town"),
    [
        ("FR", "75008", "Paris"),
        ("FR", "67000", "Strasbourg"),
        ("IT", "10121", "Torino"),
        ("ES", "28079", "Madrid"),
        ("NL", "1012 AB", "Amsterdam"),
        ("NL", "1012ab", "Amsterdam"),
        ("BE", "9000", "Gent"),
        ("GB", "SW1A 1AA", "London"),
        ("GB", "M1 1AE", "Manchester"),
        ("US", "10001-1234", "New York"),
        ("CA", "M5V 2T6", "Downtown Toronto"),
        ("PL", "50-203", "Wrocław"),
        ("SE", "111 22", "STOCKHOLM"),
        ("PT", "4400-444", "VILA NOVA DE GAIA"),
        ("TR", "34744", "Kadıköy"),
    ],
)
def test_a_postcode_as_received_has_its_town(world: WorldPlaces, country: str, postcode: str, town: str) -> None:
    assert town in {place.name for place in world.at(country, postcode)}


@pytest.mark.parametrize(("country", "postcode"), [("FR", "99999"), ("DE", "70173"), ("IE", "D02 X285"), ("US", "")])
def test_what_the_lists_do_not_have_is_empty(world: WorldPlaces, country: str, postcode: str) -> None:
    assert world.at(country, postcode) == ()


@pytest.mark.parametrize(
    ("name", "country"),
    [
        ("Torino", "IT"), ("Turin", "IT"), ("New York", "US"), ("Prag", "CZ"), ("Praha", "CZ"), ("Kyiv", "UA"),
        ("Київ", "UA"), ("København", "DK"), ("Kopenhagen", "DK"), ("Istanbul", "TR"), ("Lisbonne", "PT"),
    ],
)  # fmt: skip
def test_a_name_tells_its_countries(world: WorldPlaces, name: str, country: str) -> None:
    assert country in world.countries_of(name_words(name))


def test_the_home_market_is_not_among_them() -> None:
    assert not set(LENGTHS) & set(COUNTRIES)
    assert {
        row["country"] for name in FILES for row in pl.read_parquet(DATA / name).select("country").unique().to_dicts()
    } == set(LENGTHS)


def test_one_postcode_and_a_column_of_them_are_read_alike() -> None:
    rows = [("GB", "SW1A 1AA"), ("NL", "1012 AB"), ("PT", "4400-444"), ("CA", "m5v 2t6"), ("FR", "75008")]
    frame = pl.DataFrame(rows, schema=["country", "postcode"], orient="row")
    by_column = frame.select(postcode_key(pl.col("country"), pl.col("postcode"))).to_series().to_list()
    assert by_column == [bare_postcode(*row) for row in rows] == ["SW", "1012", "4400", "M5V", "75008"]


def test_tables_are_sorted_and_name_a_town_once_a_postcode() -> None:
    for name in FILES:
        places = pl.read_parquet(DATA / name)
        assert places.equals(places.sort("country", "postcode", "town"))
        assert places.select("country", "postcode", "words").is_unique().all()
