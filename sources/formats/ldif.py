"""LDIF: entries of a directory or an address book (RFC 2849), any number in a file.

Belongs here: lines into attributes, entries into rows. Does not belong here: which attribute is which field
(`ldif.csv`), what a value means (`enrichment`).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from contracts.raw import RECORD_ID
from engine.word_lists import WordLists
from sources.columns.mapping import SLOTS
from sources.content import Content
from sources.formats.free_names import FreeNames
from sources.problems import RAW_LIMIT, Problem, Unreadable
from sources.reading import Reading, batches_of
from sources.settings import FIELD_NAMES

_LISTS = WordLists(Path(__file__).parent)
_BEGIN = re.compile(r"^(?:version:\s*\d+\s*\n)?\s*(?:#[^\n]*\n\s*)*dn::?\s*\S", re.IGNORECASE)
_LINE = re.compile(r"^(?P<name>[A-Za-z][\w.-]*)(?:;[\w;.-]*)?:(?P<kind>[:<]?)[ ]*(?P<value>.*)$", re.DOTALL)
_SILENT = frozenset({"dn", "objectclass", "changetype", "version", "control", "modifytimestamp"})
_NOBODY, _ORGANISATION = "class: nobody", "class: organisation"

Attributes = list[tuple[str, str]]


def is_ldif(start: str) -> bool:
    """Whether a text begins as LDIF does: `dn: cn=...`, perhaps behind a version and comments."""
    return _BEGIN.match(start.replace("\r\n", "\n").replace("\r", "\n")) is not None


def read_ldif(content: Content, encoding: str, member: str | None = None) -> Reading:
    """Read every entry of the file; `row` is the entry's ordinal.

    Raises:
        Unreadable: no_table when no entry is a person or an organisation.
    """
    document = content.whole().decode(encoding, errors="replace").lstrip("\ufeff").replace("\0", "")
    entries = list(_entries(document.replace("\r\n", "\n").replace("\r", "\n")))
    rows: list[tuple[int, dict[str, str]]] = []
    problems: list[Problem] = []
    names: dict[str, None] = {}
    for number, text in enumerate(entries, 1):
        attributes = _attributes(text)
        content.budget.columns(len(attributes))
        classes = {value.lower() for name, value in attributes if name == "objectclass"}
        if classes & _classes(_NOBODY) and "person" not in classes:
            message = "The entry is a group, a unit, a room or a device, not a person or an organisation"
            problems.append(Problem(number, "no_person_card", message, text[:RAW_LIMIT]))
        elif row := _row(
            attributes, of_organisation=bool(classes & _classes(_ORGANISATION)) and "person" not in classes
        ):
            rows.append((number, row))
            content.budget.add_names(names, row)
        else:
            message = "The entry has no attribute that can be read"
            problems.append(Problem(number, "broken_card", message, text[:RAW_LIMIT]))
    if not rows:
        raise Unreadable("no_table", "No entry of the directory is a person or an organisation", document[:RAW_LIMIT])
    header = list(names)
    return Reading(
        format="ldif",
        header=header,
        batches=batches_of(((number, [row.get(name) for name in header]) for number, row in rows), len(header)),
        rows_in_file=lambda: len(entries),
        dialect="ldif",
        encoding=encoding,
        member=member,
        fields={place: name for place, name in enumerate(header) if name in FIELD_NAMES or name == RECORD_ID},
        problems=problems,
    )


def _entries(document: str) -> Iterator[str]:
    """The entries, a blank line between them; what stands before the first `dn` is none."""
    for block in re.split(r"\n[ \t]*(?:\n[ \t]*)+", document.strip("\n")):
        if any(line[:3].lower() == "dn:" for line in block.split("\n")):
            yield block


def _attributes(text: str) -> Attributes:
    """Names in small letters with their values; folded lines joined, base64 undone, comments left out."""
    found: Attributes = []
    for line in text.replace("\n ", "").split("\n"):
        match = _LINE.match(line)
        if match is None or line.startswith("#"):
            continue
        value = match["value"].strip()
        if match["kind"] == ":":
            try:
                value = base64.b64decode(value, validate=True).decode("utf-8").strip()
            except (binascii.Error, UnicodeDecodeError):
                continue  # a picture or a certificate
        if value and match["kind"] != "<":
            found.append((match["name"].lower(), value))
    return found


def _row(attributes: Attributes, *, of_organisation: bool) -> dict[str, str]:
    """The values of an entry by field, or by the name of an attribute that is none."""
    row: dict[str, str] = {}
    free = FreeNames(row, "{} ({})")
    order = list(_fields())
    for name, value in sorted(attributes, key=lambda one: order.index(one[0]) if one[0] in order else len(order)):
        field = _fields().get(name, name)
        if name in _SILENT:
            continue
        if of_organisation and field in ("full_name", "family_name", "company"):
            field = "company"
        slot = next((slot for slot in SLOTS.get(field, (field,)) if slot not in row), field)
        if slot not in row:
            row[slot] = value
        elif value not in row.values():
            row[free.of(name)] = value
    return row


@cache
def _fields() -> dict[str, str]:
    return {
        row["attribute"]: row["field"] for row in _LISTS.rows("ldif.csv") if not row["attribute"].startswith("class")
    }


@cache
def _classes(kind: str) -> frozenset[str]:
    return frozenset(row["field"] for row in _LISTS.rows("ldif.csv") if row["attribute"] == kind)
