"""Row hash: 128 bits for the content of a row, the same on every machine and under every version of a library.

Belongs here: the arithmetic, over whole columns at once. Does not belong here: which cells a row has and what
their columns are called. Each cell is hashed by XXH3 (128 bits, seeded by its column's label), and a row is the
sum of its cells, so the order of columns does not count and an empty cell adds nothing. It tells contents
apart; it is no defence against forgery.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np
import polars as pl
import polars_hash as plh
import pyarrow as pa

Halves = np.ndarray[tuple[int], np.dtype[np.uint64]]

BYTES = pa.binary(16)
_HALF = pl.lit(1 << 64, pl.UInt128)


def row_hash(cells: Iterable[tuple[str, str]]) -> pl.Expr:
    """The hash of each row (UInt128).

    Args:
        cells: label and column of each text cell; the label is part of the hash, null cells are not.
    """
    parts = [plh.col(column).nchash.xxh3_128(seed=_seed(label)) for label, column in cells]
    return pl.sum_horizontal(parts)


def _seed(label: str) -> int:
    return int.from_bytes(hashlib.md5(label.encode(), usedforsecurity=False).digest()[:8])


def as_bytes(hashes: pl.Series) -> pa.FixedSizeBinaryArray:
    """Hashes as 16 bytes each, the highest first."""
    higher = pl.select(hashes // _HALF).to_series().cast(pl.UInt64).to_numpy()
    halves = np.stack([higher, lower(hashes)], axis=1).astype(">u8")
    return pa.FixedSizeBinaryArray.from_buffers(BYTES, len(hashes), [None, pa.py_buffer(halves)])


def lower(hashes: pl.Series) -> Halves:
    """The lower 64 bits of each hash."""
    return hashes.cast(pl.UInt64, wrap_numerical=True).to_numpy()


def lower_of_bytes(stored: pa.FixedSizeBinaryArray) -> Halves:
    """The lower 64 bits of hashes that `as_bytes` wrote."""
    halves = np.frombuffer(stored.buffers()[1], ">u8", 2 * len(stored), 16 * stored.offset)
    return halves[1::2].astype(np.uint64)
