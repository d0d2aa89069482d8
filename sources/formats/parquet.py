"""Parquet: tables that already have columns.

Belongs here: reading Parquet as text cells, batch by batch. Does not belong here: other formats.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sources.budget import Budget
from sources.content import Content
from sources.problems import Unreadable
from sources.reading import BATCH_ROWS, Batch, Reading, as_cells


def read_parquet(content: Content, member: str | None = None) -> Reading:
    """Read a Parquet file; numbers and dates become text (ISO 8601), nested values JSON.

    Raises:
        Unreadable: truncated_file or damaged_file.
    """
    stream = content.open()
    try:
        file = pq.ParquetFile(stream)
    except (pa.ArrowException, OSError, ValueError) as error:
        stream.close()
        raise Unreadable("truncated_file", f"The file begins as Parquet but is not whole: {error}") from error
    content.budget.columns(file.metadata.num_columns)
    groups = (file.metadata.row_group(place) for place in range(file.metadata.num_row_groups))
    replace(content.budget).unpack(sum(group.total_byte_size for group in groups))
    header = _flat(file.schema_arrow.empty_table()).column_names
    rows = file.metadata.num_rows
    return Reading(
        format="parquet",
        header=header,
        batches=_batches(file, content.budget),
        rows_in_file=lambda: rows,
        dialect="parquet",
        member=member,
    )


def _batches(file: pq.ParquetFile, budget: Budget) -> Iterator[Batch]:
    done = 0
    try:
        for batch in file.iter_batches(BATCH_ROWS):
            table = _flat(pa.Table.from_batches([batch]))
            for column in table.columns:
                if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
                    budget.cell(pc.max(pc.binary_length(column)).as_py() or 0)
            frame = pl.DataFrame(
                pl.from_arrow(table.rename_columns([str(place) for place in range(table.num_columns)]))
            )
            texts = [_as_text(frame.to_series(place)).alias(str(place)) for place in range(frame.width)]
            rows = np.arange(done + 1, done + frame.height + 1)
            done += frame.height
            yield Batch(rows, as_cells(pl.DataFrame(texts)))
    except (pa.ArrowException, OSError) as error:
        raise Unreadable("damaged_file", f"The file's columns cannot be read: {error}") from error
    finally:
        file.close(force=True)


def _flat(table: pa.Table) -> pa.Table:
    """Structs as columns of their own, named by their path (`contact.email`)."""
    while any(pa.types.is_struct(column.type) for column in table.schema):
        table = table.flatten()
    return table


def _as_text(column: pl.Series) -> pl.Series:
    dtype = column.dtype
    if dtype == pl.String:
        return column
    if dtype in (pl.Categorical, pl.Enum):
        return column.cast(pl.String)
    if isinstance(dtype, pl.Datetime):
        return column.dt.to_string("iso:strict") if dtype.time_zone else column.dt.to_string("%Y-%m-%dT%H:%M:%S%.f")
    if dtype == pl.Duration:
        return column.dt.to_string("iso")
    if dtype.is_temporal():
        return column.cast(pl.String)
    if dtype.is_float():
        whole = (column == column.floor()) & (column.abs() < 1e15)
        return pl.select(
            pl.when(whole).then(column.cast(pl.Int64, strict=False).cast(pl.String)).otherwise(column.cast(pl.String))
        ).to_series()
    if isinstance(dtype, pl.List) and dtype.inner == pl.String:
        return column.list.drop_nulls().list.join("; ")
    if dtype.is_nested():
        wrapped = pl.DataFrame({"value": column}).select(pl.struct("value").struct.json_encode())
        return wrapped.to_series().str.slice(9).str.head(-1).replace("null", None)
    if dtype == pl.Binary:
        return column.map_elements(_readable, return_dtype=pl.String)
    return column.cast(pl.String)


def _readable(cell: bytes) -> str:
    """Bytes that are UTF-8 as text, others, such as a UUID, as digits."""
    try:
        return cell.decode()
    except UnicodeDecodeError:
        return cell.hex()
