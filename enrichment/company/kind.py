"""What kind of organisation a company cell names: none at all, a school, a public body, or a company.

Belongs here: the vocabulary of `data/company_words.csv` and how it is looked for. Does not belong here:
the name itself (`enrichment/company`).
"""

from __future__ import annotations

import re
from functools import cache, partial

import polars as pl

from engine.word_lists import alternatives, spelt
from enrichment.cells.first_true import first_true
from enrichment.cells.placeholders import no_value_words
from enrichment.cells.word_lists import any_of, by_kind
from enrichment.company.legal_form import IN_LINE, forms
from reference.salutations import FIRST_IN_LINE

_NAMES = by_kind("company_words.csv")
_known = partial(any_of, "company_words.csv")
_KEYS = rf"{any_of('keyboard.csv', 'lone_run')}+f?"
_KEYBOARD = re.compile(_KEYS)
_CODE = (
    r"^[=@]\S*[(|!]|^[=+@-]\s*\d[\d\s()/+*.-]*$|\{\{.*\}\}|\$\{.*\}|"  # formulas, telephone numbers, templates
    r"^0\d{2,5}[\s/-]\d[\d\s/-]{3,}$|^\d{5} \p{Lu}[\p{L}.-]+$|"  # telephone numbers, a postcode and its town
    rf"^(?i:{_KEYS})(?:\s(?i:{IN_LINE}))?$|"
    rf"^(?i:{_known('mail_domain')})\.(?:com|de|net|at|ch)$"
)
_PRIVATE = (
    rf"^{alternatives([*FIRST_IN_LINE, *by_kind('name_words.csv')['household']])} "
    r"\p{Lu}\S+(?: \p{Lu}\S+)?$|^(?i:privat(?:person)?\s*[(/,:–-].*)$"
)
_TOWN_HALL = (
    rf"^{_known('town_hall')} "
    r"\p{Lu}[\p{L}.-]+(?: (?:am|an der|im|in|bei|ob der|vor der|auf|a\.?) ?\p{L}.*|/\p{L}.*)?$"
)
_SHOPS = re.compile(_known("shop"), re.IGNORECASE)
_PARTS = re.compile(f"ministerium|{_known('shop')}")
_WORD = re.compile(r"[^\W\d_]+")


def stated_none(names: pl.Series) -> pl.Series:
    """`placeholder` or `private` where the whole cell says that there is no company."""
    folded = names.str.to_lowercase().str.replace_all(r"[^\p{L}\p{N}]+", "").replace("", "-")
    stated = folded.replace_strict(_placeholders(), default=None, return_dtype=pl.String)
    name = pl.col("name")
    shape = first_true(((name.str.contains(_CODE), "placeholder"), (name.str.contains(_PRIVATE), "private")))
    return names.to_frame("name").select(pl.coalesce(pl.lit(stated), shape).alias("kind")).to_series()


def public_kind(names: pl.Series, forms: pl.Series) -> pl.Series:
    """`education` or `public` where name and legal form speak of it, else null."""
    town_halls = names.str.contains(_TOWN_HALL)
    kinds = [_kind(*row) for row in zip(names, forms, town_halls, strict=True)]
    return pl.Series("kind", kinds, dtype=pl.String)


def _kind(name: str | None, form: str | None, town_hall: bool | None) -> str | None:
    if name and (town_hall or _may_speak(name)):
        shops = _SHOPS.search(name) is not None
        taught = _speaks(name, "education") and not shops and _first_half(form) not in forms("commercial")
        if taught or _speaks(name, "education_first"):
            return "education"
        if form is None and not shops and (town_hall or _speaks(name, "public")):
            return "public"
    return "public" if form in forms("public") else None


def _first_half(form: str | None) -> str | None:
    """`GmbH` of `GmbH & Co. KG`."""
    return form.partition(" & Co.")[0] if form else None


@cache
def kind_words() -> frozenset[str]:
    """Small-letter words of which one begins every phrase that decides the kind wherever it stands."""
    return _first_words(at_start=False)


@cache
def kind_openers() -> frozenset[str]:
    """Small-letter words of which one begins every phrase that decides the kind as the first of a name."""
    return _first_words(at_start=True)


def _first_words(*, at_start: bool) -> frozenset[str]:
    """Of a first word of several parts (`Leibniz-Institut`) the last part, which few names have."""
    phrases = [phrase for kind in ("education_first", "education", "public") for phrase in _NAMES[kind]]
    first = [phrase.split(" ")[0].lower() for phrase in phrases if phrase.startswith("^") == at_start]
    return frozenset(_WORD.findall(word)[-1] for word in first)


@cache
def small_words() -> frozenset[str]:
    """Words that a name writes small."""
    return frozenset(_NAMES["small"])


def hides_kind(lower: str) -> bool:
    """Whether a small-letter word holds one that decides the kind as a part of it."""
    return _PARTS.search(lower) is not None


def may_open_none(word: str) -> bool:
    """Whether a line with this first word may say that there is no company."""
    compact = word.lower() if word.isalpha() else _compact(word)
    return compact in _placeholder_starts() or _KEYBOARD.fullmatch(compact) is not None


def _may_speak(name: str) -> bool:
    """A cheap first look."""
    words = _WORD.findall(name.lower())
    return not (kind_words().isdisjoint(words) and kind_openers().isdisjoint(words)) or "ministerium" in name.lower()


def _speaks(name: str, kind: str) -> bool:
    return _pattern(kind).search(name) is not None


@cache
def _pattern(kind: str) -> re.Pattern[str]:
    words = [word.replace(r"\p{L}", r"[^\W\d_]") for word in _NAMES[kind]]
    first = "|".join(word.removeprefix("^") for word in words if word.startswith("^"))
    anywhere = "|".join(word for word in words if not word.startswith("^"))
    parts = [rf"^(?:{first})(?:\W|$)"] * bool(first) + [rf"\b(?:{anywhere})\b"] * bool(anywhere)
    return re.compile("|".join(parts), re.IGNORECASE)


@cache
def _placeholders() -> dict[str, str]:
    private, nothing = _NAMES["private"], ["-", *spelt(no_value_words("company"))]
    return {_compact(word): kind for kind, words in (("private", private), ("placeholder", nothing)) for word in words}


@cache
def _placeholder_starts() -> frozenset[str]:
    return frozenset(word[:end] for word in _placeholders() for end in range(1, len(word) + 1))


def _compact(word: str) -> str:
    """How placeholders are looked up: small letters and digits only; signs alone count as a dash."""
    return "".join(c for c in word.lower() if c.isalnum()) or "-"
