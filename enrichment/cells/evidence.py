"""Evidence: what was repaired or judged, from what, why and by which rule.

Belongs here: building the `repairs` column every enrichment function returns.
Does not belong here: the rules themselves or the reason codes (`contracts/reasons`).
Entries are sparse, so they are gathered in long form and folded into lists once: some
hundred times faster than building a list per row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl
import pyarrow as pa

from contracts.clean import REPAIR, REPAIRS

_PARTS = ("field", "raw", "value", "reason", "rule")


class Entry(NamedTuple):
    """One kind of evidence, applying to the rows where `when` is true.

    `field` is the clean column judged, `raw` the text as received, `value` the value kept
    (None where it is held back), `reason` a reason code and `rule` the rule's name, both
    literal or per row.
    """

    field: str
    when: pl.Expr
    raw: pl.Expr
    value: pl.Expr | None
    reason: str | pl.Expr
    rule: str | pl.Expr


def repairs(frame: pl.DataFrame, entries: Sequence[Entry]) -> pl.Series:
    """The `repairs` column for `frame`: the entries that apply to each row, in the order given."""
    rows = frame.lazy().with_row_index("_row")
    found = pl.collect_all([_select(rows, entry) for entry in entries])
    return _fold(found, frame.height)


def merge_repairs(columns: Sequence[pl.Series]) -> pl.Series:
    """Join the `repairs` columns of several rules row by row, in the order given."""
    height = len(columns[0])
    rows = np.arange(height, dtype=np.uint32)
    found = [
        column.explode(empty_as_null=False)
        .struct.unnest()
        .with_columns(_row=pl.Series(np.repeat(rows, column.list.len().to_numpy())))
        for column in columns
    ]
    return _fold(found, height)


def repairs_at(entries: pl.DataFrame, height: int) -> pl.Series:
    """The `repairs` column for `height` rows from evidence in long form.

    Args:
        entries: columns `row` (position from 0), field, raw, value, reason and rule; any order of rows,
            kept where one row has several.
        height: number of rows.
    """
    return _fold([entries.rename({"row": "_row"}).with_columns(pl.col("_row").cast(pl.UInt32))], height)


def rows_with(frame: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """`frame` with every column of `names`, missing or untyped ones as null text, in that order."""
    typed = {name for name, dtype in frame.schema.items() if dtype != pl.Null}
    nothing = pl.Series([None], dtype=pl.String).new_from_index(0, frame.height)
    return pl.DataFrame([frame[name] if name in typed else nothing.alias(name) for name in names])


def _select(rows: pl.LazyFrame, entry: Entry) -> pl.LazyFrame:
    reason = pl.lit(entry.reason) if isinstance(entry.reason, str) else entry.reason
    rule = pl.lit(entry.rule) if isinstance(entry.rule, str) else entry.rule
    value = pl.lit(None, pl.String) if entry.value is None else entry.value.cast(pl.String)
    return rows.filter(entry.when).select(
        pl.col("_row").cast(pl.UInt32),
        field=pl.lit(entry.field),
        raw=entry.raw.cast(pl.String),
        value=value,
        reason=reason,
        rule=rule,
    )


def _fold(found: Sequence[pl.DataFrame], height: int) -> pl.Series:
    columns = ["_row", *_PARTS]
    schema = {"_row": pl.UInt32} | dict.fromkeys(_PARTS, pl.String)
    entries = pl.concat([pl.DataFrame(schema=schema), *(f.select(columns) for f in found)])
    entries = entries.sort("_row", maintain_order=True)
    counts = np.bincount(entries["_row"].to_numpy(), minlength=height)
    offsets = pl.Series(np.concatenate(([0], np.cumsum(counts))).astype(np.int64)).to_arrow()
    newest = pl.CompatLevel.newest()  # no copy of the texts
    parts = entries.select(pl.struct(_PARTS)).to_series().to_arrow(compat_level=newest)
    lists = pa.LargeListArray.from_arrays(offsets, parts)
    return pl.Series(REPAIRS.name, pl.from_arrow(lists), dtype=pl.List(REPAIR))
