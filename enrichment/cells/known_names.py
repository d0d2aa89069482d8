"""Known names: which words are given names, family names or common words of company names.

Belongs here: the lists of names and business words, folded. Does not belong here: what to conclude from them. The lists
were compiled for this project from general knowledge; they are evidence for order and capitals only,
never for a person's gender.
"""

from __future__ import annotations

from functools import cache

import polars as pl

from enrichment.cells.text import fold
from enrichment.cells.word_lists import words


@cache
def given_names() -> frozenset[str]:
    """Folded given names."""
    return _folded("given_names.txt")


@cache
def given_spellings() -> frozenset[str]:
    """Given names in small letters, as spelt and folded."""
    return frozenset({word.lower() for word in words("given_names.txt")} | given_names())


@cache
def family_names() -> frozenset[str]:
    """Folded family names."""
    return _folded("family_names.txt")


@cache
def known_words() -> frozenset[str]:
    """Lower-case words that may be given their usual capitals: names (also without umlauts) and business words."""
    plain = {
        word.lower() for file in ("given_names.txt", "family_names.txt", "business_words.txt") for word in words(file)
    }
    return frozenset(plain | given_names() | family_names() | _folded("business_words.txt"))


@cache
def business_words() -> frozenset[str]:
    """Lower-case words that are common in names of companies."""
    return frozenset(word.lower() for word in words("business_words.txt"))


def _folded(file: str) -> frozenset[str]:
    return frozenset(pl.Series(words(file)).to_frame("name").select(fold(pl.col("name"))).to_series().drop_nulls())
