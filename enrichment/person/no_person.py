"""Cells that hold no single person: placeholders, junk, roles, companies, two persons at once.

Belongs here: the verdict on a whole cell, and the words that ask for a second look. Does not belong here:
tidying a cell (`enrichment/person/cells`), the words (`data/name_words.csv`).
"""

from __future__ import annotations

import re
from functools import cache

from engine.caches import keep_words
from engine.word_lists import first_words
from enrichment.cells.recipients import ATTENTION, ATTENTION_OPENING
from enrichment.cells.word_lists import any_of, of_kinds
from enrichment.company.legal_form import IN_NAME, legal_form_of
from enrichment.job.department import department_words
from enrichment.person.beside_name import is_role, name_kinds, without_recipient
from enrichment.person.parts import EDGE, INITIAL, Name, is_family, is_given, words_of
from enrichment.person.titles import COUPLE, SALUTATION, strip_front
from reference.salutations import MEANINGS

_DIGIT = re.compile(r"\d")
_PARTS = re.compile(r"[\s/,-]+")
_TWO = re.compile(r"(?:\s+(?:und|(?-i:u\.)|and|et)\s+|\s*[&+/;|]\s*|\s+bzw\.?\s+|\s+oder\s+)", re.IGNORECASE)
_COUPLE = re.compile(
    rf"^(?:{COUPLE}|{any_of('name_words.csv', 'several')}|{SALUTATION}\s+/\s+{SALUTATION})(?!\w)",
    re.IGNORECASE,
)
_SALUTATIONS = re.compile(rf"(?:^|\s){SALUTATION}\s", re.IGNORECASE)
_JOINED = re.compile(r"[&+/]|\b(?:und|u\.|et)\s")
_SAME_TITLE = re.compile(r"^(\S+)\s*(?:&|/|\+|\bund\b|\bu\.)\s*\1\s", re.IGNORECASE)  # Dr. & Dr. Berg are two
_SHORT_PERSON = re.compile(r"[^\W\d_]\.\s*[^\W\d_]{2,}|[^\W\d_]{2,}\s[^\W\d_]\.")  # T. Berg, Berg T.
_UND_ZU = re.compile(r"\bvon\s+und\s+zu(?:m|r)?\b|\bvon\s+und\s+z\.", re.IGNORECASE)
FORMS = rf"(?i:\b{IN_NAME}\b)"
KEYBOARD_RUN = any_of("keyboard.csv", "run")
TOGETHER = first_words(
    [
        *of_kinds("name_words.csv", "joint", "household", "several", "couple", "birth"),
        *ATTENTION,
        *ATTENTION_OPENING,
    ]
)
"""Small-letter words that speak of a second person, a name at birth or a recipient."""
_KEYBOARD = re.compile(
    rf"^(?:(.)\1{{2,}}|(..)\2{{2,}}|[bcdfghjklmnpqrstvwxz]{{6,}}|{KEYBOARD_RUN}{{2,}}\w*|\d[\d\s.-]*[a-z]{{0,4}})$"
)
_ODD = re.compile(rf"(.)\1\1|(..)\2\2|[bcdfghjklmnpqrstvwxz]{{6}}|\d|{KEYBOARD_RUN}|{FORMS}")


@keep_words
def no_person_kind(text: str) -> str | None:
    """`junk`, `role` or `name_is_company` when the text as a whole cannot be a person."""
    if not is_suspect(text):
        return None
    folded = _bare(text)
    kinds = name_kinds()
    bare = without_recipient(folded)
    words = bare.split()
    if (
        bare in kinds["junk"]
        or bare in kinds["fictional"]
        or (words and all(_KEYBOARD.match(w.removeprefix("sch")) for w in words))
    ):
        return "junk"
    if len(words) > 1 and all(w in kinds["nobody"] for w in words):
        return "junk"
    if len(words) > 1 and (all(w in kinds["junk"] for w in words) or words[0] in _junk_first()):
        return "junk"
    if is_role(bare) or (len(words) > 1 and all(w in kinds["role"] or w in department_words() for w in words)):
        return "role"
    if _DIGIT.search(bare) and not re.search(r"[^\W\d_]{3}", bare):
        return "junk"
    if len(words) > 1 and names_company(text):
        return "name_is_company"
    return "trade" if len(words) > 1 and words[0] in name_kinds()["trade"] else None


@keep_words
def is_suspect(text: str) -> bool:
    """Whether a word or an odd run of letters asks for a second look at the text."""
    folded = _bare(text)
    return not special_words().isdisjoint(_PARTS.split(folded)) or _ODD.search(folded) is not None


def _bare(text: str) -> str:
    return " ".join(text.lower().strip(EDGE).split())


def names_company(text: str) -> bool:
    """Whether a text carries a legal form."""
    return re.search(FORMS, text, re.IGNORECASE) is not None and legal_form_of(text) is not None


@keep_words
def has_two_persons(text: str) -> bool:
    """Two people in one cell: a couple by word, two salutations, or two names joined by a sign."""
    if _COUPLE.match(text) or ("," in text and _lists_persons([part.strip() for part in text.split(",")])):
        return True
    plain = _UND_ZU.sub("von", text)
    if _JOINED.search(plain) and not _SAME_TITLE.match(plain):
        plain = strip_front(plain, Name())  # WP/StB Anna Berg is one
    parts = [part for part in _TWO.split(plain) if part.strip(EDGE)]
    if len(parts) < 2:
        return len(_SALUTATIONS.findall(plain)) > 1
    return all(re.search(r"[^\W\d_]{2}", part) or INITIAL.match(part.strip()) for part in parts)


def _lists_persons(parts: list[str]) -> bool:
    """Whether each part between commas is a person, or each two (`Berg, Anna, Klein, Eva`)."""
    if all(map(is_whole_person, parts)) or all(map(_SHORT_PERSON.fullmatch, parts)):
        return True
    pairs = list(zip(parts[::2], parts[1::2], strict=False))
    return len(parts) == 4 and all(is_given(given) and not is_given(family) for family, given in pairs)


def is_whole_person(text: str) -> bool:
    """Whether a part of a cell is given and family name in either order."""
    words = words_of(strip_front(text.strip(), Name())) or [""]
    first, last = words[0], words[-1]
    return 1 < len(words) < 4 and ((is_given(first) and is_family(last)) or (is_given(last) and is_family(first)))


@cache
def _junk_first() -> frozenset[str]:
    """Junk words that spoil whatever follows them; the others are also given or family names."""
    return name_kinds()["junk"] - name_kinds()["junk_or_name"]


@cache
def special_words() -> frozenset[str]:
    """Small-letter words that need the parser wherever they stand as a whole word of a name.

    Of a phrase the first word stands for all (`technischer leiter`), of an invented person the last
    (`donald duck`), since the other words may be anybody's name.
    """
    return lone_special_words() | {name.split(" ")[-1] for name in invented_names()}


@cache
def lone_special_words() -> frozenset[str]:
    """`special_words` that need the parser whatever the other cells hold: those of no `invented_names` only."""
    kinds = name_kinds()
    listed = ("placeholder", "junk", "nobody", "role", "office", "function", "trade")
    phrases = frozenset[str]().union(*(kinds[kind] for kind in listed))
    words = frozenset(phrase.split(" ")[0] for phrase in phrases) | (
        (kinds["fictional"] | kinds["sample"]) - invented_names()
    )
    words |= frozenset(" ".join(MEANINGS).split()) | kinds["title_word"] | kinds["sample_family"]
    return words | first_words(kinds["household"]) | department_words()


@cache
def invented_names() -> frozenset[str]:
    """Given and family name of invented persons in small letters."""
    kinds = name_kinds()
    return frozenset(name for name in kinds["fictional"] | kinds["sample"] if " " in name)
