"""What kind of organisation a company cell names: none at all, a school, a public body, or a company.

Belongs here: the vocabulary of `data/company_words.csv` and how it is looked for. Does not belong here:
the name itself (`enrichment/company`).
"""

from __future__ import annotations

import csv
import re
from functools import cache

import polars as pl

from enrichment.legal_form import DATA

_KEYS = r"(?:asd|sdf|dfg|fgh|jkl|qwe|yxc)+f?"
_KEYBOARD = re.compile(_KEYS)
_CODE = (
    r"^[=@]\S*[(|!]|^[=+@-]\s*\d[\d\s()/+*.-]*$|\{\{.*\}\}|\$\{.*\}|"  # formulas, telephone numbers, templates
    r"^0\d{2,5}[\s/-]\d[\d\s/-]{3,}$|^\d{5} \p{Lu}[\p{L}.-]+$|"  # telephone numbers, a postcode and its town
    rf"^(?i:{_KEYS})(?:\s(?i:gmbh|ag|kg|ug))?$|"
    r"^(?i:gmail|googlemail|gmx|web|outlook|hotmail|yahoo|t-online|freenet|icloud|bluewin|aon)\.(?:com|de|net|at|ch)$"
)
_PRIVATE = r"^(?:Herrn?|Frau|Familie|Fam\.|Eheleute) \p{Lu}\S+(?: \p{Lu}\S+)?$|^(?i:privat(?:person)?\s*[(/,:–-].*)$"
_COMMERCIAL = r"^(?:GmbH|AG|KG|OHG|OG|UG|e\.K\.|e\.U\.|GbR|SE\b|Ltd|Inc|LLC|Sàrl|SA\b|S\.r\.l\.|S\.p\.A\.|KEG|PartG)"
_TOWN_HALL = (
    r"^(?:Stadt|Markt) \p{Lu}[\p{L}.-]+(?: (?:am|an der|im|in|bei|ob der|vor der|auf|a\.?) ?\p{L}.*|/\p{L}.*)?$"
)
_SHOPS = r"(?i)apotheke|café|cafe|bäcker|metzger|hotel|gasthof|gasthaus|imbiss|kino|theater|optik|garage|taxi|werke"
_PARTS = ("ministerium", *_SHOPS.removeprefix("(?i)").split("|"))


def stated_none(names: pl.Series) -> pl.Series:
    """`placeholder` or `private` where the whole cell says that there is no company."""
    folded = names.str.to_lowercase().str.replace_all(r"[^\p{L}\p{N}]+", "").replace("", "-")
    stated = folded.replace_strict(_placeholders(), default=None, return_dtype=pl.String)
    shape = (
        pl.when(pl.col("name").str.contains(_CODE))
        .then(pl.lit("placeholder"))
        .when(pl.col("name").str.contains(_PRIVATE))
        .then(pl.lit("private"))
    )
    return names.to_frame("name").select(pl.coalesce(pl.lit(stated), shape).alias("kind")).to_series()


def public_kind(names: pl.Series, forms: pl.Series) -> pl.Series:
    """`education` or `public` where name and legal form speak of it, else null."""
    commercial = forms.str.contains(_COMMERCIAL).fill_null(False)
    shops = names.str.contains(_SHOPS).fill_null(False)
    town_hall = names.str.contains(_TOWN_HALL).fill_null(False)
    education = _speak_of(names, "education_first") | (_speak_of(names, "education") & ~commercial & ~shops)
    public = (_speak_of(names, "public") | town_hall) & forms.is_null() & ~shops
    public |= forms.is_in(["KdöR", "AöR"]).fill_null(False)
    kind = pl.when(pl.lit(education)).then(pl.lit("education")).when(pl.lit(public)).then(pl.lit("public"))
    return names.to_frame().select(kind.alias("kind")).to_series()


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
    phrases = [phrase for kind in ("education_first", "education", "public") for phrase in _vocabulary()[kind]]
    first = [phrase.split(" ")[0].lower() for phrase in phrases if phrase.startswith("^") == at_start]
    return frozenset(re.findall(r"[^\W\d_]+", word)[-1] for word in first)


@cache
def small_words() -> frozenset[str]:
    """Words that a name writes small."""
    return frozenset(_vocabulary()["small"])


def hides_kind(lower: str) -> bool:
    """Whether a small-letter word holds one that decides the kind as a part of it."""
    return any(part in lower for part in _PARTS)


def may_open_none(word: str) -> bool:
    """Whether a line with this first word may say that there is no company."""
    compact = word.lower() if word.isalpha() else _compact(word)
    return compact in _placeholder_starts() or _KEYBOARD.fullmatch(compact) is not None


def _speak_of(names: pl.Series, kind: str) -> pl.Series:
    """Whether a name holds a word of the kind; a cheap look for the words as parts of others comes first."""
    rows = names.str.contains(_hint(kind)).fill_null(False).arg_true()
    pattern = _pattern(kind)
    found = pl.Series([pattern.search(name) is not None for name in names.gather(rows)], dtype=pl.Boolean)
    return pl.Series([False], dtype=pl.Boolean).new_from_index(0, len(names)).scatter(rows, found)


@cache
def _vocabulary() -> dict[str, list[str]]:
    """Words by kind. Placeholders are whole cells; the other kinds are patterns at the start (`^`) or anywhere."""
    with (DATA / "company_words.csv").open(encoding="utf-8", newline="") as lines:
        return {row["kind"]: row["words"].split("|") for row in csv.DictReader(lines)}


@cache
def _pattern(kind: str) -> re.Pattern[str]:
    words = [word.replace(r"\p{L}", r"[^\W\d_]") for word in _vocabulary()[kind]]
    first = "|".join(word.removeprefix("^") for word in words if word.startswith("^"))
    anywhere = "|".join(word for word in words if not word.startswith("^"))
    parts = [rf"^(?:{first})(?:\W|$)"] * bool(first) + [rf"\b(?:{anywhere})\b"] * bool(anywhere)
    return re.compile("|".join(parts), re.IGNORECASE)


@cache
def _hint(kind: str) -> str:
    """The words of `_pattern` anywhere, also inside others."""
    return rf"(?i){'|'.join(word.removeprefix('^') for word in _vocabulary()[kind])}"


@cache
def _placeholders() -> dict[str, str]:
    return {_compact(word): kind for kind in ("private", "placeholder") for word in _vocabulary()[kind]}


@cache
def _placeholder_starts() -> frozenset[str]:
    return frozenset(word[:end] for word in _placeholders() for end in range(1, len(word) + 1))


def _compact(word: str) -> str:
    """How placeholders are looked up: small letters and digits only; signs alone count as a dash."""
    return "".join(c for c in word.lower() if c.isalnum()) or "-"
