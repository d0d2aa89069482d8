"""Old keys: those that records had before the store kept keys, written down as they were published.

Belongs here: working them out once, for a store of before. Does not belong here: giving keys to what is delivered since
(`keys`).

Until then the keys were worked out each night: where one id stood for several contents, the first by (collected_at as
written, content_hash) had the id, the others `id~` with the first 8 digits of their content hash.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from shutil import copyfile

import polars as pl

from contracts.raw import RECORD_ID
from engine.swap import scratch
from sources.store.row_file import put_keys, scan_rows, told_of
from sources.store.shelf import JOURNALS, KEY, KINDS, SIZE, Shelf, committed, records_of, rejects_of


def keep_old_keys(store: Path, channels: Sequence[str]) -> None:
    """Write the keys of a store of before into its rows; a store that keeps keys stays as it is.

    A store that was looked through is marked, so that no later night opens all its files again.
    """
    for channel in channels:
        if (mark := store / JOURNALS / f"{channel}.keyed").exists():
            continue
        for source in sorted({path.parent.name for path in committed(store, channel)}):
            there = [files for files in committed(store, channel, source) if records_of(files).exists()]
            if old := [files for files in there if "volatile" not in told_of(records_of(files))[0]]:
                keys = _keys([records_of(files) for files in old])
                for files in old:
                    _write(store, files, keys)
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()


def _keys(paths: Sequence[Path]) -> pl.DataFrame:
    """content_hash and key of the contents that do not have the id as given."""
    rows = scan_rows(paths).select(RECORD_ID, "content_hash", "collected_at").collect().unique("content_hash")
    rows = rows.sort(RECORD_ID, "collected_at", "content_hash").filter(~pl.col(RECORD_ID).is_first_distinct())
    short = pl.concat_str(RECORD_ID, pl.lit("~"), pl.col("content_hash").str.head(8))
    whole = pl.concat_str(RECORD_ID, pl.lit("~"), "content_hash")
    return rows.select("content_hash", key=pl.when(short.is_duplicated()).then(whole).otherwise(short))


def _write(store: Path, files: Path, keys: pl.DataFrame) -> None:
    metadata, catalogue = pl.read_parquet_metadata(files), pl.read_parquet(files, glob=False)
    first, rows = catalogue.row(0, named=True), records_of(files)
    shelf = Shelf(
        store, first["channel"], first["source"], files.name.removesuffix(KINDS["files"]), int(metadata[SIZE])
    )
    own = (
        scan_rows([rows])
        .select("content_hash")
        .collect()
        .join(keys, on="content_hash", how="left", maintain_order="left")
    )
    with scratch(rows) as new:
        copyfile(rows, new)
        put_keys(new, own["key"], volatile=True, snapshot=False)
        shelf.commit(new, pl.read_parquet(rejects_of(files), glob=False), catalogue, metadata[KEY])
