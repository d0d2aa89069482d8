"""A whole address in English order: number before the street, town before the postcode, county or state between.

Belongs here: texts that end in a postcode of GB, the USA, Canada, Australia or Ireland, or in an American state.
Does not belong here: every other order (`enrichment/address/lines`), the towns of postcodes
(`enrichment/address/run_on`).
Sources: the addressing guides of Royal Mail, the US Postal Service (Publication 28) and Canada Post.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from engine.word_lists import alternatives
from enrichment.address.words import pattern, words

_BRITISH = re.compile(r"\b(?P<code>[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2})\b", re.IGNORECASE)
_IRISH = re.compile(r"\b(?P<code>[A-Z]\d[\dW]\s[A-Z\d]{4})\b", re.IGNORECASE)
_CANADIAN = re.compile(
    rf"(?:\b(?P<state>{pattern('province')})[,\s]+)?\b(?P<code>[A-Z]\d[A-Z]\s?\d[A-Z]\d)$", re.IGNORECASE
)
_AUSTRALIAN = re.compile(rf"\b(?P<state>{pattern('province')})[,\s]+(?P<code>\d{{4}})$")
_AMERICAN = re.compile(rf"[,\s](?P<state>{pattern('state')})[,\s]+(?P<code>\d{{5}}(?:-\d{{4}})?)$")
_STATE = re.compile(rf"(?:^|[,\s])(?P<state>{pattern('state')})$")
_COUNTRY_OF = ((_BRITISH, "GB"), (_CANADIAN, "CA"), (_AUSTRALIAN, "AU"), (_AMERICAN, "US"), (_IRISH, "IE"))
_DOTTED = re.compile(r"(?<![\w.])([A-Z])\.\s?([A-Z])\.?(?=[\s,]+\d{5}|\s*$)")  # N.Y., D.C.
_COUNTY = re.compile(rf"(?i)^{alternatives(words('county'))}$")
_SIDE = r"(?:\s(?:[NS][EW]?|[EW]|North|South|East|West)\b\.?)?"
_NAME = rf"(?:[^\s,]+\s+){{0,5}}?{pattern('street_english')}\.?{_SIDE}(?!\s+{pattern('street_english')})"
_NUMBER = r"\d{1,5}[A-Za-z]?(?:[-/]\d{1,5}[A-Za-z]?|-[A-Za-z])?(?:\s1/2)?"
_NUMBERED = re.compile(rf"(?i)^(?P<venue>.*?)(?:^|\s)(?P<street>{_NUMBER},?\s+{_NAME})(?=$|[\s,#])(?P<tail>.*)$")
_COUNTED = re.compile(rf"(?i)^(?P<venue>.*?)(?:^|\s)(?P<street>{_NUMBER}\s+[^,\d]+)(?P<tail>)$")
_NAMED = re.compile(
    rf"(?i)^(?P<venue>(?:.*\s)??)(?P<street>(?:[^\s,\d]+\s+){{0,3}}?{pattern('street_english')}\.?{_SIDE})(?P<tail>)$"
)
_STREET_END = re.compile(rf"(?i){pattern('street_english')}\.?$")
_UNIT = re.compile(
    rf"(?i)^(?:{pattern('unit_line')}\s*[.:#]?\s*(?:No\.?\s*)?#?[\w-]{{1,7}}|\#\s?[\w-]+|(?:\d+(?:st|nd|rd|th)|\w+th|first|second|third)\s+(?:floor|fl)\b\.?)"
)
_BOX = re.compile(r"(?i)^p\.?\s?o\.?\s?box\s+(?P<number>[\w-]+)$")


class English(NamedTuple):
    """The fields of an address in English order, as written."""

    street: str | None
    extra: str | None
    po_box: str | None
    postcode: str | None
    city: str | None
    region: str | None
    country: str | None  # of the state; a postcode of one country only tells it by itself


def read_english(text: str, country: str | None) -> English | None:
    """The fields of an address in English order; None where the text is none.

    Args:
        text: in one line or several, without the country.
        country: ISO code, where the text named one.
    """
    line = _DOTTED.sub(r"\1\2", " ".join(re.sub(r"[\r\n;]+", ", ", text).split())).strip(" ,.")
    found, home = next(
        ((match, code) for shape, code in _COUNTRY_OF if country in (None, code) and (match := shape.search(line))),
        (None, None),
    )
    if found is None and country in (None, "US") and (found := _STATE.search(line)):
        home = "US"
    if found is None or home is None:
        return None
    groups = found.groupdict()
    before, after = line[: found.start()], line[found.end() :]
    segments = [part.strip(" .") for side in (before, after) for part in side.split(",") if part.strip(" .,")]
    return _placed(segments, groups.get("code"), groups.get("state"), home)


def _placed(segments: list[str], code: str | None, state: str | None, home: str) -> English | None:
    rest: list[str] = []
    counties: list[str] = []
    box = None
    for at, segment in enumerate(segments):
        if boxed := _BOX.match(segment):
            box = boxed["number"]
        else:
            (counties if at and _COUNTY.match(segment) else rest).append(segment)
    if len(rest) > 1 and re.fullmatch(_NUMBER, rest[0]):  # `21, Kingswood Road`
        rest[:2] = [f"{rest[0]} {rest[1]}"]
    at, street, venue, tail = _street(rest, box is not None)
    if street is None and box is None:
        alone = not counties and len(rest) == 1 and code is not None and not re.search(r"\d", rest[0])
        return English(None, None, None, code, rest[0], state, home if state else None) if alone else None
    behind = [part for part in (tail, *rest[at + 1 :]) if part]
    ahead = [part for part in (*rest[: max(at, 0)], venue) if part]
    units: list[str] = []
    while behind and (unit := _UNIT.match(behind[0])):
        units.append(unit[0])
        left = behind[0][unit.end() :].strip(" ,")
        behind[:1] = [left] if left else []
    if not (code or behind):
        return None  # a street that ends like a state
    city = behind.pop() if behind else None
    region = state or (counties.pop(0) if counties else None)
    extra = ", ".join([*ahead, *units, *behind, *counties]) or None
    return English(street, extra, box, code, city, region, home if state else None)


def _street(segments: list[str], boxed: bool) -> tuple[int, str | None, str | None, str | None]:
    """Where the street stands, the street, what stood before it and behind it there."""
    for shape in (_NUMBERED, _COUNTED, _NAMED):
        for at, segment in enumerate(segments):
            if shape is not _NUMBERED and at == len(segments) - 1 and (at or shape is _NAMED):
                continue  # the town
            if (found := shape.match(segment)) and not _UNIT.match(segment):
                return at, found["street"], found["venue"].strip(" ,"), found["tail"].strip(" ,")
    if boxed or len(segments) < 2:
        return -1, None, None, None
    for at, segment in enumerate(segments):
        if (unit := _UNIT.match(segment)) and _STREET_END.search(segment[unit.end() :]):  # `Unit 26 Roper Close`
            return at, segment[unit.end() :].strip(), unit[0], None
    return len(segments) - 2, segments[-2], None, None
