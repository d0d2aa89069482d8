"""Near names: which names are one typing error away from a known one.

Belongs here: finding the pairs among many names and many targets. Does not belong here: which names may be
mistyped and what follows (`enrichment/email/domains`). Method: two names one insertion, deletion, substitution or
swap apart are the same once the right letter is left out of one or both (Garbe, SymSpell), so every name is
keyed by each of its shortened forms and pairs are joined on those keys, however much names have in common.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from rapidfuzz.distance import OSA
from rapidfuzz.process import cpdist

from engine.caches import keep_few

_BASE = 0x9E3779B97F4A7C15  # odd, with its bits well spread: keys are polynomials of it, modulo 2**64


def nearest(names: pl.Series, targets: frozenset[str]) -> dict[str, str]:
    """Names one typing error (insertion, deletion, substitution, swap) away from a target, the first by alphabet."""
    if not targets:
        return {}
    known, keys = _keyed_targets(targets)
    lengths = known.str.len_chars().unique().sort()
    names = names.filter(names.str.len_chars().is_between(lengths[0] - 1, lengths[-1] + 1))
    at = _keys(names).join(keys.rename({"at": "target"}), on="key").select("at", "target").unique()
    pairs = pl.DataFrame({"name": names.gather(at["at"]), "target": known.gather(at["target"])})
    pairs = pairs.filter(pl.col("name") != pl.col("target"))
    errors = cpdist(pairs["name"].to_list(), pairs["target"].to_list(), scorer=OSA.distance, score_cutoff=1)
    near = pairs.filter(pl.Series(errors, dtype=pl.Int32) <= 1).sort("name", "target")
    return dict(near.unique("name", keep="first", maintain_order=True).rows())


@keep_few
def _keyed_targets(targets: frozenset[str]) -> tuple[pl.Series, pl.DataFrame]:
    known = pl.Series(sorted(targets), dtype=pl.String)
    return known, _keys(known)


def _keys(names: pl.Series) -> pl.DataFrame:
    """A key of each name as it stands and without each of its letters: `at` (position of the name), `key`."""
    length = names.str.len_chars()
    found = [pl.DataFrame(schema={"at": pl.UInt32, "key": pl.UInt64})]
    for size in length.unique():
        at = (length == size).arg_true()
        letters = np.array(names.gather(at).to_list(), dtype=f"U{size}").view(np.uint32).reshape(-1, size)
        weight = np.cumprod(np.full(size + 1, _BASE, dtype=np.uint64))
        kept, moved_up = letters * weight[1:], letters * weight[:-1]
        before = np.cumsum(kept, axis=1)
        after = moved_up.sum(axis=1, keepdims=True) - np.cumsum(moved_up, axis=1)
        key = np.concatenate([before - kept + after, before[:, -1:]], axis=1)
        found.append(pl.DataFrame({"at": np.repeat(at.to_numpy(), size + 1), "key": key.ravel()}))
    return pl.concat(found)
