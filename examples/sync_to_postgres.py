"""Sync leads and accounts into PostgreSQL: a data engineer's starting point, to be copied and changed.

    python examples/sync_to_postgres.py var/published postgresql://user@host/crm

Reads the flat twins (`published/current/flat`) and keeps two tables, `leads` and `accounts`, in one transaction:

1. ids that were merged away or renamed become the id they are now (`redirects`); what hangs on a row moves along where
   your foreign keys say `on update cascade`. Where the new id is there already, it is given what it lacks, and the old
   row stays with `retired_at` and `merged_into`, for your own data hangs on it.
2. ids whose person or company is gone (`tombstones`) are marked with `retired_at` and stay too; ids of people who were
   erased (`erasures.csv`, Art. 17 GDPR) go, row and all.
3. rows whose `content_hash` is another one are written by id. A null never wipes a value: what nobody states any more
   stays as it is, be it typed in by sales. Consent, permission and block reasons are never null and always win.

Run it as often as you like; a second run changes nothing. Mail only where `may_email`, call only where `may_call`.
It needs polars and psycopg2 and nothing of this project.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import psycopg2
from psycopg2 import sql
from psycopg2.extras import execute_values

KEYS = {"accounts": "account_id", "leads": "lead_id"}
ENTITIES = {"accounts": "account", "leads": "lead"}
READS = 1  # major version of the schema this job was written for; every minor version of it can be read
TYPES = {pl.Boolean: "boolean", pl.Int64: "bigint", pl.Float64: "double precision", pl.Float32: "real"}


def sync(published: Path, database: str) -> dict[str, int]:
    """Bring the publication that is current into the database.

    Args:
        published: the folder of publications.
        database: URL of the PostgreSQL database; its tables are made and widened as needed.

    Returns:
        How many rows of each table were written.

    Raises:
        RuntimeError: the publication has a schema this job cannot read.
    """
    folder = (published / "current").resolve()  # once: what is published meanwhile is read by the next run
    manifest = pl.read_json(folder / "manifest.json")
    if (found := manifest["schema_version"][0]) != READS:
        raise RuntimeError(f"{folder} has schema version {found}, this job reads {READS}; see docs/fields.md")
    with closing(psycopg2.connect(database)) as connection, connection, connection.cursor() as cursor:
        return {table: _sync_table(cursor, published, folder, table) for table in KEYS}


def _sync_table(cursor: Any, published: Path, folder: Path, table: str) -> int:
    rows = pl.read_parquet(folder / "flat" / f"{table}.parquet", glob=False)
    _prepare(cursor, table, rows.schema)
    entity = pl.col("entity") == ENTITIES[table]
    redirects, tombstones = (
        pl.read_parquet(folder / f"{name}.parquet", glob=False).filter(entity) for name in ("redirects", "tombstones")
    )
    _follow(cursor, table, dict(redirects.select("old_id", "new_id").iter_rows()), rows.columns)
    _retire(cursor, table, tombstones.select("old_id", "at").iter_rows())
    if table == "leads":
        _erase(cursor, _erased(published))
    return _upsert(cursor, table, rows)


def _prepare(cursor: Any, table: str, schema: pl.Schema) -> None:
    """The table with a column for each published one: a minor version brings new ones."""
    name, key = sql.Identifier(table), sql.Identifier(KEYS[table])
    cursor.execute(
        sql.SQL("create table if not exists {} ({} text primary key, retired_at timestamptz, merged_into text)").format(
            name, key
        )
    )
    for column, dtype in schema.items():
        kind = "timestamptz" if dtype == pl.Datetime else TYPES.get(dtype.base_type(), "text")
        cursor.execute(
            sql.SQL("alter table {} add column if not exists {} {}").format(name, sql.Identifier(column), sql.SQL(kind))
        )


def _follow(cursor: Any, table: str, redirects: dict[str, str], columns: Sequence[str]) -> None:
    """Redirects lead in one step to an id in use; most were followed in an earlier run."""
    name, key = sql.Identifier(table), sql.Identifier(KEYS[table])
    others = [sql.Identifier(column) for column in columns if column != KEYS[table]]
    fill = sql.SQL(", ").join(sql.SQL("{0} = coalesce(new.{0}, old.{0})").format(column) for column in others)
    give = sql.SQL("update {0} new set {2} from {0} old where new.{1} = %s and old.{1} = %s").format(name, key, fill)
    mark = sql.SQL("update {} set retired_at = now(), merged_into = %s where {} = %s").format(name, key)
    move = sql.SQL("update {0} set {1} = %s where {1} = %s").format(name, key)
    ask = sql.SQL("select {1} from {0} where {1} = any(%s) and merged_into is null").format(name, key)
    cursor.execute(ask, (list(redirects),))
    for (old,) in cursor.fetchall():
        cursor.execute(give, (redirects[old], old))
        cursor.execute(mark if cursor.rowcount else move, (redirects[old], old))


def _retire(cursor: Any, table: str, tombstones: Iterable[tuple[str, datetime]]) -> None:
    query = sql.SQL("update {} set retired_at = %s where {} = %s and retired_at is null")
    for old, at in tombstones:
        cursor.execute(query.format(sql.Identifier(table), sql.Identifier(KEYS[table])), (at, old))


def _erased(published: Path) -> list[str]:
    feed = published / "erasures.csv"
    if not feed.exists():
        return []
    with feed.open(encoding="utf-8", newline="") as lines:
        return [row["id"] for row in csv.DictReader(lines)]


def _erase(cursor: Any, ids: Sequence[str]) -> None:
    cursor.execute("delete from leads where lead_id = any(%s)", (list(ids),))


def _upsert(cursor: Any, table: str, rows: pl.DataFrame) -> int:
    """Write what is new or says something else; the number of rows written."""
    name, key = sql.Identifier(table), sql.Identifier(KEYS[table])
    cursor.execute(sql.SQL("select {}, content_hash from {} where retired_at is null").format(key, name))
    there = pl.DataFrame(cursor.fetchall(), schema=[KEYS[table], "content_hash"], orient="row")
    changed = rows.join(there.cast(pl.String), on=[KEYS[table], "content_hash"], how="anti")
    columns = [sql.Identifier(column) for column in rows.columns]
    kept = sql.SQL(", ").join(
        sql.SQL("{1} = coalesce(excluded.{1}, {0}.{1})").format(name, column) for column in columns if column != key
    )
    query = sql.SQL("insert into {} ({}) values %s on conflict ({}) do update set {}, retired_at = null").format(
        name, sql.SQL(", ").join(columns), key, kept
    )
    execute_values(cursor, query, changed.rows(), page_size=1_000)
    return changed.height


if __name__ == "__main__":
    written = sync(Path(sys.argv[1]), sys.argv[2])
    print(", ".join(f"{count:,} {table} written" for table, count in written.items()))
