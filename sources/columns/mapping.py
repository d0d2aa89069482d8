"""Mapping: which column of a table becomes which canonical field.

Belongs here: headers whose meaning depends on their neighbours or their values (`Name`, `Titel`, `Nr.`,
`Adresse`, `UID`), repeated columns, the choice of the id column, columns without a known name.
Does not belong here: the synonyms themselves (`headers`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import polars as pl

from contracts.raw import RECORD_ID
from sources.columns.headers import MAYBE_ID, Meaning, context_key, fold, look_up, objection_channel, speaks_of_terms
from sources.columns.values import Profile
from sources.settings import FIELD_NAMES, IGNORE, Override

# Fields that take several columns, in the order they fill up.
SLOTS = {
    "phone": ("phone", "phone_2", "phone_3"),
    "mobile": ("mobile", "mobile_2"),
    "email": ("email", "email_2", "email_3"),
}
_CLOCK = re.compile("uhrzeit|^(?:zeit|time|heure|ora|orario)$")
_NAME_PREFIX = re.compile(
    r"tussenvoegsels?|voorvoegsels?|infix|(?:namens)?vorsatz(?:wort)?|adelspraedikat|particule"
    r"|(?:nach|familien)namens?(?:praefix|vorsatz)|(?:sur|last|family)nameprefix"
)
_NUMBERS = frozenset({"nr", "no", "nummer", "number", "num", "numero", "n"})
# Columns that come last among those of the same field.
_STANDS_BACK = re.compile(
    "|".join(
        (
            r"privat|\bhome|\bother\b|second|altern|zweite|weiter",
            r"telefon firma|company main|corporate phone|default address phone",  # the switchboard
            r"opt-?in.?(?:time|date|zeit|datum)",  # before it was confirmed
            r"order date|bestelldatum|bestellt am",
            r"^ad.?name|adset|form.?name|platform|medium",  # the campaign says more
            r"^(?:title|name|naam)$|suffix|nachgestellt",  # where another name is outright
        )
    ),
    re.IGNORECASE,
)
_PRIVATE = re.compile(r"privat|\bhome\b", re.IGNORECASE)
_PLACE = frozenset(
    {"address", "street", "house_number", "address_extra", "postcode", "city", "postcode_city", "region"}
) | {"country"}
# Where the table names the lead's own company or person outright, these are ours: the advertiser, the host.
_OURS = (
    (re.compile(r"account(?:name)?|konto(?:name)?"), re.compile(r"company(?:name)?|firma|unternehmen(?:sname)?")),
    (re.compile(r"user(?:name|email)"), re.compile(r"(?:invitee|attendee).*")),
)
# Where a second column of the same meaning may go.
OVERFLOW = {"company": ("company", "company_addition"), "address_extra": ("address_extra",)}


@dataclass
class Mapping:
    """Where each column goes: `fields` field -> column, `extra` key -> column, and the id column if any.

    `objections` are all opt-out columns with the channel their header names, None for any: one more is no
    overflow but a further objection. `time` is the column of times where collected_at has the days alone,
    `name_prefix` that of `von`, `van der` where family_name has the rest.
    `agreed_to` is the header of the consent where it names what was agreed to: terms of privacy, not advertising.
    """

    fields: dict[str, int] = field(default_factory=dict)
    extra: dict[str, int] = field(default_factory=dict)
    objections: list[tuple[int, str | None]] = field(default_factory=list)
    record_id: int | None = None
    time: int | None = None
    name_prefix: int | None = None
    agreed_to: str | None = None
    warnings: list[str] = field(default_factory=list)

    def headers(self, header: Sequence[str]) -> dict[str, str]:
        """Canonical field to header as written, in the order of the columns."""
        named = dict(self.fields)
        if self.record_id is not None:
            named[RECORD_ID] = self.record_id
        return {name: header[place] for name, place in sorted(named.items(), key=lambda item: item[1])}


def map_columns(
    header: Sequence[str], sample: pl.DataFrame, override: Override, given: dict[int, str] | None = None
) -> Mapping:
    """Decide where every column goes; none is lost.

    Args:
        header: the columns' names as written.
        sample: the first rows, columns "0", "1", ...
        override: what the source's settings state; it goes before everything else.
        given: places the format itself names (a vCard's TEL;CELL is a mobile number).
    """
    profiles = [Profile(sample[str(place)]) for place in range(len(header))]
    stated = {fold(name): target for name, target in override.columns.items()}
    result = Mapping()
    wanted: dict[int, Meaning] = {}
    for place, name in enumerate(header):
        target = stated.get(fold(name)) or (given or {}).get(place)
        if target == IGNORE:
            continue
        if target == RECORD_ID or (override.id_column and fold(override.id_column) == fold(name)):
            result.record_id = place
        elif target in FIELD_NAMES:
            wanted[place] = Meaning(target, 0, True)
        elif target is None and name.strip():
            wanted[place] = look_up(name)
    if override.id_column and result.record_id is None:
        result.warnings.append(f"The id column {override.id_column!r} of the settings is not in the file")
    _settle(header, profiles, wanted, result)
    result.time = _time_of_day(header, profiles, wanted, stated)
    if "family_name" in {name.field for name in wanted.values()}:
        prefixes = [place for place, name in enumerate(header) if _NAME_PREFIX.fullmatch(fold(name))]
        result.name_prefix = next((place for place in prefixes if fold(header[place]) not in stated), None)
    ignored = {place for place, name in enumerate(header) if stated.get(fold(name)) == IGNORE}
    _assign(header, wanted, profiles, result)
    result.objections = [
        (place, objection_channel(header[place])) for place, name in wanted.items() if name.field == "opt_out"
    ]
    consent = result.fields.get("consent_email")
    if consent is not None and "consent_purpose" not in result.fields and fold(header[consent]) not in stated:
        result.agreed_to = header[consent].strip() if speaks_of_terms(header[consent]) else None
    used = set(result.fields.values()) | ({result.record_id} - {None})
    rest = [place for place in range(len(header)) if place not in used and place not in ignored]
    rest = _by_values(header, rest, profiles, result)
    for place in rest:
        result.extra[_key(header[place], place, result.extra)] = place
    return result


def _key(name: str, place: int, taken: dict[str, int]) -> str:
    base = name.strip() or f"column {place + 1}"
    key, count = base, 1
    while key in taken:
        count += 1
        key = f"{base} ({count})"
    return key


def _settle(header: Sequence[str], profiles: list[Profile], wanted: dict[int, Meaning], result: Mapping) -> None:
    """Give every header that depends on its neighbours or values its field."""
    keys = {place: (fold if name.field else context_key)(header[place]) for place, name in wanted.items()}
    for ours, theirs in _OURS:
        if any(theirs.fullmatch(key) for key in keys.values()):
            for place in [place for place, key in keys.items() if ours.fullmatch(key) and wanted[place].number != 0]:
                wanted[place] = wanted[place]._replace(field=None)
    of_business = any(name.field in _PLACE and not _PRIVATE.search(header[place]) for place, name in wanted.items())
    for place, name in wanted.items():  # an address is not put together from one at work and one at home
        if of_business and name.field in _PLACE and name.number != 0 and _PRIVATE.search(header[place]):
            wanted[place] = name._replace(field=None)
    for place, name in wanted.items():  # `Kunde` may stand above numbers
        if name.field == "company" and name.number != 0 and profiles[place].share("integer") >= 0.95:
            wanted[place] = name._replace(field="customer_no")
    fields = {name.field for name in wanted.values()}
    for place, name in sorted(wanted.items(), key=lambda item: keys[item[0]] != "partnername"):
        decide = _CONTEXT.get(keys[place])
        if decide and (name.field is None or not name.exact or keys[place] in _CONTEXT):
            if name.number == 0:
                continue
            wanted[place] = Meaning(decide(profiles[place], fields), name.number, True)
            fields.add(wanted[place].field)
    for place, name in list(wanted.items()):
        beside = wanted.get(place - 1)
        after_street = beside is not None and beside.field == "street" and "house_number" not in fields
        numbered = name.field == MAYBE_ID and keys[place] in _NUMBERS
        if numbered and after_street and profiles[place - 1].share("ends_in_number") < 0.5:
            wanted[place] = name._replace(field="house_number")
            continue
        wanted[place] = name._replace(field=_against_values(name, profiles[place], fields))
    _choose_id(header, profiles, wanted, result)


def _time_of_day(
    header: Sequence[str], profiles: list[Profile], wanted: dict[int, Meaning], stated: dict[str, str]
) -> int | None:
    """The column of times beside one of days: together they say when a lead was collected."""
    dated = [place for place, name in wanted.items() if name.field == "collected_at"]
    clock = [place for place, name in enumerate(header) if _CLOCK.search(fold(name)) and fold(name) not in stated]
    times = [place for place in sorted({*dated, *clock}) if profiles[place].share("time") >= 0.8]
    if not times or not any(profiles[place].share("day") >= 0.5 for place in dated if place not in times):
        return None
    for place in times:
        wanted.pop(place, None)
    return times[0]


def _choose_id(header: Sequence[str], profiles: list[Profile], wanted: dict[int, Meaning], result: Mapping) -> None:
    strong = [place for place, name in wanted.items() if name.field == RECORD_ID]
    maybe = [place for place, name in wanted.items() if name.field == MAYBE_ID]
    if result.record_id is None:
        # A plain `ID` is meant as one even where updates repeat it; a number must prove itself.
        strong += [place for place in maybe if fold(header[place]) == "id"]
        strong = [p for p in strong if _id_like(profiles[p]) and profiles[p].unique >= 0.2]
        sure = [p for p in maybe if _id_like(profiles[p]) and profiles[p].unique == 1 and _complete(profiles[p])]
        strong.sort(key=lambda p: (wanted[p].field != RECORD_ID, -profiles[p].unique, -profiles[p].filled, p))
        if strong or sure:
            result.record_id = (strong or sure)[0]
    for place, name in list(wanted.items()):
        if place == result.record_id:
            del wanted[place]
        elif name.field in (RECORD_ID, MAYBE_ID):
            wanted[place] = name._replace(field=None)


def _id_like(look: Profile) -> bool:
    return look.filled > 0 and look.share("id") >= 0.95 and look.share("email") == 0 and look.share("date") < 0.5


def _complete(look: Profile) -> bool:
    return look.filled == look.total


def _name(look: Profile, fields: set[str | None]) -> str:
    if "given_name" in fields and "family_name" not in fields:
        return "family_name"
    if "family_name" in fields or "full_name" in fields:
        return "company" if "company" not in fields else "full_name"
    if look.share("company") > 0.3 and "company" not in fields:
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


def _nothing(_: Profile, __: set[str | None]) -> None:
    return None


def _registered(look: Profile, _: set[str | None]) -> str | None:
    return "collected_at" if look.share("date") >= 0.5 else None


def _activated(look: Profile, _: set[str | None]) -> str | None:
    return "consent_doi_at" if look.share("date") >= 0.5 else None


def _deactivated(look: Profile, _: set[str | None]) -> str | None:
    return "opt_out" if look.share("date") > 0 else None


def _partner(_: Profile, fields: set[str | None]) -> str | None:
    return "company" if "full_name" in fields and "company" not in fields else None


def _text_message(look: Profile, _: set[str | None]) -> str | None:
    return "mobile" if look.share("digits") >= 0.5 else None


_CONTEXT: dict[str, Callable[[Profile, set[str | None]], str | None]] = {
    "name": _name,
    "nom": _name,
    "naam": _name,
    "nazwa": _name,
    "titel": _title,
    "titre": _title,
    "titolo": _title,
    "title": _english_title,
    "prefix": _prefix,
    "nameprefix": _prefix,
    "kontakt": _contact,
    "contact": _contact,
    "adresse": _address,
    "address": _address,
    "adr": _address,
    "anschrift": _address,
    "zusatz": _addition,
    "werk": _addition,
    "standort": _site,
    "status": _nothing,
    "registered": _registered,
    "activated": _activated,
    "deactivated": _deactivated,
    "sms": _text_message,
    "partnername": _partner,
}


def _against_values(name: Meaning, look: Profile, fields: set[str | None]) -> str | None:
    """The field of a known header, put right where its values plainly say something else."""
    if name.number == 0 or look.filled == 0:
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
        case "city" if look.share("postcode_city") >= 0.5:
            return "postcode_city"
        case "postcode" if look.share("postcode_city") >= 0.5:
            return "postcode_city"
        case "company" if look.share("email") >= 0.8:
            return "email"
    return name.field


def _assign(header: Sequence[str], wanted: dict[int, Meaning], profiles: list[Profile], result: Mapping) -> None:
    """Fill the fields: stated columns first, last those that stand back; exact names, by number, fullness, place."""
    order = sorted(
        (place for place, name in wanted.items() if name.field in FIELD_NAMES),
        key=lambda p: (
            wanted[p].number != 0,
            _STANDS_BACK.search(header[p]) is not None or _is_no_mail(wanted[p], profiles[p]),
            not wanted[p].exact,
            wanted[p].number,
            profiles[p].filled == 0,
            p,
        ),
    )
    for place in order:
        target = wanted[place].field
        assert target is not None
        for slot in SLOTS.get(target) or OVERFLOW.get(target) or (target,):
            if slot not in result.fields:
                result.fields[slot] = place
                break


def _is_no_mail(name: Meaning, look: Profile) -> bool:
    """Whether a column of mail addresses has none, as forms write `anonymous`."""
    return name.field == "email" and look.filled > 0 and look.share("email") == 0 and look.share("mail_inside") == 0


def _by_values(header: Sequence[str], rest: list[int], profiles: list[Profile], result: Mapping) -> list[int]:
    """Map unknown columns whose values leave no doubt; say so."""
    left = []
    for place in rest:
        look = profiles[place]
        known = look_up(header[place]).field is not None if header[place].strip() else False
        target = None if known or look.filled < 3 else _evident(look)
        slot = next((s for s in SLOTS.get(target or "", (target,)) if s and s not in result.fields), None)
        if slot is None:
            left.append(place)
            continue
        result.fields[slot] = place
        result.warnings.append(f"Column {header[place] or place + 1!r} was taken as {slot} because of its values")
    return left


def _evident(look: Profile) -> str | None:
    if look.share("email") >= 0.9:
        return "email"
    if look.share("phone") >= 0.95 and look.share("date") < 0.05 and look.share("postcode") < 0.05:
        return "phone"
    if look.share("postcode_city") >= 0.95:
        return "postcode_city"
    return None
