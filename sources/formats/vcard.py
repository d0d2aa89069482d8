"""vCard 2.1, 3.0 and 4.0: business cards, any number in a file.

Belongs here: which property is which field. Does not belong here: the text of a card (`vcard_text`), splitting names
or addresses further (`enrichment`).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from contracts.raw import RECORD_ID
from reference.salutations import BEFORE_NAME
from sources.columns.headers import fold
from sources.columns.mapping import SLOTS
from sources.columns.words import HEADER_WORDS
from sources.content import Content
from sources.formats.free_names import FreeNames
from sources.formats.vcard_text import BINARY, Property, cards_of, count_cards, properties_of
from sources.problems import RAW_LIMIT, Problem, Unreadable
from sources.reading import Reading, batches_of
from sources.settings import FIELD_NAMES

# The type that a label of one's own (`item1.X-ABLabel:Mobile`) stands for.
_TYPE_OF_LABEL = {
    label: kind
    for kind, named in (("cell", "mobile"), ("work", "work"), ("home", "home"), ("fax", "fax"))
    for label in HEADER_WORDS[f"label: {named}"]
}
_SALUTATIONS = frozenset(spelling.lower().rstrip(".") for spelling in BEFORE_NAME)
_NOBODY = frozenset({"group", "location", "application", "device"})
_KINDS = frozenset({"KIND", "X-KIND", "X-ADDRESSBOOKSERVER-KIND"})
_ESCAPED = "\\;"
_SILENT = frozenset({"VERSION", "PRODID", "BEGIN", "END"})
_ADDRESS = ("po_box", "address_extra", "street", "city", "region", "postcode", "country")
_SIMPLE = {
    "FN": "full_name",
    "TITLE": "job_title",
    "BDAY": "birth_date",
    "REV": "collected_at",
    "NOTE": "note",
    "UID": RECORD_ID,
    "LANG": "language",
    "X-SOCIALPROFILE": "linkedin_url",
    "SOCIALPROFILE": "linkedin_url",
}


class Card(dict[str, str]):
    """The values of a card by field, or by the name of a property that is none."""

    def __init__(self) -> None:
        super().__init__()
        self.free = FreeNames(self, "{} ({})")


def read_vcards(content: Content, encoding: str, member: str | None = None) -> Reading:
    """Read every card of the file; `row` is the card's ordinal.

    Raises:
        Unreadable: damaged_file when no card can be read.
    """
    document = content.whole().decode(encoding, errors="replace").lstrip("\ufeff").replace("\0", "")
    document = document.replace("\r\n", "\n").replace("\r", "\n")
    fallback = "utf-8" if encoding.startswith("utf") else encoding
    cards: list[tuple[int, Card]] = []
    problems: list[Problem] = []
    versions: set[str] = set()
    names: dict[str, None] = {}
    for number, (text, ended) in enumerate(cards_of(document), 1):
        properties = properties_of(text, fallback) if ended else []
        content.budget.columns(len(properties))
        if _kind(properties) in _NOBODY:
            message = "The card is a group, a place or a device, not a person or an organisation"
            problems.append(Problem(number, "no_person_card", message, text[:RAW_LIMIT]))
        elif card := _card(properties, versions):
            cards.append((number, card))
            content.budget.add_names(names, card)
        else:
            message = "The card has no property that can be read" if ended else "The card has no end"
            problems.append(Problem(number, "broken_card", message, text[:RAW_LIMIT]))
    if not cards:
        told = f"The first: {problems[0].message}" if problems else "There is none"
        raise Unreadable("damaged_file", f"No card in the file can be read. {told}", document[:RAW_LIMIT])
    header = list(names)
    return Reading(
        format="vcard",
        header=header,
        batches=batches_of(((number, [card.get(name) for name in header]) for number, card in cards), len(header)),
        rows_in_file=lambda: count_cards(document),
        dialect=f"vcard {'/'.join(sorted(versions)) or 'without version'}",
        encoding=encoding,
        member=member,
        fields={place: name for place, name in enumerate(header) if name in FIELD_NAMES or name == RECORD_ID},
        problems=problems,
    )


def _kind(properties: list[Property]) -> str:
    """What a card is of (RFC 6350, 6.1.4): individual, group, org, location, application or device."""
    return next((prop.value.strip().lower() for prop in properties if prop.head.name in _KINDS), "individual")


def _card(properties: list[Property], versions: set[str]) -> Card:
    card = Card()
    if _kind(properties) == "org":
        properties = _of_organisation(properties)
    for prop in sorted(_labelled(properties), key=_rank):
        if prop.head.name == "VERSION":
            versions.add(prop.value.strip())
        if prop.head.name not in _SILENT:
            _enter(card, prop)
    return card


def _of_organisation(properties: list[Property]) -> list[Property]:
    """An organisation's card without names of a person; its name is that of the company if no other is."""
    named = any(prop.head.name == "ORG" for prop in properties)
    rest = [prop for prop in properties if prop.head.name not in ("N", "FN")]
    names = [prop for prop in properties if prop.head.name == "FN"]
    return rest + ([] if named else [prop._replace(head=prop.head._replace(name="ORG")) for prop in names[:1]])


def _rank(prop: Property) -> tuple[bool, bool]:
    """At work before at home, the preferred one first; all else as it stands."""
    if prop.head.name not in ("EMAIL", "TEL", "ADR"):
        return False, False
    types = prop.head.types
    return "home" in types and "work" not in types, "pref" not in types


def _labelled(properties: list[Property]) -> list[Property]:
    """Properties of a group with a label of their own (`item1.X-ABLabel:Mobile`) get it as their type."""
    types: dict[str, str] = {}
    for prop in properties:
        if prop.head.name == "X-ABLABEL" and prop.group:
            label = fold(prop.value.removeprefix("_$!<").removesuffix(">!$_"))
            if kind := _TYPE_OF_LABEL.get(label):
                types[prop.group] = kind
    return [
        prop._replace(head=prop.head._replace(types=prop.head.types | {types[prop.group]}))
        if prop.group in types
        else prop
        for prop in properties
        if prop.head.name != "X-ABLABEL" or prop.group not in types
    ]


def _parts(value: str) -> list[str]:
    """A structured value's parts, escapes undone."""
    parts = re.split(r"(?<!\\);", value) if "\\" in value else value.split(";")
    return [_plain(part) for part in parts]


def _plain(value: str) -> str:
    if "\\" in value:
        value = re.sub(r"\\([nN,;:\\])", lambda m: "\n" if m[1] in "nN" else m[1], value)
    return value.replace("\r\n", "\n").strip()


def _enter(card: Card, prop: Property) -> None:
    if prop.head.name not in BINARY and prop.value.strip(" ;"):
        _ENTER.get(prop.head.name, _enter_as_it_is)(card, prop)


def _enter_name(card: Card, prop: Property) -> None:
    value = prop.value
    if not any(_parts(value)[1:]) and _ESCAPED in value:  # a writer that escaped the separators too
        value = value.replace(_ESCAPED, ";")
    family, given, more, prefix, suffix = ([*_parts(value), "", "", "", "", ""])[:5]
    _put(card, "family_name", family)
    _put(card, "given_name", " ".join(filter(None, [given, more])))
    for title in filter(None, (prefix, suffix)):
        _put(card, "salutation" if title.strip(". ").lower() in _SALUTATIONS else "academic_title", title)


def _enter_company(card: Card, prop: Property) -> None:
    company, *units = _parts(prop.value)
    _put(card, "company", company)
    _put(card, "department", ", ".join(filter(None, units)))


def _enter_phone(card: Card, prop: Property) -> None:
    _slot(card, _phone_kind(prop.head.types), _without(_plain(prop.value), "tel:"))


def _enter_email(card: Card, prop: Property) -> None:
    _slot(card, "email", _without(_plain(prop.value), "mailto:"))


def _enter_address(card: Card, prop: Property) -> None:
    """One address in its fields; a further one stays in one piece."""
    parts = ([*_parts(prop.value), *[""] * 7])[:7]
    if any(name in card for name in ("street", "city", "postcode")):
        kinds = " ".join(sorted(prop.head.types))
        _put(card, f"ADR {kinds}".strip(), ", ".join(filter(None, parts)))
        return
    for name, part in zip(_ADDRESS, parts, strict=True):
        _put(card, name, part)


def _enter_role(card: Card, prop: Property) -> None:
    _put(card, "ROLE" if "job_title" in card else "job_title", _plain(prop.value))


def _enter_link(card: Card, prop: Property) -> None:
    of_a_person = any(site in prop.value.lower() for site in ("linkedin.", "xing."))
    _put(card, "linkedin_url" if of_a_person else "website", _plain(prop.value))


def _enter_as_it_is(card: Card, prop: Property) -> None:
    _put(card, _SIMPLE.get(prop.head.name, prop.head.name), _plain(prop.value))


_ENTER: dict[str, Callable[[Card, Property], None]] = {
    "N": _enter_name,
    "ORG": _enter_company,
    "TEL": _enter_phone,
    "EMAIL": _enter_email,
    "ADR": _enter_address,
    "ROLE": _enter_role,
    "URL": _enter_link,
}


def _without(value: str, scheme: str) -> str:
    return value[len(scheme) :] if value[: len(scheme)].lower() == scheme else value


def _phone_kind(types: frozenset[str]) -> str:
    if "fax" in types or any("fax" in word for word in types):
        return "fax"
    return "mobile" if types & {"cell", "mobile", "pcs", "iphone"} else "phone"


def _slot(card: Card, kind: str, value: str) -> None:
    for slot in SLOTS.get(kind, (kind,)):
        if slot not in card:
            _put(card, slot, value)
            return
    _put(card, kind.upper(), value)


def _put(card: Card, name: str, value: str) -> None:
    """Enter a value; a second one of the same name gets a name of its own, so that none is lost."""
    if value and card.get(name) != value:
        card[card.free.of(name)] = value
