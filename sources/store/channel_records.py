"""Records: everything in the store of one channel, each record once, in its current version.

Belongs here: the union over all files, leaving out rows delivered again, older versions and what was withdrawn. Does
not belong here: reading files, giving keys (`keys`), deciding which version is current (`versions`). The result does
not depend on the order or the names of files.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from contracts.raw import RAW_RECORDS, RECORD_ID, RECORD_VERSIONS
from engine.parts import ROW_GROUP
from engine.swap import swap
from sources.store.deliveries import Delivery, deliveries, snapshot_of
from sources.store.row_file import scan_rows
from sources.store.shelf import committed
from sources.store.versions import OF_FIRST, PLACE, OverTime, Versions, versions_of

_AS_RECEIVED = OverTime()


def load_records(store: Path, channel: str, over_time: OverTime = _AS_RECEIVED) -> pl.LazyFrame:
    """All records of a channel, contracts.raw.RAW_RECORDS, sorted by source, source_record_id."""
    frames = [
        _current(found, _versions(found, over_time)).sort(RECORD_ID)
        for source in _sources(store, channel)
        if (found := deliveries(store, channel, source))
    ]
    return pl.concat(frames) if frames else RAW_RECORDS.empty().lazy()


def load_contents(store: Path, channel: str) -> pl.LazyFrame:
    """All a channel ever delivered, older versions and what was withdrawn too, each content once; not sorted."""
    found = [deliveries(store, channel, source) for source in _sources(store, channel)]
    rows = scan_rows([delivery.rows for of_source in found for delivery in of_source])
    return rows.select(RAW_RECORDS.names).unique(["source", RECORD_ID, "content_hash"], keep="any")


def load_earlier(store: Path, wanted: pl.DataFrame) -> pl.DataFrame:
    """Versions of records, current or not, contracts.raw.RAW_RECORDS, each content once, sorted.

    Args:
        wanted: channel, source, source_record_id, content_hash.
    """
    found = [RAW_RECORDS.empty()]
    for (channel, source), keys in wanted.group_by("channel", "source"):
        rows = scan_rows([delivery.rows for delivery in deliveries(store, str(channel), str(source))])
        asked = rows.filter(pl.col("content_hash").is_in(keys["content_hash"].implode())).select(RAW_RECORDS.names)
        found.append(asked.join(keys.lazy(), on=[RECORD_ID, "content_hash"], how="semi").collect())
    key = ["source", RECORD_ID, "content_hash"]
    return pl.concat(found).sort(*key, "file", "row").unique(key, keep="first", maintain_order=True)


def load_versions(store: Path, over_time: OverTime = _AS_RECEIVED) -> pl.DataFrame:
    """The versions of all records that have had several or were withdrawn, contracts.raw.RECORD_VERSIONS, sorted."""
    tables = [RECORD_VERSIONS.empty()]
    for channel in sorted({path.parents[1].name for path in committed(store)}):
        for source in _sources(store, channel):
            found = deliveries(store, channel, source)
            if found and (known := _versions(found, over_time)) is not None:
                tables.append(known.table)
    return pl.concat(tables).sort("source", RECORD_ID, "current", "last_seen_at", "content_hash")


def both_channels(online: pl.LazyFrame, offline: pl.LazyFrame) -> pl.LazyFrame:
    """All records of both channels (contracts.raw.RAW_RECORDS), ids unique within their source.

    Keys are (`keys`), unless a source delivered in both channels before keys were kept: there the offline record
    becomes `id~offline`.
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


def write_records(store: Path, channel: str, target: Path, over_time: OverTime = _AS_RECEIVED) -> int:
    """Write `load_records` to a Parquet file in flat memory; returns the number of records."""
    count = 0
    # By pyarrow: most columns are null throughout, which Polars takes three times as long to write.
    schema = _arrow(RAW_RECORDS.empty()).schema
    records = load_records(store, channel, over_time)
    with (
        swap(target) as new,
        pq.ParquetWriter(new, schema, compression="lz4", write_statistics=False, store_schema=False) as writer,
    ):
        for batch in records.collect_batches(chunk_size=ROW_GROUP, maintain_order=True):
            writer.write_table(_arrow(batch).cast(schema))
            count += batch.height
    return count


def _arrow(frame: pl.DataFrame) -> pa.Table:
    return frame.to_arrow(compat_level=pl.CompatLevel.newest())


def _sources(store: Path, channel: str) -> list[str]:
    return sorted({path.parent.name for path in committed(store, channel)})


def _rows(found: list[Delivery]) -> pl.LazyFrame:
    return scan_rows([delivery.rows for delivery in found]).with_row_index(PLACE)


def _versions(found: list[Delivery], over_time: OverTime) -> Versions | None:
    """The versions of a source's records; None where each row is a record of its own and none was withdrawn."""
    rows, snapshot = _rows(found), snapshot_of(found, over_time.withdrawals)
    withdrawn = over_time.withdrawals.of(found[0].source)
    if snapshot is None and not withdrawn:
        # Hashes of this process only, 8 bytes a row: they point out the few rows worth a real comparison.
        keys = rows.select(PLACE, content=pl.col("content_hash").hash(), id=pl.col(RECORD_ID).hash()).collect(
            engine="streaming"
        )
        if keys["content"].n_unique() == keys["id"].n_unique() == keys.height:
            return None
        doubtful = keys.filter(pl.col("content").is_duplicated() | pl.col("id").is_duplicated())[PLACE]
        rows = rows.filter(pl.col(PLACE).is_in(doubtful.implode()))
    return versions_of(rows, found, withdrawn, snapshot, over_time)


def _current(found: list[Delivery], known: Versions | None) -> pl.LazyFrame:
    """The rows that are the current versions of their records, with what is to be said otherwise of some."""
    rows = _rows(found)
    if known is not None:
        rows = rows.filter(~pl.col(PLACE).is_in(known.left_out.implode())) if len(known.left_out) else rows
        if known.changed.height:
            rows = rows.drop("refused_before").join(known.changed.lazy(), on=PLACE, how="left", maintain_order="left")
            rows = rows.with_columns(pl.coalesce(f"{name}_first", name).alias(name) for name in OF_FIRST)
    return rows.select(RAW_RECORDS.names)
