"""Towns of the world: the country that a town's name says.

Belongs here: reading the published list and keeping the names of towns, with the country where they say one. Does not
belong here: deciding where a record is from (`enrichment/address/locality`), the towns of DE, AT, CH and LI
(`postcodes`), which the list holds too.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from pathlib import Path

import polars as pl

from reference.build.fetch import Package
from reference.countries import folded

KNOWN_BY_OTHER_NAMES = 100_000
"""Inhabitants from which a town's names in other languages are kept as well."""
OUTWEIGHS = 4
"""How many times larger a town must be than its namesakes of all other countries for its name to mean it."""
_CODE = re.compile(r"[A-Z]{2,4}|[ -~]{1,2}|.")


def build_world_towns(package: Package, target: Path) -> int:
    """Write `key`, the folded names sorted, and `country`, null where towns of several have it; returns the rows."""
    path = next(package.folder.glob("*/data/cities15000.json"))
    people: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for town in json.loads(path.read_text(encoding="utf-8")).values():
        others = town["alternatenames"] if town["population"] >= KNOWN_BY_OTHER_NAMES else []
        for key in {folded(name) for name in [town["name"], *others] if not _CODE.fullmatch(name)}:
            homes = people[key]
            homes[town["countrycode"]] = max(homes[town["countrycode"]], town["population"])
    rows = [(key, _meant(homes)) for key, homes in sorted(people.items()) if key]
    pl.DataFrame(rows, schema=["key", "country"], orient="row").write_parquet(target, compression="zstd")
    return len(rows)


def _meant(homes: dict[str, int]) -> str | None:
    first, *others = sorted(homes, key=lambda country: (-homes[country], country))
    return first if not others or homes[first] >= OUTWEIGHS * homes[others[0]] else None
