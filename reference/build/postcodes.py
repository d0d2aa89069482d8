"""Postcodes and towns of DE, AT, CH and LI, with the older German localities beside them.

Belongs here: reading the two published lists and keeping country, postcode, town and region.
Does not belong here: matching names (`reference/places`).
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import polars as pl

from reference.build.fetch import Package
from reference.build.regions import REGION_BY_CODE
from reference.places import bare_name
from reference.town_names import name_words

COUNTRIES = ("AT", "CH", "DE", "LI")
_LOCALITY = re.compile(r"\{ 'ort': '((?:[^'\\]|\\.)*)', 'zusatz': '((?:[^'\\]|\\.)*)', 'plz': (\d+),")


def build_towns(package: Package, target: Path) -> int:
    """Write country, postcode, town, district, region and the comparable words of the town; returns the rows.

    Austria's list has Vienna as `Wien, Innere Stadt` and Switzerland's numbers its delivery offices
    (`Lausanne 25`): the town is what stands before the comma or number.
    """
    frames = []
    for country in COUNTRIES:
        regions = {code: name for (home, code), name in REGION_BY_CODE.items() if home == country}
        path = next(package.folder.glob(f"*/data/by-country/{country}/postcodes.json"))
        rows = pl.DataFrame(json.loads(path.read_text(encoding="utf-8")), infer_schema_length=None)
        frames.append(
            rows.select(
                country=pl.col("countryCode"),
                postcode=pl.col("code"),
                town=pl.col("localityName").str.replace(r"(, .*|\s+\d+)$", "").str.strip_chars(),
                district=pl.col("localityName").str.extract(r", (.*)$"),
                region=pl.col("stateCode").replace_strict(regions, default=None, return_dtype=pl.String),
            )
        )
    towns = pl.concat(frames).unique().sort("country", "postcode", "town", "district", "region")
    towns = towns.with_columns(words=words(bare_name()))
    towns.write_parquet(target, compression="zstd", compression_level=19)
    return towns.height


def build_localities(package: Package, target: Path) -> int:
    """Write postcode, locality, its distinguishing addition and comparable words; returns the rows. Germany only."""
    found = _LOCALITY.findall((package.folder / "data" / "data.js").read_text(encoding="utf-8"))
    rows = pl.DataFrame(found, schema=["locality", "addition", "postcode"], orient="row")
    rows = rows.select(
        country=pl.lit("DE"),
        postcode=pl.col("postcode").str.zfill(5),
        locality=pl.col("locality").str.replace_all(r"\\'", "'").str.strip_chars(),
        addition=pl.col("addition").str.strip_chars(" ,"),
    )
    rows = rows.filter(pl.col("locality") != "").unique().sort("postcode", "locality", "addition")
    rows = rows.with_columns(words=words(pl.col("locality")))
    rows.write_parquet(target, compression="zstd", compression_level=19)
    return rows.height


def words(name: pl.Expr) -> pl.Expr:
    """The comparable words of names, a blank between them; too slow for every start of a worker."""
    return name.map_elements(lambda text: " ".join(name_words(text).words), return_dtype=pl.String)
