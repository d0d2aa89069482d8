"""Consumers: how a sync job reads the changes in PostgreSQL and loses none.

Belongs here: the cursor, and how far each consumer has read. Does not belong here: writing changes
(`publishing.feed.postgres`), what a consumer does with them.

Numbers are given out before a transaction commits, so whoever asks for `seq` above the last one seen misses what a
slower transaction commits later. The cursor is `(xid, seq)`, and only changes of transactions that are over are read:
`xid < pg_snapshot_xmin(pg_current_snapshot())`. A change may be told again after a crash, so a consumer writes by id.

Source: PostgreSQL documentation, "System Information Functions and Operators", transaction ID and snapshot functions.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from publishing.feed.schema import SCHEMA

if TYPE_CHECKING:
    import psycopg

_OVER = "e.xid < pg_snapshot_xmin(pg_current_snapshot())"


class Behind(Exception):  # noqa: N818 - an answer: there is another way
    """The consumer is new, or did not read for longer than changes are kept: it has to begin with the tables."""


class Cursor(NamedTuple):
    """How far a consumer has read; `xid` is PostgreSQL's xid8 as text."""

    xid: str
    seq: int


@dataclass(frozen=True, slots=True)
class Told:
    """One change, as in `contracts.changes.CHANGES`; a payload is the row, by the names of its table.

    An insert, split or update without one was superseded: a later change of the same id has it, or tells that it is
    gone.
    """

    cursor: Cursor
    entity: str
    kind: str
    id: str
    merged_into: str | None
    split_from: str | None
    changed_fields: list[str]
    payload: dict[str, Any] | None
    at: datetime
    run_id: str


@dataclass(frozen=True, slots=True)
class Lag:
    """How a consumer stands: changes it has not read, when the oldest of them was written, when it read last.

    `begun` is false where it has to begin with the tables.
    """

    name: str
    begun: bool
    changes: int
    since: datetime | None
    read_at: datetime | None


def begin(connection: psycopg.Connection, name: str) -> None:
    """Let a consumer stand at the tables as they are now; the changes it reads from here on are those after them.

    Call it first in the transaction in which the tables are read, which has to be `repeatable read`: both then see the
    same state. A change that is in the tables already may be told again.
    """
    connection.execute(
        f"""
        insert into {SCHEMA}.consumers (name, xid, seq, read_at)
        values (%s, pg_snapshot_xmin(pg_current_snapshot()), 0, now())
        on conflict (name) do update set xid = excluded.xid, seq = excluded.seq, read_at = excluded.read_at
        """,
        [name],
    )


def pending(connection: psycopg.Connection, name: str, limit: int = 1_000) -> list[Told]:
    """The next changes of a consumer, in order; the same again until it says with `passed` that it is done with them.

    Raises:
        Behind: it has to `begin`.
    """
    query = f"select xid::text, seq from {SCHEMA}.consumers where name = %s and xid is not null"
    stands = connection.execute(query, [name]).fetchone()
    if stands is None:
        raise Behind(
            f"the consumer {name} is new, or has not read for longer than changes are kept; begin with the tables"
        )
    rows = connection.execute(  # `order by xid` would mean the text of that name: 1000 before 999
        f"""
        select e.xid::text, seq, entity, kind, id, merged_into, split_from, changed_fields, payload, at, run_id
        from {SCHEMA}.changes e where (e.xid, seq) > (%s::xid8, %s) and {_OVER} order by e.xid, seq limit %s
        """,
        [*stands, limit],
    ).fetchall()
    return [Told(Cursor(*row[:2]), *row[2:]) for row in rows]


def passed(connection: psycopg.Connection, name: str, last: Cursor) -> None:
    """Let a consumer stand behind this change: it has carried out all up to it."""
    connection.execute(
        f"update {SCHEMA}.consumers set xid = %s::xid8, seq = %s, read_at = now() where name = %s and xid is not null",
        [*last, name],
    )


def lags(connection: psycopg.Connection) -> list[Lag]:
    """How each consumer stands, by name."""
    rows = connection.execute(f"""
        select c.name, c.xid is not null, count(e.seq), min(e.recorded_at), c.read_at
        from {SCHEMA}.consumers c left join {SCHEMA}.changes e on (e.xid, e.seq) > (c.xid, c.seq)
        group by c.name order by c.name
    """).fetchall()
    return [Lag(*row) for row in rows]
