"""Evidence: what was repaired or judged, from what, why and by which rule.

Belongs here: its one shape (a row of `EVIDENCE` per repair), said by columns (`Entry`) or of a single text (`Repair`),
and the `repairs` column every enrichment function returns. Does not belong here: the rules themselves or the reason
codes (`contracts/reasons`). Entries are sparse, so they are gathered in long form and folded into lists once: some
hundred times faster than building a list per row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl
import pyarrow as pa

from contracts.clean import REPAIR, REPAIRS
from contracts.table import Dtype


class Repair(NamedTuple):
    """One piece of evidence, for rules that read text by text.

    `field` is the clean column judged, `raw` the text as received, `value` the value kept (None where it is held
    back), `reason` a reason code and `rule` the rule's name.
    """

    field: str
    raw: str | None
    value: str | None
    reason: str
    rule: str


class Entry(NamedTuple):
    """One kind of evidence, applying to the rows where `when` is true; the rest as in `Repair`, text or per row."""

    field: str | pl.Expr
    when: pl.Expr
    raw: pl.Expr
    value: pl.Expr | None
    reason: str | pl.Expr
    rule: str | pl.Expr


EVIDENCE: dict[str, Dtype] = {"row": pl.UInt32} | dict.fromkeys(Repair._fields, pl.String)
"""Columns of evidence in long form: the position of the record, from 0, and the parts of a `Repair`."""


def repairs(frame: pl.DataFrame, entries: Sequence[Entry]) -> pl.Series:
    """The `repairs` column for `frame`: the entries that apply to each row, in the order given."""
    return repairs_at(evidence_of(frame.lazy().with_row_index("_row"), entries, row="_row"), frame.height)


def evidence_of(frame: pl.DataFrame | pl.LazyFrame, entries: Sequence[Entry], row: str = "row") -> pl.DataFrame:
    """EVIDENCE by columns: the rows to which each entry applies, entry by entry.

    Args:
        frame: what the entries speak of; any number of rows for a record, whose position the column `row` holds.
    """
    found = pl.collect_all([_applied(frame.lazy(), entry, row) for entry in entries])
    return pl.concat([pl.DataFrame(schema=EVIDENCE), *found])


def evidence_from(rows: Sequence[int], told: Sequence[Sequence[Repair]]) -> pl.DataFrame:
    """EVIDENCE of rules that read text by text: what is `told` of each of the `rows`."""
    long = zip(*((row, *one) for row, own in zip(rows, told, strict=True) for one in own), strict=True)
    return pl.DataFrame(dict(zip(EVIDENCE, long, strict=False)) or None, schema=EVIDENCE)


def repairs_at(evidence: pl.DataFrame, height: int) -> pl.Series:
    """The `repairs` column for `height` records from EVIDENCE, which keeps its order where a record has several."""
    evidence = evidence.sort("row", maintain_order=True)
    counts = np.bincount(evidence["row"].to_numpy(), minlength=height)
    offsets = pl.Series(np.concatenate(([0], np.cumsum(counts))).astype(np.int64)).to_arrow()
    newest = pl.CompatLevel.newest()  # no copy of the texts
    parts = evidence.select(pl.struct(Repair._fields)).to_series().to_arrow(compat_level=newest)
    lists = pa.LargeListArray.from_arrays(offsets, parts)
    return pl.Series(REPAIRS.name, pl.from_arrow(lists), dtype=pl.List(REPAIR))


def merge_repairs(columns: Sequence[pl.Series]) -> pl.Series:
    """Join the `repairs` columns of several rules row by row, in the order given."""
    height = len(columns[0])
    rows = np.arange(height, dtype=np.uint32)
    found = [
        column.explode(empty_as_null=False)
        .struct.unnest()
        .select(pl.Series("row", np.repeat(rows, column.list.len().to_numpy())), *Repair._fields)
        for column in columns
    ]
    return repairs_at(pl.concat(found), height)


def _applied(rows: pl.LazyFrame, entry: Entry, row: str) -> pl.LazyFrame:
    field, reason, rule = (pl.lit(part) if isinstance(part, str) else part for part in (entry[0], *entry[4:]))
    value = pl.lit(None, pl.String) if entry.value is None else entry.value.cast(pl.String)
    return rows.filter(entry.when).select(
        row=pl.col(row).cast(pl.UInt32),
        field=field,
        raw=entry.raw.cast(pl.String),
        value=value,
        reason=reason,
        rule=rule,
    )
