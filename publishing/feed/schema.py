"""The schema `crm` in PostgreSQL: a table for each published one, and those of the feed.

Belongs here: names, types and what is made where it is missing. Does not belong here: filling it
(`publishing.feed.postgres`). A list of texts is `text[]` and a list of structs `jsonb`, not the flat twins' texts:
PostgreSQL asks `'buyer' = any(roles_present)` and indexes both, and nothing has to be split at a sign.

    leads, accounts, …     as in `contracts.published`, with their keys
    changes                `contracts.changes`, with `xid`, the transaction that wrote it, before `seq` in the order
    consumers              how far each has read; null: it has to begin with the tables
    erasures               ids of the erased that the feed has told
    publication            the one row that says what the tables hold

What a newer minor version brings is added and nothing else is touched, so rights, views and indexes of others stay.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from contracts.changes import CHANGES
from contracts.published import PUBLISHED, SCHEMA_VERSION
from contracts.table import Dtype, Table
from publishing.feed.connection import FeedError

if TYPE_CHECKING:
    import psycopg

SCHEMA = "crm"
_TYPES = {pl.String: "text", pl.Boolean: "boolean", pl.Float32: "real", pl.Float64: "double precision", pl.Date: "date"}
_OF_FEED = f"""
create table {SCHEMA}.changes (
    xid xid8 not null default pg_current_xact_id(),
    seq bigint generated always as identity primary key,
    {{columns}},
    recorded_at timestamptz not null default now()
);
create index changes_cursor on {SCHEMA}.changes (xid, seq);
create index changes_id on {SCHEMA}.changes (entity, id, seq);
create table {SCHEMA}.consumers (name text primary key, xid xid8, seq bigint, read_at timestamptz);
create table {SCHEMA}.erasures (id text primary key, told_at timestamptz not null default now());
create table {SCHEMA}.publication (
    folder text not null, run_id text not null, at timestamptz not null, schema_version text not null,
    files jsonb not null, loaded_at timestamptz not null default now()
);
create unique index publication_alone on {SCHEMA}.publication ((true))
"""


def columns(table: Table) -> dict[str, str]:
    """The types in PostgreSQL of a table's columns, by name."""
    return {
        name: "jsonb" if table is CHANGES and name == "payload" else _column_type(dtype)
        for name, dtype in table.schema.items()
    }


def prepare(connection: psycopg.Connection) -> set[str]:
    """Make what is missing of the schema; the published tables that were made or got a column.

    Raises:
        FeedError: its tables are of another major version, or a column has another type than it should have.
        psycopg.Error: the role lacks a right, or somebody holds a table whose columns have to be widened.
    """
    if not connection.execute("select to_regnamespace(%s)", [SCHEMA]).fetchone()[0]:  # type: ignore[index]
        connection.execute(f"create schema {SCHEMA}")
    there = _there(connection)
    if "publication" not in there:
        told = ", ".join(f"{name} {kind}" for name, kind in columns(CHANGES).items() if name != "seq")
        connection.execute(_OF_FEED.format(columns=told))
    held = connection.execute(f"select schema_version from {SCHEMA}.publication").fetchone()
    if held and int(held[0].partition(".")[0]) != SCHEMA_VERSION.major:
        raise FeedError(
            f"schema {SCHEMA} holds version {held[0]} of the published tables, and this is {SCHEMA_VERSION}: see "
            f"docs/fields.md for what changed, `drop schema {SCHEMA} cascade`, then: leads feed"
        )
    return {table.name for table in PUBLISHED if _make(connection, table, there.get(table.name))}


def _make(connection: psycopg.Connection, table: Table, there: dict[str, str] | None) -> bool:
    from psycopg import sql

    name, wanted = sql.Identifier(SCHEMA, table.name), columns(table)
    if there is None:
        parts = [sql.SQL("{} " + kind).format(sql.Identifier(column)) for column, kind in wanted.items()]
        if table.key:
            parts.append(sql.SQL("primary key ({})").format(sql.SQL(", ").join(map(sql.Identifier, table.key))))
        connection.execute(sql.SQL("create table {} ({})").format(name, sql.SQL(", ").join(parts)))
        connection.execute(sql.SQL("comment on table {} is {}").format(name, table.description))
    for column in table.columns:
        kind = (there or wanted).get(column.name)
        if kind is None:
            add = sql.SQL("alter table {} add column {} " + wanted[column.name])
            connection.execute(add.format(name, sql.Identifier(column.name)))
        elif kind != wanted[column.name]:
            raise FeedError(
                f"{SCHEMA}.{table.name}.{column.name} is {kind} instead of {wanted[column.name]}: somebody changed it; "
                "change it back, or drop the table to have it made anew"
            )
        if there is None or kind is None:
            comment = sql.SQL("comment on column {} is {}")
            connection.execute(comment.format(sql.Identifier(SCHEMA, table.name, column.name), column.description))
    return there is None or not there.keys() >= wanted.keys()


def _column_type(dtype: Dtype) -> str:
    if isinstance(dtype, pl.List):
        return "text[]" if dtype.inner == pl.String else "jsonb"
    if isinstance(dtype, pl.Datetime):
        return "timestamptz"
    return next((name for of, name in _TYPES.items() if dtype == of), "bigint")


def _there(connection: psycopg.Connection) -> dict[str, dict[str, str]]:
    """The types of the columns there are, by table and column."""
    found: dict[str, dict[str, str]] = {}
    query = """
        select c.relname, a.attname,
            replace(format_type(a.atttypid, a.atttypmod), 'timestamp with time zone', 'timestamptz')
        from pg_attribute a join pg_class c on c.oid = a.attrelid
        where c.relnamespace = to_regnamespace(%s) and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped
    """
    for table, column, kind in connection.execute(query, [SCHEMA]):
        found.setdefault(table, {})[column] = kind
    return found
