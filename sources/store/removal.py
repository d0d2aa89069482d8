"""Removal: what is taken out of the store on purpose, so that nothing holds it for damage and nothing reads it again.

Belongs here: taking records out, blanking texts, and committing what is left with journal and counts. Does not belong
here: which records and texts (`enrichment/erasure` judges them). The lead file counts as read: its rows that are taken
out stand among its rejects, by file and row alone, every night.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pyarrow as pa
from pyarrow import ipc

from contracts.raw import FILES, RECORD_ID, REJECTS
from engine.swap import scratch
from sources.store.row_file import scan_rows
from sources.store.shelf import KEY, SIZE, Shelf, committed, records_of, rejects_of

FREE_TEXTS = (
    *("note", "extra", "interest", "collected_by", "attention", "company_addition"),
    *("lead_source", "campaign", "utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term"),
)
"""Cells of a record that may speak of somebody else than its person."""

PLACE = ("file", "sheet", "row")
"""Where a record was delivered."""

Marks = Callable[[pl.Series], pl.Series]


def remove_records(store: Path, gone: pl.DataFrame, reason: str, message: str) -> pl.DataFrame:
    """Take records out, all their versions, in whichever files they were delivered; file, sheet and row of each taken.

    Args:
        store: root of the store; nobody else may be writing there.
        gone: channel, source, content_hash of the records.
        reason: reason code of their rejects.
        message: what is said there.
    """
    taken = [REJECTS.empty().select(PLACE)]
    for (channel, source), rows in gone.unique().group_by("channel", "source", maintain_order=True):
        there = [files for files in committed(store, str(channel), str(source)) if records_of(files).exists()]
        all_rows = scan_rows([records_of(files) for files in there]).select(RECORD_ID, "content_hash")
        theirs = all_rows.filter(pl.col("content_hash").is_in(rows["content_hash"].implode()))
        keys = theirs.select(pl.col(RECORD_ID).unique()).collect().to_series()
        for files in there:
            stored = scan_rows([records_of(files)]).select("sheet", "row", RECORD_ID).collect()
            out = stored[RECORD_ID].is_in(keys.implode())
            if out.any():
                told = stored.filter(out).select(*("sheet", "row"), reason_code=pl.lit(reason), message=pl.lit(message))
                taken.append(_commit_without(store, files, told, ~out))
    return pl.concat(taken)


def blank_texts(store: Path, channels: tuple[str, ...], speaks: Marks, instead: str) -> int:
    """Blank the cells of free text, raw rows and messages for which `speaks` holds; the number of texts blanked.

    Args:
        store: root of the store; nobody else may be writing there.
        channels: which channels to go over.
        speaks: which of these texts to blank.
        instead: what stands in place of a message.
    """
    return sum(_blank(store, files, speaks, instead) for channel in channels for files in committed(store, channel))


def _commit_without(store: Path, files: Path, taken: pl.DataFrame, kept: pl.Series) -> pl.DataFrame:
    catalogue = pl.read_parquet(files, glob=False)
    first = catalogue.row(0, named=True)
    told = taken.with_columns(pl.lit(first[name]).alias(name) for name in ("source", "channel", "file"))
    rejects = pl.concat([pl.read_parquet(rejects_of(files), glob=False), REJECTS.conform(told)])
    counts = taken.group_by("sheet").agg(_taken=pl.len().cast(pl.Int64))
    # The same bytes under another name have a row of their own, without records.
    counted = catalogue.with_columns(_first=pl.col("records").fill_null(0) > 0).join(
        counts, on="sheet", how="left", nulls_equal=True, maintain_order="left"
    )
    fewer = pl.when("_first").then("_taken").fill_null(0)
    counted = counted.with_columns(pl.col("records") - fewer, pl.col("rejected") + fewer)
    with scratch(records := records_of(files)) as new:
        _rewrite(records, new, kept, {})
        _commit(store, files, new if kept.any() else None, rejects, FILES.conform(counted.drop("_first", "_taken")))
    return REJECTS.conform(told).select(PLACE)


def _blank(store: Path, files: Path, speaks: Marks, instead: str) -> int:
    catalogue, rejects = (pl.read_parquet(path, glob=False) for path in (files, rejects_of(files)))
    found = {name: speaks(rejects[name]) for name in ("raw", "message")}
    told = {name: speaks(catalogue[name]) for name in ("columns", "warnings")}
    path = records_of(files)
    cells: dict[str, pl.Series] = {}
    if path.exists():
        texts = scan_rows([path]).select(FREE_TEXTS).collect()
        marked = {name: speaks(texts[name]) for name in FREE_TEXTS if texts[name].null_count() < texts.height}
        cells = {name: marks for name, marks in marked.items() if marks.any()}
    count = sum(int(marks.sum()) for marks in (*found.values(), *told.values(), *cells.values()))
    if not count:
        return 0
    rejects = rejects.with_columns(
        raw=pl.when(~found["raw"]).then("raw"),
        message=pl.when(found["message"]).then(pl.lit(instead)).otherwise("message"),
    )
    catalogue = catalogue.with_columns(pl.when(~marks).then(name).alias(name) for name, marks in told.items())
    if not path.exists():
        _commit(store, files, None, rejects, catalogue)
        return count
    with scratch(path) as new:
        _rewrite(path, new, None, cells)
        _commit(store, files, new, rejects, catalogue)
    return count


def _commit(store: Path, files: Path, records: Path | None, rejects: pl.DataFrame, catalogue: pl.DataFrame) -> None:
    metadata = pl.read_parquet_metadata(files)
    first = catalogue.row(0, named=True)
    name = files.name.removesuffix(".files.parquet")
    shelf = Shelf(store, first["channel"], first["source"], name, int(metadata[SIZE]))
    shelf.commit(records, rejects, catalogue, metadata[KEY])


def _rewrite(rows: Path, new: Path, kept: pl.Series | None, blank: dict[str, pl.Series]) -> None:
    start = 0
    lz4 = ipc.IpcWriteOptions(compression="lz4")
    with ipc.open_file(pa.memory_map(str(rows))) as old, ipc.new_file(str(new), old.schema, options=lz4) as out:
        for place in range(old.num_record_batches):
            batch = old.get_batch(place)
            here = slice(start, start + batch.num_rows)
            start += batch.num_rows
            for name, marks in blank.items():
                batch = _blanked(batch, name, marks[here])
            out.write_batch(batch if kept is None else batch.filter(kept[here].to_arrow()))


def _blanked(batch: pa.RecordBatch, name: str, marks: pl.Series) -> pa.RecordBatch:
    if name not in batch.schema.names:  # what is the same in every row is no text of one
        return batch
    place = batch.schema.get_field_index(name)
    field = batch.schema.field(place)
    # Made anew: an empty cell of an array may still hold what it was.
    cells = [None if out else cell for cell, out in zip(batch.column(place).to_pylist(), marks, strict=True)]
    return batch.set_column(place, field, pa.array(cells, field.type))
