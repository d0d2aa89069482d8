"""Postcode, town and country judged together against reference data, and put right where that is certain.

Belongs here: one pure function per distinct (postcode, town, country) and the rules of what is certain. Does not belong
here: the text of a postcode (`enrichment/address/postcode`), what a written town is to those of a postcode
(`enrichment/address/town`), parsing of whole addresses (`enrichment/address/lines`), columns
(`enrichment/address/locality_columns`).

Certain are: another spelling of the town at that postcode, a slip in the town's name when the postcode
has one town like it and no town of the written name exists elsewhere, a lost leading zero that the town
confirms, a slip in an unassigned postcode with exactly one near postcode of the town. Everything else
is left as written, with a suggestion.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

from engine.caches import keep_cells, keep_words
from enrichment.address.abroad import TownsAbroad
from enrichment.address.postcode import fits, lettered, near, notation_abroad, read_postcode, telling_country
from enrichment.address.town import Match, Towns, head_words, kept_name, spelling
from reference.places import COUNTRIES, DIGITS, Places
from reference.town_names import Relation, TownName, relation
from reference.world_places import WorldPlaces
from reference.world_towns import SEVERAL, country_of_town

LARGE_TOWN, CITY, HUGE_TOWN = 5, 10, 80
"""Postcodes from which on a town counts as large, as a city with districts, as one with numbers all over its region."""
RESERVE_LARGE, RESERVE_SMALL, RESERVE_FOUR_DIGITS, RESERVE_AFTER = 250, 60, 15, 20
"""How far before a town's first delivery postcode its post office box and bulk postcodes begin, or behind its last.
Germany numbered each town's boxes just before its deliveries (Stuttgart 70001-70172, then 70173-70629); bulk
recipients have numbers among either or behind (37099 Göttingen's clinics). Austria and Switzerland put them beside
the town's own (8010, 8011 Graz) or take round ones (8000)."""

# Delivery office or district number: Bern 12, Wien 6., Paris Cedex 08.
_OFFICE = re.compile(r"(?<=[^\W\d_])\s+(?:\d{1,2}\.?|cedex(?:\s+\d{1,2})?)$", re.IGNORECASE)
_BEHIND_TOWN = re.compile(r"\s*[,(/;:]|\s+(?:[A-Z]{1,2}|\d+)$")  # New York, NY; København K; Dublin 7
_PROVINCE = re.compile(r"(?<=[^\W\d_])\s+(?:[A-Z]{2}|\([A-Z]{2}\))$")  # Milano MI, Bolzano (BZ)
_CORRECTIONS = frozenset(["city_misspelt", "city_umlaut", "city_exonym"])
"""Reasons that make a verdict `corrected`; other spellings of a name only agree."""


_LEADING_ZERO, _MISSPELT = "postcode_leading_zero", "postcode_misspelt"


class Verdict(NamedTuple):
    """What is known of a locality after judging it.

    `district` was split off the town's name; `postcode_reason` and `city_reason` say why one is not kept as received.
    """

    postcode: str | None
    city: str | None
    region: str | None
    country: str | None
    basis: str | None
    status: str
    reason: str | None
    suggestion: str | None = None
    district: str | None = None
    postcode_reason: str | None = None
    city_reason: str | None = None


class _Option(NamedTuple):
    country: str
    postcode: str
    zero: bool
    match: Match


class Localities:
    """Judges localities against `places` and, abroad, `world`, remembering what it has judged."""

    def __init__(self, places: Places, world: WorldPlaces) -> None:
        self.places = places
        self.towns = Towns(places)
        self._abroad_towns = TownsAbroad(world)
        self.judge = keep_cells(self._judge)

    def _judge(self, postcode: str | None, city: str | None, stated: str | None, default: str | None) -> Verdict:
        """Judge one locality.

        Args:
            postcode: as received, or None.
            city: as received, or None.
            stated: ISO code of the country the record states.
            default: ISO code assumed for the source.
        """
        written, city = city, _OFFICE.sub("", city) if city else None
        if not postcode and not city:
            country, basis = (stated, "stated") if stated else (default, "default") if default else (None, None)
            return Verdict(None, None, None, country, basis, "missing", None)
        prefix, code = read_postcode(postcode or "")
        basis = "stated" if stated else "address" if prefix else None
        country = stated or prefix
        if country and country not in COUNTRIES:
            return self._abroad(postcode, code, city, country, basis)
        if not country and (telling := telling_country(code)):
            return self._abroad(postcode, code, city, telling, "address")
        options = self._options(code, city, (country,) if country else COUNTRIES)
        if not country:
            country, basis = self._country(options, code, city, default)
            if country and country not in COUNTRIES:
                return self._abroad(postcode, code, city, country, basis)
        if not country:
            undecided = "postcode_ambiguous" if len(code) == 4 and not city else "country_unknown"
            reason = undecided if code else "postcode_missing"
            return _noted(Verdict(code or None, city, None, None, None, "unverifiable", reason), postcode, written)
        chosen = [option for option in options if option.country == country]
        verdict = self._within(country, code, city, chosen)
        if city and basis == "stated" and not any(option.match.relation for option in chosen):
            verdict = self._elsewhere(verdict, code, city, country)
        return _noted(verdict._replace(country=country, basis=basis), postcode, written)

    # ------------------------------------------------------------------ which country

    def _options(self, code: str, city: str | None, countries: tuple[str, ...]) -> list[_Option]:
        """The readings of a postcode per country: as it is, and in Germany with a lost zero."""
        return [
            _Option(country, reading, zero, self.towns.match(country, reading, city))
            for country, reading, zero in self._readings(code)
            if country in countries
        ]

    @keep_words  # the judge lives as long as its places
    def _readings(self, code: str) -> tuple[tuple[str, str, bool], ...]:
        possible = [(country, code, False) for country in COUNTRIES]
        if len(code) == 4:
            possible.insert(1, ("DE", "0" + code, True))
        return tuple(reading for reading in possible if self.places.knows(*reading[:2]))

    def _country(
        self, options: list[_Option], code: str, city: str | None, default: str | None
    ) -> tuple[str | None, str | None]:
        for good in (
            [o.country for o in options if o.match.relation and not o.match.slipped],
            [o.country for o in options if o.match.slipped],
        ):
            fitting = set(good)
            if len(fitting) == 1:
                return fitting.pop(), "address"
            if fitting:
                return (default, "default") if default in fitting else (None, None)
        if city and code:
            homes = set(self.places.named(head_words(city)))
            named = {c for c in homes if DIGITS[c] == len(code)}
            if len(named) > 1:
                named = {c for c in named if self._in_reserve(c, code, head_words(city))} or named
            if not named and homes == {"DE"} and len(code) == 4:  # a lost digit, or a number from before 1993
                named = homes
            if len(named) == 1:
                return named.pop(), "address"
            if len(there := self._abroad_towns.countries_of(code, city)) == 1:
                return next(iter(there)), "address"
        if city and (abroad := self._town_abroad(code, city)):
            return (None, None) if abroad == SEVERAL else (abroad, "address")
        if city and not code and len(homes := set(self.places.named(head_words(city)))) == 1 and default not in homes:
            return homes.pop(), "address"
        if default == "DE" and len(code) == 4 and any(o.country != "DE" for o in options):
            return None, None
        return (default, "default") if default else (None, None)

    def _town_abroad(self, code: str, city: str) -> str | None:
        """The other country whose town has the name, if the postcode may be one of its own; SEVERAL for several."""
        name = head_words(city)
        if self.places.named(name) or self.places.alias_of(name):
            return None
        country = country_of_town(_BEHIND_TOWN.split(city, maxsplit=1)[0])
        if country is None or country in COUNTRIES or country == SEVERAL:
            return country if country == SEVERAL and not self._readings(code) else None
        return country if not code or fits(country, notation_abroad(country, code)) else None

    def _elsewhere(self, verdict: Verdict, code: str, city: str | None, country: str) -> Verdict:
        """Name the country that would fit when the stated one does not."""
        others = tuple(c for c in COUNTRIES if c != country)
        fitting = [o for o in self._options(code, city, others) if o.match.relation and not o.match.slipped]
        if len({o.country for o in fitting}) != 1:
            return verdict
        option = fitting[0]
        suggestion = f"{option.country} {option.postcode} {_shown(option.match, city)}"
        return verdict._replace(status="conflict", reason="country_conflict", suggestion=suggestion)

    # ------------------------------------------------------------------ within a country

    def _within(self, country: str, code: str, city: str | None, options: list[_Option]) -> Verdict:
        matched = [o for o in options if o.match.relation]
        if matched:
            return self._agreeing(max(matched, key=lambda o: (not o.zero, o.match.relation)), city or "")
        lone = options[0] if len(options) == 1 else None
        reading = lone.postcode if lone else code
        zeroed = _LEADING_ZERO if lone and lone.zero and not city else None
        region = self._region(country, reading)
        if not city:
            if not lone:
                reason = "postcode_unknown" if len(code) == DIGITS[country] else "postcode_format"
                return Verdict(code, None, None, None, None, "unverifiable", reason)
            names = sorted({t.name for t in self.places.at(country, reading) if t.official})
            suggestion = f"{reading} {names[0]}" if len(names) == 1 else None
            return Verdict(reading, None, region, None, None, "unverifiable", "city_missing", suggestion, None, zeroed)
        name = head_words(city)
        codes = sorted(self.places.named(name).get(country, ()))
        if not code:
            return self._without_postcode(country, city, name, codes)
        if lone and not lone.zero:
            elsewhere = codes or self.places.named(name) or self.places.alias_of(name)
            # Among a capital's numbers a foreign one is an office of its own, such as Vienna's airport.
            if elsewhere and not (self._perhaps_district(country, code, name) or self._reigns(country, code[0], name)):
                beside = [c for c in codes if near(c, code)]
                names = sorted({t.name for t in self.places.at(country, code) if t.official})
                guesses = [f"{c} {city}" for c in beside[:2]] + [f"{code} {n}" for n in names[:2]]
                return Verdict(code, city, None, None, None, "conflict", "postcode_city_conflict", " or ".join(guesses))
            return Verdict(code, city, region, None, None, "unverifiable", "city_unknown")
        return self._unassigned(country, code, city, codes)

    def _perhaps_district(self, country: str, code: str, name: TownName) -> bool:
        """Whether a name may be a district of the city at that postcode: Altona in Hamburg, Vaihingen in Stuttgart.

        Only villages or towns of a longer name are called so in the country; a town of that very name, or a
        large one, is another town.
        """
        here = [t for t in self.places.at(country, code) if t.official]
        if len(here) != 1 or len(self.places.named(here[0].words).get(country, ())) < CITY:
            return False
        homes = self.places.named(name)
        clusters = Counter((home, c[:2]) for home, codes in homes.items() for c in codes)  # villages lie apart
        if max(clusters.values(), default=0) >= LARGE_TOWN or self.places.alias_of(name):
            return False
        towns = [t for c in homes.get(country, ()) for t in self.places.at(country, c) if t.official]
        return not any(relation(name, t.words) is Relation.SAME for t in towns)

    def _agreeing(self, option: _Option, city: str) -> Verdict:
        match = option.match
        town = match.towns[0]
        kept, district, reason = kept_name(match, city)
        zeroed, respelt = _LEADING_ZERO if option.zero else None, reason if kept != city else None
        status = "corrected" if zeroed or reason in _CORRECTIONS else "locality"
        last = respelt or zeroed
        return Verdict(option.postcode, kept, town.region, None, None, status, last, None, district, zeroed, respelt)

    def _without_postcode(self, country: str, city: str, name: TownName, codes: list[str]) -> Verdict:
        if not codes:
            return Verdict(None, city, None, None, None, "unverifiable", "city_unknown")
        same = self._officially(country, name)
        kept, region = next(iter(same)) if len(same) == 1 else (city, None)
        respelt = spelling(city, kept) if kept != city else None
        hint = f"{codes[0]} {kept}" if len(codes) == 1 else None
        verdict = Verdict(None, kept, region, None, None, "unverifiable", "postcode_missing", hint)
        return verdict._replace(city_reason=respelt)

    @keep_words  # the judge lives as long as its places
    def _officially(self, country: str, name: TownName) -> frozenset[tuple[str, str | None]]:
        """Official name and region of the country's towns of a name, wherever they are."""
        codes = self.places.named(name).get(country, ())
        towns = (town for code in codes for town in self.places.at(country, code))
        return frozenset((t.name, t.region) for t in towns if t.official and relation(name, t.words) is Relation.SAME)

    def _in_reserve(self, country: str, code: str, name: TownName) -> bool:
        """Whether an unassigned postcode lies where the town of that name has boxes and bulk recipients."""
        codes = self.places.named(name).get(country, set())
        if not codes or len(code) != DIGITS[country] or not code.isdecimal():
            return False
        if self._reigns(country, code[0], name):
            return True
        number, large = int(code), len(codes) >= LARGE_TOWN
        if country != "DE":
            own = [int(c) for c in codes if c[:2] == code[:2]]
            if large and own and number > max(own):
                return True
            return any(abs(number - c) <= RESERVE_FOUR_DIGITS for c in own) or (
                bool(own) and country == "CH" and number % 100 == 0
            )
        digits = 1 if len(codes) >= HUGE_TOWN else 2 if large else 3
        own = [int(c) for c in codes if c[:digits] == code[:digits]]
        first = min(own, default=0) - (RESERVE_LARGE if large else RESERVE_SMALL)
        return bool(own) and first <= number <= max(own) + (RESERVE_AFTER if large else 0)

    @keep_words  # the judge lives as long as its places
    def _reigns(self, country: str, digit: str, name: TownName) -> bool:
        """Whether nearly all postcodes with that first digit are the town's, as Vienna's are."""
        there = self.places.beginning(country, digit)
        own = self.places.named(name).get(country, set())
        return 0.9 * len(there) < len(there & own)

    def _unassigned(self, country: str, code: str, city: str, codes: list[str]) -> Verdict:
        """A postcode that no town has: a post office box or bulk recipient's, or a slip."""
        if not codes:
            reason = "postcode_unknown" if len(code) == DIGITS[country] else "postcode_format"
            return Verdict(code, city, None, None, None, "unverifiable", reason)
        beside = [c for c in codes if near(c, code)]
        anchor = beside[0] if beside else min(codes, key=lambda c: abs(int(c) - int(code)) if code.isdecimal() else 0)
        town = self.towns.match(country, anchor, city)
        kept, district, _reason = kept_name(town, city) if town.relation else (city, None, None)
        region = self._region(country, anchor)
        if self._in_reserve(country, code, head_words(city)):
            hint = f"{beside[0]} {kept}" if len(beside) == 1 else None
            return Verdict(code, kept, region, None, None, "locality", "postcode_po_box_or_bulk", hint, district)
        if len(code) != DIGITS[country] and (len(beside) != 1 or self._read_otherwise(country, code, beside[0], city)):
            return Verdict(code, city, None, None, None, "unverifiable", "postcode_format")
        if len(beside) == 1 and not any(self.places.knows(other, code) for other in COUNTRIES):
            respelt = "city_official_name" if kept != city else None
            verdict = Verdict(beside[0], kept, region, None, None, "corrected", _MISSPELT, None, district)
            return verdict._replace(postcode_reason=_MISSPELT, city_reason=respelt)
        hint = " or ".join(f"{c} {kept}" for c in (beside or codes)[:2]) if len(beside or codes) <= 2 else None
        return Verdict(code, city, None, None, None, "conflict", "postcode_city_conflict", hint)

    def _read_otherwise(self, country: str, code: str, near: str, city: str) -> bool:
        """Whether a digit too many may have made another postcode of the town as well: a box in `803311 München`."""
        shorter = {code[:at] + code[at + 1 :] for at in range(len(code))} - {near}
        return any(self._in_reserve(country, reading, head_words(city)) for reading in shorter)

    def _region(self, country: str, postcode: str) -> str | None:
        regions = {t.region for t in self.places.at(country, postcode)}
        return regions.pop() if len(regions) == 1 else None

    # ------------------------------------------------------------------ other countries

    def _abroad(self, raw: str | None, code: str, city: str | None, country: str, basis: str | None) -> Verdict:
        at_home = [o for o in self._options(code, city, COUNTRIES) if o.match.relation is Relation.SAME]
        at_home = [o for o in at_home if not o.match.reason and o.match.towns[0].official]
        written = notation_abroad(country, code)
        raw_city = city
        if country == "IT" and city and not city.isupper():
            city = _PROVINCE.sub("", city)
        verdict = Verdict(written or None, city, None, country, basis, "unverifiable", "country_without_reference")
        if code and not fits(country, written):
            verdict = verdict._replace(postcode=code, status="conflict", reason="postcode_format")
        elif code and city and self._abroad_towns.knows(country):
            verdict = verdict._replace(**self._abroad_towns.judge(country, written, city)._asdict())
        if at_home and (basis == "default" or len({o.country for o in at_home}) == 1):
            option = at_home[0]
            hint = f"{option.country} {option.postcode} {_shown(option.match, city)}"
            verdict = verdict._replace(status="conflict", reason="country_conflict", suggestion=hint)
        return _noted(verdict, raw, raw_city)


def _shown(match: Match, city: str | None) -> str:
    return match.towns[0].name if match.towns else city or ""


def _noted(verdict: Verdict, postcode: str | None, city: str | None) -> Verdict:
    """Say why a postcode is written otherwise than received, or a town named otherwise, where nothing does yet."""
    if postcode not in {None, verdict.postcode} and not verdict.postcode_reason:
        reason = "postcode_lookalike" if lettered(postcode or "") else "postcode_notation"
        verdict = verdict._replace(postcode_reason=reason)
        if reason == "postcode_lookalike" and verdict.status == "locality":
            verdict = verdict._replace(status="corrected", reason=reason)
    if city is not None and verdict.city not in {None, city} and not verdict.city_reason:
        verdict = verdict._replace(city_reason="city_official_name")
    return verdict._replace(city=city) if verdict.city is None else verdict
