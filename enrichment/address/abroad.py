"""Postcode and town of a country beyond the home market, judged by lists that mostly name one town a postcode.

Belongs here: what agrees, what contradicts, a slip with one reading. Does not belong here: which country an address is
in, the form of its postcode (`enrichment/address/locality`), the lists (`reference.world_places`).
A town the list does not name at a postcode contradicts it only where the country's towns of that name all lie in other
parts of the country; else nothing is known.
"""

from __future__ import annotations

from typing import NamedTuple

from rapidfuzz.distance import OSA

from engine.caches import keep_cells
from enrichment.address.town import head_words
from reference.town_names import TownName, relation
from reference.world_places import LENGTHS, City, Town, WorldPlaces, bare_postcode

_AREA_ONLY = frozenset(country for country, length in LENGTHS.items() if length <= 3)
"""Countries whose lists name one town for a whole area, so that another one there says nothing."""
_BY_STATE = frozenset(["AU", "US"])


class Abroad(NamedTuple):
    """What is known of a town abroad: `city_reason` says why it is not kept as received."""

    status: str
    reason: str | None
    city: str
    region: str | None = None
    suggestion: str | None = None
    city_reason: str | None = None


class TownsAbroad:
    """Judges localities abroad against `world`, remembering what it has judged."""

    def __init__(self, world: WorldPlaces) -> None:
        self._world = world
        self.judge = keep_cells(self._judge)

    def knows(self, country: str) -> bool:
        """Whether there is a list of the country's postcodes."""
        return country in LENGTHS

    def _judge(self, country: str, postcode: str, city: str) -> Abroad:
        """Judge a town and a postcode of the form of its country."""
        here = self._world.at(country, postcode)
        regions = {town.region for town in here}
        region = regions.pop() if len(regions) == 1 else None
        written = head_words(city)
        cities = self._world.cities(country, written)
        bare = bare_postcode(country, postcode)
        if known := next((one for one in cities if one.has(bare)), None):
            return self._city(known, city, region)
        if any(relation(written, _words(town)) for town in here):
            return Abroad("locality", None, city, region)
        elsewhere = self._world.codes_of(country, written)
        if not elsewhere and not cities and (meant := _slip(written, here)):
            return Abroad("corrected", "city_misspelt", meant, region, None, "city_misspelt")
        if here and (elsewhere or cities) and not self._may_be_there(country, bare, region, elsewhere, cities):
            hints = [f"{postcode} {town.name}" for town in here[:2]]
            return Abroad("conflict", "postcode_city_conflict", city, None, " or ".join(hints))
        return Abroad("unverifiable", "city_unknown" if here else "postcode_unknown", city, region)

    def _city(self, known: City, city: str, region: str | None) -> Abroad:
        if head_words(city).joined in known.at_home or not _is_latin(known.name):
            return Abroad("locality", None, city, region)
        return Abroad("corrected", "city_exonym", known.name, region, None, "city_exonym")

    def _may_be_there(
        self, country: str, bare: str, region: str | None, elsewhere: frozenset[str], cities: tuple[City, ...]
    ) -> bool:
        """Whether a town of the name lies near enough to have quarters or offices at that postcode."""
        if country in _AREA_ONLY:
            return True
        if country in _BY_STATE and region:
            states = {town.region for code in elsewhere for town in self._world.at(country, code)}
            return region in states
        width = 2 if len(bare) > 4 else 1
        begins = {code[:width] for code in elsewhere} | {begin[:width] for one in cities for begin in one.begins}
        return any(bare.startswith(begin) for begin in begins)


def _is_latin(name: str) -> bool:
    return all(ord(sign) < 0x250 for sign in name)


def _words(town: Town) -> TownName:
    return TownName(tuple(town.words.split()), (), ())


def _slip(written: TownName, here: tuple[Town, ...]) -> str | None:
    """The one town of the postcode of which the written name is a slip."""
    text = written.joined
    if len(text) < 5:
        return None
    allowed = 1 if len(text) < 8 else 2
    meant = {town.name for town in here if OSA.distance(text, _words(town).joined, score_cutoff=allowed) <= allowed}
    name = meant.pop() if len(meant) == 1 else None
    return name.title() if name is not None and name.isupper() else name
