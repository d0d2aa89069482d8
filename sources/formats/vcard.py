"""vCard 2.1, 3.0 and 4.0: business cards, any number in a file.

Belongs here: unfolding, quoted-printable and base64 values, charsets per property, and which property is which
field. Does not belong here: splitting names or addresses further (`enrichment`).
Source: RFC 2426 (3.0), RFC 6350 (4.0), the vCard 2.1 specification. Read here and not by a library so that one
broken card costs itself only, and properties nobody foresaw are kept.
"""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from collections.abc import Iterator
from typing import NamedTuple

from contracts.raw import RECORD_ID
from engine.caches import keep_words
from sources.columns.headers import fold
from sources.columns.mapping import SLOTS
from sources.content import Content
from sources.problems import RAW_LIMIT, Problem, Unreadable
from sources.reading import BATCH_ROWS, Batch, Reading, batch_of

_BEGIN = re.compile(r"^\s*BEGIN\s*:\s*VCARD\s*$", re.IGNORECASE)
_END = re.compile(r"^\s*END\s*:\s*VCARD\s*$", re.IGNORECASE)
_HEAD = re.compile(r"(?:([A-Za-z0-9-]+)\.)?([A-Za-z0-9-]+)((?:;[^:\"]*(?:\"[^\"]*\"[^:\"]*)*)*):")
_BINARY = frozenset({"PHOTO", "LOGO", "SOUND", "KEY"})
_AGENT = re.compile(r"^AGENT[^:\n]*:[ \t]*\n\s*BEGIN\s*:\s*VCARD", re.IGNORECASE | re.MULTILINE)
_LABELS = {
    "cell": frozenset({"mobile", "mobil", "handy", "iphone", "mobiltelefon"}),
    "work": frozenset({"work", "arbeit", "buero", "office", "geschaeftlich", "firma"}),
    "home": frozenset({"home", "privat", "zuhause"}),
    "fax": frozenset({"fax", "workfax", "homefax", "faxgeschaeftlich", "faxprivat"}),
}
_SILENT = frozenset({"VERSION", "PRODID", "BEGIN", "END"})
_ADDRESS = ("po_box", "address_extra", "street", "city", "region", "postcode", "country")
_SIMPLE = {
    "TITLE": "job_title",
    "BDAY": "birth_date",
    "REV": "collected_at",
    "NOTE": "note",
    "UID": RECORD_ID,
    "LANG": "language",
    "URL": "website",
    "X-SOCIALPROFILE": "linkedin_url",
    "SOCIALPROFILE": "linkedin_url",
}

Card = dict[str, str]


class _Head(NamedTuple):
    """What stands before a property's value: its name and parameters; few differ in a whole file."""

    name: str
    types: frozenset[str]
    encoding: str
    charset: str | None


class _Property(NamedTuple):
    head: _Head
    value: str
    group: str


def read_vcards(content: Content, encoding: str, member: str | None = None) -> Reading:
    """Read every card of the file; `row` is the card's ordinal.

    Raises:
        Unreadable: damaged_file when no card can be read.
    """
    document = content.whole().decode(encoding, errors="replace").lstrip("\ufeff").replace("\0", "")
    document = document.replace("\r\n", "\n").replace("\r", "\n")
    problems: list[Problem] = []
    cards: list[tuple[int, Card]] = []
    versions: set[str] = set()
    fallback = "utf-8" if encoding.startswith("utf") else encoding
    for number, lines in enumerate(_blocks(document), 1):
        if not lines.ended:
            problems.append(_broken(number, "The card has no end", lines.text))
            continue
        card = _card(lines.text, fallback, versions)
        if card:
            cards.append((number, card))
        else:
            problems.append(_broken(number, "The card has no property that can be read", lines.text))
    if not cards and not problems:
        raise Unreadable("damaged_file", "There is no card in the file")
    header = list(dict.fromkeys(name for _, card in cards for name in card))
    found = len(re.findall(r"^\s*BEGIN\s*:\s*VCARD", document, re.IGNORECASE | re.MULTILINE))
    found -= len(_AGENT.findall(document))
    return Reading(
        format="vcard",
        header=header,
        batches=_batches(cards, header),
        rows_in_file=lambda: found,
        dialect=f"vcard {'/'.join(sorted(versions)) or 'without version'}",
        encoding=encoding,
        member=member,
        fields={place: name for place, name in enumerate(header) if name in _fields()},
        problems=problems,
    )


def _fields() -> frozenset[str]:
    from sources.settings import FIELD_NAMES

    return FIELD_NAMES | {RECORD_ID}


def _broken(number: int, message: str, raw: str) -> Problem:
    return Problem(number, "broken_card", message, raw[:RAW_LIMIT])


def _batches(cards: list[tuple[int, Card]], header: list[str]) -> Iterator[Batch]:
    for start in range(0, len(cards), BATCH_ROWS):
        part = cards[start : start + BATCH_ROWS]
        yield batch_of([n for n, _ in part], [[card.get(name) for name in header] for _, card in part], len(header))


class _Block(NamedTuple):
    text: str
    ended: bool


def _blocks(document: str) -> Iterator[_Block]:
    """The cards' texts; a card that another one begins in before its end is not ended, unless it is its agent's."""
    lines: list[str] | None = None
    agent = False
    for line in document.split("\n"):
        mark = "VCARD" in line.upper()
        if mark and lines and _BEGIN.match(line) and re.fullmatch(r"AGENT[^:]*:\s*", lines[-1], re.IGNORECASE):
            agent = True
        elif agent:
            agent = not (mark and _END.match(line))
        elif mark and _BEGIN.match(line):
            if lines is not None:
                yield _Block("\n".join(lines), False)
            lines = []
        elif mark and _END.match(line):
            if lines is not None:
                yield _Block("\n".join(lines), True)
            lines = None
        elif lines is not None:
            lines.append(line)
    if lines is not None:
        yield _Block("\n".join(lines), False)


def _card(text: str, fallback: str, versions: set[str]) -> Card:
    card: Card = {}
    for prop in sorted(_labelled(_properties(text, fallback)), key=_rank):
        if prop.head.name == "VERSION":
            versions.add(prop.value.strip())
        if prop.head.name not in _SILENT:
            _enter(card, prop)
    return card


def _rank(prop: _Property) -> tuple[bool, bool]:
    """At work before at home, the preferred one first; all else as it stands."""
    if prop.head.name not in ("EMAIL", "TEL", "ADR"):
        return False, False
    types = prop.head.types
    return "home" in types and "work" not in types, "pref" not in types


def _labelled(properties: list[_Property]) -> list[_Property]:
    """Properties of a group with a label of their own (`item1.X-ABLabel:Mobile`) get it as their type."""
    types: dict[str, str] = {}
    for prop in properties:
        if prop.head.name == "X-ABLABEL" and prop.group:
            label = fold(prop.value.removeprefix("_$!<").removesuffix(">!$_"))
            if kind := next((kind for kind, labels in _LABELS.items() if label in labels), None):
                types[prop.group] = kind
    return [
        prop._replace(head=prop.head._replace(types=prop.head.types | {types[prop.group]}))
        if prop.group in types
        else prop
        for prop in properties
        if prop.head.name != "X-ABLABEL" or prop.group not in types
    ]


def _properties(text: str, fallback: str) -> list[_Property]:
    found: list[_Property] = []
    for line in _unfolded(text):
        if match := _HEAD.match(line):
            head = _head(match[2], match[3])
            found.append(_Property(head, _decoded(line[match.end() :], head, fallback), match[1] or ""))
        elif found and found[-1].head.name == "NOTE":  # its line ends were not escaped
            found[-1] = found[-1]._replace(value=f"{found[-1].value}\n{line}")
        elif line.strip() and not (found and found[-1].head.name in _BINARY):
            found.append(_Property(_head("LINE", ""), line, ""))
    return found


def _unfolded(text: str) -> Iterator[str]:
    """Whole properties: continuation lines begin with a space, or follow a soft break of quoted-printable."""
    current: str | None = None
    for line in text.split("\n"):
        if current is not None and line[:1] in (" ", "\t"):
            current += line[1:]
        elif current is not None and current.endswith("=") and "QUOTED-PRINTABLE" in current.upper():
            current = current[:-1] + line
        else:
            if current:
                yield current
            current = line
    if current:
        yield current


@keep_words
def _head(name: str, params: str) -> _Head:
    types: set[str] = set()
    encoding, charset = "", None
    for part in re.findall(r";((?:[^;\"]|\"[^\"]*\")*)", params):
        key, found, value = part.partition("=")
        if not found:  # vCard 2.1 writes the type alone
            key, value = ("ENCODING", key) if key.upper() in ("QUOTED-PRINTABLE", "BASE64") else ("TYPE", key)
        key, value = key.strip().upper(), value.strip().strip('"')
        if key == "TYPE":
            types.update(value.lower().split(","))
        elif key == "PREF":
            types.add("pref")
        elif key == "ENCODING":
            encoding = encoding or value.upper()
        elif key == "CHARSET":
            charset = charset or value
    return _Head(name.upper(), frozenset(types), encoding, charset)


def _decoded(value: str, head: _Head, fallback: str) -> str:
    charset = head.charset or fallback
    try:
        if head.encoding in ("QUOTED-PRINTABLE", "Q"):
            return quopri.decodestring(value.encode(fallback, "replace")).decode(charset, "replace")
        if head.encoding in ("BASE64", "B") and head.name not in _BINARY:
            return base64.b64decode(value).decode(charset, "replace")
    except (LookupError, binascii.Error, ValueError):
        return value
    return value


def _parts(value: str) -> list[str]:
    """A structured value's parts, escapes undone."""
    parts = re.split(r"(?<!\\);", value) if "\\" in value else value.split(";")
    return [_plain(part) for part in parts]


def _plain(value: str) -> str:
    if "\\" in value:
        value = re.sub(r"\\([nN,;:\\])", lambda m: "\n" if m[1] in "nN" else m[1], value)
    return value.replace("\r\n", "\n").strip()


def _enter(card: Card, prop: _Property) -> None:
    name, value = prop.head.name, prop.value
    if name in _BINARY or not value.strip(" ;"):
        return
    if name == "N":
        family, given, more, prefix, suffix = ([*_parts(value), "", "", "", "", ""])[:5]
        _put(card, "family_name", family)
        _put(card, "given_name", " ".join(filter(None, [given, more])))
        for title in filter(None, (prefix, suffix)):
            _put(card, "academic_title" if not _salutation(title) else "salutation", title)
    elif name == "FN":
        _put(card, "full_name", _plain(value))
    elif name == "ORG":
        company, *units = _parts(value)
        _put(card, "company", company)
        _put(card, "department", ", ".join(filter(None, units)))
    elif name == "TEL":
        _slot(card, _phone_kind(prop.head.types), _without(_plain(value), "tel:"))
    elif name == "EMAIL":
        _slot(card, "email", _without(_plain(value), "mailto:"))
    elif name == "ADR":
        _address(card, value, prop.head.types)
    elif name == "ROLE":
        _put(card, "job_title" if "job_title" not in card else "ROLE", _plain(value))
    elif name == "URL" and any(site in value.lower() for site in ("linkedin.", "xing.")):
        _put(card, "linkedin_url", _plain(value))
    elif name == "CATEGORIES":
        _put(card, "CATEGORIES", _plain(value))
    else:
        _put(card, _SIMPLE.get(name, name), _plain(value))


def _without(value: str, scheme: str) -> str:
    return value[len(scheme) :] if value[: len(scheme)].lower() == scheme else value


def _salutation(text: str) -> bool:
    return text.strip(". ").lower() in ("herr", "hr", "frau", "fr", "mr", "mrs", "ms", "miss", "herrn")


def _phone_kind(types: frozenset[str]) -> str:
    if "fax" in types or any("fax" in word for word in types):
        return "fax"
    return "mobile" if types & {"cell", "mobile", "pcs", "iphone"} else "phone"


def _address(card: Card, value: str, types: frozenset[str]) -> None:
    parts = ([*_parts(value), *[""] * 7])[:7]
    if any(name in card for name in ("street", "city", "postcode")):
        _put(card, f"ADR {' '.join(sorted(types))}".strip(), ", ".join(filter(None, parts)))
        return
    for name, part in zip(_ADDRESS, parts, strict=True):
        _put(card, name, part)


def _slot(card: Card, kind: str, value: str) -> None:
    for slot in SLOTS.get(kind, (kind,)):
        if slot not in card:
            _put(card, slot, value)
            return
    _put(card, kind.upper(), value)


def _put(card: Card, name: str, value: str) -> None:
    """Enter a value; a second one of the same name gets a name of its own, so that none is lost."""
    if not value or card.get(name) == value:
        return
    key, count = name, 1
    while key in card:
        count += 1
        key = f"{name} ({count})"
    card[key] = value
