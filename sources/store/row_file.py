"""Rows: the records of one lead file as they lie in the store, an Arrow file that readers map into memory.

Belongs here: writing them batch by batch, reading them as RAW_RECORDS, taking some out. What is the same in every
row stands once, in the schema's metadata; the file's hash is the name; columns without any value are left out; the
hash of a row is 16 bytes, and the id where the row has no other.
Does not belong here: where the files lie and when they count (`shelf`), joining them (`channel_records`).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
from polars.io.plugins import register_io_source
from pyarrow import compute, ipc

from contracts.raw import RAW_RECORDS, RECORD_ID
from engine.row_hash import BYTES, Halves, as_bytes, lower_of_bytes
from engine.swap import swap
from sources.reading import ROW

Mask = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]

_HASH = "content_hash"
_SAME = b"lead_refinery_same"
_TYPES = RAW_RECORDS.schema
_NULL = {name: pl.lit(None, dtype).alias(name) for name, dtype in _TYPES.items()}
_HASH_TEXT = pl.col(_HASH).bin.encode("hex")
_SHOWN = {_HASH: _HASH_TEXT, RECORD_ID: pl.coalesce(RECORD_ID, _HASH_TEXT)}
_ARROW = {pl.Int64: pa.int64(), pl.String: pa.string()}


class RowsWriter:
    """Writes an Arrow file of rows.

    Args:
        target: the file.
        names: the columns that differ from row to row, beside the hash.
        same: what is the same in every row, with `received_at`.
        compress: pays where many columns have hardly a value.
    """

    def __init__(
        self, target: Path, names: Collection[str], same: Mapping[str, str | datetime | None], *, compress: bool
    ) -> None:
        self._cells = pa.schema([(name, _ARROW[dtype]) for name, dtype in _TYPES.items() if name in names])
        self._schema = self._cells.append(pa.field(_HASH, BYTES)).with_metadata({_SAME: json.dumps(same, default=str)})
        options = ipc.IpcWriteOptions(compression="lz4" if compress else None)
        self._file = ipc.new_file(str(target), self._schema, options=options)

    def write(self, records: pa.Table, hashes: pl.Series, told: Mapping[str, str | None]) -> None:
        """Write records with the hashes of their content; `told` is what these have in common."""
        here = set(records.column_names)
        columns = [
            compute.cast(records[field.name], field.type)
            if field.name in here
            else pa.repeat(pa.scalar(told.get(field.name), field.type), len(records))
            for field in self._cells
        ]
        self._file.write_table(pa.table([*columns, as_bytes(hashes)], self._schema))

    def close(self) -> None:
        self._file.close()


def scan_rows(paths: Sequence[Path]) -> pl.LazyFrame:
    """The rows of files below each other, contracts.raw.RAW_RECORDS.

    One stream however many files there are: Polars would open them all at once.
    """

    def source(
        columns: list[str] | None, predicate: pl.Expr | None, limit: int | None, _: int | None
    ) -> Iterator[pl.DataFrame]:
        for path in paths:
            for frame in _frames(path, columns or list(_TYPES)):
                part = frame if limit is None else frame.head(limit)
                yield part if predicate is None else part.filter(predicate)
                if limit is not None and (limit := limit - part.height) == 0:
                    return

    return register_io_source(source, schema=_TYPES)


def _frames(path: Path, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
    with ipc.open_file(pa.memory_map(str(path))) as file:
        same = json.loads(file.schema.metadata[_SAME]) | {"file_hash": path.stem}
        same["received_at"] = datetime.fromisoformat(same["received_at"])
        names = file.schema.names
        held = sorted({ROW, _HASH, *columns}.intersection(names))
        told = [
            pl.lit(same[name], _TYPES[name]).alias(name) if same.get(name) else _NULL[name]
            for name in columns
            if name not in names
        ]
        for place in range(file.num_record_batches):
            batch = file.get_batch(place).select(held)
            yield (
                pl.DataFrame(pl.from_arrow(batch))
                .with_columns(told)
                .select(_SHOWN.get(name, pl.col(name)) for name in columns)
            )


def hashes_of(path: Path) -> Halves:
    """Half the hash of each row."""
    with ipc.open_file(pa.memory_map(str(path))) as file:
        stored = [file.get_batch(place).column(_HASH) for place in range(file.num_record_batches)]
        return np.concatenate([np.empty(0, np.uint64), *map(lower_of_bytes, stored)])


def keep_rows(path: Path, kept: Mask) -> None:
    """Take the rows out that are not marked; what is left is compressed, whatever it was."""
    marks = pl.Series(kept).to_arrow()
    start = 0
    lz4 = ipc.IpcWriteOptions(compression="lz4")
    with (
        swap(path) as rest,
        ipc.open_file(pa.memory_map(str(path))) as rows,
        ipc.new_file(str(rest), rows.schema, options=lz4) as out,
    ):
        for place in range(rows.num_record_batches):
            batch = rows.get_batch(place)
            if (left := batch.filter(marks.slice(start, batch.num_rows))).num_rows:
                out.write_batch(left)
            start += batch.num_rows
