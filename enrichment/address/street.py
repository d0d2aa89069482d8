"""A street line taken apart: street, house number with addition or range, and what else stood there.

Belongs here: one function per line, and the same answer for a whole column. Does not belong here:
postcodes and towns (`enrichment/address/locality`), whole addresses (`enrichment/address/lines`).
Sources: DIN 5008 (order and notation), Mannheim's squares (`Q7, 24`), Austrian stair and door
(`12/3/4`), French and English order (`12, rue de Lausanne`).
"""

from __future__ import annotations

import re
from typing import NamedTuple

import polars as pl

from engine.caches import keep_cells, keep_words
from engine.word_lists import alternatives, entries
from enrichment.address.words import pattern, words
from enrichment.cells.distinct import parts_by_cell, remembered, where_parts
from enrichment.cells.recipients import ATTENTION, CARE_OF
from enrichment.cells.word_lists import rows

_LETTERS = "A-Za-zÀ-ÖØ-öø-ÿ"
_LABEL_WORDS = pattern("number_label")
COMMON = rf"^[A-ZÄÖÜ][a-zäöüß](?:[{_LETTERS}\-'. ]*[{_LETTERS}.])?$"
"""The shape of most names: in ordinary casing."""
UNCOMMON = rf"(?i)( ({_LABEL_WORDS}|haus)$|str(asse)?\.?([ -]|$)|str\.\S|pl\.|  | -|- |(^| )\p{{L}}$)"
"""What makes a name of the common shape something else. `Str.` at its end is looked at apart."""
_NAME_NUMBER = r"(?s)^(?<name>[^0-9]*)(?<number>[0-9].*)?$"
_PLAIN_NUMBER = r"^[0-9]{1,4}(?: ?[-–/] ?[0-9]{1,4})? ?[a-zA-Z]?$"

_PART = r"\d{1,5}(?:\s?[a-zA-Z](?![a-zA-Zäöüß]))?(?:\s?[½¼¾]|\s1/[234](?!\d)|\s(?:bis|ter|quater)(?!\s?\w))?"
_JOIN = r"(?:\s?[-–—/+&]\s?|\s?(?:bis|u\.|und)\s?(?=\d))"
_NUMBER = rf"{_PART}(?:{_JOIN}(?:{_PART}|[a-zA-Z](?![a-zA-Zäöüß])))*"
_LABEL = rf"(?:,?\s*{_LABEL_WORDS}\s*:?\s*)"
_ENDING = alternatives(words("street_ending"))
_RECIPIENT = (*ATTENTION, *CARE_OF)

_TRAILING = re.compile(
    rf"^(?P<street>.*?[^\W\d_].*?)(?:{_LABEL}|[\s,]+)(?P<number>{_NUMBER})(?P<rest>(?:\s*[,;(/].*|\s+[^\d\W].*)?)$",
    re.IGNORECASE,
)
_INNER = re.compile(  # a number of the name's own before that of the house: `An den 7 Eichen 3`
    rf"^(?P<street>[^\W\d_].*\s\d+\s+[^\W\d_]{{3,}}.*?)\s+(?P<number>{_NUMBER})(?P<rest>)$", re.IGNORECASE
)
_PARK = re.compile(
    rf"^(?P<street>.*{alternatives(words('site_ending'))})\s+(?P<number>[A-Z]\s?\d{{1,3}}[a-z]?)(?P<rest>)$",
    re.IGNORECASE,
)
_LABELLED = re.compile(rf"^(?P<street>.*?[^\W_]){_LABEL}(?P<number>{_NUMBER})(?P<rest>)$", re.IGNORECASE)
_GLUED = re.compile(rf"^(?P<street>.*(?:{_ENDING}|[^\W\d_]\.))(?P<number>{_NUMBER})(?P<rest>)$", re.IGNORECASE)
_SQUARE = re.compile(
    r"^(?P<street>[A-U]\s?\d{1,2})\s*[,/]\s*(?P<number>\d+\s?[a-z]?(?:\s?-\s?\d+\s?[a-z]?)?)(?P<rest>)$", re.IGNORECASE
)
_SQUARE_SPACED = re.compile(r"^(?P<street>[A-U]\s?[1-7])\s+(?P<number>\d+\s?[a-z]?(?:\s?-\s?\d+)?)(?P<rest>)$")
_LEADING = re.compile(
    rf"^(?P<number>\d{{1,4}}(?:\s?[a-d](?![^\W\d_])|\s?(?:bis|ter|quater)\b)?(?:\s?-\s?\d+)?)\s*,?\s+(?P<street>{pattern('street_abroad_numbered')}.*)(?P<rest>)$",
    re.IGNORECASE,
)
_ENGLISH = re.compile(
    rf"^(?P<number>\d{{1,5}}[a-z]?(?:-\d+)?)\s*,?\s+(?P<street>[^\W\d_][^,]*\b{pattern('street_english')}\.?"
    r"(?:\s[NS]?[EW]|\s[NS])?)(?P<rest>(?:,.*)?)$",
    re.IGNORECASE,
)
_BARE_NUMBER = re.compile(rf"^{_LABEL}?(?P<number>{_NUMBER})$", re.IGNORECASE)
_LEADING_GERMAN = re.compile(
    rf"^(?P<number>{_NUMBER})\s*,?\s+(?P<street>[^\W\d_].*{_ENDING})(?P<rest>)$", re.IGNORECASE
)

_EXTRA = re.compile(
    r"(?i)(?:^|[\s,;/(-]+)(?P<extra>(?:\d{1,2}\.?\s*)?"
    rf"(?:{pattern('street')}|{pattern('street_named')}\s+[A-Z0-9]|{alternatives(_RECIPIENT)}[\s:.]).*)$"
)

# What stands beside street and number: a building before them, a floor, another firm or a building after them.
_BUILDING = rf"{pattern('building')}\s*\w{{1,4}}"
_SITE = rf"{pattern('site')}\s*\w{{1,3}}"
_BEFORE = re.compile(
    rf"^(?P<extra>{_BUILDING}|{_SITE}(?=\s*,\s*[^\W\d_].*\d))\s*,\s*(?P<line>[^\s,].*)$", re.IGNORECASE
)
_AFTER = (
    re.compile(rf"^(?P<line>.*[^\W\d_]),\s*(?P<extra>{_BUILDING})$", re.IGNORECASE),
    re.compile(
        r"^(?P<line>.*[^\W\d_].*\d\s?[a-z]?)(?:\s?[,–-])?\s+(?P<extra>"
        rf"{alternatives([*_RECIPIENT, *words('beside')])}\s+[^\W\d].*|\d{{1,2}}\.\s*{pattern('street')}.*"
        rf"|{pattern('behind')}.*|{pattern('behind_named')}\s+\w{{1,3}})$",
        re.IGNORECASE,
    ),
)


_EXPANDED = (
    (re.compile(r"(?<=[^\W\d_])str\.?(?=$|[\s,])|(?<=[^\W\d_])str\.(?=\S)"), "straße"),
    (re.compile(r"(?<=[^\W\d_])STR\.?(?=$|[\s,])"), "STRASSE"),
    (re.compile(r"(?<![^\W_])[Ss][Tt][Rr]\.?(?=$|[\s,])|(?<![^\W_])Str\.(?=\S)"), "Straße"),
    (re.compile(r"(?<=[^\W\d_])[Pp]l\.(?=$|[\s,])"), "platz"),
    (re.compile(r"(?<![^\W_])Pl\.(?=$|[\s,])"), "Platz"),
    (re.compile(r"(?<=[^\W\d_])strasse(?![^\W_])"), "straße"),
    (re.compile(r"(?<![^\W_])Strasse(?![^\W_])"), "Straße"),
)
_SMALL = words("small_street")
_HYPHEN = re.compile(r"\s*-\s*")


_SHAPES = (
    *(_SQUARE, _SQUARE_SPACED, _LEADING, _ENGLISH, _PARK),
    *(_LABELLED, _TRAILING, _INNER, _GLUED, _LEADING_GERMAN),
)
"""The shapes of a line with a number; the first that fits is taken."""


class Street(NamedTuple):
    """A street line: name, number, and anything that is neither."""

    street: str | None
    number: str | None
    extra: str | None


@keep_cells
def split_street(line: str) -> Street:
    """Take a street line apart. A line without a number is a street of its own (`Am Markt`).

    `Straße des 17. Juni 135` keeps its own number, `Q7, 24` is a Mannheim square.
    """
    text = " ".join(line.replace("\u00a0", " ").split()).strip(" ,;")
    if not text:
        return Street(None, None, None)
    for aside in (_BEFORE, *_AFTER):
        if found := aside.match(text):
            inner: Street = split_street(found["line"])
            return inner._replace(extra=_joined(found["extra"], inner.extra))
    for shape in _SHAPES:
        if found := shape.match(text):
            rest = found["rest"].strip(" ,;/()-")
            if shape is _TRAILING and rest and not _is_extra(found["rest"]):
                continue
            name, extra = _without_extra(found["street"].strip(" ,;"))
            return Street(_named(name), house_number(found["number"]), _joined(extra, rest))
    if found := _BARE_NUMBER.match(text):
        return Street(None, house_number(found["number"]), None)
    name, extra = _without_extra(text)
    return Street(_named(name), None, extra)


def is_english(line: str) -> bool:
    """Whether a line is a street in English order, such as `1600 Amphitheatre Parkway`."""
    return _ENGLISH.match(line) is not None


_NOTATION: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(rf"^{_LABEL}", re.IGNORECASE), ""),
    (re.compile(r"^[\s.,;]+|[\s.,;]+$"), ""),
    (re.compile(r"(\d+)\.0+$"), r"\1"),
    (re.compile(r"\s*(?:[–—-]|\bbis\b(?=\s*\d))\s*"), "-"),
    (re.compile(r"\s*(?:\+|&|\bu\.|\bund\b)\s*"), "+"),
    (re.compile(r"(?<=\d)\s+(?=[^\W\d_](?![^\W\d_]))"), ""),
    (re.compile(r"\s*/\s*"), "/"),
    (re.compile(r"^([A-Z])\s(?=\d)"), r"\1"),
    (re.compile(r"^0+(?=\d)"), ""),
)
_MONTHS = {
    name[:3]: int(row["month"]) for row in rows("months.csv") for name in entries(f"{row['german']}|{row['english']}")
}
_DAY_MONTH = re.compile(r"(?P<day>\d{1,2})\.?[\s-]*(?P<month>[^\W\d_]{3,9})\.?(?:\s+\d{2,4})?")
_MONTH_YEAR = re.compile(r"(?P<month>[^\W\d_]{3,9})\.?[\s-]*(?P<year>\d{2})")
_DATE = re.compile(
    r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?:\d{4}|\d{2})|\d{4}-(?P<month_>\d{2})-(?P<day_>\d{2}).*"
    r"|(?P<first>\d{1,2})/(?P<last>\d{1,2})/(?:19|20)\d\d"
)
_LETTER = re.compile(r"(?<=[\d/+-])[A-Z](?![^\W_])")


@keep_words
def house_number(text: str) -> str | None:
    """A house number in one notation: `12 A` as `12a`, `5 – 7` as `5-7`, `12 a - c` as `12a-c`; None for none."""
    number = text.strip(" ,;")
    if (dated := _dated(number)) is not None:
        return dated or None
    if not (number.isdecimal() and number[0] != "0"):
        for sign, written in _NOTATION:
            number = sign.sub(written, number)
        number = _LETTER.sub(lambda found: found[0].lower(), number)
    return number if any(c.isalnum() for c in number) and number.strip("0") else None


def _dated(text: str) -> str | None:
    """The range a spreadsheet made a date of: `03. Mai` was 3-5, `Mai 12` 5-12; empty where it was no range."""
    if found := _DAY_MONTH.fullmatch(text):
        first, last = int(found["day"]), _MONTHS.get(found["month"][:3].lower())
    elif found := _MONTH_YEAR.fullmatch(text):
        first, last = _MONTHS.get(found["month"][:3].lower(), 0), int(found["year"])
    elif found := _DATE.fullmatch(text):
        first = int(found["day"] or found["day_"] or found["first"])
        last = int(found["month"] or found["month_"] or found["last"])
    else:
        return None
    if not first or not last:
        return None
    return f"{first}-{last}" if first < last else ""


def streets(lines: pl.Series) -> pl.DataFrame:
    """`split_street` for a column: street, number, extra.

    Most lines are a name, a blank and a number: names and numbers are read once each, other lines one by one.
    """
    parts = lines.str.extract_groups(_NAME_NUMBER).struct.unnest()
    numbered, spaced = parts["number"].is_not_null(), parts["name"].str.ends_with(" ")
    read = pl.concat([_names(parts["name"].str.strip_suffix(" ")), _numbers(parts["number"])], how="horizontal")
    plain = pl.lit(numbered & spaced) & pl.col("plain")
    found = read.select(
        street=pl.when(plain).then("beside").when(~numbered).then("alone"), number=pl.when(plain).then("written")
    )
    odd = found["street"].is_null() & lines.is_not_null()
    return where_parts(odd, lines, parts_by_cell(split_street, Street._fields), found)


@remembered
def _names(names: pl.Series) -> pl.DataFrame:
    """The street as to be written `beside` a plain number and `alone`; null where the whole line must be read."""
    usual = names.str.contains(COMMON)
    full = _expanded(names).to_frame("full")
    alone = full.select(pl.when(usual & ~pl.col("full").str.contains(UNCOMMON)).then("full")).to_series()
    odd = alone.is_null().arg_true()
    streets = [_beside(split_street(f"{name} 1")) for name in names.gather(odd)]
    return pl.DataFrame({"alone": alone, "beside": alone.clone().scatter(odd, pl.Series(streets, dtype=pl.String))})


def _beside(read: Street) -> str | None:
    """The street read beside the number 1 where any plain number would do; a letter and a number may be a square."""
    plain = read.number == "1" and not read.extra and read.street and len(read.street) > 1
    return read.street if plain else None


@remembered
def _numbers(numbers: pl.Series) -> pl.DataFrame:
    """Plain numbers in one notation, and which numbers are plain."""
    plain = numbers.str.contains(_PLAIN_NUMBER)
    written = [house_number(number) if clear else None for number, clear in zip(numbers, plain, strict=True)]
    return pl.DataFrame({"written": pl.Series(written, dtype=pl.String), "plain": plain})


def _expanded(name: pl.Series) -> pl.Series:
    """The abbreviation of `Straße` at the end of a name written out, as `_EXPANDED` does it."""
    full = name.str.replace(rf"([{_LETTERS}])str(?:\.|asse)?$", "${1}straße")
    return full.str.replace(r"([ \-])(?:[Ss]tr\.?|Strasse)$", "${1}Straße")


def _named(name: str) -> str | None:
    name = _HYPHEN.sub("-", name.strip(" ,;-")) if "-" in name else name.strip(" ,;")
    if not any(c.isalnum() for c in name):
        return None
    if len(name) > 3 and (name.isupper() or name.islower()):
        name = _cased(name)
    for short, full in _EXPANDED:
        name = short.sub(full, name)
    return name


def _cased(name: str) -> str:
    parts = re.split(r"([\s\-/.(]+)", name.lower())
    return "".join(p if p in _SMALL and i else p[:1].upper() + p[1:] for i, p in enumerate(parts))


def _is_extra(rest: str) -> bool:
    return bool(rest.lstrip().startswith((",", ";", "(", "/")) or _EXTRA.match(rest))


def _without_extra(name: str) -> tuple[str, str | None]:
    found = _EXTRA.search(name)
    if found and found.start() > 0 and set(",;/(") & set(name[found.start() : found.start("extra")]):
        return name[: found.start()].strip(" ,;/("), found["extra"].strip(" ,;/()")
    return name, None


def _joined(*parts: str | None) -> str | None:
    return ", ".join(part for part in parts if part) or None
