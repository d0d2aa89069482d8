"""The records of each lead as row numbers: the best of them, any of them, a value for all of them.

Belongs here: grouping without copying a column. Does not belong here: what makes a record the best
(`matching/golden/survivorship`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

Rows = npt.NDArray[np.int64]  # per lead: row of the record that won, -1 for none
Ranks = npt.NDArray[np.int64]  # per record: 0 is best, -1 stands aside


@dataclass(frozen=True, slots=True)
class Leads:
    """The records of each lead, newest evidence first: `order[starts[i]:starts[i + 1]]` are lead i's rows."""

    ids: pl.Series
    order: Rows
    starts: Rows

    @classmethod
    def of(cls, records: pl.DataFrame) -> Leads:
        """Leads of records with lead_id and lead, its number: the greater, the later in the alphabet."""
        keys = ["lead", "observed_at", "channel", "source", "source_record_id"]
        ordered = (
            records.lazy()
            .select(keys)
            .with_row_index("row")
            .sort(keys, descending=[False, True, False, False, False], maintain_order=True)  # offline first
            .select("row", start=(pl.col("lead") != pl.col("lead").shift()).fill_null(True))
            .collect()
        )
        starts = ordered["start"].arg_true().to_numpy().astype(np.int64)
        order = ordered["row"].to_numpy().astype(np.int64)
        return cls(records["lead_id"].gather(order[starts]), order, starts)

    def shared(self) -> npt.NDArray[np.bool_]:
        """Per record whether its lead has other records too."""
        sizes = np.diff(self.starts, append=len(self.order))
        flags = np.zeros(len(self.order), dtype=np.bool_)
        flags[self.order] = np.repeat(sizes > 1, sizes)
        return flags

    def best(self, ranks: Ranks) -> Rows:
        """Per lead the row with the smallest rank, the newest of equals; -1 when all stand aside."""
        ordered = ranks[self.order]
        none = np.int64(0x7FFFFFFF) << 32
        packed = np.where(ordered < 0, none, (ordered << 32) | np.arange(len(ordered)))
        first = np.minimum.reduceat(packed, self.starts)
        return np.where(first == none, -1, self.order[first & 0xFFFFFFFF])

    def any(self, flags: pl.Series) -> pl.Series:
        """Per lead whether any of its records has the flag."""
        return pl.Series(np.logical_or.reduceat(flags.to_numpy()[self.order], self.starts))

    def spread(self, values: pl.Series) -> pl.Series:
        """One value per lead, repeated for each of its records, in the order of the records."""
        lead = np.empty(len(self.order), dtype=np.int64)
        lead[self.order] = np.repeat(np.arange(len(self.starts)), np.diff(self.starts, append=len(self.order)))
        return values.gather(lead)


def take(values: pl.Series, rows: Rows) -> pl.Series:
    """The values at `rows`, null where a row is -1."""
    return values.gather(pl.select(pl.when(pl.Series(rows) >= 0).then(pl.Series(rows))).to_series())
