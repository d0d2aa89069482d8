"""Old runs: Dagster's record of a night, its events and its log, let go after a stated time.

Belongs here: which runs go, and giving their room back to the disk. Does not belong here: ticks of schedule and
sensors, which Dagster lets go itself (`deploy/dagster.yaml`). In SQLite each run has a file of its own, and a row that
is deleted leaves its room in the file until that is written anew; PostgreSQL tidies up by itself.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable
from dagster._core.storage.runs.schema import RunTagsTable
from sqlalchemy import delete

from assets.resources.choices import number
from assets.resources.home import Home

DAYS = 90
_AT_ONCE = 100  # runs that one night lets go: a year of them would hold it up
_FINISHED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
_FREE = 0.2  # of a file that is empty before it is worth writing anew


def days_kept() -> int:
    """`LEADS_KEEP_RUNS_DAYS`, else 90.

    Raises:
        NotAChoice: it is no number of days.
    """
    return number("LEADS_KEEP_RUNS_DAYS", DAYS, least=1)


def let_go(instance: dg.DagsterInstance, home: Home, days: int) -> int:
    """Delete finished runs that were begun more than `days` ago.

    Returns:
        How many went.

    Raises:
        OSError: a file cannot be removed; the rest goes another night.
    """
    before = dg.RunsFilter(statuses=_FINISHED, created_before=datetime.now(UTC) - timedelta(days=days))
    found = instance.get_run_records(before, limit=_AT_ONCE, ascending=True)
    old = [
        record.dagster_run.run_id for record in found
    ]  # UUIDs, which Dagster sees to: no other path is named by them
    for run_id in old:
        _leave_nothing(instance, home, run_id)
        instance.delete_run(run_id)
        for file in (home.dagster / "history" / "runs").glob(f"{run_id}.db*"):
            file.unlink(missing_ok=True)
    if old:
        for name in ("history/runs.db", "history/runs/index.db", "schedules/schedules.db"):
            if (home.dagster / name).exists():
                _shrink(home.dagster / name)
    return len(old)


def _leave_nothing(instance: dg.DagsterInstance, home: Home, run_id: str) -> None:
    """What Dagster forgets when it deletes a run: evaluations of checks, tags (in SQLite), the folder of its output."""
    events: Any = instance.event_log_storage
    with events.index_connection() as connection:
        connection.execute(delete(AssetCheckExecutionsTable).where(AssetCheckExecutionsTable.c.run_id == run_id))
    runs: Any = instance.run_storage
    with runs.connect() as connection:
        connection.execute(delete(RunTagsTable).where(RunTagsTable.c.run_id == run_id))
    shutil.rmtree(home.dagster / "storage" / run_id, ignore_errors=True)


def _shrink(file: os.PathLike[str]) -> None:
    """Write a database anew where much of it is empty, unless somebody is using it just now."""
    with suppress(sqlite3.OperationalError), closing(sqlite3.connect(file, timeout=1)) as database:
        (pages,), (free,) = (database.execute(f"pragma {name}").fetchone() for name in ("page_count", "freelist_count"))
        if free > _FREE * pages:
            database.execute("vacuum")
            database.execute("pragma wal_checkpoint(truncate)")
