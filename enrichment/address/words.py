"""The words of addresses by what they say, as patterns.

Belongs here: choosing among the words of `data/address_words.csv`, where the comments say what each use means. Does not
belong here: any word, and how words and numbers combine (`enrichment/address/lines`, `enrichment/address/street`).
"""

from __future__ import annotations

from functools import cache

from engine.word_lists import alternatives, entries, in_text
from enrichment.cells.recipients import ATTENTION, ATTENTION_OPENING, CARE_OF
from enrichment.cells.word_lists import rows


@cache
def words(use: str) -> frozenset[str]:
    """The words that say this."""
    return frozenset(_words(use))


@cache
def pattern(*uses: str) -> str:
    """A pattern, Python's or Polars', of the words that say any of these; each ends where it must."""
    return in_text((word for use in uses for word in _words(use)), from_start=False)


@cache
def recipient(use: str = "care") -> str:
    """A pattern of the words at the beginning of a line that say for whom it is (`care_beside`: who passes it on)."""
    said = (*ATTENTION, *ATTENTION_OPENING, *CARE_OF) if use == "care" else CARE_OF
    return rf"(?:{alternatives(said)}(?:[\s:.,]|$)|{pattern(use)})"


def _words(use: str) -> list[str]:
    table = rows("address_words.csv")
    return [word for row in table if use in row["says"].split() for word in entries(row["words"])]
