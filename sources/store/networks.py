"""Networks in place of addresses: what the store took before `LEADS_TRUNCATE_IPS` was set is cut too.

Belongs here: finding those files and committing them again. Does not belong here: cutting (`sources.addresses`), files
read since, which are cut before they get here. Ids stay: the hashes of the rows are those of their first reading.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pyarrow as pa
from pyarrow import ipc

from contracts.raw import FIELDS
from engine.swap import scratch
from sources.addresses import cut_cells, cut_field
from sources.store.shelf import KEY, SIZE, Shelf, committed, records_of, rejects_of

CUT = ":networks"  # ends the key of a reading that keeps no full address


def cut_store(store: Path) -> int:
    """Cut what lies in the store uncut; returns the number of files."""
    done = 0
    for files in committed(store):
        metadata = pl.read_parquet_metadata(files)
        if not metadata[KEY].endswith(CUT):
            _cut(store, files, metadata[KEY] + CUT, int(metadata[SIZE]))
            done += 1
    return done


def _cut(store: Path, files: Path, key: str, size: int) -> None:
    catalogue = pl.read_parquet(files, glob=False)
    first = catalogue.row(0, named=True)
    shelf = Shelf(store, first["channel"], first["source"], files.name.removesuffix(".files.parquet"), size)
    rejects = pl.read_parquet(rejects_of(files), glob=False).with_columns(
        cut_cells(pl.col("raw", "message", "consent"))
    )
    catalogue = catalogue.with_columns(cut_cells(pl.col("columns", "warnings")))
    rows = records_of(files)
    if not rows.exists():
        shelf.commit(None, rejects, catalogue, key)
        return
    with scratch(rows) as new:
        _rewrite(rows, new)
        shelf.commit(new, rejects, catalogue, key)


def _rewrite(rows: Path, new: Path) -> None:
    lz4 = ipc.IpcWriteOptions(compression="lz4")
    with ipc.open_file(pa.memory_map(str(rows))) as old, ipc.new_file(str(new), old.schema, options=lz4) as out:
        for place in range(old.num_record_batches):
            out.write_batch(_cut_batch(old.get_batch(place)))


def _cut_batch(batch: pa.RecordBatch) -> pa.RecordBatch:
    for name in {*(field.name for field in FIELDS), "extra"}.intersection(batch.schema.names):
        place = batch.schema.get_field_index(name)
        cells = pl.DataFrame({name: pl.from_arrow(batch.column(place))}, schema={name: pl.String})
        cells = cells.select(cut_field(name)(pl.col(name)))
        field = batch.schema.field(place)
        batch = batch.set_column(place, field, cells.to_arrow().column(0).combine_chunks().cast(field.type))
    return batch
