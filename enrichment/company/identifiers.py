"""Numbers that identify a company: VAT number and register number.

Belongs here: reading them out of what was written and checking format and check digits (python-stdnum).
Does not belong here: asking a register whether a number exists (VIES needs the network).
Register numbers are unique only together with their court, so a court that was given stays in front:
`Stuttgart HRB 12345`, else `HRB 12345`; Austria `FN 123456a`; Switzerland and Liechtenstein by UID `CHE-123.456.789`.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import polars as pl
from stdnum.ch import uid as ch_uid
from stdnum.ch import vat as ch_vat
from stdnum.de import handelsregisternummer
from stdnum.eu import vat as eu_vat
from stdnum.exceptions import ValidationError
from stdnum.gb import vat as gb_vat
from stdnum.iso7064 import mod_11_10

from contracts.table import given_or_null
from enrichment.cells.distinct import by_cell
from enrichment.cells.evidence import Entry, repairs

_VAT_LABEL = re.compile(
    r"^(?:ust\.?-?\s?id\.?-?\s?(?:nr|nummer)?\.?|umsatzsteuer-?id(?:entifikationsnummer)?|"
    r"uid(?:-?nr|-?nummer)?\.?|vat(?:[ -]?(?:id|no|number|nr))*\.?|mwst\.?-?nr\.?|tva|p\.?\s?iva|btw)[\s:.#-]*",
    re.IGNORECASE,
)
_GERMAN_VAT = re.compile("DE[1-9][0-9]{8}")
_UID = re.compile(r"^CHE[^0-9]*([0-9][0-9. -]*[0-9])\s*(?:\(?(MWST|TVA|IVA|VAT)\)?)?$", re.IGNORECASE)
_GERMAN = re.compile(
    r"^(?:(?:amtsgericht|ag|registergericht|handelsregister|registered at|hr)\s*[:.]?\s*)?"
    r"(?P<court>[^\d:,;]*?)[\s,;:(]*(?P<kind>h\.?\s?r\.?\s?[ab]|vr|gnr|gsr|pr|gür)[\s.:-]*(?:nr\.?|nummer|no\.?)?\s*"
    r"(?P<number>\d{1,6}(?:[ .]\d{3})?)(?!\d)\s?(?P<suffix>[a-z]{0,3}\b)?[\s),;]*(?P<court_after>.*)$",
    re.IGNORECASE,
)
_AUSTRIAN = re.compile(r"^(?:.*?\b)?FN[\s:.]*(?P<number>\d{1,6})\s*-?\s*(?P<check>[a-z])\b.*$", re.IGNORECASE)
_KINDS = {"hra": "HRA", "hrb": "HRB", "vr": "VR", "gnr": "GnR", "gsr": "GsR", "pr": "PR", "gür": "GüR"}
_COURT_NOISE = re.compile(
    r"\b(?:amtsgericht|registergericht|beim|unter|handelsregister|des|am|AG)\b|[():,;]", re.IGNORECASE
)


def clean_identifiers(records: pl.DataFrame) -> pl.DataFrame:
    """Clean VAT and register numbers.

    Args:
        records: columns vat_id and register_no of contracts.raw.RAW_RECORDS.

    Returns:
        Same height: vat_id, register_no and repairs. A number that fails its check is held back.
    """
    raw = records.select(given_or_null(records, ["vat_id", "register_no"]))
    frame = raw.with_columns(vat=by_cell(_vat)(raw["vat_id"]), register=by_cell(_register)(raw["register_no"]))
    entries = []
    for field, value, wrong, written in (
        ("vat_id", "vat", "vat_id_invalid", "vat_id_notation"),
        ("register_no", "register", "register_no_unreadable", "register_no_notation"),
    ):
        given, kept = pl.col(field), pl.col(value)
        entries.append(Entry(field, given.is_not_null() & kept.is_null(), given, None, wrong, f"identifiers.{field}"))
        entries.append(Entry(field, kept != given, given, kept, written, f"identifiers.{field}"))
    return frame.select(vat_id="vat", register_no="register").with_columns(repairs(frame, entries))


def _vat(text: str) -> str | None:
    if _GERMAN_VAT.fullmatch(text):  # most numbers: the check digit alone decides
        return text if mod_11_10.is_valid(text[2:]) else None
    number = _VAT_LABEL.sub("", " ".join(text.split())).strip(" .:;,()")
    swiss = _UID.match(number)
    if swiss:
        digits = re.sub(r"\D", "", swiss[1])
        return _checked(ch_vat.validate, f"CHE{digits}{swiss[2] or 'MWST'}".upper())
    plain = re.sub(r"[\s.\-/_·]", "", number).upper()
    if re.fullmatch(r"U\d{8}", plain):
        plain = "AT" + plain
    if plain.startswith("GB"):
        valid = _checked(gb_vat.validate, plain)
        return f"GB{valid.removeprefix('GB')}" if valid else None
    return _checked(eu_vat.validate, plain)


def _register(text: str) -> str | None:
    line = " ".join(text.split()).strip(" .:;,")
    swiss = _UID.match(line)
    if swiss:
        valid = _checked(ch_uid.validate, "CHE" + re.sub(r"\D", "", swiss[1]))
        return ch_uid.format(valid) if valid else None
    austrian = _AUSTRIAN.match(line)
    if austrian:
        return f"FN {int(austrian['number'])}{austrian['check'].lower()}"
    german = _GERMAN.match(line)
    if not german:
        return None
    kind = _KINDS[re.sub(r"[\s.]", "", german["kind"]).lower()]
    digits = str(int(re.sub(r"\D", "", german["number"])))
    suffix = (german["suffix"] or "").upper()
    court = _court(german["court"]) or _court(german["court_after"])
    return " ".join(filter(None, [court, kind, digits, suffix]))


def _court(text: str) -> str | None:
    """The court by its usual name, where it is one that keeps a register."""
    words = " ".join(_COURT_NOISE.sub(" ", text).split())
    valid = _checked(handelsregisternummer.validate, f"{words} HRB 1") if words else None
    return valid.rsplit(" HRB", 1)[0] if valid else None


def _checked(validate: Callable[[str], str], text: str) -> str | None:
    try:
        return validate(text)
    except ValidationError:
        return None
