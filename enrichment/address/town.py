"""What a written town is to the towns of a postcode: the same, its short form, a district of it, a slip, or none.

Belongs here: finding the towns meant at a postcode, and the name to keep. Does not belong here: how two names relate
as words (`reference/town_names`), what follows for postcode and country (`enrichment/address/locality`).
"""

from __future__ import annotations

import re
from typing import NamedTuple

from rapidfuzz.distance import OSA

from engine.caches import keep_cells, keep_words
from enrichment.address.postcode import EDGES
from enrichment.address.words import words
from reference.countries import folded
from reference.letters import SPELT_OUT, UNMARKED
from reference.places import Places, Town
from reference.town_names import DISTRICT_MARKS, LANDSCAPES, Relation, TownName, name_words, relation

_SUFFIX = re.compile(r"(?i)\s*(?:am|an|auf|bei|b\.|im|i\.|in|ob|o\.|vor|v\.|unter|u\.|a\.|a\. ?d\.|sur|sous)(?=[\s.])")


_SMALL = words("small_town")
_BEHIND_TOWN = re.compile(r"[,(/;:]")
_BEST_FIRST = (
    (True, Relation.SAME), (True, Relation.SHORTER), (False, Relation.SAME), (True, Relation.LONGER),
    (True, Relation.NONE), (False, Relation.SHORTER), (True, Relation.INSIDE), (False, Relation.LONGER),
    (False, Relation.INSIDE),
)  # fmt: skip
"""Official towns and older localities by what the written name is to them; NONE stands for another name or a slip."""


class Match(NamedTuple):
    """How a written town relates to the best towns of a postcode; `reason` where it is another name or a slip."""

    relation: Relation
    towns: tuple[Town, ...]
    reason: str | None = None

    @property
    def slipped(self) -> bool:
        return self.reason == "city_misspelt"


class Towns:
    """The towns of `places`, asked by postcode and written name."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.match = keep_cells(self._match)

    def _match(self, country: str, postcode: str, city: str | None) -> Match:
        if not city:
            return Match(Relation.NONE, ())
        written = name_words(city)
        towns = self.places.at(country, postcode)
        graded: dict[tuple[bool, Relation], list[Town]] = {}
        for town in towns:
            graded.setdefault((town.official, relation(written, town.words)), []).append(town)
        for official, level in _BEST_FIRST:
            if level is Relation.NONE:
                if (other := self._other_name(country, written, towns)).relation:
                    return other
                continue
            found = graded.get((official, level))
            if found and level in (Relation.LONGER, Relation.INSIDE):
                whole = self.places.named(written).get(country, ())
                if whole and postcode not in whole:  # `Frankfurt (Oder)` is no part of Frankfurt am Main
                    return Match(Relation.NONE, ())
            if found:
                found.sort(key=lambda t: (-len(t.words.words), t.name))
                return Match(level, tuple(found))
        return Match(Relation.NONE, ())

    def _other_name(self, country: str, written: TownName, towns: tuple[Town, ...]) -> Match:
        """A foreign name of the postcode's town, or a slip in its name."""
        abroad = {name for home, name in self.places.alias_of(written) if home == country}
        if meant := [t for t in towns if t.official and t.name in abroad]:
            return Match(Relation.SAME, (meant[0],), "city_exonym")
        text = written.joined
        if len(text) < 4 or self.places.named(written) or self.places.alias_of(written):
            return Match(Relation.NONE, ())
        allowed = 1 if len(text) < 8 else 2
        graded: dict[int, list[Town]] = {}
        for town in towns:
            for form in {town.words.joined, town.words.words[0] if len(town.words.words[0]) > 4 else ""} - {""}:
                slips = OSA.distance(text, form, score_cutoff=allowed)
                if slips <= allowed:
                    graded.setdefault(slips, []).append(town)
        if not graded:
            return Match(Relation.NONE, ())
        slips = min(graded)
        best = {t.name: t for t in graded[slips]}
        official = [t for t in best.values() if t.official] or list(best.values())
        if len(official) != 1:
            return Match(Relation.NONE, ())
        return Match(Relation.SAME, (official[0],), "city_misspelt")


@keep_words
def head_words(city: str) -> TownName:
    """The words of the town's own part: what stands before a district mark, slash, comma or bracket."""
    words = _BEHIND_TOWN.split(city, maxsplit=1)[0].split()
    for position, word in enumerate(words):
        if position and UNMARKED.text(word).strip(".") in DISTRICT_MARKS:
            return name_words(" ".join(words[:position]))
    return name_words(" ".join(words) or city)


def kept_name(match: Match, city: str) -> tuple[str, str | None, str | None]:
    """The name to keep, the district split off, and the reason where it differs from what was written."""
    town = match.towns[0]
    unique = len({t.name for t in match.towns}) == 1
    if match.reason:
        return town.name, None, match.reason
    if match.relation is Relation.SAME or (match.relation is Relation.SHORTER and town.official and unique):
        name = town.name if unique else _cased(city)
        return name, None, spelling(city, name)
    written = name_words(city)
    if match.relation is Relation.LONGER and town.official:
        rest = city[written.ends[len(town.words.words) - 1] :]
        if _SUFFIX.match(rest) and not any(mark in rest for mark in ":;") and len(rest.split()) <= 5:
            kept = _cased(city.rstrip(" .,;"))
            return kept, None, "city_official_name" if kept != city else None
        return _without(town.name, rest)
    if match.relation is Relation.INSIDE and town.official:
        width = len(town.words.words)
        at = next(i for i in range(len(written.words)) if written.words[i : i + width] == town.words.words)
        return _without(town.name, city[: written.starts[at]])
    kept = _cased(city.rstrip(" .,;"))
    return kept, None, "city_official_name" if kept != city else None


def _without(name: str, rest: str) -> tuple[str, str | None, str]:
    """A town's name freed of `rest`, which is a district when it looks like a name."""
    words = rest.strip(EDGES).split()
    while words and UNMARKED.text(words[0]).strip(".:") in DISTRICT_MARKS:
        words = words[1:]
    if words and all(set(name_words(word).words) <= LANDSCAPES for word in words):
        return name, None, "city_official_name"
    district = " ".join(words).strip(EDGES)
    if not any(c.isalpha() for c in district):
        return name, None, "city_official_name"
    if ":" in rest or any(c.isdigit() for c in district) or len(words) > 3 or len(district) < 3:
        return name, None, "city_trailing_text"
    return name, district, "city_district"


@keep_words
def spelling(city: str, name: str) -> str:
    """Why `name` is kept for `city`: the same letters, an umlaut spelt out, or the official form."""
    mine, theirs = folded(city), folded(name)
    if mine != theirs and mine == folded(SPELT_OUT.text(name)):
        return "city_umlaut"
    if mine == theirs and any(c in "äöüßÄÖÜ" for c in name) and not any(c in "äöüßÄÖÜ" for c in city):
        return "city_umlaut"
    return "city_official_name"


def _cased(city: str) -> str:
    """Names in capitals or small letters in ordinary casing."""
    if len(city) > 3 and (city.isupper() or city.islower()):
        parts = re.split(r"([\s\-/.(]+)", city.lower())
        return "".join(p if p in _SMALL and i else p[:1].upper() + p[1:] for i, p in enumerate(parts))
    return city
