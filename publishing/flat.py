"""Flat: published tables for tools that know no lists and no structs, pandas `to_sql`, CSV and most databases.

Belongs here: the one way a table is flattened, and the twins of published tables that need it. Does not belong here:
what a spreadsheet would run (`engine.escaping`), the tables themselves, which hold every value as it is.

    published/current/flat/leads.parquet, accounts.parquet      same rows, same order, same names

A list becomes one text, its items separated by `; ` (a `;` within one becomes `,`), an empty one null; a list of
structs one such text per field, `<column>_<field>`, the nth items of which belong together; a struct its fields,
`<column>_<field>`. Unsigned numbers become signed ones, which every database has. A table without any of these is flat
as it is and has no twin.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import polars as pl

from contracts.published import PUBLISHED
from engine.parts import sink

FOLDER = "flat"
SEPARATOR = "; "
NESTED = tuple(table for table in PUBLISHED if any(dtype.is_nested() for dtype in pl.Schema(table.schema).values()))


def flat(frame: pl.LazyFrame) -> pl.LazyFrame:
    """The frame without lists, structs and unsigned numbers.

    Example:
        >>> frame = pl.LazyFrame({"id": [1], "seen": [["A; B", "C"]], "kind": [{"name": "x", "count": 2}]})
        >>> flat(frame).collect().rows(named=True)
        [{'id': 1, 'seen': 'A, B; C', 'kind_name': 'x', 'kind_count': 2}]
    """
    return frame.select(part for name, dtype in frame.collect_schema().items() for part in _flat(name, dtype))


def write_twins(files: Mapping[str, Path], folder: Path) -> dict[str, Path]:
    """Write the flat twin of each published table that has one below `folder`; the paths by the table's name.

    Args:
        files: Parquet files by the name of their table; what is missing has no twin.
        folder: of a publication.

    Raises:
        OSError: it cannot be written.
    """
    written = {}
    for table in NESTED:
        if table.name in files:
            written[table.name] = folder / FOLDER / f"{table.name}.parquet"
            written[table.name].parent.mkdir(exist_ok=True)
            write_twin(files[table.name], written[table.name])
    return written


def write_twin(table: Path, twin: Path) -> None:
    """Write the flat twin of one table: of the same bytes always the same bytes."""
    sink(flat(pl.scan_parquet(table, glob=False)), twin)


def _flat(name: str, dtype: pl.DataType) -> Iterator[pl.Expr]:
    column = pl.col(name)
    if isinstance(dtype, pl.List) and isinstance(dtype.inner, pl.Struct):
        for field in dtype.inner.fields:
            yield _joined(column, pl.element().struct.field(field.name)).alias(f"{name}_{field.name}")
    elif isinstance(dtype, pl.List):
        yield _joined(column, pl.element()).alias(name)
    elif isinstance(dtype, pl.Struct):
        yield from (column.struct.field(field.name).alias(f"{name}_{field.name}") for field in dtype.fields)
    elif dtype.is_unsigned_integer():
        yield column.cast(pl.Int64)
    else:
        yield column


def _joined(column: pl.Expr, item: pl.Expr) -> pl.Expr:
    items = column.list.eval(item.cast(pl.String).fill_null("").str.replace_all(";", ",", literal=True))
    return pl.when(column.list.len() > 0).then(items.list.join(SEPARATOR))
