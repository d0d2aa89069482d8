"""One cell of a name without contact data, nicknames, names at birth, functions and stray signs.

Belongs here: tidying a cell that names a person. Does not belong here: whether it names one at all
(`enrichment/person/no_person`), functions and greetings (`enrichment/person/beside_name`), titles
(`enrichment/person/titles`).
"""

from __future__ import annotations

import html
import re
import unicodedata

from engine.caches import keep_words
from engine.word_lists import alternatives
from enrichment.cells.evidence import Repair
from enrichment.cells.recipients import ATTENTION, ATTENTION_OPENING
from enrichment.cells.word_lists import any_of
from enrichment.company.line import town_words
from enrichment.person.beside_name import is_role, name_kinds, without_function, without_manners
from enrichment.person.no_person import is_whole_person, names_company
from enrichment.person.parts import EDGE, INVISIBLE, QUIET, Name, is_given, is_placeholder
from enrichment.person.titles import is_person_word

_CONTACT = re.compile(
    r"(?:mailto:)?[^\s<>(),;]+@[^\s<>(),;]+|(?:https?://|www\.)\S+|(?:(?:tel|fon|mobil|telefon|phone|handy)\.?:?\s*)?[+0(][\d\s/().-]{5,}\d",
    re.IGNORECASE,
)
_STRAY = re.compile(  # signs no name holds, dates, numbers at either end
    r"[*†‡✝°©®™•\u2190-\u2bff\ufe0f\U0001f000-\U0001faff]|[\s,]*(?<!\d)\d{1,2}\.\s?\d{1,2}\.\s?(?:\d{4}|\d{2})(?!\d)|"
    r"^\d{1,3}[.)]?\s+(?=[^\W\d_]{2})|(?<=[^\W\d_]{2})\s+\(?\d{1,4}(?:[/.-]\d{1,4}){0,2}\)?$"
    r"|(?<=[^\W\d_]{2})\s+#\S+$"
)
_CONTACT_HINT = re.compile(r"@|://|www\.|\d", re.IGNORECASE)
_ATTENTION = re.compile(rf"^{alternatives([*ATTENTION, *ATTENTION_OPENING])}[\s:]+(?:von\s+)?", re.IGNORECASE)
_NICKNAME = re.compile(
    r"\s*(?:\([^()]*\)|\[[^\[\]]*\]|\"[^\"]*\"|„[^“”\"]*[“”\"]|“[^”]*”|«[^»]*»|»[^«]*«|‚[^‘’]*[‘’]|(?<=\s)'[^'\s]{2,}'(?=\s))\s*"
)
_BIRTH_NAME = re.compile(rf"[\s,]+{any_of('name_words.csv', 'birth')}\s+\S.*$", re.IGNORECASE)
_BRACKET = re.compile(r"""[][()"„“”«»‚]|\s'""")
_APOSTROPHE = re.compile(r"(?<=[^\W\d_])[´`](?=[^\W\d_])")  # O´Brien, as keyboards without the right sign write it
_GLUED_INITIALS = re.compile(r"^((?:[^\W\d_]\.)+)(?=[^\W\d_]{3,}(?:[\s-]|$))")  # T.Berg
_DOTTED = re.compile(r"[^\W\d_]{2,}\.[^\W\d_]{2,}")
_PARTED = re.compile(r"(\s*[,/|;]\s*|\s+@\s+|\s+[-–]\s+)")


def plain_cell(text: str | None, place: str, name: Name) -> str | None:
    """A cell without contact data, nicknames and stray signs; null when empty or a placeholder."""
    if text is None:
        return None
    plain, found = read_cell(text, place)
    name.evidence += found
    return plain


@keep_words
def read_cell(text: str, place: str) -> tuple[str | None, tuple[Repair, ...]]:
    """What `plain_cell` keeps of a text, and the evidence."""
    if QUIET.fullmatch(text) and not is_placeholder(text):
        return text, ()
    name = Name()
    plain = _kept(text, place, name)
    return plain, tuple(name.evidence)


def _kept(text: str, place: str, name: Name) -> str | None:
    decoded = html.unescape(text) if "&" in text and ";" in text else text
    shown = _APOSTROPHE.sub("'", INVISIBLE.sub("", unicodedata.normalize("NFC", decoded)))
    plain = " ".join(shown.replace("_", " ").split())
    if is_placeholder(plain):
        if plain:
            name.tell(place, text, None, "name_placeholder")
        return None
    found = _STRAY.sub(" ", plain)
    if found != plain:
        plain = " ".join(found.split())
    found = _CONTACT.sub(" ", plain) if _CONTACT_HINT.search(plain) else plain
    if found != plain:
        plain = " ".join(found.split()).strip(EDGE)
        name.tell(place, text, plain or None, "name_contact_removed")
    found = _BIRTH_NAME.sub("", _fh_kept(plain))
    if found != plain:
        name.tell(place, text, found.strip(EDGE) or None, "name_nickname_removed")
        plain = found
    found = without_function(_without_role(without_manners(plain)), is_person_word, 1 if place == "given_name" else 2)
    if found != plain:
        name.tell(place, text, found, "name_role_removed")
        plain = found
    plain = " ".join(plain.split()).strip(' \t;:|/\\*_<>"„“”«»[]{}=+@#~!–—').strip("-, ").strip()
    plain = _GLUED_INITIALS.sub(r"\1 ", plain).replace("v. d. ", "v.d. ")
    if len(plain) > 2 and plain[0] == plain[-1] == "'":
        plain = plain.strip("'")
    if _DOTTED.fullmatch(plain) and is_given(plain.partition(".")[0]):
        plain = plain.replace(".", " ")
    plain = re.sub(r"(?<![^\W\d_])\?+$", "", plain)  # behind a letter it stands for a letter lost on the way
    plain = _ATTENTION.sub("", re.sub(r"(?<=[^\W\d]{2})\d+\b", "", plain.lstrip(".")))
    return plain or None


def _without_role(text: str) -> str:
    """`Max Müller, Einkauf` or `Muster GmbH - Max Müller` without department or company beside the name."""
    if not _PARTED.search(text):
        return text
    parts = _PARTED.split(text)
    if len(parts) < 3:
        return text
    names = parts[::2]
    person = any(is_whole_person(part) and not all(map(is_given, part.split())) for part in names)

    def role(position: int) -> bool:
        low = names[position].lower().strip(EDGE)
        if is_role(low) or (person and (names_company(names[position]) or low in town_words())):
            return True
        beside = person or (len(names) > 2 and position == len(names) - 1)
        words = low.split()
        return beside and bool(words) and not name_kinds()["function"].isdisjoint((words[0].rstrip("."), words[-1]))

    named = [position for position in range(len(names)) if not role(position)]
    if not named or len(named) == len(names):
        return text
    return "".join(parts[named[0] * 2 : named[-1] * 2 + 1])


def _fh_kept(text: str) -> str:
    """Brackets and quotes off, but not the (FH) of a degree, and not a name that is all in quotes."""
    if not _BRACKET.search(text):
        return text
    kept = _NICKNAME.sub(
        lambda m: m[0] if re.search(r"\((?:fh|ba|th|dh|haw|univ\.?)\)", m[0], re.IGNORECASE) else " ", text
    )
    return " ".join(kept.split()) if kept.strip(EDGE) else text
