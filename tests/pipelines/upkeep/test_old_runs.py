"""Old runs go after the days that were said, with their files; what is at work and what is younger stays."""

# No postponed annotations here: Dagster reads the annotation of `context` as it stands.

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from sqlalchemy import update

from assets.resources.choices import NotAChoice
from assets.resources.home import Home
from pipelines.history import open_history
from pipelines.upkeep.old_runs import DAYS, days_kept, let_go

TAGS = 1  # of each run
FILLING = 3_000  # events of a run that make its share of the index worth giving back


@dg.op
def work(context: dg.OpExecutionContext) -> None:
    for number in range(FILLING // 100):
        context.log_event(dg.AssetMaterialization("leads", metadata={"filling": f"{number} " * 1_000}))
    context.log_event(dg.AssetCheckEvaluation(passed=True, asset_key=dg.AssetKey("leads"), check_name="contract"))
    print("into the folder of its output")


@dg.job
def nightly() -> None:
    work()


def ran(history: dg.DagsterInstance, days_ago: int) -> str:
    run_id = nightly.execute_in_process(instance=history, tags={"of": "a test"}).run_id
    began(history, run_id, days_ago)
    return run_id


def began(history: dg.DagsterInstance, run_id: str, days_ago: int) -> None:
    from dagster._core.storage.runs.schema import RunsTable

    then = datetime.now(UTC).replace(tzinfo=None) - timedelta(days=days_ago)
    storage = history.run_storage
    with storage.connect() as connection:  # type: ignore[attr-defined]
        connection.execute(update(RunsTable).where(RunsTable.c.run_id == run_id).values(create_timestamp=then))


def rows(database: Path, table: str) -> int:
    with closing(sqlite3.connect(database)) as opened:
        return int(opened.execute(f"select count(*) from {table}").fetchone()[0])


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def test_runs_older_than_said_go_with_their_files_and_their_room(tmp_path: Path) -> None:
    home = Home(tmp_path).prepare()
    with open_history(home) as history:
        young = ran(history, 6)
    of_one = size(home.dagster / "history")
    with open_history(home) as history:
        old = [ran(history, days) for days in (8, 30, 400)]
        assert let_go(history, home, 7) == 3
        assert [run.run_id for run in history.get_runs()] == [young]
        assert history.get_latest_materialization_event(dg.AssetKey("leads")) is not None
        assert let_go(history, home, 7) == 0
    assert not [path for run in old for path in home.dagster.rglob(f"{run}*")]
    assert rows(home.dagster / "history" / "runs.db", "run_tags") == TAGS
    assert rows(home.dagster / "history" / "runs" / "index.db", "asset_check_executions") == 1
    assert size(home.dagster / "history") < 1.5 * of_one


def test_a_run_at_work_stays_however_old(tmp_path: Path) -> None:
    home = Home(tmp_path).prepare()
    with open_history(home) as history:
        run = history.create_run_for_job(nightly, status=dg.DagsterRunStatus.STARTED)
        began(history, run.run_id, 400)
        assert let_go(history, home, 7) == 0
        assert history.get_run_by_id(run.run_id) is not None


@pytest.mark.parametrize(("said", "days"), [("", DAYS), (" 30 ", 30), ("1", 1)])
def test_the_days_are_said_by_the_environment(monkeypatch: pytest.MonkeyPatch, said: str, days: int) -> None:
    monkeypatch.setenv("LEADS_KEEP_RUNS_DAYS", said)
    assert days_kept() == days


@pytest.mark.parametrize("said", ["0", "-1", "ever", "1.5", "²"])
def test_days_that_are_none_are_not_guessed(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setenv("LEADS_KEEP_RUNS_DAYS", said)
    with pytest.raises(NotAChoice, match="is no number from 1 on"):
        days_kept()
