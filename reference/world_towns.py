"""Towns of the world: the countries that a town's name says.

Belongs here: loading the shipped names, when the first one is asked for, and finding one. Does not belong here:
weighing it against the rest of a record (`enrichment/address/locality`). Source: GeoNames, towns of 15,000 inhabitants
or more (`reference/data/PROVENANCE.md`).
"""

from __future__ import annotations

from functools import cache

import polars as pl

from engine.caches import keep_words
from reference.countries import DATA, folded

SEVERAL = "several"


@keep_words
def country_of_town(name: str) -> str | None:
    """ISO 3166-1 alpha-2 of the one country that a town's name says, in any of its languages.

    `SEVERAL` where it is the name of towns in several countries, None where it is of none in the list.
    """
    key = folded(name)
    names = _names()
    at = names["key"].search_sorted(key)
    known = at < names.height and names["key"][at] == key
    return names["country"][at] or SEVERAL if known else None


@cache
def _names() -> pl.DataFrame:
    return pl.read_parquet(DATA / "world_towns.parquet", glob=False)
