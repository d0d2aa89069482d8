"""Names of countries and languages in many languages, folded so that spelling does not matter.

Belongs here: folding a name to a key, and the tables of names shipped in `reference/data`.
Does not belong here: deciding which country a record means (`enrichment/address/country`).
Sources: Unicode CLDR, ISO 3166-1, the UN's distinguishing signs of vehicles in traffic.
"""

from __future__ import annotations

import csv
import unicodedata
from functools import cache
from pathlib import Path

DATA = Path(__file__).parent / "data"

_SPELT = {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}


class _Folding(dict[int, str]):
    """What a character of a folded name becomes, found out once for each."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        plain = unicodedata.normalize("NFKD", _SPELT.get(character, character))
        self[code] = "".join(c for c in plain if c.isalnum() and not unicodedata.combining(c))
        return self[code]


_FOLDING = _Folding()


def folded(name: str) -> str:
    """Lower-case letters and digits only, accents off (ä becomes a), so `Österreich` and `OSTERREICH` are one key."""
    return name.casefold().translate(_FOLDING)


@cache
def country_names() -> dict[str, str]:
    """ISO 3166-1 alpha-2 by folded name, alpha-2, alpha-3 or vehicle sign. A name of two countries is left out."""
    found: dict[str, str] = {}
    clashing: set[str] = set()
    for row in _rows("countries.csv"):
        for name in [row["german"], row["english"], *row["other_names"].split("|")]:
            for key in _spellings(name):
                if found.setdefault(key, row["code"]) != row["code"]:
                    clashing.add(key)
    found = {key: code for key, code in found.items() if key not in clashing}
    for row in _rows("country_aliases.csv"):
        found |= dict.fromkeys(_spellings(row["alias"]), row["code"])
    for column in ("alpha3", "code"):
        found |= {row[column].lower(): row["code"] for row in _rows("countries.csv") if row[column]}
    return found


@cache
def language_names() -> dict[str, str]:
    """ISO 639-1 code by folded name or code."""
    found: dict[str, str] = {}
    for row in _rows("languages.csv"):
        for name in [row["german"], row["english"], *row["other_names"].split("|")]:
            for key in _spellings(name):
                found.setdefault(key, row["code"])
    return found | {row["code"]: row["code"] for row in _rows("languages.csv")}


@cache
def country_codes() -> frozenset[str]:
    """All ISO 3166-1 alpha-2 codes known."""
    return frozenset(row["code"] for row in _rows("countries.csv"))


def _spellings(name: str) -> set[str]:
    """Folded forms of a name, with ä as a and as ae."""
    written_out = name.casefold().replace("ä", "ae").replace("ö", "oe").replace("ü", "ue")
    return {folded(name), folded(written_out)} - {""}


def _rows(file: str) -> list[dict[str, str]]:
    with (DATA / file).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
