"""Row hash: 128 bits for the content of a row, the same on every machine and under every version of a library.

Belongs here: the arithmetic, over whole columns at once. Does not belong here: which cells a row has and what
their columns are called. Each cell is hashed by XXH3 (128 bits, seeded by its column's label), and a row is the
sum of its cells, so the order of columns does not count and an empty cell adds nothing. It tells contents
apart; it is no defence against forgery.
"""

from __future__ import annotations

import binascii
import hashlib
from collections.abc import Iterable

import numpy as np
import polars as pl
import polars_hash as plh
import pyarrow as pa

Halves = np.ndarray[tuple[int], np.dtype[np.uint64]]

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


def as_text(hashes: pl.Series) -> pl.Series:
    """Hashes as 32 hex digits each."""
    halves = np.stack([pl.select(hashes // _HALF).to_series().cast(pl.UInt64).to_numpy(), lower(hashes)], axis=1)
    digits = pa.py_buffer(binascii.hexlify(halves.astype(">u8").tobytes()))
    offsets = pa.py_buffer(np.arange(0, 32 * (len(hashes) + 1), 32, dtype=np.int64))
    return pl.Series(pa.Array.from_buffers(pa.large_string(), len(hashes), [None, offsets, digits]))


def lower(hashes: pl.Series) -> Halves:
    """The lower 64 bits of each hash."""
    return hashes.cast(pl.UInt64, wrap_numerical=True).to_numpy()


def lower_of_text(texts: pl.Series) -> Halves:
    """The lower 64 bits of hashes that `as_text` wrote."""
    if not len(texts):
        return np.empty(0, np.uint64)
    data = texts.to_frame().to_arrow(compat_level=pl.CompatLevel.oldest()).column(0).combine_chunks().buffers()[2]
    digits = binascii.unhexlify(memoryview(data)[: 32 * len(texts)])
    return np.frombuffer(digits, ">u8")[1::2].astype(np.uint64)
