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
from enrichment.address.country import country_of
from enrichment.address.street import is_english
from enrichment.cells.distinct import parts_by_cell, where_parts

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
_BOX = re.compile(
    r"(?i)^(?:Postfach|Postf\.?|PF\.?|P\.?\s?O\.?[- ]?Box|Post Office Box|Case postale|Casella postale|Boîte postale|"
    r"C\.?P\.?|B\.?P\.?)\s*[:#]?\s*(?:Nr\.?\s*)?(?P<number>\d[\d ]*)?(?P<rest>\D.*|)$"
)
_BOX_THEN_CODE = re.compile(r"^(?P<number>\d[\d ]*?)\s+(?P<code>(?:[A-Z]{1,2}-)?\d{4,5})$")
_CARE = re.compile(
    r"(?i)^(?:z\.?\s?H(?:d|nd)?\b\.?v?\.?|zu\s?H(?:ä|ae)nden|c\s?/\s?o\b|care of|attn\b|att\b|attention|"
    r"p\.\s?A(?:dr)?\.|bei\s+(?:Herrn|Frau|Fa\.?|Familie)|Abt\b|Abteilung|Department|Dept\b|Postlagernd)"
)
_CARE_END = re.compile(
    r"(?i)\b(?:GmbH(?: & Co\.? KG)?|AG|KG|OHG|UG(?: \(haftungsbeschränkt\))?|e\.\s?[VKG]\.|mbH|SE|Ltd\.?|GbR|eG|"
    r"SA|Sàrl|Inc\.?)(?=\s)"
)
_STREET_END = re.compile(
    r"(?i)(?P<street>(?:(?:alte|neue|lange|kurze|obere|untere|große|kleine|hohe|breite|am|an|auf|im|in|zum|zur|\S+er)\s+)?"
    r"\S*(?:stra(?:ß|ss)e|str\.?|weg|platz|gasse|allee|ring|damm|ufer|steig|chaussee)(?:\s+\d.*)?)$"
)
_EXTRA = re.compile(
    r"(?i)^(?:(?:\d{1,2}\.?\s*)?(?:Gebäude|Geb\.|Haus\s+\S{1,3}$|Etage|Stock\b|Stockwerk|OG\b|EG\b|UG\b|DG\b|Erdgeschoss|Dachgeschoss|"
    r"Hinterhaus|Vorderhaus|Rückgebäude|Aufgang|Eingang|Stiege|Stg\.?|Top\b|Tür\b|Halle\b|Tor\b|Zimmer|Raum|Büro|Apt\.?|"
    r"Apartment|Suite|Floor|Building|Bldg|Block\b|Wohnung|Whg\.|OT\b|Ortsteil|links$|rechts$)|\d+(?:st|nd|rd|th) floor)"
)
_STREET_LIKE = re.compile(
    r"(?i)(?:stra(?:ß|ss)e|str\.?|weg|platz|gasse|allee|ring|damm|ufer|chaussee|markt|steig|park|hof|berg|graben|zeile)\b|"
    r"^(?:am|an|auf|im|in|zum|zur|unter|rue|via|avenue|route|chemin|place|piazza)\b"
)
_NUMBERED = re.compile(
    r"[^\W\d_].*?\d{1,4}\s?[a-zA-Z]?(?:\s?[-/+–]\s?\d*\s?[a-zA-Z]?)*$|^\d{1,4}\s?[a-zA-Z]?\s+[^\W\d_]|^[A-U]\s?\d{1,2}$"
)
_SQUARE = re.compile(r"^[A-U]\s?\d{1,2}$")
_HOUSE = re.compile(r"^\d{1,4}\s?[a-zA-Z]?(?:\s?[-/+]\s?\d+\s?[a-zA-Z]?)*$")


_IN_STATE = re.compile(  # `New York, NY 10118`
    r"^(?:(?P<city>.+?)\s)?(?:A[KLRZ]|C[AOT]|DC|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]"
    r"|UT|V[AT]|W[AIVY])\s(?P<code>\d{5}(?:-\d{4})?)$"
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
    street: str | None = None
    box: str | None = None
    localities: list[tuple[str, str | None]] = []
    boxed_locality: tuple[str, str | None] | None = None
    loose: list[str] = []
    extras: list[str] = []
    after_box = False
    for segment in _run_ins_split(segments):
        if (boxed := _BOX.match(segment)) and (boxed["number"] or not boxed["rest"].strip()):
            number, code = _box_number(boxed["number"] or "")
            box, after_box = number or "Postfach", True
            rest = boxed["rest"].strip(" ,.-")
            if code:
                boxed_locality, after_box = (code, rest or None), False
                localities.append(boxed_locality)
            elif rest:
                extras.append(rest)
            continue
        if street and is_english(street) and (in_state := _IN_STATE.match(segment)):
            country = country or "US"
            localities.append((in_state["code"], in_state["city"]))
            continue
        english = street is None and is_english(segment)
        place = None if english else _LOCALITY.match(segment) or _REVERSED.match(segment)
        if place and not (street is None and place.re is _REVERSED and _STREET_LIKE.search(place["city"])):
            city, named = _city_country(place["city"])
            country = country or named
            state = len(city) == 2 and city.isupper()  # `CA 94043`
            localities.append((place["code"], None if state else city))
            if after_box:
                boxed_locality, after_box = localities[-1], False
        elif _ALONE.match(segment) and (street or loose or not localities):
            localities.append((segment, None))
            if after_box:
                boxed_locality, after_box = localities[-1], False
        elif _CARE.match(segment):
            care, line = _care_split(segment)
            extras.append(care)
            if line and not street:
                street = line
        elif _EXTRA.match(segment):
            extras.append(segment)
        elif not street and (_NUMBERED.search(segment) or _STREET_LIKE.search(segment)):
            street = segment
        else:
            loose.append(segment)
    return _assembled(
        street=street,
        box=box,
        localities=localities,
        boxed=boxed_locality,
        loose=loose,
        extras=extras,
        country=country,
    )


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
UNCOMMON = (
    r"(?i)^(postf|pf\b|p\.?\s?o\.?\b|case postale|casella|bo[iî]te|c\.?p\.?\b|b\.?p\.?\b|z\.?\s?h|zu\s?h|c/o|care of|"
    r"att|p\.\s?a|bei\b|abt|department|dept|geb|haus|etage|stock|og\b|eg\b|ug\b|dg\b|erdg|dachg|hinterh|vorderh|rückg|aufgang|"
    r"eingang|stiege|stg|top\b|tür\b|halle\b|tor\b|zimmer|raum|büro|apt|apartment|suite|floor|building|bldg|block|"
    r"wohnung|whg|ot\b|ortsteil|[a-z]\b)"
)
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
    found: list[str] = []
    for line in _LINES.split(_GLUED.sub(r"\1 ", text.strip())):
        for part in _COMMAS.split(line.strip(" ,")):
            piece = " ".join(part.split())
            if not piece:
                continue
            if (
                found
                and _HOUSE.match(piece)
                and not _ALONE.match(piece)
                and (_SQUARE.match(found[-1]) or not re.search(r"\d", found[-1]))
            ):
                found[-1] += f", {piece}" if _SQUARE.match(found[-1]) else f" {piece}"
            elif found and _HOUSE.match(found[-1]) and len(found) == 1 and not re.match(r"\d", piece):
                found[-1] += f", {piece}"
            else:
                found.append(piece)
    return found


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


def _assembled(
    *,
    street: str | None,
    box: str | None,
    localities: list[tuple[str, str | None]],
    boxed: tuple[str, str | None] | None,
    loose: list[str],
    extras: list[str],
    country: str | None,
) -> Parts:
    others = [place for place in localities if place is not boxed]
    nowhere: list[tuple[str | None, str | None]] = [(None, None)]
    code, city = [*others, *localities, *nowhere][0]
    if city is None and loose and (code or street or len(loose) == 1):
        named = [line for line in loose if not re.search(r"\d", line)]
        if named:
            city = named[-1]
            loose.remove(city)
    if street is None and loose and (code or city) and not box:
        street = loose.pop()
    box_code = (boxed[0] if boxed else code) if box else None
    rest = [*loose, *extras]
    return Parts(street, ", ".join(rest) or None, box, box_code, code, city, country)


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
_CANTON = re.compile(r"A[GIR]|B[ELS]|FR|G[ELR]|JU|LU|N[EW]|OW|S[GHOZ]|T[GI]|UR|V[DS]|Z[GH]")


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
