"""The letters of company names as bits: whether two names can be spellings of one, at the price of two operations.

Belongs here: letters as a matrix of bytes, a name's letters as one 64-bit number, and the bound that leaves out pairs
no comparison of words could relate. Does not belong here: that comparison (`matching/accounts/linking/relations`). The
bound never rejects a pair one of whose names holds the other, or that is three edits apart; words that say where or
which branch (`Filiale`, `Gruppe`) do not count.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from matching.accounts.rows.words import Bools, CompanyNames
from reference.letters import level

LONGEST = 32
"""Letters of a word that are looked at."""
EDITS = 3
LIGHT = ("site", "filler", "country", "group")

Keys = npt.NDArray[np.uint64]


def letters(names: CompanyNames) -> Keys:
    """Of each name, which letters its telling words hold: 36 bits for letters and digits, 26 for letters held twice."""
    levelled = names.word.to_frame("word").select(level(pl.col("word"))).to_series()
    text = letter_matrix(levelled, LONGEST)
    text[names.kind.is_in(LIGHT).to_numpy()] = 0
    once, twice = _fold(_BIT[text])
    none = np.uint64(0)
    words = names.words.copy()
    for column in range(1, words.shape[1]):  # a word said twice is one word
        words[(words[:, :column] == words[:, column, None]).any(1), column] = -1
    once, twice = _fold(np.append(once, none)[words], np.append(twice, none)[words])
    held: Keys = once | (twice & np.uint64(2**26 - 1)) << np.uint64(36)
    return held


def may_be_spellings(a: Keys, b: Keys) -> Bools:
    """True where one name's letters hold the other's, or so few differ that they may be slips."""
    differ = a ^ b
    possible: Bools = (np.bitwise_count(differ) <= 2 * EDITS) | (differ & a == 0) | (differ & b == 0)
    return possible


def letter_matrix(text: pl.Series, width: int) -> npt.NDArray[np.uint8]:
    """The first `width` bytes of each text (no nulls), padded with zeros."""
    array = text.cast(pl.Binary).bin.head(width).to_arrow()
    _, offsets, data = array.buffers()
    start = np.frombuffer(offsets, np.int64)[array.offset : array.offset + len(array) + 1]
    matrix = np.zeros((len(array), width), np.uint8)
    matrix[np.arange(width) < np.diff(start)[:, None]] = np.frombuffer(data, np.uint8)[start[0] : start[-1]]
    return matrix


_BIT = np.zeros(256, np.uint64)
for _place, _letter in enumerate(b"abcdefghijklmnopqrstuvwxyz0123456789"):
    _BIT[_letter] = 1 << _place


def _fold(once: Keys, twice: Keys | None = None) -> tuple[Keys, Keys]:
    """Bits seen in any column of a matrix, and those seen in two or more."""
    seen = np.zeros(len(once), np.uint64)
    again = seen.copy()
    for column in range(once.shape[1]):
        again |= seen & once[:, column]
        if twice is not None:
            again |= twice[:, column]
        seen |= once[:, column]
    return seen, again
