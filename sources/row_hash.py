"""Row hash: 128 bits for the content of a row, the same on every machine and under every version of a library.

Belongs here: the arithmetic, over whole columns at once. Does not belong here: which cells a row has and what
their columns are called. Each cell is cut into 8-byte words, the first with the cell's length in bytes; every
word is keyed by column and place and mixed by the finaliser of SplitMix64 (Steele, Lea, Flood 2014). A row is
the sum of its words in one half and the sum of their quadratic images in the other, so the order of columns
does not count, and an empty cell adds nothing. It tells contents apart; it is no defence against forgery.
"""

from __future__ import annotations

import binascii
import hashlib
from collections.abc import Iterable

import numpy as np
import polars as pl
import pyarrow as pa

Words = np.ndarray[tuple[int, ...], np.dtype[np.uint64]]

Places = np.ndarray[tuple[int, ...], np.dtype[np.int64]]

_INLINE = 12  # bytes of a short text in Arrow's view layout: length (4), text (12)
_LONG = 256  # bytes from which a cell counts by its digest
_STEP = 0x9E3779B97F4A7C15
_WIDE = (1 << 64) - 1
_HALF, _LOW = np.uint64(32), np.uint64(0xFFFFFFFF)


def row_hashes(columns: Iterable[tuple[str, pl.Series]], height: int) -> Words:
    """Hashes of rows.

    Args:
        columns: label and texts of each column; the label is part of the hash, null cells are not.
        height: number of rows.

    Returns:
        Shape (height, 2), 64-bit numbers.
    """
    total = np.zeros((2, height), np.uint64)
    for label, texts in columns:
        _add_column(total, int.from_bytes(hashlib.md5(label.encode(), usedforsecurity=False).digest()[:8]), texts)
    first = _mixed(total[0], 1)
    return np.stack([first, _mixed(total[1] ^ first, 2)], axis=1)


def as_text(hashes: Words) -> pl.Series:
    """Hashes as 32 hex digits each."""
    digits = pa.py_buffer(binascii.hexlify(hashes.astype(">u8").tobytes()))
    offsets = pa.py_buffer(np.arange(0, 32 * (len(hashes) + 1), 32, dtype=np.int64))
    return pl.Series(pa.Array.from_buffers(pa.large_string(), len(hashes), [None, offsets, digits]))


def as_numbers(texts: pl.Series) -> Words:
    """The hashes that `as_text` wrote, shape (n, 2)."""
    if not len(texts):
        return np.empty((0, 2), np.uint64)
    data = texts.to_frame().to_arrow(compat_level=pl.CompatLevel.oldest()).column(0).combine_chunks().buffers()[2]
    digits = binascii.unhexlify(memoryview(data)[: 32 * len(texts)])
    return np.frombuffer(digits, ">u8").reshape(-1, 2).astype(np.uint64)


def _add_column(total: Words, key: int, texts: pl.Series) -> None:
    rows = np.flatnonzero(texts.is_not_null().to_numpy()) if texts.null_count() else None
    texts = texts.drop_nulls()
    if not len(texts):
        return
    array = texts.rechunk().to_frame().to_arrow(compat_level=pl.CompatLevel.newest()).column(0).chunk(0)
    _, views, *buffers = array.buffers()
    cells = np.frombuffer(views, "<u8").reshape(-1, 2)[array.offset : array.offset + len(array)]
    _add(total, rows, _mixed(cells[:, 0], key))
    sizes = (cells[:, 0] & _LOW).astype(np.int64)
    long = sizes > _INLINE
    if not long.any():
        _add(total, rows, _mixed(cells[:, 1], _at(key, 1)))
        return
    if not long.all():
        short = np.flatnonzero(~long)
        _add(total, short if rows is None else rows[short], _mixed(cells[short, 1], _at(key, 1)))
        places = np.flatnonzero(long)
        rows = places if rows is None else rows[places]
        cells, sizes = cells[places], sizes[places]
    starts = np.cumsum([0, *(buffer.size for buffer in buffers)])
    begins = starts[(cells[:, 1] & _LOW).astype(np.int64)] + (cells[:, 1] >> _HALF).astype(np.int64)
    _add_long(total, rows, key, b"".join(buffers), (begins, sizes))


def _add_long(total: Words, rows: Places | None, key: int, data: bytes, spans: tuple[Places, Places]) -> None:
    """Words of cells that do not fit their view: from the fifth byte on, the last one ends with the cell."""
    begins, sizes = spans
    if (sizes > _LONG).any():
        rows = np.arange(total.shape[1]) if rows is None else rows
        for row, begin, size in zip(rows, begins, sizes, strict=True):
            if size > _LONG:
                digest = hashlib.md5(data[begin : begin + size], usedforsecurity=False).digest()
                for number, half in enumerate(np.frombuffer(digest, "<u8").reshape(2, 1), 1):
                    _add(total, np.array([row]), _mixed(half, _at(key, number)))
        inside = sizes <= _LONG
        rows, begins, sizes = rows[inside], begins[inside], sizes[inside]
    anywhere: Words = np.ndarray((len(data) - 7,), "<u8", data, strides=(1,))
    places, last = begins + 4, begins + sizes - 8
    word = 1
    while len(places):
        _add(total, rows, _mixed(anywhere[places], _at(key, word)))
        going = places < last
        if not going.all():
            rows = np.flatnonzero(going) if rows is None else rows[going]
            places, last = places[going], last[going]
        places = np.minimum(places + 8, last)
        word += 1


def _at(key: int, word: int) -> int:
    return (key + word * _STEP) & _WIDE


def _add(total: Words, rows: Places | None, words: Words) -> None:
    images = words * (words >> _HALF)
    if rows is None:
        total[0] += words
        total[1] += images
    else:  # a row has one cell in a column, so no place comes twice
        for half, part in zip(total, (words, images), strict=True):
            half[rows] += part


def _mixed(words: Words, key: int) -> Words:
    """SplitMix64's finaliser of each word under a key: a bijection in which every bit reaches every bit."""
    mixed = words ^ np.uint64(key)
    shifted = np.empty_like(mixed)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed ^= np.right_shift(mixed, np.uint64(shift), out=shifted)
        mixed *= np.uint64(factor)
    mixed ^= np.right_shift(mixed, np.uint64(31), out=shifted)
    return mixed
