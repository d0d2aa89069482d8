"""Postcodes, towns and regions of DE, AT, CH and LI, found by postcode or by name.

Belongs here: loading the shipped tables and indexing them. Does not belong here: judging an address
(`enrichment/locality`). Where the data comes from: `reference/data/PROVENANCE.md`.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import polars as pl

from reference.names import DATA
from reference.town_names import Name, name_words

COUNTRIES = ("DE", "AT", "CH", "LI")
DIGITS = {"DE": 5, "AT": 4, "CH": 4, "LI": 4}


class Town(NamedTuple):
    """A town at a postcode. `official` is False for older localities, which confirm a name but do not replace it."""

    country: str
    postcode: str
    name: str
    region: str | None
    official: bool
    words: Name


class Places:
    """Towns by postcode and by name.

    Args:
        towns: country, postcode, town, district, region.
        localities: country, postcode, locality, addition; may be empty.
        aliases: alias, country, town: names of towns in other languages; may be empty.
    """

    def __init__(self, towns: pl.DataFrame, localities: pl.DataFrame, aliases: pl.DataFrame) -> None:
        self.towns = towns
        self._aliases: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for alias, country, town in aliases.iter_rows():
            self._aliases[name_words(alias).joined].add((country, town))
        self._rows: dict[tuple[str, str], list[tuple[str, str | None, bool]]] = defaultdict(list)
        for country, postcode, town, _district, region in towns.iter_rows():
            self._rows[country, postcode].append((town, region, True))
        for country, postcode, locality, _addition in localities.iter_rows():
            rows = self._rows.get((country, postcode))
            if rows and all(locality != name for name, _region, _official in rows):
                rows.append((locality, rows[0][1], False))
        self._towns: dict[tuple[str, str], tuple[Town, ...]] = {}

    def at(self, country: str, postcode: str) -> tuple[Town, ...]:
        """The towns and localities of a postcode; empty when the postcode is not known."""
        key = (country, postcode)
        found = self._towns.get(key)
        if found is None:
            rows = self._rows.get(key, ())
            unique = {(name, official): region for name, region, official in rows}
            found = tuple(Town(country, postcode, n, region, o, name_words(n)) for (n, o), region in unique.items())
            self._towns[key] = found
        return found

    def knows(self, country: str, postcode: str) -> bool:
        """Whether the postcode is a delivery postcode of the country."""
        return (country, postcode) in self._rows

    def named(self, name: Name) -> dict[str, set[str]]:
        """Postcodes per country of the towns whose full, short or foreign name is `name`."""
        found: dict[str, set[str]] = defaultdict(set)
        for country, postcode in self._by_name.get(name.joined, ()):
            found[country].add(postcode)
        for country, town in self._aliases.get(name.joined, ()):
            found[country] |= {code for home, code in self._by_name[name_words(town).joined] if home == country}
        return dict(found)

    def alias_of(self, name: Name) -> frozenset[tuple[str, str]]:
        """(country, town) of the towns that `name` is a foreign name of."""
        return frozenset(self._aliases.get(name.joined, ()))

    @cached_property
    def _by_name(self) -> dict[str, set[tuple[str, str]]]:
        index: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for (country, postcode), rows in self._rows.items():
            for name, _region, official in rows:
                words = name_words(name).words
                index["".join(words)].add((country, postcode))
                if official and len(words) > 1 and len(words[0]) > 3 and "-" not in name:
                    index[words[0]].add((country, postcode))
        return dict(index)


def load_places(folder: Path = DATA) -> Places:
    """Load the shipped tables. A missing `localities.parquet` only makes older locality names unknown.

    Raises:
        FileNotFoundError: `towns.parquet` or `town_aliases.csv` is missing.
    """
    localities = folder / "localities.parquet"
    empty = pl.DataFrame(schema=["country", "postcode", "locality", "addition"])
    towns = pl.read_parquet(folder / "towns.parquet")
    # Swiss Post tells towns of one name apart by canton (`Brugg AG`); the postcode does that already.
    swiss = pl.when(pl.col("country") == "CH").then(pl.col("town").str.replace(r" [A-Z]{2}$", "")).otherwise("town")
    return Places(
        towns.with_columns(town=swiss),
        pl.read_parquet(localities) if localities.exists() else empty,
        pl.read_csv(folder / "town_aliases.csv", infer_schema=False),
    )
