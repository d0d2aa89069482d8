"""Headers: from a column's name as written to the canonical field.

Belongs here: folding a name (case, umlauts, camelCase, punctuation, mojibake) and looking it up among the
synonyms of `headers.csv`, with qualifiers such as `geschäftlich` or `1`, or the path of a nested name, set
aside when the full name is not known. Does not belong here: the words set aside (`header_words.csv`), whole
sentences (`consent`), names whose meaning depends on their neighbours or values (`context`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from contracts.raw import RECORD_ID
from engine.caches import keep_words
from engine.word_lists import alternatives
from reference.letters import SPELT_OUT
from sources.columns.consent import consent_field, is_notice
from sources.columns.legend import without_legend
from sources.columns.nested import NOTHING, field_below
from sources.columns.words import HEADER_WORDS, SYNONYMS
from sources.mojibake import LOST, repair_mojibake

LONGEST = 1_000  # signs of a header that are looked at
MAYBE_ID = "maybe_id"

# Names that say nothing without their neighbours or values; `context` decides.
BY_CONTEXT = frozenset(word for kind, words in HEADER_WORDS.items() if kind.startswith("alone: ") for word in words)
# What may stand in brackets behind such a name and says it outright: `Name (First)`, `Address (City)`.
PLACE = frozenset({"street", "house_number", "address_extra", "postcode", "city", "postcode_city", "region", "country"})
_FIELDS_IN_BRACKETS = {
    "name": frozenset({"given_name", "family_name", "full_name", "company", "salutation", "academic_title"}),
    "address": PLACE | {"po_box"},
    "contact": frozenset({"full_name", "email", "phone", "mobile", "fax"}),
    "phone": frozenset({"mobile", "fax"}),
}
_PARTS_OF = {
    word: fields for kind, fields in _FIELDS_IN_BRACKETS.items() for word in HEADER_WORDS[f"in brackets: {kind}"]
}
_ADDRESS = frozenset(HEADER_WORDS["address"])

_BRACKETS = re.compile(r"\([^)]*\)|\[[^\]]*\]|\{[^}]*\}|<[^>]*>")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z][a-z])")
_NOISE = re.compile(r"[^a-z0-9#]+")
_NUMBER = re.compile(r"^(.*?)\s*(?:nr\.?\s*)?([1-9])$")
_QUALIFIERS = frozenset(HEADER_WORDS["qualifier"])
_COMPANIES = frozenset(HEADER_WORDS["company"])
_QUESTION = re.compile(
    rf".*\?$|{alternatives(HEADER_WORDS['greeting'])}?\W*{alternatives(HEADER_WORDS['question'])}\b", re.DOTALL
)
_ASKED = frozenset(HEADER_WORDS["asked"])
_PATH = re.compile(r"[A-Za-zÄÖÜäöüß0-9_]+(?:[./][A-Za-zÄÖÜäöüß0-9_]+)+")  # of a nested name: `address.zip`
_LIST_SIGN = re.compile(r"\[\d*\](?=[./])")  # emails[].value, emails[0].value
_OF_OTHERS = frozenset(HEADER_WORDS["of others"])


class Meaning(NamedTuple):
    """What a header means: field (or None), the number it carries (`Telefon 2` is 2) and how surely.

    The number is 0 where settings or format state the field.
    """

    field: str | None
    number: int
    exact: bool

    @property
    def is_stated(self) -> bool:
        return self.number == 0


def fold(name: str) -> str:
    """A header as a key: lower-case ASCII letters and digits, umlauts spelt out, nothing else."""
    return _NOISE.sub("", plain(name))


def plain(name: str) -> str:
    """A header as running text: small letters, umlauts spelt out, words as they stand."""
    return SPELT_OUT.text(_CAMEL.sub(" ", repair_mojibake(name).replace("\ufeff", "")))


@cache
def _synonyms() -> dict[str, str]:
    found: dict[str, str] = {}
    for row in SYNONYMS:
        for name in (row["name"], row["field"]):
            found.setdefault(fold(name), row["field"])
    return found


@keep_words
def look_up(name: str) -> Meaning:
    """The meaning of a header, by its full name, then without brackets, then without qualifiers; a legend is set aside.

    A character lost in the header (`Stra\ufffde`) matches any one or two letters if only one field fits. Of a header
    that is a letter the beginning counts.
    """
    name = without_legend(name[:LONGEST])
    bare = name.strip().strip("*:").strip()
    if any(is_notice(plain(said)) for said in _BRACKETS.findall(bare)):
        return Meaning(None, 1, False)
    path = _LIST_SIGN.sub("", bare)
    if _PATH.fullmatch(path) and fold(path) not in _synonyms() and (below := _nested_below(path)):
        return below
    found = _in_brackets(bare) or _by_full_name(bare) or _by_full_name(_BRACKETS.sub(" ", bare))
    if found is not None:
        return found
    if LOST in repair_mojibake(name):
        return Meaning(_with_lost_letters(name), 1, False)
    found = _qualified(bare)
    if found.field is None and _PATH.fullmatch(bare):
        return _nested(bare)
    return found if found.field else Meaning(consent_field(plain(bare)), found.number, False)


def _by_full_name(name: str) -> Meaning | None:
    """A synonym as it is listed, or with a number behind it."""
    known = _synonyms()
    numbered = _NUMBER.match(plain(name).strip())
    number = int(numbered[2]) if numbered else 1
    if (field := known.get(fold(name))) is not None:
        its_own_page = field == "website" and name[0] == "_"  # the form's (`_url`), not the lead's
        return Meaning(None if its_own_page else field, number, True)
    if numbered is None or (field := known.get(_NOISE.sub("", numbered[1]))) is None:
        return None
    # A second line of the street is what is beside it.
    return Meaning("address_extra" if field == "street" and number != 1 else field, number, True)


def context_key(name: str) -> str:
    """The key of BY_CONTEXT a header comes down to: `Titel (optional)` to `titel`, `Company Address` to `address`."""
    key = fold(_BRACKETS.sub(" ", name))
    if key in BY_CONTEXT:
        return key
    core = [word for word in _words(name) if word not in _QUALIFIERS]
    return core[0] if len(core) == 1 and core[0] in _ADDRESS else fold(name)


def _in_brackets(name: str) -> Meaning | None:
    """The part of a name or address that stands in brackets behind the word: `Name (First)`, `Address (City)`."""
    match = re.fullmatch(r"([^()]+)\(([^()]+)\)", name)
    parts = _PARTS_OF.get(fold(match[1])) if match else None
    if match is None or parts is None:
        return None
    inner = look_up(match[2])
    return inner if inner.field in parts else None


def _nested(name: str) -> Meaning:
    """`address.zip` by its last part, unless that is a plain number or name, or the path leads to somebody else."""
    *path, last = re.split(r"[./]", name)
    if not _OF_OTHERS.isdisjoint(word for part in path for word in _words(part)) or fold(last) in BY_CONTEXT:
        return Meaning(None, 1, False)
    found = look_up(last)
    of_no_use = found.field in (None, RECORD_ID, MAYBE_ID, "collected_at")
    return Meaning(None, 1, False) if of_no_use else found._replace(exact=False)


def _nested_below(name: str) -> Meaning | None:
    """What the last part of a path means below the one before it, of the lead itself."""
    *path, last = re.split(r"[./]", name)
    if not _OF_OTHERS.isdisjoint(word for part in path for word in _words(part)):
        return None
    below = field_below(path[-1], last)
    numbered = re.search(r"[2-9]$", path[-1])
    number = int(numbered[0]) if numbered else 1
    return None if below is None else Meaning(None if below == NOTHING else below, number, False)


def _words(name: str) -> list[str]:
    return [word for word in _NOISE.split(plain(name)) if word]


def _qualified(name: str) -> Meaning:
    """The field of what is left of a name when the words of a question, then the qualifiers are set aside."""
    words = _words(name)
    number = next((int(word) for word in words if len(word) == 1 and word.isdigit()), 1)
    if (field := _asked_for(name, words)) is not None:
        return Meaning(field, number, False)
    numbered = [word for word in words if word not in _QUALIFIERS]
    if len(numbered) < len(words) and (field := _telling("".join(numbered))) is not None:
        return Meaning(field, 1, False)  # `Work Address 1` is the street
    core = [word for word in numbered if not word.isdigit()]
    return Meaning(_of_core(core, words), number, False)


def _asked_for(name: str, words: list[str]) -> str | None:
    """The field a question asks for: `Wie lautet Ihre Firma?`."""
    if not _QUESTION.match(plain(name).strip()):
        return None
    asked = [word for word in words if word not in _ASKED]
    return _synonyms().get("".join(asked)) if len(asked) < len(words) else None


def _of_core(core: list[str], words: list[str]) -> str | None:
    """The field of the words that are no qualifiers; where none is left, a company at the end is meant itself."""
    if not core:
        return "company" if words and words[-1] in _COMPANIES else None
    part = [word for word in core if word not in _ADDRESS]
    if len(part) < len(core) and (field := _synonyms().get("".join(part))) in _FIELDS_IN_BRACKETS["address"]:
        return field
    return _telling("".join(core)) if len(core) <= 3 else None


def _telling(key: str) -> str | None:
    """The field of a synonym that needs neither neighbours nor values."""
    return _synonyms().get(key) if key not in BY_CONTEXT else None


def _with_lost_letters(name: str) -> str | None:
    parts = [_NOISE.sub("", plain(part)) for part in repair_mojibake(name).split(LOST)]
    pattern = re.compile("[a-z]{1,2}".join(re.escape(part) for part in parts))
    fields = {canonical for key, canonical in _synonyms().items() if pattern.fullmatch(key)}
    return fields.pop() if len(fields) == 1 else None


def is_known(name: str) -> bool:
    """Whether a cell reads as a column's name."""
    if len(name) > 80 or ";" in name or "\t" in name:  # several names in a row
        return False
    return look_up(name).field is not None or fold(name) in BY_CONTEXT


def known_names(cells: Sequence[str]) -> int:
    """How many of the cells read as columns' names."""
    return sum(1 for cell in cells if is_known(cell))
