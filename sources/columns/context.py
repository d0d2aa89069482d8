"""Context: headers whose meaning depends on their neighbours or on the values below them.

Belongs here: names that say nothing alone (`Name`, `Titel`, `Adresse`, `Kontakt`), names their values contradict,
columns that are the advertiser's or private beside the lead's own, a day beside its time. Does not belong here: the
words themselves (`header_words.csv`), what a name means alone (`headers`), filling the fields (`mapping`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from engine.word_lists import whole_words
from sources.columns.consent import names_a_channel
from sources.columns.headers import MAYBE_ID, PLACE, Meaning, context_key, fold, plain
from sources.columns.values import Profile
from sources.columns.words import HEADER_WORDS

_CLOCK = whole_words(HEADER_WORDS["clock"])
_NAME_PREFIX = whole_words(HEADER_WORDS["name prefix"])
_NUMBERS = frozenset(HEADER_WORDS["number"])
_FEW = 0.3  # share of the names of companies in a column of something else
_CONSENTS = frozenset({"consent_email", "consent_phone"})
_ADDRESS_FIELDS = PLACE | {"address"}
_ADDRESSES = frozenset(HEADER_WORDS["alone: address"])
_PRIVATE = whole_words(HEADER_WORDS["private"])
# Where the table names the lead's own company or person outright, these are ours: the advertiser, the host.
_OURS_BESIDE_THEIRS = [
    (whole_words(HEADER_WORDS[f"our {what}"]), whole_words(HEADER_WORDS[f"their {what}"]))
    for what in ("company", "person")
]


@dataclass
class Columns:
    """The columns of a table while their fields are decided; all three by the column's place.

    `header` are the names as written, `looks` what the cells look like, `meant` what each name means so far: columns
    without a name, or with one that is to be ignored, are not in it.
    """

    header: Sequence[str]
    looks: Sequence[Profile]
    meant: dict[int, Meaning]

    def fields(self) -> set[str | None]:
        """All fields meant so far."""
        return {name.field for name in self.meant.values()}

    def mean(self, place: int, field: str | None) -> None:
        """Let a column mean another field, or none."""
        self.meant[place] = self.meant[place]._replace(field=field)


def settle(columns: Columns) -> None:
    """Give every header that depends on its neighbours or values its field; what settings state stands."""
    keys = {
        place: (fold if name.field else context_key)(columns.header[place]) for place, name in columns.meant.items()
    }
    _give_way_to_theirs(columns, keys)
    _give_way_to_business(columns, keys)
    _tell_customers_from_their_numbers(columns)
    fields = columns.fields()
    _decide_by_rule(columns, keys, fields)
    _check_against_values(columns, keys, fields)


def _give_way_to_theirs(columns: Columns, keys: dict[int, str]) -> None:
    for ours, theirs in _OURS_BESIDE_THEIRS:
        if any(theirs.fullmatch(key) for key in keys.values()):
            for place, key in keys.items():
                if ours.fullmatch(key) and not columns.meant[place].is_stated:
                    columns.mean(place, None)


def _give_way_to_business(columns: Columns, keys: dict[int, str]) -> None:
    """An address is not put together from one at work and one at home; `keys` loses those at home."""
    parts = [
        place
        for place, name in columns.meant.items()
        if name.field in _ADDRESS_FIELDS or (name.field is None and keys[place] in _ADDRESSES)
    ]
    private = [place for place in parts if _PRIVATE.search(plain(columns.header[place]).replace("_", " "))]
    if len(private) < len(parts):
        for place in private:
            if not columns.meant[place].is_stated:
                columns.mean(place, None)
                keys[place] = ""


def _tell_customers_from_their_numbers(columns: Columns) -> None:
    """`Kunde` may stand above numbers."""
    for place, name in list(columns.meant.items()):
        if name.field == "company" and not name.is_stated and columns.looks[place].share("integer") >= 0.95:
            columns.mean(place, "customer_no")


def _decide_by_rule(columns: Columns, keys: dict[int, str], fields: set[str | None]) -> None:
    """Names that say nothing alone, by the rule of their word; `fields` grows by what is decided."""
    ruled = [(place, _RULES[key]) for place, key in keys.items() if key in _RULES]
    for place, rule in sorted(ruled, key=lambda entry: entry[1] is not _partner):
        if not (name := columns.meant[place]).is_stated:
            field = rule(columns.looks[place], fields)
            columns.meant[place] = Meaning(field, name.number, True)
            fields.add(field)


def _check_against_values(columns: Columns, keys: dict[int, str], fields: set[str | None]) -> None:
    """Names whose values plainly say something else; a number behind the street is that of the house.

    Yes and no below an address or number are a consent only where its name says no more (`names_a_channel`).
    """
    for place, name in list(columns.meant.items()):
        beside = columns.meant.get(place - 1)
        after_street = beside is not None and beside.field == "street" and "house_number" not in fields
        numbered = name.field == MAYBE_ID and keys[place] in _NUMBERS
        if numbered and after_street and columns.looks[place - 1].share("ends_in_number") < 0.5:
            columns.mean(place, "house_number")
        else:
            field = _against_values(name, columns.looks[place], fields)
            asks = field == name.field or field not in _CONSENTS or names_a_channel(plain(columns.header[place]))
            columns.mean(place, field if asks else None)


def time_of_day(columns: Columns, stated: Collection[int]) -> int | None:
    """The column of times beside one of days: together they say when a lead was collected.

    All columns of times leave `columns.meant`. `stated` are the places of which the settings speak.
    """
    dated = [place for place, name in columns.meant.items() if name.field == "collected_at"]
    clock = [place for place, name in enumerate(columns.header) if _CLOCK.fullmatch(fold(name)) and place not in stated]
    times = [place for place in sorted({*dated, *clock}) if columns.looks[place].share("time") >= 0.8]
    if not times or not any(columns.looks[place].share("day") >= 0.5 for place in dated if place not in times):
        return None
    for place in times:
        columns.meant.pop(place, None)
    return times[0]


def name_prefix(columns: Columns, stated: Collection[int]) -> int | None:
    """The column of `von`, `van der` beside one of family names."""
    if "family_name" not in columns.fields():
        return None
    prefixes = (place for place, name in enumerate(columns.header) if _NAME_PREFIX.fullmatch(fold(name)))
    return next((place for place in prefixes if place not in stated), None)


def _name(look: Profile, fields: set[str | None]) -> str:
    if "given_name" in fields and "family_name" not in fields:
        return "family_name"
    if "family_name" in fields and look.share("company") <= _FEW and look.share("person_pair") < 0.5:
        return "given_name" if "given_name" not in fields else "company" if "company" not in fields else "full_name"
    if "family_name" in fields or "full_name" in fields:
        return "company" if "company" not in fields else "full_name"
    if look.share("company") > _FEW and "company" not in fields:
        return "company"
    return "full_name"


def _title(look: Profile, fields: set[str | None]) -> str:
    if look.share("salutation") >= 0.6 and "salutation" not in fields:
        return "salutation"
    if look.filled == 0:
        return "job_title" if "academic_title" in fields else "academic_title"
    return "academic_title" if look.share("degree") >= 0.5 else "job_title"


def _english_title(look: Profile, fields: set[str | None]) -> str:
    return "job_title" if look.filled == 0 and "job_title" not in fields else _title(look, fields)


def _prefix(look: Profile, fields: set[str | None]) -> str:
    return "salutation" if look.share("salutation") >= 0.5 and "salutation" not in fields else "academic_title"


def _contact(look: Profile, fields: set[str | None]) -> str | None:
    for shape, target in (("email", "email"), ("phone", "phone"), ("date", "collected_at"), ("integer", None)):
        if look.share(shape) >= 0.5:
            return target
    return "full_name" if not {"full_name", "family_name"} & fields else None


def _address(look: Profile, fields: set[str | None]) -> str:
    if look.share("email") >= 0.5:
        return "email"
    if look.share("ip") >= 0.5:
        return "ip_address"
    if look.share("whole_address") >= 0.5:
        return "address"
    apart = bool({"postcode", "city", "postcode_city"} & fields)
    return "street" if apart and "street" not in fields else "address"


def _addition(_: Profile, fields: set[str | None]) -> str:
    return "address_extra" if "street" in fields and "address_extra" not in fields else "company_addition"


def _site(look: Profile, fields: set[str | None]) -> str:
    if look.share("postcode_city") >= 0.5 and "postcode_city" not in fields:
        return "postcode_city"
    return "city" if not {"city", "postcode_city"} & fields and "company" in fields else "company_addition"


def _registered(look: Profile, _: set[str | None]) -> str | None:
    return "collected_at" if look.share("date") >= 0.5 else None


def _activated(look: Profile, _: set[str | None]) -> str | None:
    return "consent_doi_at" if look.share("date") >= 0.5 else None


def _deactivated(look: Profile, _: set[str | None]) -> str | None:
    return "opt_out" if look.share("date") > 0 or look.share("unix_time") > 0 else None


def _partner(_: Profile, fields: set[str | None]) -> str | None:
    return "company" if "full_name" in fields and "company" not in fields else None


def _text_message(look: Profile, _: set[str | None]) -> str | None:
    return "mobile" if look.share("digits") >= 0.5 else None


# Kinds of `header_words.csv`.
_RULES: dict[str, Callable[[Profile, set[str | None]], str | None]] = {
    word: rule
    for kind, rule in {
        "alone: activated": _activated,
        "alone: addition": _addition,
        "alone: address": _address,
        "alone: contact": _contact,
        "alone: deactivated": _deactivated,
        "alone: English title": _english_title,
        "alone: name": _name,
        "alone: partner": _partner,
        "alone: prefix": _prefix,
        "known: prefix": _prefix,
        "alone: registered": _registered,
        "alone: site": _site,
        "alone: text message": _text_message,
        "alone: title": _title,
    }.items()
    for word in HEADER_WORDS[kind]
}


def _against_values(name: Meaning, look: Profile, fields: set[str | None]) -> str | None:
    """The field of a known header, put right where its values plainly say something else."""
    if name.is_stated or look.filled == 0:
        return name.field
    match name.field:
        case "email" if look.share("yes_no") >= 0.8:
            return "consent_email"
        case "phone" | "mobile" if look.share("yes_no") >= 0.8 and look.share("letter") >= 0.8:
            return "consent_phone"
        case "phone" | "mobile" | "website" | "customer_no" | "full_name" if look.share("email") >= 0.8:
            return "email"
        case "vat_id" | "maybe_id" if look.share("vat") >= 0.8 and look.share("letters") >= 0.8:
            return "vat_id"
        case "maybe_id" if (
            look.share("house_number") >= 0.8
            and "street" in fields
            and "house_number" not in fields
            and look.unique < 1
        ):
            return "house_number"
        case "vat_id" if not name.exact and look.share("vat") < 0.2 and look.share("id") >= 0.95:
            return MAYBE_ID
        case "employees" if look.share("letters") >= 0.8 and look.share("person_pair") >= 0.5:
            return "collected_by"
        case "house_number" if look.share("letters") >= 0.8 and "street" not in fields:
            return "street"
        case "street" if look.share("whole_address") >= 0.5 and not {"postcode", "city", "postcode_city"} & fields:
            return "address"
        case "region" if look.contact_states:
            return None
        case "city" if look.share("postcode_city") >= 0.5:
            return "postcode_city"
        case "postcode" if look.share("postcode_city") >= 0.5:
            return "postcode_city"
        case "company" if look.share("email") >= 0.8:
            return "email"
    return name.field
