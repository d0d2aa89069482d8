"""Towns and postcodes of some thirty countries beyond the home market: which names a postcode has, and the reverse.

Belongs here: loading the shipped table when it is first asked, and indexing it. Does not belong here: judging an
address (`enrichment/address`), the home market, whose lists are complete (`reference.places`).
Most lists name one town a postcode, so a name they do not have there is no contradiction by itself. Where the data
comes from: `reference/data/PROVENANCE.md`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import polars as pl

from engine.word_lists import WordLists, entries
from reference.countries import DATA
from reference.town_names import TownName, name_words

LENGTHS = {
    "AU": 4, "BE": 4, "BR": 5, "CA": 3, "CZ": 5, "DK": 4, "ES": 5, "FI": 5, "FR": 5, "GB": 0, "GR": 5, "HR": 5,
    "HU": 4, "IT": 5, "LU": 4, "MX": 5, "NL": 4, "NO": 4, "NZ": 4, "PL": 5, "PT": 4, "RO": 6, "SE": 5, "SI": 4,
    "SK": 5, "TR": 5, "UA": 5, "US": 5, "ZA": 4,
}  # fmt: skip
"""Letters and digits of a postcode, per country, that its list goes by; 0: the letters in front (SW of SW1A 1AA)."""


_FILES = ("world_places.parquet", "french_places.parquet", "american_places.parquet")


class Town(NamedTuple):
    """A town at a postcode; `words` are its comparable words, a blank between them."""

    name: str
    region: str | None
    words: str


class City(NamedTuple):
    """A large city: how its postcodes begin, as far as they are given to its quarters."""

    country: str
    name: str
    begins: tuple[str, ...]
    at_home: frozenset[str]  # names it has there, as joined words

    def has(self, bare: str) -> bool:
        """Whether a postcode, as `bare_postcode` gives it, is the city's."""
        return bare.startswith(self.begins) if bare.isdigit() or len(bare) == 3 else bare in self.begins


class WorldPlaces:
    """Towns by country and postcode, and by name. The tables are read when they are first asked.

    Args:
        paths: Parquet files of country, postcode (as `postcode_key` gives it), town, region, words.
        cities: country, city, begins, also and aliases of large cities, as `world_cities.csv` has them.
    """

    def __init__(self, paths: Sequence[Path], cities: Iterable[Mapping[str, str]]) -> None:
        self._paths = paths
        self._cities: dict[str, list[City]] = defaultdict(list)
        for row in cities:
            at_home = frozenset(name_words(name).joined for name in (row["city"], *entries(row["also"])))
            city = City(row["country"], row["city"], entries(row["begins"]), at_home)
            for name in at_home | {name_words(name).joined for name in entries(row["aliases"])}:
                self._cities[name].append(city)

    def cities(self, country: str, name: TownName) -> tuple[City, ...]:
        """The large cities of a country that go by a name, in whatever language."""
        return tuple(city for city in self._cities.get(name.joined, ()) if city.country == country)

    def at(self, country: str, postcode: str) -> tuple[Town, ...]:
        """The towns of a postcode as received; empty when the list does not have it."""
        found = _equal(self._rows, self._places, country + bare_postcode(country, postcode))
        return tuple(Town(*row) for row in found.select("town", "region", "words").iter_rows())

    def codes_of(self, country: str, name: TownName) -> frozenset[str]:
        """The postcodes, as the list has them, of the country's towns of a name."""
        return frozenset(code for home, codes in self._homes(name.joined) if home == country for code in codes)

    def countries_of(self, name: TownName) -> dict[str, int]:
        """In which countries a town of that name is, and how many postcodes the list has of it there."""
        found = dict.fromkeys((city.country for city in self._cities.get(name.joined, ())), 0)
        return found | {country: len(codes) for country, codes in self._homes(name.joined)}

    def _homes(self, key: str) -> list[tuple[str, list[str]]]:
        return list(_equal(self._by_name, self._by_name["key"], key).select("country", "postcode").iter_rows())

    @cached_property
    def _rows(self) -> pl.DataFrame:
        tables = [pl.read_parquet(path, glob=False) for path in self._paths]
        return pl.concat(tables).sort("country", "postcode", maintain_order=True)

    @cached_property
    def _places(self) -> pl.Series:
        return self._rows.select(pl.col("country") + pl.col("postcode")).to_series()

    @cached_property
    def _by_name(self) -> pl.DataFrame:
        keyed = self._rows.select("country", "postcode", key=pl.col("words").str.replace_all(" ", "", literal=True))
        return keyed.group_by("key", "country").agg(pl.col("postcode").sort()).sort("key", "country")


def _equal(frame: pl.DataFrame, keys: pl.Series, key: str) -> pl.DataFrame:
    """The rows of a key, by which the frame is sorted."""
    return frame[int(keys.search_sorted(key, "left")) : int(keys.search_sorted(key, "right"))]


def bare_postcode(country: str, postcode: str) -> str:
    """The part of one postcode that the country's list goes by: `SW1A 1AA` as `SW`, `4400-444` as `4400`."""
    bare = "".join(sign for sign in postcode.upper() if sign.isalnum())
    length = LENGTHS.get(country, len(bare))
    return bare[:length] if length else bare[: next((at for at, sign in enumerate(bare) if sign.isdigit()), len(bare))]


def postcode_key(country: pl.Expr, postcode: pl.Expr) -> pl.Expr:
    """`bare_postcode` by column, null where a postcode is shorter than its list's."""
    bare = postcode.str.to_uppercase().str.replace_all(r"[^A-Z0-9]", "")
    length = country.replace_strict(LENGTHS, return_dtype=pl.UInt32)
    return (
        pl.when(length == 0)
        .then(bare.str.extract(r"^([A-Z]+)"))
        .when(bare.str.len_bytes() >= length)
        .then(bare.str.head(length))
    )


def load_world_places(folder: Path = DATA) -> WorldPlaces:
    """The shipped table, not read yet."""
    return WorldPlaces([folder / name for name in _FILES], WordLists(folder).rows("world_cities.csv"))
