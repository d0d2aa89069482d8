"""Nested names: what a value means below its parent, as `organizations.title` or `emails.value`.

Belongs here: the parents and what is below them (`nested.csv`), which words only say of which kind a value is. Does not
belong here: names that say what they mean themselves (`headers`), taking objects apart (`formats/flatten`).
"""

from __future__ import annotations

import re
from functools import cache

from engine.word_lists import entries
from sources.columns.words import HEADER_WORDS, NESTED

ANY_KIND, NOTHING = "*", "none"
KINDS = frozenset(HEADER_WORDS["kind of value"])
"""Words that say of which kind one of several values is: work, home, main."""
_NO_LETTER = re.compile(r"[^a-z0-9äöü]+")


def field_below(parent: str, last: str) -> str | None:
    """The field of `last` below `parent`; `NOTHING` where it says nothing of the lead, None where it is not known."""
    known = _below().get(_key(parent).rstrip("0123456789"))
    if known is None:
        return None
    return known.get(_key(last)) or (known.get(ANY_KIND) if _key(last) in KINDS else None)


def is_contact(parent: str) -> bool:
    """Whether what stands below a name is one of several addresses or numbers: `emails`, `phoneNumbers`."""
    return ANY_KIND in _below().get(_key(parent).rstrip("0123456789"), {})


def _key(name: str) -> str:
    return _NO_LETTER.sub("", name.lower())


@cache
def _below() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for row in NESTED:
        for parent in entries(row["parent"]):
            found.setdefault(parent, {}).update(dict.fromkeys(entries(row["last"]), row["field"]))
    return found
