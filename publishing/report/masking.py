"""Masking: showing what a repair did without showing whose data it was.

Belongs here: masks for values that appear in pages and messages. Does not belong here: which values are shown.
Signs, spaces and the words people put around a value stay readable, because they are what was repaired; letters and
digits that identify somebody become dots. Characters that cannot be seen are named.
"""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl

from engine.escaping import visible
from engine.word_lists import WordLists, alternatives, spelt
from enrichment.cells.known_names import business_words
from enrichment.cells.recipients import ATTENTION, ATTENTION_LABEL, CARE_OF
from enrichment.cells.word_lists import of_kinds
from enrichment.person.no_person import is_whole_person, names_company, no_person_kind
from reference.salutations import IN_LINE

DOT = "•"
_ANNOUNCING = (*ATTENTION, *CARE_OF, *IN_LINE)
_WORDS = frozenset(re.findall(r"[^\W\d_]+", " ".join(spelt(_ANNOUNCING)).lower())) | frozenset(
    WordLists(Path(__file__).parent).words("shown_words.txt")
)
_PLAIN = frozenset(
    (
        *("postcode", "city", "country", "region", "language", "collected_at"),
        *("company", "company_site", "legal_form", "department", "job_title", "account_name", "industry", "employees"),
        "sources",
    )
)
_NAMED_BEHIND = alternatives(
    word.removesuffix("?").removesuffix(".") + ".?"
    for word in (*_ANNOUNCING, *ATTENTION_LABEL, *of_kinds("line_words.csv", "owner"))
)
_PERSON = re.compile(rf"(?i)(?<!\w)((?:{_NAMED_BEHIND}(?!\w)|{alternatives(CARE_OF)})[\s:.]*)(.+)")
_LONGEST = 60
_MAIL = re.compile(r"[^\s@<>\"'(),;:]+@[^\s@<>\"'(),;:]+")
_DATE = r"\d\d[.\-/]\d\d[.\-/]\d{2,4}(?!\d)"
_RUN = r"(?:[0-9a-f]{8}-)?(?:[0-9a-f]{4}-){1,3}[0-9a-f]{12}\b"  # a run's id, a UUID, from any of its groups on
_PHONE = re.compile(rf"(?<![\w.])(?!{_DATE}|{_RUN})(?:\+|\(?0)(?:[ ()/.\-]{{0,3}}\d){{6,}}")
NOBODY: frozenset[str] = frozenset()


def masked(field: str, value: str | None, persons: frozenset[str] = NOBODY) -> str:
    """`value` of clean column `field` as it may be shown.

    Towns, companies, job titles and dates are no personal contact data and stay; persons, e-mail addresses and phone
    numbers named in them do not. Everything else keeps its first letters and its shape only.

    Args:
        field: a column of contracts.clean.
        value: what is in it.
        persons: names known to be somebody's (`names_of`), whatever the field calls them.
    """
    if value is None:
        return ""
    shown = (
        _words(value)
        if field in _PLAIN and _is_person(value, persons)
        else _PERSON.sub(lambda found: found[1] + _words(found[2]), without_contacts(value))
        if field in _PLAIN
        else _numbers(value)
        if _is_number(field)
        else _words(value, mail=field.endswith("email"))
    )
    shown = visible(shown).replace("\u00a0", "⟨U+00A0⟩")
    return shown if len(shown) <= _LONGEST else shown[: _LONGEST - 1] + "…"


def without_contacts(text: str) -> str:
    """A sentence or a name of a file with the e-mail addresses and phone numbers in it masked."""
    return _PHONE.sub(lambda found: _numbers(found[0]), _MAIL.sub(lambda found: _words(found[0], mail=True), text))


def names_of(leads: pl.DataFrame) -> frozenset[str]:
    """The names of `leads` (given_name, family_name) in both orders, folded."""
    given, family = pl.col("given_name"), pl.col("family_name")
    named = leads.lazy().filter(given.is_not_null() & family.is_not_null())
    both = [named.select(pl.concat_str(order, separator=" ")) for order in ((given, family), (family, given))]
    return frozenset(_folded(name) for frame in pl.collect_all(both) for name in frame.to_series().unique())


def _is_person(text: str, persons: frozenset[str]) -> bool:
    """Whether a cell of another field holds a person's name and nothing that makes it a firm's."""
    if _folded(text) in persons:
        return True
    if names_company(text) or no_person_kind(text) is not None:
        return False
    return is_whole_person(text) and business_words().isdisjoint(_folded(text).split())


def _folded(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def initials(given: str | None, family: str | None) -> str:
    """`A. M.`; a dash where nothing is known."""
    letters = [name.strip()[0].upper() + "." for name in (given, family) if name and name.strip()]
    return " ".join(letters) or "–"


def _is_number(field: str) -> bool:
    return field.startswith(("phone", "mobile", "fax", "other_phones", "ip_address"))


def _numbers(value: str) -> str:
    """The first four digits stay: country and area, not the subscriber."""
    seen = 0
    shown = []
    for letter in _words(value, keep_digits=True):
        seen += letter.isdigit()
        shown.append(DOT if letter.isdigit() and seen > 4 else letter)
    return "".join(shown)


def _words(value: str, *, keep_digits: bool = False, mail: bool = False) -> str:
    def mask(found: re.Match[str]) -> str:
        word = found[0]
        if word.isdigit():
            return word if keep_digits else DOT * len(word)
        return word if word.lower() in _WORDS else word[0] + DOT * (len(word) - 1)

    top = re.search(r"\.[a-z]{2,4}(?=\W*$)", value.lower())
    head, tail = (value[: top.start()], value[top.start() :]) if top and ("@" in value or mail) else (value, "")
    return re.sub(r"\d+|[^\W\d_]+", mask, head) + tail
