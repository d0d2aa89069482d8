"""Patterns: the levels of all fields of a pair as one number, and in words.

Belongs here: packing, unpacking, the sentence shown as reason. Does not belong here: what a level means
(`matching/leads/comparison/levels`).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from matching.leads.comparison.levels import CLOSEST, FIELDS, worth_saying


def _radix() -> list[int]:
    return [field.size for field in FIELDS]


def pattern(levels: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    """Fields by pairs as one number a pair."""
    code = np.zeros(levels.shape[1], np.int64)
    for k, size in enumerate(_radix()):
        code = code * size + levels[k]
    return code


def levels_of(patterns: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Fields by pairs, from `pattern`."""
    out = np.zeros((len(FIELDS), len(patterns)), np.int64)
    rest = patterns.copy()
    for k, size in reversed(list(enumerate(_radix()))):
        rest, out[k] = np.divmod(rest, size)
    return out


def reasons(levels: npt.NDArray[np.uint8]) -> pl.Series:
    """What agrees, one sentence a pair."""
    distinct, back = np.unique(pattern(levels), return_inverse=True)
    return pl.Series("reason", [_reason(row) for row in levels_of(distinct).T], dtype=pl.String).gather(back)


def _reason(levels: npt.NDArray[np.int64]) -> str:
    told = [(field, level) for field, level in zip(FIELDS, levels, strict=True) if worth_saying(field, level)]
    return "; ".join(
        f"same {field.name}" if level == CLOSEST else f"{field.name} {field.words(level)}" for field, level in told
    )
