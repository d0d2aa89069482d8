"""Stamp: whether a published row says something new, and since when it says what it says.

Belongs here: the content hash of a row, the date of its last change carried over from the publication before. Does not
belong here: what the rows hold (`publishing.tables`), reading the publication before (`publishing.previous`).
What moves with every delivery (`volatile` in `contracts.table`) is published but no change: a night that brings the
same people again leaves their hashes and dates as they were. Null adds nothing to a hash, so a new column of the
contract changes only the rows that have a value for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from contracts.published import CHANGE
from contracts.table import Table
from engine.row_hash import as_bytes, row_hash

_SLICE = 100_000  # rows whose text is in memory at a time
_FINE = 1_000_000  # a fraction counts in millionths, whatever a library writes behind the comma
_UPDATED_AT = CHANGE[1]
CHANGE_COLUMNS = (*(column.name for column in CHANGE), "run_id")

Changes = Callable[[Table, pl.DataFrame], pl.DataFrame]
"""content_hash, updated_at and, where the table has it, run_id as last published of at least the rows of a frame."""


def nothing_before(table: Table, _: pl.DataFrame | None = None) -> pl.DataFrame:
    """What was published before the first publication."""
    return table.empty().select(name for name in CHANGE_COLUMNS if name in table.names)


@dataclass(frozen=True, slots=True)
class Stamp:
    """Dates the rows of a table: `run_id` and `at` are of this run, `before` tells what was published last."""

    run_id: str
    at: datetime
    before: Changes = nothing_before

    def __call__(self, table: Table, frame: pl.DataFrame) -> pl.DataFrame:
        """`frame` in the shape and order of `table`, with content_hash, and updated_at and run_id of the last change.

        A row whose hash was published before keeps its updated_at and run_id, so that running again on the same input
        publishes identical rows. `frame` may carry further columns; they are dropped. The order of rows stays.
        """
        return stamped(table, frame, run_id=self.run_id, at=self.at, previous=self.before(table, frame))


def stamped(table: Table, frame: pl.DataFrame, *, run_id: str, at: datetime, previous: pl.DataFrame) -> pl.DataFrame:
    """As `Stamp` does, with the rows as last published at hand."""
    change = [name for name in CHANGE_COLUMNS if name in table.names]
    rows = table.conform(frame.select(name for name in table.names if name in frame.columns)).drop(change)
    rows = rows.with_columns(content_hash(table, rows))
    before = previous.select(change).unique("content_hash", keep="any")
    now: dict[str, pl.Expr] = {"updated_at": pl.lit(at, _UPDATED_AT.dtype), "run_id": pl.lit(run_id)}
    if before.is_empty():
        return table.conform(rows.with_columns(now[name].alias(name) for name in change[1:]))
    known = rows.join(before, on="content_hash", how="left", maintain_order="left")
    return table.conform(known.with_columns(pl.col(name).fill_null(now[name]) for name in change[1:]))


def content_hash(table: Table, rows: pl.DataFrame) -> pl.Series:
    """A hash of what each row says: the same on any machine and under any version of the libraries.

    Args:
        table: whose rows they are; its volatile columns and those of the change itself do not count.
        rows: with the other columns of the table.

    Returns:
        content_hash, `contracts.forms.HASH`.
    """
    told = [column.name for column in table.columns if not column.volatile and column.name not in CHANGE_COLUMNS]
    return mapped_hash(rows, told)


def mapped_hash(rows: pl.DataFrame, columns: Iterable[str]) -> pl.Series:
    """A hash of what each row says in some columns: for who maps only these, a change elsewhere is none.

    Args:
        rows: with these columns, in any order; null adds nothing to a hash.

    Returns:
        content_hash, `contracts.forms.HASH`.
    """
    names = [*columns]
    hashes = [pl.Series("content_hash", [], dtype=pl.String)]
    for part in rows.iter_slices(_SLICE):
        summed = texts(part, names).select(row_hash((name, name) for name in names)).to_series()
        binary = pl.Series("content_hash", as_bytes(summed), dtype=pl.Binary)
        hashes.append(binary.bin.encode("hex"))
    return pl.concat(hashes)


def texts(rows: pl.DataFrame, columns: Iterable[str]) -> pl.DataFrame:
    """Columns as the texts that are hashed: equal where they say the same."""
    return rows.select(_as_text(name, rows.schema[name]).alias(name) for name in columns)


def _as_text(name: str, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if isinstance(dtype, pl.Datetime):
        column = column.dt.epoch("us")
    elif dtype.is_float():
        column = (column.cast(pl.Float64) * _FINE).round().cast(pl.Int64)
    elif isinstance(dtype, pl.List):
        column = pl.lit("\x1e") + _items(column, dtype.inner).list.join("\x1e")
    return column.cast(pl.String)


def _items(column: pl.Expr, inner: object) -> pl.Expr:
    """The items of a list as texts; of structs their texts alone, in the order of the alphabet."""
    if not isinstance(inner, pl.Struct):
        return column.cast(pl.List(pl.String))
    texts = [pl.element().struct.field(field.name) for field in inner.fields if field.dtype == pl.String]
    return column.list.eval(pl.concat_str(texts, separator="\x1d", ignore_nulls=True)).list.sort()
