"""Rows: the records of one lead file as they lie in the store, an Arrow file that readers map into memory.

Belongs here: writing them batch by batch, reading them as RAW_RECORDS, taking some out. What is the same in every
row stands once, in the schema's metadata; the file's hash is the name; columns without any value are left out; the
hash of a row is 16 bytes, and its id where it was given none. A column `key` has the key of a record where that is not
what the row itself says (`keys`).
Does not belong here: where the files lie and when they count (`shelf`), joining them (`channel_records`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
from polars.io.plugins import register_io_source
from pyarrow import compute, ipc

from contracts.raw import DEFAULT_DATE_ORDER, RAW_RECORDS, RECORD_ID
from engine.row_hash import BYTES, Halves, as_bytes, lower_of_bytes
from engine.swap import swap
from sources.reading import ROW

Mask = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]

GIVEN_ID = "given_id"  # the id as the source gave it, whatever key the record has
COUNT = "count"  # of the rows as delivered, told where not all of them are kept

_HASH, _KEY = "content_hash", "key"
_SAME = b"lead_refinery_same"
_TYPES = RAW_RECORDS.schema
_NULL = {name: pl.lit(None, dtype).alias(name) for name, dtype in {**_TYPES, _KEY: pl.String()}.items()}
_HASH_TEXT = pl.col(_HASH).bin.encode("hex")
_SHOWN = {
    _HASH: _HASH_TEXT,
    RECORD_ID: pl.coalesce(_KEY, RECORD_ID, _HASH_TEXT).alias(RECORD_ID),
    GIVEN_ID: pl.col(RECORD_ID).alias(GIVEN_ID),
}
_ID_PARTS = {RECORD_ID: {_HASH, _KEY, RECORD_ID}, GIVEN_ID: {RECORD_ID}}
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
        self, target: Path, names: Collection[str], same: Mapping[str, str | bool | datetime | None], *, compress: bool
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
    """The rows of files below each other: contracts.raw.RAW_RECORDS and GIVEN_ID.

    One stream however many files there are: Polars would open them all at once.
    """
    schema = {**_TYPES, GIVEN_ID: pl.String()}

    def source(
        columns: list[str] | None, predicate: pl.Expr | None, limit: int | None, _: int | None
    ) -> Iterator[pl.DataFrame]:
        for path in paths:
            for frame in _frames(path, columns or list(schema)):
                part = frame if limit is None else frame.head(limit)
                yield part if predicate is None else part.filter(predicate)
                if limit is not None and (limit := limit - part.height) == 0:
                    return

    return register_io_source(source, schema=schema)


def _frames(path: Path, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
    with ipc.open_file(pa.memory_map(str(path))) as file:
        same = json.loads(file.schema.metadata[_SAME]) | {"file_hash": path.stem}
        same["received_at"] = datetime.fromisoformat(same["received_at"])
        names = file.schema.names
        needed = {ROW, _HASH}.union(*(_ID_PARTS.get(name, {name}) for name in columns))
        held = sorted(needed.intersection(names))
        told = [
            pl.lit(same[name], _TYPES[name]).alias(name) if same.get(name) else _NULL[name]
            for name in needed
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


def told_of(path: Path) -> tuple[dict[str, Any], int]:
    """What is the same in every row, as it was written, and the number of rows."""
    with ipc.open_file(pa.memory_map(str(path))) as file:
        count = sum(file.get_batch(place).num_rows for place in range(file.num_record_batches))
        return json.loads(file.schema.metadata[_SAME]), count


def gives_ids(path: Path) -> bool:
    """Whether the source gave its rows ids."""
    return RECORD_ID in _names(path)


def has_keys(path: Path) -> bool:
    """Whether a record in the file has another key than its row says."""
    return _KEY in _names(path)


def _names(path: Path) -> list[str]:
    with ipc.open_file(pa.memory_map(str(path))) as file:
        return list(file.schema.names)


def keep_rows(path: Path, kept: Mask, **same: int) -> None:
    """Take the rows out that are not marked; `same` is told of the others from now on."""
    marks = pl.Series(kept).to_arrow()
    _rewrite(path, lambda batch, start: batch.filter(marks.slice(start, batch.num_rows)), **same)


def put_keys(path: Path, keys: pl.Series, **same: bool) -> None:
    """Give each row its key, null where it is what the row says; `same` is told of all of them from now on."""
    column = keys.to_arrow().cast(pa.string())
    change = (
        (lambda batch, _: batch)
        if keys.null_count() == len(keys)
        else (lambda batch, start: batch.append_column(_KEY, column.slice(start, batch.num_rows)))
    )
    _rewrite(path, change, **same)


def put_date_orders(path: Path, orders: Sequence[tuple[int, str]]) -> None:
    """Say in what order dates are written: of each table in the file, its rows and their order."""
    told = {order for rows, order in orders if rows}
    if told <= {DEFAULT_DATE_ORDER}:
        return
    if len(told) == 1:
        _rewrite(path, lambda batch, _: batch, date_order=told.pop())
        return
    column = pa.concat_arrays([pa.array([order] * rows, pa.string()) for rows, order in orders])
    _rewrite(path, lambda batch, start: batch.append_column("date_order", column.slice(start, batch.num_rows)))


def _rewrite(path: Path, change: Callable[[pa.RecordBatch, int], pa.RecordBatch], **same: int | str) -> None:
    """Write the file anew, each batch changed, which is told its first row; it is compressed, whatever it was."""
    start = 0
    lz4 = ipc.IpcWriteOptions(compression="lz4")
    with ipc.open_file(pa.memory_map(str(path))) as rows, swap(path) as new:
        schema = change(pa.RecordBatch.from_pylist([], rows.schema), 0).schema
        told = json.loads(rows.schema.metadata[_SAME]) | same
        schema = schema.with_metadata({_SAME: json.dumps(told)})
        with ipc.new_file(str(new), schema, options=lz4) as out:
            for place in range(rows.num_record_batches):
                batch = rows.get_batch(place)
                if (changed := change(batch, start)).num_rows:
                    out.write_batch(changed.replace_schema_metadata(schema.metadata))
                start += batch.num_rows
