"""How much of two company names is the same for a reader: words cut short, misspelt or left out.

Belongs here: the share of letters whose words have a counterpart in the other name. Does not belong here: how names
relate by what they do not share (`relations`), which decides where nothing but names and places speaks. This is for
pairs that something else vouches for already, a person who named both: `Adler Baustoff- u. Umwelt.` is
`Adler & Co. Baustoff- und Umweltlabor`, while `Dufner Immobilien` is not `Dufner Logistik`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Set

import polars as pl
from rapidfuzz.distance import OSA

from enrichment.company.line import town_words
from matching.accounts.linking.relations import NUMBER
from matching.accounts.rows.words import CompanyNames, Ints
from reference.letters import level_text

SHORTEST = 3
"""Letters a word needs for being the beginning of another one to mean anything."""
BEGINNING = 4
"""Letters of a name cut short from which it may be one that begins so."""
LETTERS_PER_SLIP = 3

_IS_NUMBER = re.compile(rf"^(?:{NUMBER})$")


COMPARED = pl.Schema({"likeness": pl.Float32, "contained": pl.Boolean})


def likeness(names: CompanyNames, left: Ints, right: Ints, beside: Set[str] = frozenset()) -> pl.DataFrame:
    """How much of both names (ids) is the same.

    Args:
        names: the names.
        left: ids.
        right: ids.
        beside: words that do not count where only one of the names has such: its town, a site.

    Returns:
        likeness: share of the letters of both in words with a counterpart, 0 to 1; 0 where their numbers differ.
        contained: every word of one of them has a counterpart in the other.
    """
    keys = names.key.str.split(" ")
    pairs = zip(keys.gather(left).to_list(), keys.gather(right).to_list(), strict=True)
    return pl.DataFrame([_alike(a, b, beside) for a, b in pairs], schema=COMPARED, orient="row")


def shortened(names: CompanyNames, left: Ints, right: Ints, alone: pl.DataFrame) -> pl.DataFrame:
    """What the name of a pair that nobody else uses leaves out of the other one.

    Args:
        names: the names.
        left: ids.
        right: ids.
        alone: left_alone, right_alone: whether the name is one that nobody else uses.

    Returns:
        short_alone: it has fewer letters.
        begins_alone: it is the beginning of the other (`Christ.`, `Christophorus Kliniken`).
        words_less: how many words fewer one of both has.
    """
    words = names.key.str.count_matches(" ")
    text = alone.with_columns(left=names.joined.gather(left), right=names.joined.gather(right))

    def of_either(holds: Callable[[pl.Expr, pl.Expr], pl.Expr]) -> pl.Expr:
        one, other = pl.col("left"), pl.col("right")
        return (pl.col("left_alone") & holds(one, other)) | (pl.col("right_alone") & holds(other, one))

    return text.select(
        short_alone=of_either(lambda own, other: own.str.len_chars() < other.str.len_chars()),
        begins_alone=of_either(lambda own, other: (own.str.len_chars() >= BEGINNING) & other.str.starts_with(own)),
        words_less=(words.gather(left).cast(pl.Int32) - words.gather(right).cast(pl.Int32)).abs(),
    )


def _alike(a: list[str], b: list[str], beside: Set[str]) -> tuple[float, bool]:
    if sorted(filter(_IS_NUMBER.match, a)) != sorted(filter(_IS_NUMBER.match, b)):
        return 0.0, False
    only_a, only_b = [word for word in a if word not in b], [word for word in b if word not in a]
    for word in sorted(only_a, key=lambda word: (-len(word), word)):
        found = min((other for other in only_b if _counterparts(word, other)), key=len, default=None)
        if found is not None:
            only_a.remove(word)
            only_b.remove(found)
    if not (only_a and only_b):
        only_a, only_b = ([word for word in only if word not in beside] for only in (only_a, only_b))
    by_word = 1 - len("".join(only_a + only_b)) / max(len("".join(a + b)), 1)
    if any(only and all(word in beside or word in town_words() for word in only) for only in (only_a, only_b)):
        return by_word, not (only_a and only_b)  # another town is no slip: Kiel, Köln
    by_letter = float(OSA.normalized_similarity("".join(a), "".join(b)))  # blanks in the wrong place
    return max(by_word, by_letter), not (only_a and only_b)


def _counterparts(a: str, b: str) -> bool:
    short, long = sorted((level_text(a), level_text(b)), key=len)
    if len(short) < SHORTEST:
        return False
    slips = min(OSA.distance(short, long), OSA.distance(a, b))
    return long.startswith(short) or slips <= max(1, len(short) // LETTERS_PER_SLIP)
