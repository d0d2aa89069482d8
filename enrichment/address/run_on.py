"""Street and town that run together without a sign between them, parted by the towns their postcode has.

Belongs here: `70173 Stuttgart Königstraße 5`, `123 Main St Oakland CA 94601`: which words are the town. Does not belong
here: what has a comma or line break between (`enrichment/address/lines`), judging the place.
"""

from __future__ import annotations

import re

import polars as pl

from reference.places import COUNTRIES, Places
from reference.town_names import Relation, name_words, relation
from reference.world_places import LENGTHS, WorldPlaces

_WORDS = 5  # of a town's name, at most
_AHEAD = r"^\p{L}[^\d]*\s.*\d"
_STREET = re.compile(r"(?i)^(?!cedex\b)(?:.*[^\W\d_].*\d|\d.*[^\W\d_])")


def parted(frame: pl.DataFrame, places: Places, world: WorldPlaces) -> pl.DataFrame:
    """Columns street and city with what ran together in one of them put into both.

    Args:
        frame: street, postcode, city and country, as received.
        places: the home market.
        world: asked only for postcodes that no town of the name has at home.
    """
    ahead = pl.col("street").is_null() & pl.col("postcode").is_not_null() & pl.col("city").str.contains(_AHEAD)
    behind = pl.col("city").is_null() & (pl.col("country") == "US") & pl.col("street").str.contains(r"\s\p{L}")
    suspects = frame.filter(ahead | behind).select("street", "postcode", "city").unique()
    if suspects.is_empty():
        return frame
    found = [
        (street, postcode, city, *parts)
        for street, postcode, city in suspects.sort("postcode", "street", "city").iter_rows()
        if (parts := _town_first(postcode, city, places, world) if city else _town_last(postcode, street, world))
    ]
    keys = ["street", "postcode", "city"]
    table = pl.DataFrame(
        found,
        schema=[*keys, "_street", "_city"],
        orient="row",
        schema_overrides=dict.fromkeys([*keys, "_street", "_city"], pl.String),
    )
    joined = frame.join(table, on=keys, how="left", maintain_order="left", nulls_equal=True)
    return joined.with_columns(street=pl.coalesce("_street", "street"), city=pl.coalesce("_city", "city")).drop(
        "_street", "_city"
    )


def _town_first(postcode: str, text: str, places: Places, world: WorldPlaces) -> tuple[str, str] | None:
    """Street and town of `Stuttgart Königstraße 5`: the longest beginning that is a town of the postcode."""
    words = text.split()
    bare = re.sub(r"^[A-Za-z]{1,3}[\s-]+", "", postcode)
    for count in range(min(_WORDS, len(words) - 1), 0, -1):
        town, rest = " ".join(words[:count]).strip(" ,"), " ".join(words[count:])
        if _STREET.search(rest) and _is_there(bare, town, places, world):
            return rest, town
    return None


def _is_there(postcode: str, town: str, places: Places, world: WorldPlaces) -> bool:
    name = name_words(town)
    at_home = (place.words for country in COUNTRIES for place in places.at(country, postcode))
    if any(relation(name, words) in (Relation.SAME, Relation.SHORTER) for words in at_home):
        return True
    return any(
        place.words == " ".join(name.words) for country in LENGTHS for place in world.at(country, postcode)
    ) or any(city.has(postcode) for country in LENGTHS for city in world.cities(country, name))


def _town_last(postcode: str | None, text: str, world: WorldPlaces) -> tuple[str, str] | None:
    """Street and town of `123 Main St Oakland`: the end that is a town of the ZIP, else the longest town's name."""
    words = text.split()
    ends = [(words[:at], words[at:]) for at in range(max(2, len(words) - _WORDS), len(words))]
    here = {place.words for place in world.at("US", postcode or "")}
    for known in (lambda name: " ".join(name.words) in here, lambda name: world.codes_of("US", name)):
        for street, town in ends:
            if not re.search(r"\d", " ".join(town)) and known(name_words(" ".join(town))):
                return " ".join(street).strip(" ,"), " ".join(town)
    return None
