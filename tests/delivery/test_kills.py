"""SIGKILL in the middle of a sync: what was written is found, the rest is done, nothing is made twice."""

from __future__ import annotations

import pickle
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.delivery.killed import ACCOUNTS, LEADS
from tests.delivery.syncing import Syncing

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("at", [1, 3])
@pytest.mark.parametrize("again", ["the same plan", "a new one"])
def test_a_killed_sync_is_ended_without_doubles(tmp_path: Path, at: int, again: str) -> None:
    command = [sys.executable, "-m", "tests.delivery.killed", str(tmp_path), "create", str(at)]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == -signal.SIGKILL
    syncing = Syncing(tmp_path)
    syncing.target.records = pickle.loads((tmp_path / "target").read_bytes())
    syncing.target.start_at(100)
    syncing.night(leads=LEADS, accounts=ACCOUNTS)
    applied = syncing.apply() if again == "the same plan" else syncing.sync()
    assert applied.failed == 0
    keys = [it.key for it in syncing.target.records["person"].values()]
    assert sorted(map(str, keys)) == [str(it["lead_id"]) for it in LEADS]
    assert {it.values["company"] for it in syncing.target.records["person"].values()} == {
        syncing.target.by_key("A1").id
    }
    assert syncing.actions() == []
