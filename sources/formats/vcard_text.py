"""vCard text: the cards of a file and the properties of a card.

Belongs here: where cards begin and end, unfolding, quoted-printable and base64 values, charsets per property. Does not
belong here: which property is which field (`vcard`).
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

from engine.caches import keep_words

_BEGIN = re.compile(r"^\s*BEGIN\s*:\s*VCARD\s*$", re.IGNORECASE)
_END = re.compile(r"^\s*END\s*:\s*VCARD\s*$", re.IGNORECASE)
_HEAD = re.compile(r"(?:([A-Za-z0-9-]+)\.)?([A-Za-z0-9-]+)((?:;[^;:\"]*(?:\"[^\"]*\"[^;:\"]*)*)*):")
_AGENT = re.compile(r"^AGENT[^:\n]*:[ \t]*\n\s*BEGIN\s*:\s*VCARD", re.IGNORECASE | re.MULTILINE)
_HEAD_ROOM = 1000  # characters within which a property says how its value is written
BINARY = frozenset({"PHOTO", "LOGO", "SOUND", "KEY"})


# Properties whose type some programs write behind a full stop, as if they were a group: PHONE.WORK.
_NAMED_BEFORE = {"PHONE": "TEL", "TEL": "TEL", "EMAIL": "EMAIL", "ADR": "ADR"}
_QUOTED = frozenset({"QUOTED-PRINTABLE", "Q", "QUOTED", "QP"})


class Head(NamedTuple):
    """What stands before a property's value: its name and parameters; few differ in a whole file."""

    name: str
    types: frozenset[str]
    encoding: str
    charset: str | None


class Property(NamedTuple):
    """A property as written; `group` is what ties it to others (`item1`)."""

    head: Head
    value: str
    group: str


class CardText(NamedTuple):
    """The lines of a card, and whether its end was found."""

    text: str
    ended: bool


def cards_of(document: str) -> Iterator[CardText]:
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
                yield CardText("\n".join(lines), False)
            lines = []
        elif mark and _END.match(line):
            if lines is not None:
                yield CardText("\n".join(lines), True)
            lines = None
        elif lines is not None:
            lines.append(line)
    if lines is not None:
        yield CardText("\n".join(lines), False)


def count_cards(document: str) -> int:
    """How many cards begin in a document, by other means than `cards_of`; agents within a card are part of it."""
    begins = re.findall(r"^[^\S\n]*BEGIN[^\S\n]*:[^\S\n]*VCARD", document, re.IGNORECASE | re.MULTILINE)
    return len(begins) - len(_AGENT.findall(document))


def properties_of(text: str, fallback: str) -> list[Property]:
    """The properties of a card's text; `fallback` is the charset of those that name none."""
    found: list[Property] = []
    note: list[str] = []
    for line in _unfolded(text):
        if match := _HEAD.match(line):
            _end_note(found, note)
            name, kind = match[2], ""
            if (named := _NAMED_BEFORE.get((match[1] or "").upper())) is not None:
                name, kind = named, f";TYPE={match[2]}"
            head = _head(name, kind + match[3])
            found.append(Property(head, _decoded(line[match.end() :], head, fallback), match[1] or ""))
        elif found and found[-1].head.name == "NOTE":  # its line ends were not escaped
            note.append(line)
        elif line.strip() and not (found and found[-1].head.name in BINARY):
            found.append(Property(_head("LINE", ""), line, ""))
    _end_note(found, note)
    return found


def _end_note(found: list[Property], lines: list[str]) -> None:
    """Put the further lines of a note behind its first one, all at once."""
    if lines:
        found[-1] = found[-1]._replace(value="\n".join([found[-1].value, *lines]))
        lines.clear()


def _unfolded(text: str) -> Iterator[str]:
    """Whole properties: continuation lines begin with a space, or follow a soft break of quoted-printable."""
    parts: list[str] = []
    for line in text.split("\n"):
        if parts and line[:1] in (" ", "\t"):
            if _is_soft_break(parts):  # folded as well
                parts[-1] = parts[-1][:-1]
            parts += [line[1:]] if len(line) > 1 else []
        elif parts and _is_soft_break(parts):
            parts[-1:] = [part for part in (parts[-1][:-1], line) if part]
        else:
            if whole := "".join(parts):
                yield whole
            parts = [line]
    if whole := "".join(parts):
        yield whole


def _is_soft_break(parts: list[str]) -> bool:
    return parts[-1].endswith("=") and "QUOTED-PRINTABLE" in "".join(parts[:2])[:_HEAD_ROOM].upper()


@keep_words
def _head(name: str, params: str) -> Head:
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
    return Head(name.upper(), frozenset(types), encoding, charset)


def _text_of(quoted: bytes, charset: str | None, fallback: str) -> str:
    """Bytes as text: in the charset named; without one UTF-8, or Windows' where they are none."""
    if charset is not None:
        return quoted.decode(charset, "replace")
    try:
        return quoted.decode(fallback)
    except UnicodeDecodeError:
        return quoted.decode("cp1252", "replace")


def _decoded(value: str, head: Head, fallback: str) -> str:
    charset = head.charset or fallback
    try:
        if head.encoding in _QUOTED:
            return _text_of(quopri.decodestring(value.encode(fallback, "replace")), head.charset, fallback)
        if head.encoding in ("BASE64", "B") and head.name not in BINARY:
            return base64.b64decode(value).decode(charset, "replace")
    except (LookupError, binascii.Error, ValueError):
        return value
    return value
