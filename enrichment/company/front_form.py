"""Legal forms in front of a name, and those in native script that stand at either end: told and cut off.

Belongs here: the patterns made of `data/legal_forms_in_front.csv`. Does not belong here: forms behind a name in Latin
letters (`enrichment/company/legal_form`), which such a form may need (`S.C. Dacital S.R.L.`). Source: ISO 20275.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

import polars as pl

from engine.word_lists import entries
from enrichment.cells.word_lists import rows

_QUOTES = "\"'«»„“”‚‘’ "


class FrontForm(NamedTuple):
    """What a name is without a form at one of its ends, the form, and how it is written."""

    core: str
    form: str
    written: str


class _Patterns(NamedTuple):
    front: re.Pattern[str]
    native: re.Pattern[str]
    form: dict[str, str]
    needs: dict[str, frozenset[str]]


def may_have_front_form(names: pl.Series) -> pl.Series:
    """True where a name begins with a form or holds one in native script: a cheap first look."""
    known = _patterns().form
    ahead = "|".join(map(re.escape, sorted(known, key=len, reverse=True)))
    return names.str.contains(rf"^[{re.escape(_QUOTES)}]*(?:{ahead})|(?:{ahead})$").fill_null(False)


def touches_front_form(word: str) -> bool:
    """Whether a word of letters may be part of a form in front, or hold one in native script."""
    return word in _first_words() or (not word.isascii() and _patterns().native.match(word) is not None)


@cache
def _first_words() -> frozenset[str]:
    return frozenset(spelling.split()[0] for spelling in _patterns().form)


def front_form(name: str, behind: str | None) -> FrontForm | None:
    """The form in front of a name, or in native script at either end; `behind` is the form at its end, if any."""
    patterns = _patterns()
    found = patterns.native.match(name) if behind is None else None
    found = found or patterns.front.match(name)
    if found is None:
        return None
    written = found["ahead"] or found["after"]
    core = (found["rest"] or found["before"] or "").strip(_QUOTES)
    needs = patterns.needs[written]
    if not core or (behind not in needs if needs else behind is not None):
        return None
    return FrontForm(core, behind or patterns.form[written], written)


@cache
def _patterns() -> _Patterns:
    table = rows("legal_forms_in_front.csv")
    front = {text: row["form"] for row in table for text in entries(row["front"])}
    native = {text: row["form"] for row in table for text in entries(row["native"])}
    needs = {
        text: frozenset(row["with"].split()) for row in table for text in entries(f"{row['front']}|{row['native']}")
    }
    ahead, either = _alternatives(front), _alternatives(native)
    rest = r"(?P<rest>.*[^\W_].*)"
    return _Patterns(
        front=re.compile(rf"^(?P<ahead>{ahead})(?:\s+|(?=[\"«„“])){rest}$(?P<after>)(?P<before>)"),
        native=re.compile(rf"^(?:(?P<ahead>{either})\s*{rest}|(?P<before>.*[^\W_].*?)\s*(?P<after>{either}))$"),
        form=front | native,
        needs=needs,
    )


def _alternatives(spellings: dict[str, str]) -> str:
    return "|".join(map(re.escape, sorted(spellings, key=len, reverse=True)))
