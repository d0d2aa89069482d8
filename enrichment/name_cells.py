"""One cell of a name without contact data, nicknames, names at birth, functions and stray signs.

Belongs here: tidying a cell that names a person. Does not belong here: whether it names one at all
(`enrichment/no_person`), functions and greetings (`enrichment/beside_name`), titles (`enrichment/name_titles`).
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from enrichment.beside_name import is_role, name_kinds, without_function, without_manners
from enrichment.name_parts import EDGE, INVISIBLE, QUIET, REMEMBERED, Name, is_given, is_placeholder
from enrichment.name_titles import is_person_word

_CONTACT = re.compile(
    r"(?:mailto:)?[^\s<>(),;]+@[^\s<>(),;]+|(?:https?://|www\.)\S+|(?:(?:tel|fon|mobil|telefon|phone|handy)\.?:?\s*)?[+0(][\d\s/().-]{5,}\d",
    re.IGNORECASE,
)
_CONTACT_HINT = re.compile(r"@|://|www\.|\d", re.IGNORECASE)
_ATTENTION = re.compile(r"^(?:z\.?\s?hd?s?\.?|zu\s+händen|attn\.?|att\.)[\s:]+(?:von\s+)?", re.IGNORECASE)
_NICKNAME = re.compile(
    r"\s*(?:\([^()]*\)|\[[^\[\]]*\]|\"[^\"]*\"|„[^“”\"]*[“”\"]|“[^”]*”|«[^»]*»|»[^«]*«|‚[^‘’]*[‘’])\s*"
)
_BIRTH_NAME = re.compile(
    r"[\s,]+(?:geb(?:oren(?:e|er)?|\.)|née|nee|verw\.|gesch\.|alias|gen(?:annt|\.))\s+\S.*$", re.IGNORECASE
)
_BRACKET = re.compile('[][()"„“”«»‚]')
_DOTTED = re.compile(r"[^\W\d_]{2,}\.[^\W\d_]{2,}")
_PARTED = re.compile(r"(\s*[,/|;]\s*|\s+[-–]\s+)")


def plain_cell(text: str | None, place: str, name: Name) -> str | None:
    """A cell without contact data, nicknames and stray signs; null when empty or a placeholder."""
    if text is None:
        return None
    plain, found = read_cell(text, place)
    name.evidence += found
    return plain


@lru_cache(REMEMBERED)
def read_cell(text: str, place: str) -> tuple[str | None, tuple[tuple[str, str, str | None, str], ...]]:
    """What `plain_cell` keeps of a text, and the evidence."""
    if QUIET.fullmatch(text) and not is_placeholder(text):
        return text, ()
    name = Name()
    plain = _kept(text, place, name)
    return plain, tuple(name.evidence)


def _kept(text: str, place: str, name: Name) -> str | None:
    plain = " ".join(
        INVISIBLE.sub("", unicodedata.normalize("NFC", text)).replace("&amp;", "&").replace("_", " ").split()
    )
    if is_placeholder(plain):
        if plain:
            name.evidence.append((place, text, None, "name_placeholder"))
        return None
    found = _CONTACT.sub(" ", plain) if _CONTACT_HINT.search(plain) else plain
    if found != plain:
        plain = " ".join(found.split()).strip(EDGE)
        name.evidence.append((place, text, plain or None, "name_contact_removed"))
    found = _BIRTH_NAME.sub("", _fh_kept(plain))
    if found != plain:
        name.evidence.append((place, text, found.strip(EDGE) or None, "name_nickname_removed"))
        plain = found
    found = without_function(_without_role(without_manners(plain)), is_person_word, 1 if place == "given_name" else 2)
    if found != plain:
        name.evidence.append((place, text, found, "name_role_removed"))
        plain = found
    plain = " ".join(plain.split()).strip(' \t;:|/\\*_<>"„“”«»[]{}=#~!–—').strip("-, ").strip()
    if len(plain) > 2 and plain[0] == plain[-1] == "'":
        plain = plain.strip("'")
    if _DOTTED.fullmatch(plain) and is_given(plain.partition(".")[0]):
        plain = plain.replace(".", " ")
    plain = re.sub(r"(?<![^\W\d_])\?+$", "", plain)  # behind a letter it stands for a letter lost on the way
    plain = _ATTENTION.sub("", re.sub(r"(?<=[^\W\d]{2})\d+\b", "", plain.lstrip(".")))
    return plain or None


def _without_role(text: str) -> str:
    """`Max Müller, Einkauf` or `Max Müller / Vertrieb` without the department, where a name stands beside it."""
    if not _PARTED.search(text):
        return text
    parts = _PARTED.split(text)
    if len(parts) < 3:
        return text
    whole = any(len(part.split()) > 1 for part in parts[::2])

    def role(part: str) -> bool:
        return is_role(part) or (whole and part.rstrip(".") in name_kinds()["function"])

    named = [i for i in range(0, len(parts), 2) if not role(parts[i].lower().strip(EDGE))]
    if not named or len(named) * 2 - 1 == len(parts):
        return text
    return "".join(parts[named[0] : named[-1] + 1])


def _fh_kept(text: str) -> str:
    """Brackets and quotes off, but not the (FH) of a degree, and not a name that is all in quotes."""
    if not _BRACKET.search(text):
        return text
    kept = _NICKNAME.sub(
        lambda m: m[0] if re.search(r"\((?:fh|ba|th|dh|haw|univ\.?)\)", m[0], re.IGNORECASE) else " ", text
    )
    return " ".join(kept.split()) if kept.strip(EDGE) else text
