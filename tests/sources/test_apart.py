"""Reading apart: whatever becomes of the processes that read, the night goes on with other ones."""

import os
import signal
import tempfile

import psutil
import pytest

from sources import apart
from tests.sources.building import ROWS, Home, csv_text, zipped


def readers() -> list[psutil.Process]:
    alive = (it for it in psutil.Process().children(recursive=True) if it.status() != psutil.STATUS_ZOMBIE)
    return [child for child in alive if "spawn_main" in " ".join(child.cmdline())]


def test_files_are_unpacked_in_the_temporary_folder_of_the_run(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    for run in ("first", "second"):
        folder = home.folder / run
        folder.mkdir()
        monkeypatch.setattr(tempfile, "tempdir", str(folder))
        home.put(f"{run}.zip", zipped({f"{run}.csv": csv_text(rows=[[f"L-{run}", *ROWS[0][1:]]]).encode()}))
        assert home.run().count("loaded") == 1
        folder.rmdir()  # empty, and what the second run would look for in vain


@pytest.mark.slow
@pytest.mark.parametrize("spread", [False, True])
def test_readers_killed_between_files_cost_nothing(home: Home, monkeypatch: pytest.MonkeyPatch, spread: bool) -> None:
    monkeypatch.setattr(apart, "SPREAD_BYTES", 0 if spread else 1 << 40)
    for source in ("a", "b", "c"):
        home.put("old.csv", csv_text(), source)
    home.run()
    for process in readers():
        os.kill(process.pid, signal.SIGKILL)
    for source in ("a", "b", "c"):
        home.put("new.csv", csv_text(rows=[["L-9", *ROWS[0][1:]]]), source)
    assert home.run().count("loaded") == 3
    assert home.files().filter(status="quarantined").is_empty()
