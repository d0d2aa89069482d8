"""Usual capitals for names written in one case; names of mixed case stay as they are.

Belongs here: capitals of words, hyphens, apostrophes, Mc and Turkish letters. Does not belong here: company
names (`enrichment/company`).
"""

from __future__ import annotations

import re

from engine.caches import keep_words
from enrichment.cells.known_names import known_words
from enrichment.cells.word_lists import any_of
from enrichment.person.beside_name import name_kinds
from enrichment.person.parts import INITIAL, Name

_HALF_CASED = re.compile(r"^[^\W\d_a-zäöü][a-zäöüß]+-[a-zäöüß]{3,}$")  # Müller-lüdenscheidt
_INITIALS = re.compile(r"(?:[^\W\d_]\.-?)+[^\W\d_]?\.?")
_MAC = re.compile(rf"^Mac({any_of('name_words.csv', 'mac')})$")
_TURKISH = re.compile("[İŞĞşğı]")
_LETTERS = re.compile(r"[^\W\d_]+")


def cased_pair(
    given: str | None, family: str | None, name: Name | None, raw: str, raw_family: str | None = None
) -> tuple[str | None, str | None]:
    """Both names with their usual capitals where a word was written in one case; evidence where changed."""
    letters = "".join(part for part in (given, family) if part)
    upper = _is_upper(letters)
    turkish = bool(re.search("[İŞĞ]", letters))
    shown = []
    for place, text, source in (("given_name", given, raw), ("family_name", family, raw_family or raw)):
        cased = _proper(text, whole_upper=upper, turkish=turkish) if text else None
        if place == "given_name" and text and cased and INITIAL.match(text) and text.isupper():
            cased = text
        if name is not None and cased != (text or None):
            name.tell(place, source, cased, "name_casing")
        elif (
            name is not None
            and cased
            and raw_family is not None
            and cased != source
            and not any(told.field == place or told.raw == source for told in name.evidence)
        ):
            name.tell(place, source, cased, "name_tidied")
        shown.append(cased)
    return shown[0], shown[1]


def usual_capitals(text: str) -> str | None:
    """A name with its usual capitals, where they do not depend on the words beside it."""
    if text.istitle() and text.isalpha():
        return text
    cased = _proper(text, whole_upper=True, turkish=False)
    return cased if not text.isupper() or cased == _proper(text, whole_upper=False, turkish=False) else None


def _is_upper(text: str) -> bool:
    return text.replace("ß", "SS").isupper()


@keep_words
def _proper(text: str, *, whole_upper: bool, turkish: bool) -> str:
    """Usual capitals for each word written in one case; words of mixed case stay as they are."""
    words = text.split(" ")
    joining = name_kinds()["low"] | name_kinds()["particle"]
    if _is_upper(text):
        changed = [
            _proper_word(w, turkish=turkish)
            if whole_upper or len(w.strip(".")) > 2 or "-" in w or w.lower() in joining
            else w
            for w in words
        ]
    elif text.islower():
        changed = [_proper_word(w, turkish=turkish) for w in words]
    else:
        changed = [
            _proper_word(w, turkish=turkish)
            if _is_upper(w) and len(w.strip(".")) > 3
            else (
                _proper_word(w, turkish=turkish)
                if w.lower() in ("sen.", "jun.")
                or (_HALF_CASED.search(w) and w.rpartition("-")[2] not in name_kinds()["particle"])
                or (
                    w.islower()
                    and w not in name_kinds()["low"]
                    and w not in name_kinds()["particle"]
                    and w not in name_kinds()["noble"]
                )
                else w
            )
            for w in words
        ]
    return " ".join(changed)


def _proper_word(word: str, *, turkish: bool) -> str:
    if _INITIALS.fullmatch(word) and word.isupper() and word.lower() not in ("v.d.", "v.d"):
        return word
    lower = _LETTERS.sub(_turkish_small, word) if turkish and word.upper() == word else word.lower()
    if lower in name_kinds()["low"]:
        return lower
    if lower.upper() in ("II", "III", "IV"):
        return lower.upper()
    cased = "-".join(_proper_part(part) for part in lower.split("-"))
    return "İ" + cased[1:] if word.startswith("İ") else cased


def _turkish_small(capitals: re.Match[str]) -> str:
    """I is ı in Turkish, but also how others write İ: ŞIMŞEK is Şimşek where only that is a known name."""
    dotted = capitals[0].replace("İ", "i").lower()
    dotless = capitals[0].replace("İ", "i").replace("I", "ı").lower()
    return dotted if dotted in known_words() and dotless not in known_words() else dotless


def _proper_part(part: str) -> str:
    if part == "al":
        return part
    if part.startswith("mc") and len(part) > 3:
        return "Mc" + _upper_first(part[2:])
    head, apostrophe, tail = part.partition("'") if "'" in part else part.partition("’")
    if apostrophe and len(head) <= 2 and len(tail) > 1:
        return _upper_first(head) + apostrophe + _upper_first(tail)
    cased = _upper_first(part)
    mac = _MAC.match(cased)
    return "Mac" + _upper_first(mac[1]) if mac else cased


def _upper_first(text: str) -> str:
    return ("İ" if text[:1] == "i" and _TURKISH.search(text) else text[:1].upper()) + text[1:]
