"""Records: everything in the store of one channel, each record once.

Belongs here: the union over all files, leaving out rows delivered again, ids that are unique in their source.
Does not belong here: reading files. The result does not depend on the order or the names of files.

Ids are unique per channel here, and over both in `both_channels`.

Two rows of a source with the same content are one record. Where one id stands for different contents (numbers
that begin anew in every file, or an update), all are kept: the first by (collected_at, content_hash) keeps the
plain id, the others become `id~` with the first 8 digits of their content hash.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from contracts.raw import RAW_RECORDS, RECORD_ID
from engine.parts import ROW_GROUP
from engine.swap import swap
from sources.store.row_file import scan_rows
from sources.store.shelf import committed, records_of

_PLACE = "_place"
_WINNER = ["received_at", "file_hash", "sheet", "row"]


def load_records(store: Path, channel: str) -> pl.LazyFrame:
    """All records of a channel, contracts.raw.RAW_RECORDS, sorted by source, source_record_id."""
    sources = sorted({path.parent.name for path in committed(store, channel)})
    frames = [frame for source in sources if (frame := _of_source(store, channel, source)) is not None]
    return pl.concat([frame.sort(RECORD_ID) for frame in frames]) if frames else RAW_RECORDS.empty().lazy()


def both_channels(online: pl.LazyFrame, offline: pl.LazyFrame) -> pl.LazyFrame:
    """All records of both channels (contracts.raw.RAW_RECORDS), ids unique within their source.

    Where one source delivers in both channels and numbers each anew, the offline record becomes `id~offline`.
    """
    key = ["source", RECORD_ID]
    twice = offline.select(key).join(online.select(key).unique(), on=key, how="semi").collect()
    if not twice.height:
        return pl.concat([online, offline])
    name = pl.concat_str(key, separator="\0")
    taken = name.is_in(twice.select(name).to_series().implode())
    offline = offline.with_columns(
        pl.when(taken).then(pl.col(RECORD_ID) + "~offline").otherwise(RECORD_ID).alias(RECORD_ID)
    )
    return pl.concat([online, offline])


def write_records(store: Path, channel: str, target: Path) -> int:
    """Write `load_records` to a Parquet file in flat memory; returns the number of records."""
    count = 0
    # By pyarrow: most columns are null throughout, which Polars takes three times as long to write.
    schema = _arrow(RAW_RECORDS.empty()).schema
    with (
        swap(target) as new,
        pq.ParquetWriter(new, schema, compression="lz4", write_statistics=False, store_schema=False) as writer,
    ):
        for batch in load_records(store, channel).collect_batches(chunk_size=ROW_GROUP, maintain_order=True):
            writer.write_table(_arrow(batch).cast(schema))
            count += batch.height
    return count


def _arrow(frame: pl.DataFrame) -> pa.Table:
    return frame.to_arrow(compat_level=pl.CompatLevel.newest())


def _of_source(store: Path, channel: str, source: str) -> pl.LazyFrame | None:
    paths = [records_of(files) for files in committed(store, channel, source)]
    paths = [path for path in paths if path.exists()]
    if not paths:
        return None
    rows = scan_rows(paths).with_row_index(_PLACE)
    # Hashes of this process only, 8 bytes a row: they point out the few rows worth a real comparison.
    keys = rows.select(_PLACE, content=pl.col("content_hash").hash(), id=pl.col(RECORD_ID).hash()).collect(
        engine="streaming"
    )
    if keys["content"].n_unique() == keys["id"].n_unique() == keys.height:
        return rows.drop(_PLACE)
    doubtful = keys.filter(pl.col("content").is_duplicated() | pl.col("id").is_duplicated())[_PLACE]
    seen = (
        rows.filter(pl.col(_PLACE).is_in(doubtful.implode()))
        .select(_PLACE, RECORD_ID, "content_hash", "collected_at", *_WINNER)
        .collect(engine="streaming")
        .sort(_WINNER)
    )
    once = seen.unique("content_hash", keep="first", maintain_order=True)
    again = seen.filter(~pl.col(_PLACE).is_in(once[_PLACE].implode()))[_PLACE]
    renamed = _renamed(once)
    rows = rows.filter(~pl.col(_PLACE).is_in(again.implode())) if len(again) else rows
    if renamed.height:
        rows = (
            rows.join(renamed.lazy(), on=_PLACE, how="left", maintain_order="left")
            .with_columns(pl.coalesce("_id", RECORD_ID).alias(RECORD_ID))
            .drop("_id")
        )
    return rows.select(RAW_RECORDS.names)


def _renamed(rows: pl.DataFrame) -> pl.DataFrame:
    """New ids (`_id`) of the rows that share one with an earlier row, by place."""
    later = rows.sort(RECORD_ID, "collected_at", "content_hash").filter(~pl.col(RECORD_ID).is_first_distinct())
    short = pl.concat_str(RECORD_ID, pl.lit("~"), pl.col("content_hash").str.head(8))
    whole = pl.concat_str(RECORD_ID, pl.lit("~"), "content_hash")
    return later.select(_PLACE, pl.when(short.is_duplicated()).then(whole).otherwise(short).alias("_id"))
