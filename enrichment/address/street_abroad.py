"""A street line of another country taken apart in its own order: number first or last, flat and floor on either side.

Belongs here: lines of addresses whose country is known and not of the home market. Does not belong here: lines at home,
which spell `Straße` out and have squares and stairs (`enrichment/address/street`), postcodes and towns.
Sources: the UPU's addressing sheets; `10250 Constellation Blvd` (US), `12 bis rue …` (FR), `Via Roma 15/B int. 4` (IT),
`Calle Mayor 5, 3º B` (ES), `Kerkstraat 13 bus 201` (BE), `Flat 6, 12 High Street` (GB), `3/14 George St` (AU).
"""

from __future__ import annotations

import re

import polars as pl

from engine.caches import keep_cells
from enrichment.address.street import Street, cased
from enrichment.address.words import pattern
from enrichment.cells.distinct import parts_by_cell

NUMBER_FIRST = frozenset(
    [
        "AU",
        "CA",
        "FR",
        "GB",
        "HK",
        "IE",
        "IL",
        "IN",
        "JE",
        "GG",
        "IM",
        "LU",
        "MC",
        "MY",
        "NZ",
        "PH",
        "SG",
        "TH",
        "US",
        "ZA",
    ]
)
"""Countries that put the number before the street."""
CAPITALS = frozenset(["AU", "CA", "GB", "HK", "IE", "IN", "IT", "NZ", "SG", "US", "ZA"])
"""Countries that write the letter of a house number as a capital."""

_SUFFIX = r"(?:\s?(?:bis|ter|quater|1/2)(?![\w-]))?"
_PART = rf"\d{{1,6}}(?:\s?[A-Za-z](?![A-Za-zÀ-ÿ'.º°ª]))?{_SUFFIX}"
_NUMBER = rf"{_PART}(?:\s?[-–/]\s?(?:{_PART}|[A-Za-z](?![A-Za-zÀ-ÿ])))*"
_RANGE = r"(?:\s?[-–/]\s?(?:\d{1,6}[A-Za-z]?|[A-Za-z])(?![^\W_]))*"
_AHEAD = rf"\d{{1,6}}(?:\s?[A-D](?=\s)|[A-Za-z](?![^\W_]))?{_SUFFIX}{_RANGE}"
_LABEL = rf"(?:(?:{pattern('number_label')}|n[°ºr]?\.?|no\.?|num\.?|č\.?\s?p\.?|д\.?|буд\.?)\s*:?\s*)"
_FIRST = re.compile(rf"^{_LABEL}?(?P<number>{_AHEAD}),?\s+(?P<street>[^\W\d_].*|\d+\S*\s?[^\W\d_].*)$", re.IGNORECASE)
_OWN = re.compile(  # a number of the name's own before that of the house: `ul. 1 Maja 5`, `Plein 1944 12`
    rf"^(?P<street>[^\W\d_].*?\s(?:\d+\.?\s+(?:[^\W\d_]+\s+)*[^\W\d_]{{3,}}.*?|1[789]\d\d|20\d\d))\s+{_LABEL}?(?P<number>{_NUMBER})$",
    re.IGNORECASE,
)
_LAST = re.compile(
    rf"^(?P<street>.*?[^\W\d_][^,]*?)(?:,?\s+|\s*,\s*){_LABEL}?(?P<number>{_NUMBER})(?P<rest>(?:[\s,.].*)?)$",
    re.IGNORECASE,
)
_ALONE = re.compile(rf"^{_LABEL}?{_NUMBER}$", re.IGNORECASE)
_VALUE = r"(?:[^\W\d_]{0,3}\d[\w-]{0,6}|[^\W\d_]{1,2})(?![^\W_])"
_STOREY = r"(?:\d{1,2}(?:st|nd|rd|th)|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|ground|top)"
_UNIT = (
    rf"(?:{pattern('unit')}\s*[.:#]?\s*#?{_VALUE}|\#\s?{_VALUE}|{_STOREY}\s+(?:floor|fl)\b\.?"
    rf"|{pattern('unit_alone')}(?![^\W_]))"
)
_UNIT_AHEAD = re.compile(rf"^(?P<unit>{_UNIT}(?:[\s,]+{_UNIT})*)\s*[,/-]?\s*(?=\d)", re.IGNORECASE)
_UNIT_BEHIND = re.compile(rf"(?<=\w)[\s,.]+(?P<unit>{_UNIT}.*)$", re.IGNORECASE)
_IS_UNIT = re.compile(rf"^(?:{_UNIT}.*|\d{{1,2}}[ºª°.]{{1,2}}.*|(?:st|kl|mf)\.?(?:\s(?:tv|th|mf)\.?)?)$", re.IGNORECASE)


def streets_abroad(lines: pl.Series, countries: pl.Series) -> pl.DataFrame:
    """`split_abroad` for columns: street, number, extra."""
    cells = pl.select(countries.fill_null("") + pl.lit("\t") + lines).to_series()
    return parts_by_cell(_of_cell, Street._fields)(cells)


def _of_cell(cell: str) -> Street:
    country, _, line = cell.partition("\t")
    return split_abroad(line, country)


@keep_cells
def split_abroad(line: str, country: str) -> Street:
    """Take a street line of a country apart; what is neither street nor number is `extra`."""
    text = " ".join(line.replace("\u00a0", " ").split()).strip(" ,;")
    aside: list[str] = []
    if ahead := _UNIT_AHEAD.match(text):
        aside.append(ahead["unit"])
        text = text[ahead.end() :]
    unit = None
    if (behind := _UNIT_BEHIND.search(text)) and re.search(r"\d", text[: behind.start()]):
        unit, text = behind["unit"], text[: behind.start()]
    segments = [part for part in re.split(r"\s*[,;]\s*", text) if part]
    at = _street_at(segments, country)
    if at is None:
        return Street(None, None, line.strip() or None)
    main = segments[at]
    beside = segments[:at] + segments[at + 1 :]
    if at + 1 < len(segments) and _ALONE.match(segments[at + 1]) and not re.search(r"\d", main):
        main, beside = f"{main} {segments[at + 1]}", segments[:at] + segments[at + 2 :]
    elif at and _ALONE.match(segments[at - 1]) and not re.search(r"^\d|\d$", main):
        main, beside = f"{segments[at - 1]} {main}", segments[: at - 1] + segments[at + 1 :]
    street, number, rest = _main(main, country)
    extra = ", ".join(part for part in (*aside, rest, *beside, unit) if part) or None
    return Street(street, number, extra)


def _street_at(segments: list[str], country: str) -> int | None:
    """Which segment names the street: the first with a number of its own that is no flat, else the first name."""
    named = [at for at, part in enumerate(segments) if _is_name(part)]
    numbered = [at for at in named if re.search(r"\d", segments[at])]
    return next(iter(numbered or named), None)


def _is_name(part: str) -> bool:
    return bool(re.search(r"[^\W\d_]", part) and not _IS_UNIT.match(part) and not _ALONE.match(part))


def _main(text: str, country: str) -> tuple[str | None, str | None, str | None]:
    """Street, number and what stood beside them in one segment."""
    shapes = (_FIRST, _LAST) if country in NUMBER_FIRST else (_OWN, _LAST, _FIRST)
    for shape in shapes:
        if found := shape.match(text):
            rest = found["rest"].strip(" ,;/()-.") if shape is _LAST else ""
            if rest and country in NUMBER_FIRST:
                continue
            return cased(found["street"].strip(" ,;")), _number(found["number"], country), rest or None
    return cased(text), None, None


def _number(text: str, country: str) -> str:
    number = re.sub(r"\s*([-–/])\s*", lambda sign: sign[1].replace("–", "-"), text.strip())
    number = re.sub(r"(?<=\d)\s+(?=[A-Za-z]$|[A-Za-z][-/])", "", number)
    if country in CAPITALS:
        return number.upper()
    return re.sub(r"(?<=\d)[A-Z](?![^\W_])", lambda found: found[0].lower(), number)
