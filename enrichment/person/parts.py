"""A name as it is read, and its words looked up: what every rule about names shares.

Belongs here: `Name`, splitting into words, known given and family names. Does not belong here: any rule
(`enrichment/person/parser` and the modules it names), the lists (`enrichment/cells/known_names`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, wraps

from engine.caches import keep_words
from enrichment.cells.evidence import Repair
from enrichment.cells.known_names import family_names, given_names
from enrichment.cells.text import fold_text
from enrichment.person.beside_name import name_kinds


@dataclass(slots=True)
class Name:
    """What a record says about its person.

    `titles` stand before the name, `degrees` behind it; `evidence` is in the order found.
    """

    salutation: str | None = None
    titles: list[str] = field(default_factory=list)
    degrees: list[str] = field(default_factory=list)
    given: str | None = None
    family: str | None = None
    status: str = "missing"
    evidence: list[Repair] = field(default_factory=list)

    @property
    def title(self) -> str | None:
        """Titles in standard notation, those before the name first."""
        return " ".join(dict.fromkeys(self.titles + self.degrees)) or None

    def tell(self, place: str, raw: str, value: str | None, reason: str) -> None:
        """Add to the evidence; each reason is a rule of its own."""
        self.evidence.append(Repair(place, raw, value, reason, f"person.{reason}"))


def read_once(rule: Callable[[str, Name], str]) -> Callable[[str, Name], str]:
    """A rule that looks at one text only and adds what it finds to a name: each text is read once."""

    @keep_words
    def alone(text: str) -> tuple[str, Name | None]:
        name = Name()
        rest = rule(text, name)
        return rest, name if name.evidence else None

    @wraps(rule)
    def read(text: str, name: Name) -> str:
        rest, found = alone(text)
        if found is not None:
            name.salutation = name.salutation or found.salutation
            name.titles += found.titles
            name.degrees += found.degrees
            name.evidence += found.evidence
        return rest

    return read


fold_word = keep_words(fold_text)
INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\x00-\x08\x0e-\x1f\x7f-\x9f]")
_LETTERS = "[A-Za-zÀ-ÖØ-öø-ſ]+"
QUIET = re.compile(rf"(?:{_LETTERS}-)*{_LETTERS}")
_SIGNS = re.compile(r"[\W_]+")
EDGE = ' \t,;:|/\\*_-–—.<>"„“”«»[]{}=#~!'
INITIAL = re.compile(r"^[^\W\d_]\.?$")


def is_family(word: str) -> bool:
    """Whether a word may be a family name: none that is only known as a given name."""
    return not is_given(word) or fold_word(word) in family_names()


def words_of(text: str) -> list[str]:
    """The words of a text, without lone signs; blanks around a hyphen go."""
    return [word for word in _spaced(text).split() if word.strip("-.,")]


def _spaced(text: str) -> str:
    loose = "-" in text and re.search(r"[^\W\d_]\s+-|-\s+[^\W\d_]", text)
    return re.sub(r"\s*-\s*(?=\S)", "-", text) if loose else text


@keep_words
def is_given(text: str) -> bool:
    """Whether every word of the text is a known given name."""
    words = re.split(r"[\s-]+", text.strip())
    return bool(words) and (fold_word(text) in given_names() or all(w and fold_word(w) in given_names() for w in words))


def is_placeholder(text: str) -> bool:
    """Whether a text means that there is none (`N. N.`); also said twice (`null null`)."""
    first, _, second = text.partition(" ")
    return _compact(text) in placeholders() or (first == second and _compact(first) in placeholders())


@cache
def placeholders() -> frozenset[str]:
    """Texts that mean there is none: small letters and digits only."""
    return frozenset({_compact(word) for word in name_kinds()["placeholder"]} | {""})


def _compact(text: str) -> str:
    return _SIGNS.sub("", text.lower())
