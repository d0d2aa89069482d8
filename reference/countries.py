"""Names of countries and languages in many languages, folded so that spelling does not matter.

Belongs here: folding a name to a key, and the tables of names shipped in `reference/data`.
Does not belong here: deciding which country a record means (`enrichment/address/country`).
Sources: Unicode CLDR, ISO 3166-1, the UN's distinguishing signs of vehicles in traffic.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from engine.word_lists import WordLists
from reference.letters import SPELT_OUT, UNMARKED

DATA = Path(__file__).parent / "data"
_LISTS = WordLists(DATA)


def folded(name: str) -> str:
    """Lower-case letters and digits only, accents off (ä becomes a), so `Österreich` and `OSTERREICH` are one key."""
    return "".join(filter(str.isalnum, UNMARKED.text(name)))


@cache
def country_names() -> dict[str, str]:
    """ISO 3166-1 alpha-2 by folded name, alpha-2, alpha-3 or vehicle sign. A name of two countries is left out."""
    found: dict[str, str] = {}
    clashing: set[str] = set()
    for row in _LISTS.rows("countries.csv"):
        for name in [row["german"], row["english"], *row["other_names"].split("|")]:
            for key in _spellings(name):
                if found.setdefault(key, row["code"]) != row["code"]:
                    clashing.add(key)
    found = {key: code for key, code in found.items() if key not in clashing}
    for row in reversed(_LISTS.rows("country_aliases.csv")):
        found |= dict.fromkeys(_spellings(row["alias"]), row["code"])
    for column in ("alpha3", "code"):
        found |= {row[column].lower(): row["code"] for row in _LISTS.rows("countries.csv") if row[column]}
    return found


@cache
def language_names() -> dict[str, str]:
    """ISO 639-1 code by folded name or code."""
    found: dict[str, str] = {}
    for row in _LISTS.rows("languages.csv"):
        for name in [row["german"], row["english"], *row["other_names"].split("|")]:
            for key in _spellings(name):
                found.setdefault(key, row["code"])
    return found | {row["code"]: row["code"] for row in _LISTS.rows("languages.csv")}


@cache
def country_codes() -> frozenset[str]:
    """All ISO 3166-1 alpha-2 codes known."""
    return frozenset(row["code"] for row in _LISTS.rows("countries.csv"))


def _spellings(name: str) -> set[str]:
    """Folded forms of a name, with ä as a and as ae."""
    return {folded(name), folded(SPELT_OUT.text(name))} - {""}
