"""How much of two company names is the same for a reader: words cut short, misspelt or left out.

Belongs here: the share of letters whose words have a counterpart in the other name. Does not belong here: how names
relate by what they do not share (`relations`), which decides where nothing but names and places speaks. This is for
pairs that something else vouches for already, a person who named both: `Adler Baustoff- u. Umwelt.` is
`Adler & Co. Baustoff- und Umweltlabor`, while `Dufner Immobilien` is not `Dufner Logistik`.
"""

from __future__ import annotations

import re
from collections.abc import Set

import polars as pl
from rapidfuzz.distance import OSA

from matching.accounts.linking.relations import NUMBER
from matching.accounts.rows.words import CompanyNames, Ints
from reference.letters import level_text

SHORTEST = 3
"""Letters a word needs for being the beginning of another one to mean anything."""
LETTERS_PER_SLIP = 3

_IS_NUMBER = re.compile(rf"^(?:{NUMBER})$")


def likeness(names: CompanyNames, left: Ints, right: Ints, beside: Set[str] = frozenset()) -> pl.Series:
    """Share of the letters of both names (ids) in words with a counterpart, 0 to 1; 0 where their numbers differ.

    `beside` are words that do not count where only one of the names has such: its town, a site.
    """
    keys = names.key.str.split(" ")
    pairs = zip(keys.gather(left).to_list(), keys.gather(right).to_list(), strict=True)
    return pl.Series([_alike(a, b, beside) for a, b in pairs], dtype=pl.Float32)


def _alike(a: list[str], b: list[str], beside: Set[str]) -> float:
    if sorted(filter(_IS_NUMBER.match, a)) != sorted(filter(_IS_NUMBER.match, b)):
        return 0.0
    only_a, only_b = [word for word in a if word not in b], [word for word in b if word not in a]
    for word in sorted(only_a, key=lambda word: (-len(word), word)):
        found = min((other for other in only_b if _counterparts(word, other)), key=len, default=None)
        if found is not None:
            only_a.remove(word)
            only_b.remove(found)
    if not (any(word in beside for word in only_a) and any(word in beside for word in only_b)):
        only_a, only_b = ([word for word in only if word not in beside] for only in (only_a, only_b))
    by_word = 1 - len("".join(only_a + only_b)) / max(len("".join(a + b)), 1)
    return max(by_word, float(OSA.normalized_similarity("".join(a), "".join(b))))  # blanks in the wrong place


def _counterparts(a: str, b: str) -> bool:
    short, long = sorted((level_text(a), level_text(b)), key=len)
    if len(short) < SHORTEST:
        return False
    slips = min(OSA.distance(short, long), OSA.distance(a, b))
    return long.startswith(short) or slips <= max(1, len(short) // LETTERS_PER_SLIP)
