"""A whole address in one cell, one line or many, taken apart into its fields.

Belongs here: finding the street, the post office box, postcode and town, country and the lines that are
none of these. Does not belong here: house numbers (`enrichment/address/street`), whether it is true
(`enrichment/address/locality`). Order and lines follow DIN 5008 and the UPU's addressing sheets of DE, AT, CH.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

import polars as pl

from engine.caches import keep_cells
from engine.word_lists import alternatives
from enrichment.address.country import country_of
from enrichment.address.street import is_english
from enrichment.address.words import pattern, recipient, words
from enrichment.cells.distinct import parts_by_cell, where_parts
from enrichment.cells.word_lists import of_columns

_LINES = re.compile(r"\s*[\r\n;|·•]+\s*|\s+//?\s+|\s+[–—-]\s+(?=[A-Z]{0,2}-?\d{4,5}\s)")
_COMMAS = re.compile(r"\s*,\s*")
_CODE = (
    r"(?:[A-Za-z]{1,3}\s?[-–]\s?|[A-Z]{1,2}\s)?(?:\d{5}|\d{4}(?:\s?[A-Z]{2}(?![\w]))?|\d{3}\s\d{2}|\d{2}-\d{3})(?:\.0)?"
)
_UK_CODE = r"[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}"
_LOCALITY = re.compile(rf"^(?P<code>{_CODE}|{_UK_CODE})[\s,]+(?P<city>[^\W\d_].*)$")
_REVERSED = re.compile(rf"^(?P<city>[^\W\d_][^\d]*?)[\s,]+\(?(?P<code>{_CODE}|{_UK_CODE})\)?$")
_ALONE = re.compile(rf"^(?:{_CODE}|{_UK_CODE})$")
_RUN_IN = re.compile(rf"^(?P<before>.*[^\s,])[\s,]+(?P<code>{_CODE}|{_UK_CODE})\s+(?P<city>[^\W\d_][^\d]*)$")
_BOX = re.compile(rf"(?i)^{pattern('box')}\s*[:#]?\s*(?:Nr\.?\s*)?(?P<number>\d[\d ]*)?(?P<rest>\D.*|)$")
_BOX_THEN_CODE = re.compile(r"^(?P<number>\d[\d ]*?)\s+(?P<code>(?:[A-Z]{1,2}-)?\d{4,5})$")
_CARE = re.compile(rf"(?i)^{recipient()}")
_FORM = alternatives(
    spelling.lstrip("=+").replace(".", ". ?").removesuffix(" ?")
    for spelling in of_columns("legal_forms.csv", "anywhere", "at_end")
)
_CARE_END = re.compile(rf"(?i)\b(?>{_FORM}(?:\s(?:& Co\.?\s)?{_FORM})*)(?=\s)")
_ENDING = alternatives(words("street_ending"))
_STREET_END = re.compile(
    rf"(?i)(?P<street>(?:(?:{alternatives(words('street_adjective') | words('street_beginning'))}|\S+er)\s+)?"
    rf"\S*{_ENDING}(?:\s+\d.*)?)$"
)
_EXTRA = re.compile(
    rf"(?i)^(?:(?:\d{{1,2}}\.?\s*)?(?:{pattern('line')}|{pattern('line_named')}\s+\S{{1,3}}$|{pattern('line_end')}$)"
    rf"|\d+(?:st|nd|rd|th)\s+{pattern('line')})"
)
_STREET_LIKE = re.compile(
    rf"(?i)(?:{_ENDING}|{alternatives(words('street_ending_too'))})\b|^{pattern('street_beginning', 'street_abroad')}"
)
_NUMBERED = re.compile(
    r"[^\W\d_].*?\d{1,4}\s?[a-zA-Z]?(?:\s?[-/+–]\s?\d*\s?[a-zA-Z]?)*$|^\d{1,4}\s?[a-zA-Z]?\s+[^\W\d_]|^[A-U]\s?\d{1,2}$"
)
_SQUARE = re.compile(r"^[A-U]\s?\d{1,2}$")
_HOUSE = re.compile(r"^\d{1,4}\s?[a-zA-Z]?(?:\s?[-/+]\s?\d+\s?[a-zA-Z]?)*$")


_IN_STATE = re.compile(  # `New York, NY 10118`
    rf"^(?:(?P<city>.+?)\s)?{pattern('state')}\s(?P<code>\d{{5}}(?:-\d{{4}})?)$"
)
_GLUED = re.compile(r"(?<![\w])(\d{5})(?=[A-ZÄÖÜ][a-zäöüß])")  # 50667Köln


class Parts(NamedTuple):
    """The fields of an address as written; None where it has none."""

    street: str | None = None
    extra: str | None = None
    po_box: str | None = None
    po_box_postcode: str | None = None
    postcode: str | None = None
    city: str | None = None
    country: str | None = None


class _Place(NamedTuple):
    """A postcode and the town beside it, if there is one."""

    code: str
    city: str | None


class _Reading:
    """An address as its segments are placed one by one, from the first to the last."""

    def __init__(self, country: str | None) -> None:
        self.country = country
        self.street: str | None = None
        self.box: str | None = None
        self.box_place: _Place | None = None
        self.places: list[_Place] = []
        self.extras: list[str] = []
        self.loose: list[str] = []
        self._behind_box = False
        """Whether the next postcode is that of the box."""

    def take(self, segment: str) -> None:
        """Place a segment by the first reading that fits; one that none fits is loose."""
        if not (
            self._is_box(segment)
            or self._is_american(segment)
            or self._is_locality(segment)
            or self._is_postcode(segment)
            or self._is_care(segment)
            or self._is_part(segment)
            or self._is_street(segment)
        ):
            self.loose.append(segment)

    def _is_box(self, segment: str) -> bool:
        """`Postfach 10 20 30`, perhaps with its postcode and town: `Postfach 1234 70001 Stuttgart`."""
        found = _BOX.match(segment)
        if not found or not (found["number"] or not found["rest"].strip()):
            return False
        number, code = _box_number(found["number"] or "")
        rest = found["rest"].strip(" ,.-")
        self.box = number or "Postfach"
        self._behind_box = True
        if code:
            self._placed(code, rest or None)
        elif rest:
            self.extras.append(rest)
        return True

    def _is_american(self, segment: str) -> bool:
        """`New York, NY 10118` behind a street in English order."""
        if not self.street or not is_english(self.street) or not (found := _IN_STATE.match(segment)):
            return False
        self.country = self.country or "US"
        self.places.append(_Place(found["code"], found["city"]))
        return True

    def _is_locality(self, segment: str) -> bool:
        """`70173 Stuttgart` or `Stuttgart 70173`; before any street, `Hauptstr. 70173` is no town."""
        if self.street is None and is_english(segment):
            return False
        found = _LOCALITY.match(segment) or _REVERSED.match(segment)
        if not found or (self.street is None and found.re is _REVERSED and _STREET_LIKE.search(found["city"])):
            return False
        city, named = _city_country(found["city"])
        self.country = self.country or named
        state = len(city) == 2 and city.isupper()  # `CA 94043`
        self._placed(found["code"], None if state else city)
        return True

    def _is_postcode(self, segment: str) -> bool:
        """A postcode alone; the first thing of an address that has one already is a number."""
        if not _ALONE.match(segment) or not (self.street or self.loose or not self.places):
            return False
        self._placed(segment, None)
        return True

    def _is_care(self, segment: str) -> bool:
        """`c/o Muster GmbH`, perhaps with the street behind it."""
        if not _CARE.match(segment):
            return False
        care, line = _care_split(segment)
        self.extras.append(care)
        self.street = self.street or line
        return True

    def _is_part(self, segment: str) -> bool:
        """A floor, a door, a part of a building."""
        if not _EXTRA.match(segment):
            return False
        self.extras.append(segment)
        return True

    def _is_street(self, segment: str) -> bool:
        """The first line with a house number or the words of a street."""
        if self.street or not (_NUMBERED.search(segment) or _STREET_LIKE.search(segment)):
            return False
        self.street = segment
        return True

    def _placed(self, code: str, city: str | None) -> None:
        self.places.append(_Place(code, city))
        if self._behind_box:
            self.box_place, self._behind_box = self.places[-1], False

    def parts(self) -> Parts:
        """The fields; a loose line is the town or the street where that is missing, and else goes to `extra`."""
        elsewhere = [place for place in self.places if place is not self.box_place]
        code, city = next(iter([*elsewhere, *self.places]), (None, None))
        if city is None and self.loose and (code or self.street or len(self.loose) == 1):
            city = self._loose_town()
        if self.street is None and self.loose and (code or city) and not self.box:
            self.street = self.loose.pop()
        box_code = (self.box_place.code if self.box_place else code) if self.box else None
        extra = ", ".join([*self.loose, *self.extras]) or None
        return Parts(self.street, extra, self.box, box_code, code, city, self.country)

    def _loose_town(self) -> str | None:
        """The last loose line without a number."""
        named = [line for line in self.loose if not re.search(r"\d", line)]
        if not named:
            return None
        self.loose.remove(named[-1])
        return named[-1]


@keep_cells
def parse_address(text: str) -> Parts:
    """Take a whole address apart. What cannot be placed goes to `extra`, so nothing is lost."""
    segments = _segments(text)
    if len(segments) == 1 and (found := _country(segments[0])):
        return Parts(country=found)
    country = None
    while len(segments) > 1 and (found := _country(segments[-1])):
        country = country or found
        segments.pop()
    reading = _Reading(country)
    for segment in _run_ins_split(segments):
        reading.take(segment)
    return reading.parts()


@keep_cells
def parse_locality(text: str) -> Parts:
    """Take `70173 Stuttgart`, `D-70173 Stuttgart, Deutschland` or `Stuttgart 70173` apart."""
    segments = [s for s in re.split(r"[\r\n;|]+", text) if s.strip()]
    whole = _GLUED.sub(r"\1 ", " ".join(segments).strip(" ,"))
    whole = re.sub(r"^(\d{4,5})\s*[-–]\s*(?=[^\W\d_])", r"\1 ", whole)
    if (in_state := _IN_STATE.match(whole)) and in_state["city"]:
        return Parts(postcode=in_state["code"], city=in_state["city"].strip(" ,"), country="US")
    place = _LOCALITY.match(whole) or _REVERSED.match(whole)
    if not place and (slashed := re.match(rf"^({_CODE})\s*/\s*(.+)$", whole)):
        return Parts(postcode=slashed[1], city=slashed[2])
    if not place:
        town, country = _city_country(whole)
        return Parts(postcode=whole) if _ALONE.match(whole) else Parts(city=town or None, country=country)
    city, country = _city_country(place["city"])
    return Parts(postcode=place["code"], city=city, country=country)


# Two capitals before a town belong to a Dutch postcode: `1012 AB Amsterdam`.
_COMMON_PLACE = (
    r"(?<postcode>(?:D-|A-|CH-)?\d{4,5}(?:\.0)?) "
    r"(?<city>[A-ZÄÖÜ](?:[a-zà-öø-ÿ]|[A-ZÄÖÜ][A-ZÄÖÜ])(?:[A-Za-zÀ-ÖØ-öø-ÿ\-. ]*[A-Za-zÀ-ÖØ-öø-ÿ])?)"
)
COMMON_LOCALITY = rf"^{_COMMON_PLACE}$"
"""The shape of most localities: `70173 Stuttgart`."""
COMMON = rf"^(?<street>[A-ZÄÖÜ][A-Za-zÀ-ÖØ-öø-ÿ\-'. ]*[A-Za-zÀ-ÖØ-öø-ÿ.] \d{{1,3}} ?[a-z]?)[,;] ?{_COMMON_PLACE}$"
"""The shape of most one-line addresses: `Musterstraße 12a, 70173 Stuttgart`."""
UNCOMMON = rf"(?i)^(?:{recipient()}|{pattern('box', 'line', 'line_named', 'line_end')}|[a-z]\b)"
"""What makes a line of the common shape something else."""


def addresses(cells: pl.Series, parse: Callable[[str], Parts]) -> pl.DataFrame:
    """`parse` for cells, columns of Parts: the common shapes by expression, the rest one by one."""
    if parse is parse_address:
        usual = cells.str.extract_groups(COMMON).struct.unnest()
        usual = usual.select(pl.when(~cells.str.contains(UNCOMMON)).then(pl.all()))
    else:
        usual = cells.str.extract_groups(COMMON_LOCALITY).struct.unnest()
    named = [city for city in usual["city"].drop_nulls().unique().to_list() if _city_country(city)[1]]
    odd = usual["city"].is_null() | usual["city"].is_in(named)
    return where_parts(odd, cells, parts_by_cell(parse, Parts._fields), usual)


def box_number(text: str) -> str | None:
    """A post office box number in DIN 5008 pairs (`10 20 30`); `Postfach` when the box has no number."""
    found = _BOX.match(text.strip())
    number = found["number"] if found else text
    return _box_number(number or "")[0] or ("Postfach" if found else text.strip() or None)


def is_box(text: str) -> bool:
    """Whether a line is a post office box."""
    found = _BOX.match(text.strip())
    return found is not None and (found["number"] is not None or not found["rest"].strip())


def care_of(line: str) -> tuple[str, str | None] | None:
    """The c/o or z.Hd. part of a line and the street after it, or None when the line has no such part."""
    return _care_split(line) if _CARE.match(line) else None


def _segments(text: str) -> list[str]:
    """The lines of an address and what commas part in them; a house number stays with its street."""
    found: list[str] = []
    for line in _LINES.split(_GLUED.sub(r"\1 ", text.strip())):
        for part in _COMMAS.split(line.strip(" ,")):
            piece = " ".join(part.split())
            if not piece:
                continue
            if found and _numbers(found[-1], piece):
                found[-1] += f", {piece}" if _SQUARE.match(found[-1]) else f" {piece}"
            elif len(found) == 1 and _HOUSE.match(found[0]) and not piece[0].isdecimal():  # `12, rue de Lausanne`
                found[0] += f", {piece}"
            else:
                found.append(piece)
    return found


def _numbers(street: str, piece: str) -> bool:
    """Whether a piece is the house number of the line before it: of a street without one, or of a square (`Q7, 24`)."""
    is_number = _HOUSE.match(piece) and not _ALONE.match(piece)
    return bool(is_number and (_SQUARE.match(street) or not re.search(r"\d", street)))


def _run_ins_split(segments: list[str]) -> list[str]:
    """`Königstr. 1 70173 Stuttgart` becomes street and locality."""
    found: list[str] = []
    for segment in segments:
        run_in = None if _LOCALITY.match(segment) else _RUN_IN.match(segment)
        if run_in and not _BOX.match(segment):
            found += [run_in["before"], f"{run_in['code']} {run_in['city']}"]
        else:
            found.append(segment)
    return found


def _box_number(digits: str) -> tuple[str | None, str | None]:
    """Box number in pairs, and a postcode that followed it without a separator."""
    code = None
    if found := _BOX_THEN_CODE.match(digits.strip()):
        digits, code = found["number"], found["code"]
    bare = "".join(c for c in digits if c.isdigit())
    if not bare:
        return None, code
    head = len(bare) % 2
    pairs = ([bare[:head]] if head else []) + [bare[i : i + 2] for i in range(head, len(bare), 2)]
    return " ".join(pairs), code


# Behind a town, `AG` is the canton and not Antigua, `BE` Bern and not Belgium.
_CANTON = re.compile(pattern("canton"))


def _city_country(city: str) -> tuple[str, str | None]:
    """A town with the country behind it: `Stuttgart, Germany`, `Wien (Österreich)`."""
    found = re.match(r"^(?P<city>.+?)\s*[,(/-]\s*(?P<country>[^,()/]+?)\)?$", city)
    if found and _CANTON.fullmatch(found["country"].strip(" .")):
        return city, None
    if found and (country := _country(found["country"])):
        return found["city"], country
    words = city.rsplit(" ", 1)
    if len(words) == 2 and len(words[1]) > 4 and (country := _country(words[1])):
        return words[0], country
    return city, None


def _country(text: str) -> str | None:
    """The country a segment names in full, or by a code of two or three capitals."""
    word = text.strip(" .")
    if any(c.isdigit() for c in word) or len(word) < 2 or (len(word) <= 3 and not word.isupper()):
        return None
    return country_of(word)


def _care_split(segment: str) -> tuple[str, str | None]:
    """`c/o Muster GmbH Musterstraße 5`: the street begins after a legal form, or is the last words."""
    if found := _CARE_END.search(segment):
        rest = segment[found.end() :].strip(" ,")
        if _NUMBERED.search(rest) or _STREET_LIKE.search(rest):
            return segment[: found.end()], rest
    if (found := _STREET_END.search(segment)) and found.start() > 6:
        return segment[: found.start()].strip(" ,"), found["street"]
    return segment, None
