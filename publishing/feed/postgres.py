"""The feed in PostgreSQL: the publication that is current, loaded as one, and what that changed.

Belongs here: one load. Does not belong here: the schema (`publishing.feed.schema`), what a change is
(`publishing.feed.changes`), reading (`publishing.feed.consumers`).

One transaction holds the tables and their changes, so a reader sees one publication whole and a killed load never was.
Rows that differ are written where they lie (delete, then upsert): a `truncate` would empty the tables for who reads
them, and a swap by name would leave rights and views of others with the old ones. Nobody waits: readers see what was
there until the commit. Changes are those against what the database holds, whatever was published meanwhile, so a night
whose load failed is made up for by the next. The first load tells no changes: its readers begin with the tables.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow.parquet as pq

from contracts.changes import CHANGES
from contracts.published import LEAD_CROSSWALK, PUBLISHED
from contracts.table import Column, Dtype, Table
from engine.parts import sink_parts
from engine.temporary import own_temporary_folder
from publishing.feed.changes import ENTITIES, State, changes_in_parts
from publishing.feed.connection import FeedError, connected
from publishing.feed.consumers import Lag, lags
from publishing.feed.erasures import told_ids
from publishing.feed.schema import SCHEMA, columns, prepare
from publishing.manifest import Manifest, read_manifest
from publishing.previous import current_folder
from publishing.stamp import CHANGE_COLUMNS

if TYPE_CHECKING:
    import psycopg

_SLICE = 20_000  # rows that are text in memory at a time
_LOCK = 0x1EAD  # of the one who loads
_WAIT = "10s"  # for who holds a table that has to be widened
_MOMENT = "%Y-%m-%d %H:%M:%S%.6f%:z"
_ZERO = r"((?:^|[^\\])(?:\\\\)*)(?:\\u0000)+"  # as JSON escapes it
_OWNERS = ("source", "source_record_id", "lead_id", "account_id")


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load did: the publication, rows written by table, changes by kind; and how each consumer stands now."""

    folder: str
    rows: dict[str, int]
    changes: dict[str, int]
    consumers: tuple[Lag, ...] = ()


def load(published: Path, dsn: str, *, keep_days: int) -> Loaded:
    """Bring the publication that is current into the database; the same one again changes nothing.

    Args:
        published: the folder of publications.
        dsn: of the database.
        keep_days: how long changes stay. A consumer that has not read what goes begins with the tables again.

    Raises:
        FeedError: nothing is published, the database cannot be reached or refuses, another load is under way.
        BrokenPublication: the publication is damaged.
    """
    folder = current_folder(published)
    if folder is None:
        raise FeedError("nothing is published yet; leads run")
    manifest = read_manifest(folder)
    try:
        with connected(dsn) as connection:
            connection.execute(f"set local lock_timeout = '{_WAIT}'; set local timezone = 'UTC'")
            if not _one(connection, "select pg_try_advisory_xact_lock(%s)", _LOCK):
                raise FeedError("another load is under way; wait for it, then: leads feed")
            return _load(connection, folder, manifest, told_ids(published), keep_days)
    except (OSError, pl.exceptions.ComputeError) as error:
        raise FeedError(
            f"{folder.name} cannot be read ({error}); was it replaced meanwhile? Again: leads feed"
        ) from error


def _load(
    connection: psycopg.Connection, folder: Path, manifest: Manifest, erased: frozenset[str], keep_days: int
) -> Loaded:
    anew = prepare(connection)
    held = _one(connection, f"select files from {SCHEMA}.publication")
    _mend_cursors(connection)
    _trim(connection, keep_days)
    untold = {*erased} - {row[0] for row in connection.execute(f"select id from {SCHEMA}.erasures")}
    files = {name: entry.sha256 for name, entry in manifest.tables.items()}
    differing = [it for it in PUBLISHED if it.name in anew or (held or {}).get(it.name) != files[it.name]]
    for table in differing:
        _stage(connection, table, folder)
    told: Counter[str] = Counter()
    if held is not None and (differing or untold):
        with own_temporary_folder() as apart:  # what a killed load leaves there, the next one removes
            before, now = _differences(connection, differing, folder, apart)
            for part in changes_in_parts(before, now, at=manifest.created_at, run_id=manifest.run_id, erased=untold):
                _copy(connection, CHANGES, part.drop("seq"), f"{SCHEMA}.changes")
                told.update(part["kind"])
    written = {it.name: rows for it in differing if (rows := _write(connection, it, anew=it.name in anew))}
    if untold:
        _forget(connection, sorted(untold))
    _note(connection, folder.name, manifest, files)
    return Loaded(folder.name, written, dict(told), tuple(lags(connection)))


def _stage(connection: psycopg.Connection, table: Table, folder: Path) -> None:
    """Copy a table of the publication beside the one that is there."""
    connection.execute(f"create temporary table new_{table.name} (like {SCHEMA}.{table.name}) on commit drop")
    for batch in pq.ParquetFile(folder / f"{table.name}.parquet").iter_batches(_SLICE):
        _copy(connection, table, table.conform(pl.DataFrame(batch)), f"new_{table.name}")
    connection.execute(f"analyze new_{table.name}")


def _copy(connection: psycopg.Connection, table: Table, rows: pl.DataFrame, into: str) -> None:
    names, kinds = ", ".join(rows.columns), columns(table)
    copy = f"copy {into} ({names}) from stdin (format csv, null '\\N')"
    text = BytesIO()
    rows.select(_as_text(name, dtype, kinds[name]) for name, dtype in rows.schema.items()).write_csv(
        text, include_header=False, null_value="\\N", quote_style="non_numeric", datetime_format=_MOMENT
    )
    with connection.cursor() as cursor, cursor.copy(copy) as stream:
        stream.write(text.getvalue())


def _as_text(name: str, dtype: pl.DataType, kind: str) -> pl.Expr:
    """A column as PostgreSQL reads it. It holds no zero byte, so that leaves."""
    column = pl.col(name)
    if kind == "text":
        return column.str.replace_all("\x00", "", literal=True)
    if kind == "text[]":
        item = pl.element().str.replace_all("\x00", "", literal=True).str.replace_all(r'(["\\])', r"\$1")
        items = column.list.eval(pl.concat_str(pl.lit('"'), item, pl.lit('"')).fill_null("null"))
        return pl.concat_str(pl.lit("{"), items.list.join(","), pl.lit("}")).alias(name)
    if kind == "jsonb":
        told = pl.struct(column.alias("v")).struct.json_encode().str.slice(len('{"v":')).str.head(-1)
        whole = column if dtype == pl.String else pl.when(column.is_not_null()).then(told)
        return whole.str.replace_all(_ZERO, "$1").alias(name)
    return column


def _differences(
    connection: psycopg.Connection, differing: Iterable[Table], folder: Path, apart: Path
) -> tuple[State, State]:
    """What differs of what the database holds, kept in files `apart`, and of what is staged."""
    staged = {table.name for table in differing}
    now = {table.name: pl.scan_parquet(folder / f"{table.name}.parquet", glob=False) for table in PUBLISHED}
    before: dict[str, pl.LazyFrame] = {}
    for table in ENTITIES.values():
        before[table.name] = touched = table.empty().lazy()
        if table.name in staged:
            key = table.key[0]
            both = f"from {SCHEMA}.{table.name} t full join new_{table.name} n using ({key})"
            which = "where n.content_hash is distinct from t.content_hash"
            there = ", ".join(f"t.{name}" for name in table.names)
            query = f"select {there} {both} {which} and t.{key} is not null"
            before[table.name] = _fetched(connection, query, table.schema, apart / table.name)
            touched = _fetched(
                connection, f"select {key} {both} {which}", {key: pl.String}, apart / f"{table.name}_ids"
            )
        now[table.name] = now[table.name].join(touched, on=table.key[0], how="semi")
    before[LEAD_CROSSWALK.name] = LEAD_CROSSWALK.empty().lazy()
    if LEAD_CROSSWALK.name in staged:
        query = f"""
            select {", ".join(f"t.{name}" for name in _OWNERS)}
            from {SCHEMA}.lead_crosswalk t join new_lead_crosswalk n using (source, source_record_id)
            where (n.lead_id, n.account_id) is distinct from (t.lead_id, t.account_id)
        """
        owners = dict.fromkeys(_OWNERS, pl.String)
        before[LEAD_CROSSWALK.name] = _fetched(connection, query, owners, apart / LEAD_CROSSWALK.name)
    return before, now


def _fetched(connection: psycopg.Connection, query: str, schema: Mapping[str, Dtype], path: Path) -> pl.LazyFrame:
    """What a query answers, never whole in memory."""
    with connection.cursor(path.name) as cursor:
        cursor.execute(query)
        batches = iter(lambda: cursor.fetchmany(_SLICE), [])
        sink_parts((pl.DataFrame(rows, schema=dict(schema), orient="row") for rows in batches), schema, path)
    return pl.scan_parquet(path, glob=False)


def _write(connection: psycopg.Connection, table: Table, *, anew: bool) -> int:
    """Let a table hold what is staged, writing only rows that differ, or `anew` all of them; how many."""
    name, new, names = f"{SCHEMA}.{table.name}", f"new_{table.name}", ", ".join(table.names)
    if anew or not table.key:
        connection.execute(f"delete from {name}")
        return connection.execute(f"insert into {name} ({names}) select {names} from {new}").rowcount
    same = " and ".join(f"n.{column} = t.{column}" for column in table.key)
    gone = connection.execute(f"delete from {name} t where not exists (select from {new} n where {same})").rowcount
    put = ", ".join(f"{column} = excluded.{column}" for column in table.names if column not in table.key)
    told = ["content_hash", *(column.name for column in table.columns if _is_apart(column))]
    alike = " and ".join(f"t.{column} is not distinct from n.{column}" for column in told)
    there = f"select from {name} t where {same} and {alike}"
    written = connection.execute(
        f"insert into {name} ({names}) select {names} from {new} n where not exists ({there}) "
        f"on conflict ({', '.join(table.key)}) do update set {put}"
    ).rowcount
    return gone + written


def _is_apart(column: Column) -> bool:
    """Whether content_hash says nothing of the column, or not all: it moves, or is a list of structs with numbers."""
    is_nested = isinstance(column.dtype, pl.List) and column.dtype.inner != pl.String
    return column.volatile or column.name in CHANGE_COLUMNS or is_nested


def _forget(connection: psycopg.Connection, ids: list[str]) -> None:
    """Note whose erasure was told, and drop what may speak of them: what a later change of the same id supersedes."""
    connection.execute(f"insert into {SCHEMA}.erasures (id) select unnest(%s::text[])", [ids])
    connection.execute(f"""
        update {SCHEMA}.changes c set payload = null where payload is not null and exists (
            select from {SCHEMA}.changes later where (later.entity, later.id) = (c.entity, c.id) and later.seq > c.seq)
    """)


def _trim(connection: psycopg.Connection, days: int) -> None:
    """Let old changes go; who has not read them begins with the tables."""
    connection.execute(
        f"""
        with gone as (
            delete from {SCHEMA}.changes where recorded_at < now() - make_interval(days => %s) returning xid, seq
        ), last as (select xid, seq from gone order by xid desc, seq desc limit 1)
        update {SCHEMA}.consumers c set xid = null, seq = null from last where (c.xid, c.seq) < (last.xid, last.seq)
        """,
        [days],
    )


def _mend_cursors(connection: psycopg.Connection) -> None:
    """A database restored on another server counts transactions anew: no cursor of before means anything there."""
    written = f"select xid from {SCHEMA}.changes union all select xid from {SCHEMA}.consumers"
    if _one(connection, f"select true from ({written}) of_another where xid > pg_current_xact_id() limit 1"):
        connection.execute(f"delete from {SCHEMA}.changes; update {SCHEMA}.consumers set xid = null, seq = null")


def _note(connection: psycopg.Connection, folder: str, manifest: Manifest, files: dict[str, str]) -> None:
    version = f"{manifest.schema_version}.{manifest.schema_minor_version}"
    connection.execute(
        f"""
        insert into {SCHEMA}.publication (folder, run_id, at, schema_version, files) values (%s, %s, %s, %s, %s)
        on conflict ((true)) do update set folder = excluded.folder, run_id = excluded.run_id, at = excluded.at,
            schema_version = excluded.schema_version, files = excluded.files, loaded_at = now()
        """,
        [folder, manifest.run_id, manifest.created_at, version, json.dumps(files)],
    )


def _one(connection: psycopg.Connection, query: str, *values: object) -> Any:
    """The one value a query asks for; None without a row."""
    row = connection.execute(query, values).fetchone()
    return row and row[0]
