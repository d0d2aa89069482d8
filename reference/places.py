"""Postcodes, towns and regions of DE, AT, CH and LI, found by postcode or by name.

Belongs here: loading the shipped tables and indexing them. Does not belong here: judging an address
(`enrichment/address/locality`). Where the data comes from: `reference/data/PROVENANCE.md`.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import polars as pl

from engine.word_lists import WordLists
from reference.countries import DATA
from reference.town_names import TownName, name_words

COUNTRIES = ("DE", "AT", "CH", "LI")
DIGITS = {"DE": 5, "AT": 4, "CH": 4, "LI": 4}


class Town(NamedTuple):
    """A town at a postcode. `official` is False for older localities, which confirm a name but do not replace it.

    `words` are shipped with the name, without where they stand in it.
    """

    country: str
    postcode: str
    name: str
    region: str | None
    official: bool
    words: TownName


_DISTRICTS = 4  # so many official names of a postcode that begin alike name a town


class Places:
    """Towns by postcode and by name.

    Args:
        towns: country, postcode, town, region and `words`, the comparable words of the town's name.
        localities: country, postcode, locality and `words`; may be empty.
        aliases: alias, country, town: names of towns in other languages; may be empty.
    """

    def __init__(self, towns: pl.DataFrame, localities: pl.DataFrame, aliases: pl.DataFrame) -> None:
        self._aliases: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for alias, country, town in aliases.iter_rows():
            self._aliases[name_words(alias).joined].add((country, town))
        place = ["country", "postcode"]
        official = towns.select(*place, "region", "words", name="town", official=True)
        first = official.unique(place, keep="first", maintain_order=True).select(*place, "region")
        older = localities.select(*place, "words", name="locality", official=False)
        older = older.join(official, on=[*place, "name"], how="anti", maintain_order="left")
        older = older.join(first, on=place, maintain_order="left")
        self._rows = (
            pl.concat([official, older.select(official.columns)])
            .unique([*place, "name"], keep="first", maintain_order=True)
            .sort(place, maintain_order=True)
        )
        spans = self._rows.with_row_index("at").group_by(place, maintain_order=True).agg(pl.col("at").first(), pl.len())
        self._spans = {(country, code): (at, count) for country, code, at, count in spans.iter_rows()}
        self._beginning: dict[tuple[str, str], frozenset[str]] = {}
        self._named: dict[str, dict[str, set[str]]] = {}
        self._facts = [self._rows[name].to_list() for name in ("name", "region", "official", "words")]
        self._towns: dict[tuple[str, str], tuple[Town, ...]] = {}

    def at(self, country: str, postcode: str) -> tuple[Town, ...]:
        """The towns and localities of a postcode; empty when the postcode is not known."""
        key = (country, postcode)
        found = self._towns.get(key)
        if found is None:
            at, count = self._spans.get(key, (0, 0))
            rows = zip(*(column[at : at + count] for column in self._facts), strict=True)
            found = tuple(
                Town(country, postcode, n, region, o, TownName(tuple(w.split()), (), ())) for n, region, o, w in rows
            )
            self._towns[key] = found
        return found

    def knows(self, country: str, postcode: str) -> bool:
        """Whether the postcode is a delivery postcode of the country."""
        return (country, postcode) in self._spans

    def beginning(self, country: str, digits: str) -> frozenset[str]:
        """The delivery postcodes of the country that begin so."""
        key = (country, digits)
        if key not in self._beginning:
            found = frozenset(code for home, code in self._spans if home == country and code.startswith(digits))
            self._beginning[key] = found
        return self._beginning[key]

    def named(self, name: TownName) -> dict[str, set[str]]:
        """Postcodes per country of the towns whose full, short or foreign name is `name`."""
        key = name.joined
        known = self._named.get(key)
        if known is None:
            found: dict[str, set[str]] = defaultdict(set)
            for country, postcode in self._of_name(key):
                found[country].add(postcode)
            for country, town in self._aliases.get(key, ()):
                found[country] |= {code for home, code in self._of_name(name_words(town).joined) if home == country}
            known = dict(found)
            if found:
                self._named[key] = known
        return known

    def alias_of(self, name: TownName) -> frozenset[tuple[str, str]]:
        """(country, town) of the towns that `name` is a foreign name of."""
        return frozenset(self._aliases.get(name.joined, ()))

    @cached_property
    def sole(self) -> pl.DataFrame:
        """country, postcode, town and region of the postcodes that have one official town."""
        official = self._rows.filter("official")
        alone = official.filter(pl.struct("country", "postcode").is_unique())
        return alone.select("country", "postcode", "region", town="name")

    def _of_name(self, key: str) -> list[tuple[str, str]]:
        """Where a town of the name lives; the first word of a longer name is its short form."""
        at = self._names.get(key)
        return [] if at is None else list(zip(*(column[at].to_list() for column in self._homes), strict=True))

    @cached_property
    def _names(self) -> dict[str, int]:
        return {key: at for at, key in enumerate(self._by_name["key"])}

    @cached_property
    def _homes(self) -> tuple[pl.Series, pl.Series]:
        return self._by_name["country"], self._by_name["postcode"]

    @cached_property
    def _by_name(self) -> pl.DataFrame:
        words = pl.col("words")
        whole = self._rows.with_columns(key=words.str.replace_all(" ", "", literal=True))
        longer = pl.col("official") & words.str.contains(r"^\S{4,} ") & ~pl.col("name").str.contains("-", literal=True)
        short = self._rows.filter(longer).with_columns(key=words.str.extract(r"^(\S+)"))
        return pl.concat([whole, short, self._divided()]).group_by("key").agg("country", "postcode")

    def _divided(self) -> pl.DataFrame:
        """Towns of which a directory knows the districts only: Villach-Lind, Villach-Auen, Villach-Innere Stadt."""
        dashed = self._rows.filter(pl.col("official") & pl.col("name").str.contains("-", literal=True))
        named = dashed.with_columns(key=pl.col("words").str.extract(r"^(\S{4,}) "))
        districts = named.filter(pl.len().over("country", "postcode", "key") >= _DISTRICTS)
        return self._rows.join(
            districts.select("country", "postcode", "name", "key"), on=["country", "postcode", "name"]
        ).select([*self._rows.columns, "key"])


def bare_name() -> pl.Expr:
    """`town` of a table of towns without what Swiss Post tells namesakes apart by: `Brugg AG`."""
    # The postcode tells them apart already.
    return pl.when(pl.col("country") == "CH").then(pl.col("town").str.replace(r" [A-Z]{2}$", "")).otherwise("town")


def load_places(folder: Path = DATA) -> Places:
    """Load the shipped tables. A missing `localities.parquet` only makes older locality names unknown.

    Raises:
        FileNotFoundError: `towns.parquet` or `town_aliases.csv` is missing.
    """
    localities = folder / "localities.parquet"
    empty = pl.DataFrame(schema=dict.fromkeys(["country", "postcode", "locality", "words"], pl.String))
    towns = pl.read_parquet(folder / "towns.parquet", glob=False)
    return Places(
        towns.with_columns(town=bare_name()),
        pl.read_parquet(localities, glob=False) if localities.exists() else empty,
        WordLists(folder).frame("town_aliases.csv"),
    )
