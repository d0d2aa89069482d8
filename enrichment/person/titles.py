"""Salutations and titles: their own cells, and taking them off either end of a name.

Belongs here: notation of titles and degrees, salutations in any language, couples addressed. Does not belong
here: functions and offices (`enrichment/person/beside_name`), the lists (`data/titles.csv`, `reference/salutations`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from engine.caches import keep_words
from engine.word_lists import alternatives
from enrichment.cells.word_lists import any_of, of_kinds, rows
from enrichment.person.parts import INVISIBLE, Name, is_given, is_placeholder, read_once
from reference.salutations import BEFORE_NAME, MEANINGS

DEGREE_HINT = rf"[.)]$|^{any_of('name_words.csv', 'degree')}$"  # in small letters
_DEGREE_HINT = re.compile(DEGREE_HINT)
_ALSO = re.compile(r"(?:et|und|u\.)\s+")  # Dr. iur. et lic. oec.
SALUTATION = alternatives(BEFORE_NAME)
"""Pattern of salutations before a name, to be read without regard to case."""
COUPLE = (
    rf"{any_of('name_words.csv', 'household', 'couple')}|"
    rf"{SALUTATION}\s*(?:und|u\.|and|et|&|\+)\s*{SALUTATION}"
)
"""Pattern of two persons addressed."""
SALUTATION_ONLY = re.compile(rf"^{SALUTATION}$", re.IGNORECASE)
_SALUTATION_FRONT = re.compile(rf"^({SALUTATION})(?=[\s.,]|$)\.?\s*", re.IGNORECASE)
_COUPLE = re.compile(rf"^(?:{COUPLE})(?!\w)", re.IGNORECASE)


def is_person_word(word: str) -> bool:
    """Whether a word begins a person: a known given name, a salutation or a title."""
    return is_given(word) or SALUTATION_ONLY.match(word) is not None or title_at(word) is not None


def is_couple(salutation: str) -> bool:
    """Whether a salutation addresses two."""
    return _COUPLE.match(salutation.strip()) is not None


def parse_salutation(text: str | None, name: Name) -> None:
    """Read a salutation cell into `name`, titles behind the salutation included."""
    if text is None or is_placeholder(text):
        return
    plain = " ".join(text.split()).strip(" ,;:").lower()
    known = MEANINGS.get(plain.rstrip(".")) or MEANINGS.get(plain)
    if known is None:
        first = _SALUTATION_FRONT.match(plain)
        rest = plain[first.end() :] if first else ""
        if first and not re.search(r"[/&+]|\b(?:und|oder|frau|herr)\b", rest):
            known = MEANINGS[first[1].rstrip(".")]
            while title := title_at(rest):
                add_title(title[0], text, name.titles, name)
                rest = rest[title[1] :].lstrip(" .,-&/")
    if known is None:
        name.tell("salutation", text, None, "salutation_unreadable")
    elif known != text:
        name.tell("salutation", text, known, "salutation_notation")
    name.salutation = known


def parse_titles(text: str | None, name: Name) -> None:
    """Read a title cell into `name`, in standard notation; an unknown title is kept as written."""
    if text is None or is_placeholder(text):
        return
    rest = " ".join(INVISIBLE.sub("", text).split()).strip(" ,;")
    found: list[str] = []
    while rest:
        match = title_at(rest, back=True)
        if match:
            found.append(match[0])
            rest = rest[match[1] :].lstrip(" ,;/&-.")
            continue
        word, _, rest = rest.partition(" ")
        if word.lower().rstrip(".") in MEANINGS:
            name.salutation = name.salutation or MEANINGS[word.lower().rstrip(".")]
            continue
        found.append(word)
        name.tell("academic_title", text, word, "title_unreadable")
        rest = rest.lstrip()
    kept = " ".join(dict.fromkeys(found)) or None
    if kept != text and not any(told.reason == "title_unreadable" for told in name.evidence):
        name.tell("academic_title", text, kept, "title_notation")
    name.titles += found


@read_once
def strip_front(text: str, name: Name) -> str:
    """Salutations and titles off the front of a name."""
    rest = text
    while rest:
        match = _SALUTATION_FRONT.match(rest)
        if match and rest[match.end() :].strip(" .,"):
            known = MEANINGS[match[1].lower().rstrip(".")]
            name.tell("salutation", text, known, "name_salutation_removed")
            name.salutation = name.salutation or known
            rest = rest[match.end() :].lstrip(" .,")
            continue
        title = title_at(rest)
        if title and rest[title[1] :].strip(" .,"):
            add_title(title[0], text, name.titles, name)
            rest = rest[title[1] :].lstrip(" .,-&/")
            joined = _ALSO.match(rest)
            if joined and title_at(rest[joined.end() :]):
                rest = rest[joined.end() :]
            continue
        return rest
    return rest


@read_once
def lone_prefix(text: str, name: Name) -> str:
    """Empty where the cell holds nothing but a salutation or titles, which are kept in their fields."""
    known = MEANINGS.get(text.lower().rstrip(".")) if SALUTATION_ONLY.match(text) else None
    if known:
        name.salutation = name.salutation or known
        name.tell("salutation", text, known, "name_salutation_removed")
        return ""
    title = title_at(text)
    if title and title[1] == len(text) and text.endswith("."):
        add_title(title[0], text, name.titles, name)
        return ""
    return text


@read_once
def strip_back(text: str, name: Name) -> str:
    """Degrees behind a name (`Müller, MBA`, `Müller Dipl.-Ing. (FH)`) off."""
    words = text.split(" ")
    for start in range(1, len(words)) if _DEGREE_HINT.search(words[-1].lower()) else ():
        tail = " ".join(words[start:]).strip(" ,()")
        degrees: list[str] = []
        while tail and (match := title_at(tail, back=True)):
            if _reads_as_name(tail[: match[1]], match[0]):
                break
            degrees.append(match[0])
            tail = tail[match[1] :].lstrip(" ,;/&().")
        if degrees and not tail:
            for degree in degrees:
                add_title(degree, text, name.degrees, name)
            return " ".join(words[:start]).rstrip(" ,")
    return text


def _reads_as_name(written: str, degree: str) -> bool:
    """Whether a degree is written as a name is: `Di`, `Ma`."""
    return written.lower() in of_kinds("name_words.csv", "degree_or_name") and written not in (
        degree,
        degree.lower().title(),
    )


def without_titles(words: list[str], raw: str, name: Name) -> list[str]:
    """Words without titles in the middle (`Müller Dr. Hans`)."""
    kept = []
    for word in words:
        title = title_at(word) if word.endswith(".") and len(word) > 2 else None
        if title and title[1] == len(word):
            add_title(title[0], raw, name.titles, name)
        else:
            kept.append(word)
    return kept


def add_title(title: str, raw: str, titles: list[str], name: Name) -> None:
    """Keep a title taken off the text."""
    name.tell("academic_title", raw, title, "name_title_removed")
    titles.append(title)


@keep_words
def title_at(text: str, *, back: bool = False) -> tuple[str, int] | None:
    """The title the text starts with and its length."""
    pattern, names = _title_patterns(back)
    match = pattern.match(text.replace("İ", "i").lower())
    if not match or not match.lastgroup:
        return None
    title, end = names[match.lastgroup], match.end()
    if title == "DI" and text[:2] in ("Di", "di") and end < len(text):
        behind = text[end:].split()
        if len(behind) < 2 or not is_given(behind[0]) or is_given(behind[-1]):
            return None  # the particle of Luca Di Natale
    return title, end


def titles_among(words: Iterable[str]) -> list[str]:
    """Those of the small-letter words that are a title where another word follows."""
    match = _title_patterns(back=False)[0].match
    return [word for word in words if match(f"{word} ")]


def may_end_title(word: str) -> bool:
    """Whether a word may be the end of a title begun before it, as `Phil` of `Dr. Phil` is."""
    return word[:3].lower() in _words_of_titles()


@cache
def _words_of_titles() -> frozenset[str]:
    """How words within titles begin."""
    plain = re.sub(r"\\.|\?P<t\d+>", " ", _title_patterns(back=False)[0].pattern)
    return frozenset(word[:3] for word in re.findall("[a-zäöüß]{2,}", plain))


@cache
def _title_patterns(back: bool) -> tuple[re.Pattern[str], dict[str, str]]:
    """All titles as one pattern in small letters (front ones, with `back` also degrees), first in the table first.

    The group that tells which title it was stands empty behind it: a branch that begins with a letter, in one case,
    is skipped by it.
    """
    listed = [row for row in rows("titles.csv") if back or row["place"] == "front"]
    names = {f"t{position}": row["title"] for position, row in enumerate(listed)}
    alternatives = [f"(?:{row['pattern']})" if "|" in row["pattern"] else row["pattern"] for row in listed]
    parts = [f"{title}(?P<t{position}>)" for position, title in enumerate(alternatives)]
    return re.compile(rf"(?:{'|'.join(parts)})(?:(?<=\.)|(?<=\))|(?![\w.'’-]))"), names
