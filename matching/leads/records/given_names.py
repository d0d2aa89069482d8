"""Given names that look alike: when they are two people's, and when spellings of one.

Belongs here: men's and women's forms (Daniel, Daniela), spellings (Sara, Sarah), stems (Fokko, Fokka).
Does not belong here: nicknames and frequencies (`matching/leads/records/names`), comparing
(`matching/leads/comparison/compare`). It says nothing of a person; it is of use only where two names are a slip apart
and the slip may be none.
"""

from __future__ import annotations

import re
from functools import cache

import polars as pl

from enrichment.cells.known_names import given_names

# Names of women that do not end in a or e: Kathrin and Kathrina, Annett and Annette are spellings of one.
_ARE_WOMEN = re.compile(
    r"((rist|erst|kar|rol|a[tr]h?r?|asm|jan|el)in|itt?|ett|ith|en|nn|or|ild|ind|aud|rud|ies|lyn|yll|ill|usan|heres|"
    r"isabell?|margaret)$"
)
# Spellings of one sound, one after the other; what is left is compared, never read.
_SPELLINGS = (
    (r"ph", "f"),
    (r"([a-z])h", "$1"),
    (r"c[kq]?", "k"),
    (r"[yj]", "i"),
    (r"w", "v"),
    (r"v", "f"),
    (r"ie", "i"),
    (r"ai", "ei"),
    (r"([aou])e", "$1"),
    (r"d?t?[dt]$", "t"),
    *((letter + "{2,}", letter) for letter in "abdefgiklmnoprstuz"),
)
_ENDING = r"(ke|ne|[aeio])$"  # Fokko and Fokka, Wiebe and Wiebke, Levi and Leve: two people of one stem


def forms(names: pl.Series) -> pl.Series:
    """1 for given names in use that are a woman's form (Daniela, Simone), 0 for a man's (Daniel, Heiko), else -1."""
    return names.replace_strict(_forms(), default=-1, return_dtype=pl.Int32)


def in_use(names: pl.Series) -> pl.Series:
    """Whether a folded name is a given name that people have."""
    return names.is_in(list(_known())).fill_null(False)


def spellings(names: pl.Series) -> pl.Series:
    """One text for all spellings of a folded name: Sara and Sarah, Stefan and Stephan, Annett and Annette."""
    shorter = names.str.slice(0, names.str.len_chars() - 1)
    women = names.str.contains("[ae]$") & shorter.str.contains(_ARE_WOMEN.pattern) & (names.str.len_chars() > 5)
    found = shorter.zip_with(women.fill_null(False), names)
    for pattern, plain in _SPELLINGS:
        found = found.str.replace_all(pattern, plain)
    return found


def stems(spelt: pl.Series) -> pl.Series:
    """Spellings without the ending that makes a man's name a woman's."""
    return spelt.str.replace(_ENDING, "")


@cache
def _known() -> frozenset[str]:
    return frozenset(name.replace(" ", "") for name in given_names())


@cache
def _forms() -> dict[str, int]:
    known = _known()
    men = {name for name in known if re.search("[^aeiuy]$", name) and not _ARE_WOMEN.search(name)}
    bases = ((name[:-1], name[:-1] + "o", name[:-2], name[:-3], name[:-2] + "ch") for name in known)
    women = {
        name for name, of in zip(known, bases, strict=True) if name[-1] == "a" or (name[-1] == "e" and men & {*of})
    }
    return dict.fromkeys(men, 0) | dict.fromkeys(women, 1)
