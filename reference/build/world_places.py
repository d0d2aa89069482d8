"""Postcodes and towns of some thirty countries beyond the home market.

Belongs here: reading the published lists into country, postcode, town and region, and what each list's notes on
districts and provinces look like. Does not belong here: judging an address (`enrichment/address`).
"""

from __future__ import annotations

import bz2
import json
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from reference.build.fetch import Package
from reference.build.postcodes import words
from reference.world_places import LENGTHS, postcode_key

_OF_DR5HN = sorted(set(LENGTHS) - {"FR", "US"})
_SCHEMA = dict.fromkeys(("country", "postcode", "town", "region"), pl.String)
_STATES = ("AU", "CA", "US")  # whose regions are known by their letters everywhere
_NOT_A_TOWN = r"(?i)^(null|merkez|n/?a)?$"
_NUMBERED = r"(?i)\s+(\d+(er?|e)? arrondissement|\d+)$"  # districts: Paris 8e Arrondissement, Praha 1
_BOTH_SIDES = ("FI",)  # a post office and its municipality
_LAST = ("MX",)  # a quarter and its city


def build_world(lists: Package, target: Path) -> int:
    """Write the towns of countrystatecity-postal-codes, mostly one name a postcode; returns the rows.

    Each of the three files has country, postcode (`reference.world_places.postcode_key`), town, region and the
    comparable words of the town. They stay apart, since their licences differ.
    """
    return _written(pl.concat([_listed(lists, country) for country in _OF_DR5HN]), target)


def build_french(package: Package, target: Path) -> int:
    """Write every commune of a French postcode, of codes-postaux; returns the rows."""
    rows = json.loads((package.folder / "codes-postaux.json").read_text(encoding="utf-8"))
    return _written(_frame([("FR", row["codePostal"], row["nomCommune"], None) for row in rows]), target)


def build_american(package: Package, target: Path) -> int:
    """Write the names the post accepts for an American ZIP code, of zipcodes; returns the rows."""
    rows = json.loads(bz2.decompress((package.folder / "zipcodes" / "zips.json.bz2").read_bytes()))
    named = [
        ("US", row["zip_code"], name, row["state"]) for row in rows for name in (row["city"], *row["acceptable_cities"])
    ]
    return _written(_frame(named), target)


def _written(places: pl.DataFrame, target: Path) -> int:
    places = places.with_columns(postcode=postcode_key(pl.col("country"), pl.col("postcode")))
    places = places.filter(
        pl.col("postcode").is_not_null() & pl.col("town").is_not_null() & ~pl.col("town").str.contains(_NOT_A_TOWN)
    )
    bare = pl.col("town").str.replace(_NUMBERED, "").str.replace(r"^(London) .*", "$1")
    places = places.with_columns(town=bare, region=pl.when(pl.col("country").is_in(_STATES)).then("region"))
    places = places.with_columns(words=words(pl.col("town"))).filter(pl.col("words") != "")
    places = places.unique(["country", "postcode", "words"], keep="first", maintain_order=True)
    places = places.sort("country", "postcode", "town")
    places.write_parquet(target, compression="zstd", compression_level=19)
    return places.height


def _listed(lists: Package, country: str) -> pl.DataFrame:
    path = next(lists.folder.glob(f"*/data/by-country/{country}/postcodes.json"))
    rows = json.loads(path.read_text(encoding="utf-8"))
    named = [(country, row["code"], row["localityName"], row["stateCode"]) for row in rows if row["localityName"]]
    frame = _frame(named)
    parts = pl.col("town").str.split(", ")
    sides = (0, -1) if country in _BOTH_SIDES else (-1,) if country in _LAST else (0,)
    towns = pl.concat([frame.with_columns(town=parts.list.get(side)) for side in sides])
    bare = pl.col("town").str.replace(r"\s*\(.*\)$", "").str.replace(r"(?i) (city|district)$", "")
    return towns.with_columns(town=bare.str.strip_chars())


def _frame(rows: Sequence[tuple[str, str, str, str | None]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row").sort("country", "postcode", "town")
