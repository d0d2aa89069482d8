"""Random draws that are the same on every machine.

Belongs here: a stream of random numbers named by its purpose, and the few shapes of draw the generator needs.
Only `random()` of PCG64 is used: its output is fixed by definition, unlike `choice`, whose method may change.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
Objects = NDArray[np.object_]


class Draw:
    """A reproducible stream; equal purposes give equal numbers, different purposes are independent."""

    def __init__(self, *purpose: int | str) -> None:
        words = [zlib.crc32(part.encode()) if isinstance(part, str) else part for part in purpose]
        self._stream = np.random.Generator(np.random.PCG64(np.random.SeedSequence(words)))

    def unit(self, size: int) -> NDArray[np.float64]:
        """`size` floats in [0, 1)."""
        return self._stream.random(size)

    def mask(self, size: int, share: float) -> Mask:
        """True for about `share` of `size` rows."""
        return self.unit(size) < share

    def below(self, size: int, limit: ArrayLike) -> Ints:
        """`size` integers from 0 to limit - 1; `limit` may be one number or one per row."""
        return np.asarray(self.unit(size) * np.asarray(limit), dtype=np.int64)

    def pick(self, size: int, weights: ArrayLike) -> Ints:
        """`size` positions in `weights`, each as often as its weight says."""
        ends = np.cumsum(np.asarray(weights, dtype=np.float64))
        places = np.searchsorted(ends, self.unit(size) * ends[-1], side="right")
        return np.asarray(np.minimum(places, len(ends) - 1), dtype=np.int64)

    def take(self, size: int, values: Sequence[str], weights: ArrayLike | None = None) -> Objects:
        """`size` of `values`."""
        chosen = self.below(size, len(values)) if weights is None else self.pick(size, weights)
        return np.array(values, dtype=object)[chosen]


def falling(count: int, offset: float, power: float) -> NDArray[np.float64]:
    """Weights of a power law: a few frequent values and a long tail."""
    return np.asarray((np.arange(count) + offset) ** -power, dtype=np.float64)


def table(columns: Mapping[str, Any]) -> pl.DataFrame:
    """A frame of columns; arrays of Python strings become text, empty ones too."""
    return pl.DataFrame(
        {
            name: pl.Series(name, values.tolist(), dtype=pl.String)
            if isinstance(values, np.ndarray) and values.dtype == object
            else pl.Series(name, values)
            for name, values in columns.items()
        }
    )
