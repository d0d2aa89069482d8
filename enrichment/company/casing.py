"""Usual capitals for company names written in one case: known words, and words no abbreviation looks like.

Belongs here: which words of such a line change. Does not belong here: persons (`enrichment/person/casing`), legal forms
(`enrichment/company/legal_form`). A line of mixed case, or a single unknown word in small letters, stays as written.
"""

from __future__ import annotations

import re

import polars as pl

from engine.caches import keep_words
from enrichment.cells.distinct import by_cell, where
from enrichment.cells.known_names import known_words
from enrichment.cells.word_lists import by_kind
from enrichment.company.kind import small_words
from enrichment.company.line import town_words


def one_case_only(lines: pl.Series) -> pl.Series:
    """Whether lines are written all in capitals or all in small letters."""
    rows = (~lines.str.contains(r"\p{Ll}") | ~lines.str.contains(r"\p{Lu}")).fill_null(False).arg_true()
    line = pl.col("line")
    one_case = (line == line.str.to_uppercase()) | (line == line.str.to_lowercase())
    one_case &= line.str.contains(r"\p{L}{4}") & ~line.str.contains(r"^\S+\.\p{L}{2,}$")
    found = lines.gather(rows).to_frame("line").select(one_case).to_series()
    return pl.Series([False]).new_from_index(0, len(lines)).scatter(rows, found)


def usual_capitals(names: pl.Series, one_case: pl.Series) -> pl.Series:
    """Usual capitals for the known words of names from lines written in one case."""
    return where(one_case, names, by_cell(_recased))


_SHORT = by_kind("company_words.csv")["short"]
_LOWER_WORD = re.compile(r"(?<![\w.'’(])(?:dr(?=\.)|[a-zäöüß]{4,}(?![\w.]))")
_SPOKEN = re.compile(r"(?=.{7})[^aeiouyäöü]{0,3}(?:[aeiouyäöü]+[^aeiouyäöü]{1,4})+[aeiouyäöü]*")  # no abbreviation
_WORD = re.compile(r"[^\W\d_]+")


def _recased(name: str) -> str:
    plain = _WORD.sub(lambda m: _recased_word(m[0], first=not m.start()), name)
    if name[:1].islower() and plain != name and " " in name:  # beside a known word all others are names too
        return _LOWER_WORD.sub(lambda m: m[0] if m[0] in small_words() else m[0].capitalize(), plain)
    return plain


@keep_words
def _recased_word(text: str, *, first: bool) -> str:
    if not (text.isupper() or text.islower()):
        return text
    lower = text.lower()
    if lower in small_words():
        return lower.capitalize() if first else lower
    known = lower in known_words() or lower in town_words()
    usual = known or lower in _SHORT or (text.isupper() and _SPOKEN.fullmatch(lower))
    return lower.capitalize() if usual and (len(text) > 3 or lower in _SHORT) else text
