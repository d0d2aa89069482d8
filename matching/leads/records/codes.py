"""Codes: text columns as integers, so that comparing millions of values is comparing numbers.

Belongs here: folding a spelling, numbering distinct values. Does not belong here: what the values mean.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from reference.letters import ROMANISED

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Coded:
    """A text column as codes (-1 = missing) into its distinct values, with how many records carry each."""

    codes: Ints
    values: pl.Series
    counts: Ints

    def counting(self, records: Flags) -> Coded:
        """The same codes, with how many of these records carry each."""
        return _counted(self.codes, self.values, of=self.codes[records])

    def part(self, rows: slice) -> Coded:
        """Some of the records, under the same codes."""
        return _counted(self.codes[rows], self.values)


def encode(text: pl.Series) -> Coded:
    """Codes in order of first appearance, so equal input gives equal codes whatever the threads."""
    coded = text.cast(pl.String).rechunk().to_arrow().dictionary_encode()
    codes = pl.Series(values=coded.indices, dtype=pl.Int32).fill_null(-1).to_numpy()
    return _counted(codes, pl.Series(values=coded.dictionary.cast(pa.large_string()), dtype=pl.String))


def encode_folded(text: pl.Series) -> Coded:
    """Codes of the folded values; only the distinct ones are folded."""
    coded = encode(text)
    folded = encode(fold(coded.values))
    return _counted(lookup(folded.codes)[coded.codes], folded.values)


def fold(text: pl.Series) -> pl.Series:
    """Words in small Latin letters, umlauts spelt out, single spaces; nothing left = null."""
    folded = ROMANISED.series(text.cast(pl.String)).str.replace_all(r"[^\p{L}\p{N}]+", " ").str.strip_chars()
    return keep(folded, folded != "")


def keep(text: pl.Series, where: pl.Series) -> pl.Series:
    """The values where `where` is true, else null."""
    return pl.DataFrame({"t": text, "w": where}).select(pl.when("w").then("t"))["t"]


def lookup(table: Ints) -> Ints:
    """A table by code that gives -1 for the code -1 too."""
    return np.append(table, np.int32(-1))


def _counted(codes: Ints, values: pl.Series, of: Ints | None = None) -> Coded:
    counted = codes if of is None else of
    return Coded(codes, values, np.bincount(counted[counted >= 0], minlength=len(values)).astype(np.int32))
