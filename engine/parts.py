"""Parts: a table that never stands in memory whole, written part by part into one Parquet file or a folder of them.

Belongs here: the stream from an iterator of frames to a file, and a part that a worker writes by itself. Does not
belong here: which table it is, where it lies (`assets/resources/lake`) or how a half-written one is kept from readers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from polars.io.plugins import register_io_source

Dtype = pl.DataType | type[pl.DataType]
ROW_GROUP = 50_000  # rows of a Parquet file that are unpacked together


def sink_parts(parts: Iterator[pl.DataFrame], schema: Mapping[str, Dtype], path: Path) -> None:
    """Write parts below each other, in order. What `parts` raises is raised here; the file is then unfinished."""

    def source(*_: object) -> Iterator[pl.DataFrame]:
        return parts

    sink(register_io_source(source, schema=dict(schema)), path)


@contextmanager
def writing_parts(schema: Mapping[str, Dtype], path: Path) -> Iterator[Callable[[pl.DataFrame], None]]:
    """A function that writes a part below those before it; for a table that is made beside another one."""
    arrow = _arrow(pl.DataFrame(schema=schema)).schema
    with pq.ParquetWriter(path, arrow, compression="lz4", write_statistics=False, store_schema=False) as writer:
        yield lambda part: writer.write_table(_arrow(part).cast(arrow), row_group_size=ROW_GROUP)


def _arrow(frame: pl.DataFrame) -> pa.Table:
    return frame.to_arrow(compat_level=pl.CompatLevel.newest())


def sink(frame: pl.LazyFrame, path: Path) -> None:
    """Write a frame without holding it in memory, in row groups small enough to read a few rows."""
    frame.sink_parquet(path, compression="lz4", statistics=False, row_group_size=ROW_GROUP)


def write_part(frame: pl.DataFrame, part: Path) -> None:
    """Write a part that stands in memory; a folder of parts is read in the order of their names.

    Not compressed: the dictionaries make it small, and the next step reads it at once.
    """
    frame.write_parquet(part, compression="uncompressed", statistics=False, row_group_size=ROW_GROUP)
