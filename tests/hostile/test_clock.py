"""A clock that jumps never makes dates run backwards, and never costs the newest publication."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import polars as pl
import pytest

from contracts.published import LEADS
from publishing.manifest import read_manifest
from publishing.previous import changes_before, current_folder, moment, publication_before
from publishing.publish import publish
from publishing.retention import Retention
from publishing.stamp import Stamp
from tests.publishing.example import AT, tables

YEARS = timedelta(days=3650)
JUMPS = {
    "backwards by a second": [0, -1, -2, -3, -4],
    "backwards by years": [0, -10 * 365 * 86_400, -5 * 365 * 86_400, 1, 2],
    "forwards by years and back": [0, 20 * 365 * 86_400, 60, 120, 180],
    "standing still": [0, 0, 0, 0, 0],
}


@pytest.mark.parametrize("jumps", JUMPS.values(), ids=JUMPS)
def test_publications_are_dated_in_their_order_and_the_newest_stay(tmp_path: Path, jumps: list[int]) -> None:
    dates = []
    for number, seconds in enumerate(jumps):
        run = f"run-{number}"
        publish(tables(run), tmp_path, run, at=AT + timedelta(seconds=seconds), keep=Retention(3))
        folder = current_folder(tmp_path)
        assert folder is not None
        assert folder.name == run
        dates.append(read_manifest(folder).created_at)
    assert dates == sorted(dates)
    assert sorted(path.parent.name for path in tmp_path.glob("*/manifest.json") if path.parent.name != "current") == [
        "run-2",
        "run-3",
        "run-4",
    ]


def test_now_is_never_before_the_last_publication(tmp_path: Path) -> None:
    assert abs(moment(tmp_path) - datetime.now(UTC)) < timedelta(minutes=1)
    future = datetime.now(UTC) + YEARS
    publish(tables("run-1"), tmp_path, "run-1", at=future)
    assert moment(tmp_path) > future
    publish(tables("run-2"), tmp_path, "run-2", at=moment(tmp_path))
    folder = current_folder(tmp_path)
    assert folder is not None
    before = publication_before(folder)
    assert before is not None
    assert before[0].name == "run-1"


def test_a_changed_lead_is_never_dated_before_its_last_change(tmp_path: Path) -> None:
    publish(tables("run-1"), tmp_path, "run-1", at=datetime.now(UTC) + YEARS)
    future = pl.lit(moment(tmp_path) - timedelta(microseconds=1), LEADS.schema["updated_at"])
    leads = tables("run-1")["leads"].with_columns(updated_at=future)
    changed = leads.with_columns(family_name=pl.lit("Neu"))
    after = Stamp("run-2", moment(tmp_path), partial(changes_before, tmp_path))(LEADS, changed)
    assert (after["updated_at"] >= leads.sort("lead_id")["updated_at"]).all()
