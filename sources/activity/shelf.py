"""Shelf of activity: the rows of files of activity as received, one Parquet file per table, beside the leads' store.

Belongs here: names, what is said once for all rows of a table (in the metadata), listing them. Does not belong here:
the store of leads (`sources.store`), what a row means (`qualification.activity`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from engine.swap import swap
from sources.reading import ROW, Batch

_KEY = b"lead_refinery_activity"
FOLDER = "of_activity"


@dataclass(frozen=True)
class ActivityFile:
    """What holds for all rows of one table: where it came from, how it is read.

    `said` is what a report says above its table, `columns` and `kinds` what the settings of the source state.
    """

    shape: str
    header: list[str]
    source: str
    file: str
    file_hash: str
    received_at: datetime
    timezone: str
    date_order: str | None = None
    country: str = "DE"
    currency: str | None = None
    crm_source: str | None = None
    sheet: str | None = None
    said: dict[str, str] = field(default_factory=dict)
    columns: dict[str, str] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)


class ActivityWriter:
    """Writes the rows of one table, batch by batch.

    Args:
        path: the file to be written.
        told: what holds for all of them.
    """

    def __init__(self, path: Path, told: ActivityFile) -> None:
        meta = asdict(told) | {"received_at": told.received_at.isoformat()}
        fields = [(ROW, pa.int64()), *((str(place), pa.string()) for place in range(len(told.header)))]
        self._schema = pa.schema(fields, metadata={_KEY: json.dumps(meta).encode()})
        self._writer = pq.ParquetWriter(path, self._schema, compression="lz4", write_statistics=False)
        self.rows = 0

    def write(self, batch: Batch) -> None:
        """Add the rows of a batch, as they stand."""
        numbers = pa.array(batch.rows, pa.int64())
        columns = [numbers, *(batch.cells[name].combine_chunks() for name in batch.cells.column_names)]
        self._writer.write_table(pa.table(columns, schema=self._schema))
        self.rows += batch.cells.num_rows

    def close(self) -> None:
        """No more rows come."""
        self._writer.close()


def place_of(store: Path, channel: str, source: str, file_hash: str, part: int) -> Path:
    """Where the rows of a file's table lie."""
    return store / FOLDER / channel / source / f"{file_hash}.{part}.parquet"


def keep_parts(store: Path, channel: str, source: str, file_hash: str, parts: int) -> None:
    """Remove what an earlier reading of the same bytes left beyond the tables found now."""
    while (path := place_of(store, channel, source, file_hash, parts)).exists():
        path.unlink()
        parts += 1


def activity_files(store: Path) -> Iterator[tuple[ActivityFile, pl.LazyFrame]]:
    """All tables of activity in the store with their rows (`row` and text columns "0", "1", ...), by their hashes."""
    found = [(_told(path), path) for path in (store / FOLDER).glob("*/*/*.parquet")]
    for told, path in sorted(found, key=lambda it: (it[0].received_at, it[0].file_hash, it[1].name, it[1].parts)):
        yield told, pl.scan_parquet(path, glob=False)


def remove_rows(store: Path, speaks: Callable[[pl.Series], pl.Series]) -> int:
    """Take out the rows with an address for which `speaks` holds, in whatever column it stands; how many."""
    gone = 0
    for path in sorted((store / FOLDER).glob("*/*/*.parquet")):
        rows = pl.read_parquet(path, glob=False)
        cells = [name for name in rows.columns if name != ROW]
        mails = pl.concat(rows[name].rename("mail") for name in cells) if cells else pl.Series("mail", [], pl.String)
        mails = mails.filter(mails.str.contains("@", literal=True).fill_null(False)).unique()
        named = mails.filter(speaks(mails))
        if named.len():
            out = rows.select(pl.any_horizontal(pl.col(cells).is_in(named.implode())).fill_null(False)).to_series()
            gone += int(out.sum())
            _replace(path, rows.filter(~out))
    return gone


def _replace(path: Path, rows: pl.DataFrame) -> None:
    """Other rows in the place of those of a table, with what holds for all of them."""
    schema = pq.read_schema(path)
    with swap(path) as new:
        table = rows.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(schema.remove_metadata())
        pq.write_table(table.replace_schema_metadata(schema.metadata), new, compression="lz4", write_statistics=False)


def _told(path: Path) -> ActivityFile:
    said = json.loads((pq.read_metadata(path).metadata or {})[_KEY])
    return ActivityFile(**said | {"received_at": datetime.fromisoformat(said["received_at"])})
