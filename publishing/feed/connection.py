"""Connecting to the database of the feed, and saying what went wrong there without a password or a person's data.

Belongs here: the variable that names the database, and the errors of its server in words that help. Does not belong
here: what is written there (`publishing.feed.postgres`). psycopg is part of the extra `crm`, so it is imported only
where a database is named.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psycopg

DSN = "LEADS_CRM_DSN"
_SECONDS = 10  # to wait for the server


class FeedError(Exception):
    """The feed in PostgreSQL is as it was; the message says why and what to do, and holds no password."""


def dsn() -> str:
    """The database that the variable names; empty where there is none, and then there is no feed in one."""
    return os.environ.get(DSN, "").strip()


@contextmanager
def connected(to: str) -> Iterator[psycopg.Connection]:
    """A connection whose transaction is committed at the end, or rolled back where anything fails.

    Raises:
        FeedError: psycopg is missing, the server cannot be reached or refuses what is asked.
    """
    try:
        import psycopg
    except ModuleNotFoundError:
        raise FeedError(f"{DSN} is set, but psycopg is not installed: pip install 'lead-refinery[crm]'") from None
    try:
        psycopg.conninfo.conninfo_to_dict(to)
    except psycopg.ProgrammingError:  # its message quotes what it could not read
        raise FeedError(
            f"{DSN} names no database; write it as postgresql://USER:PASSWORD@HOST:5432/DATABASE, signs like @ and / "
            "in the password as %40 and %2F"
        ) from None
    try:
        with psycopg.connect(to, connect_timeout=_SECONDS, application_name="Lead Refinery") as connection:
            yield connection
    except psycopg.Error as error:
        raise FeedError(in_words(error, to)) from None


def in_words(error: psycopg.Error, to: str) -> str:
    """What the server says, and what to do. What stands in rows is not quoted."""
    from psycopg import errors

    state, of = error.sqlstate or "", error.diag
    place = ".".join(filter(None, (of.schema_name, of.table_name, of.column_name)))
    said = _without_password(of.message_primary or str(error), to)
    match error:
        case errors.LockNotAvailable():
            return (
                "somebody holds the tables of schema crm, and their columns have to be widened; end what reads them "
                "(select pid, query from pg_stat_activity) or wait, then: leads feed"
            )
        case errors.InsufficientPrivilege():
            return f"the role of {DSN} lacks a right: {said}; grant it, or let the role own schema crm"
        case errors.DiskFull() | errors.IoError() | errors.OutOfMemory():
            return f"the database server is out of room: {said}; make room there, then: leads feed"
        case errors.ReadOnlySqlTransaction():
            return f"the database takes no writes: {said}; name its primary in {DSN}"
    if state[:2] in ("22", "23"):
        return f"the database refused a value ({type(error).__name__}{f' in {place}' if place else ''})"
    if not state:
        return f"the database cannot be reached: {said}; look at the server and at {DSN}"
    return f"the database refused: {said} (SQLSTATE {state})"


def _without_password(said: str, to: str) -> str:
    import psycopg

    secret = str(psycopg.conninfo.conninfo_to_dict(to).get("password") or "")
    line = said.strip().partition("\n")[0]
    return line.replace(to, "…").replace(secret, "…") if secret else line
