"""A run that is killed at any write converges: the next one ends with the tables of a run that nobody killed.

In this process a kill is an exception at one of the places (`places`) after which nothing can be written any more, so
that no `finally` puts things right; the slow tests kill whole nights, as the command runs them, with SIGKILL.
Every place of a whole night, and full disks: `test_crashes`.
"""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import polars as pl
import pytest

from engine.mortal import Mortal
from publishing.previous import current_folder
from publishing.publish import publish
from publishing.release import release, roll_back
from publishing.repair import differing, repair
from tests.conftest import Run
from tests.hostile.places import Places, every_place
from tests.pipelines.publication import content, published
from tests.publishing import nights
from tests.publishing.example import AT, tables
from tests.sources.building import Home, csv_text


@pytest.fixture(scope="module")
def places() -> Places:
    return Places()


@pytest.mark.slow
def test_reading_killed_anywhere_ends_in_the_same_store(
    tmp_path: Path, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Mortal, "ask", lambda _, job, *arguments: job(*arguments))  # here, where places are counted
    home = Home(tmp_path)
    home.put("messe.csv", csv_text() + "too;few\n")
    home.put("form.csv", csv_text(), channel="online", source="form")
    home.put("scan.pdf", b"%PDF-1.7\n")
    home.run()
    before = [home.records("online"), home.records(), home.rejects(), home.files()]
    points = 0
    # As a first night, and as one after which the reader's settings are new: then each set is written over another.
    for begin in (lambda: shutil.rmtree(home.store), lambda: _other_settings(home)):
        for _ in every_place(places, home.store, begin, home.run):
            points += 1
            home.run()
            now = [home.records("online"), home.records(), home.rejects(), home.files()]
            told = ["channel", "source", "file", "records", "rejected"]
            assert [frame.height for frame in now] == [frame.height for frame in before]
            assert now[0].drop("country", strict=False).equals(before[0].drop("country", strict=False))
            assert now[2].equals(before[2])
            assert now[3].select(told).equals(before[3].select(told))
    assert points > 40


def _other_settings(home: Home) -> None:
    """Settings that no run before this one had."""
    _other_settings.count = getattr(_other_settings, "count", 0) + 1  # type: ignore[attr-defined]
    for source in ("messe", "form"):
        home.state(source, f"required = []  # {_other_settings.count}\n")  # type: ignore[attr-defined]


@pytest.mark.slow
def test_publishing_killed_anywhere_leaves_one_whole_publication(tmp_path: Path, places: Places) -> None:
    root, fresh = tmp_path / "published", tmp_path / "fresh"
    publish(tables("run-1"), fresh, "run-1", at=AT)

    points = 0
    begin = partial(_copied, fresh, root)
    for last in every_place(places, root, begin, lambda: publish(tables("run-2"), root, "run-2", at=AT) and None):
        points += 1
        folder = current_folder(root)
        assert folder is not None
        assert not differing(folder), last
        assert not repair(root, tmp_path).lost, last
        publish(tables("run-2"), root, "run-2", at=AT)
        folder = current_folder(root)
        assert folder is not None
        assert not differing(folder), last
        assert all(pl.read_parquet(folder / f"{name}.parquet").equals(t) for name, t in tables("run-2").items()), last
    assert points > 8


ROOT = Path(__file__).parents[2]
DECIDED = {"who": "anna", "why": "looked at it", "at": AT}


@pytest.mark.slow
def test_holding_a_night_killed_anywhere_leaves_yesterday(tmp_path: Path, places: Places) -> None:
    root, fresh = tmp_path / "published", tmp_path / "fresh"
    publish(nights.tables(nights.home(), "run-1"), fresh, "run-1", at=AT)
    broken = nights.tables(nights.where("web", email=None, email_status="missing")(nights.home()), "run-2")

    points = 0
    begin = partial(_copied, fresh, root)
    for last in every_place(places, root, begin, lambda: publish(broken, root, "run-2", at=AT) and None):
        points += 1
        assert not repair(root, tmp_path).lost, last
        assert publish(broken, root, "run-2", at=AT).state == "held", last
        assert (root / "current").readlink() == Path("run-1"), last
        assert not differing(root / "held" / "run-2"), last
        assert not list(root.rglob(".*.tmp")), last
    assert points > 9


@pytest.mark.parametrize(
    ("name", "decide"),
    [
        ("run-2", lambda root: release(root, "run-2", **DECIDED)),
        ("run-0", lambda root: roll_back(root, "run-0", **DECIDED)),
    ],
)
def test_a_decision_killed_anywhere_can_be_given_again(
    tmp_path: Path, places: Places, name: str, decide: Callable[[Path], object]
) -> None:
    root, fresh = tmp_path / "published", tmp_path / "fresh"
    publish(nights.tables(nights.people("web", 0, 50), "run-0"), fresh, "run-0", at=AT)
    publish(nights.tables(nights.home(), "run-1"), fresh, "run-1", at=AT + timedelta(days=1))
    broken = nights.tables(nights.where("web", email=None, email_status="missing")(nights.home()), "run-2")
    publish(broken, fresh, "run-2", at=AT + timedelta(days=2))

    points = 0
    for last in every_place(places, root, partial(_copied, fresh, root), lambda: decide(root) and None):
        points += 1
        folder = current_folder(root)
        assert folder is not None and folder.name in ("run-1", name) and not differing(folder), last
        if folder.name != name:
            decide(root)
        assert (root / "current").readlink() == Path(name), last
        assert not differing(root / name), last
    assert points > 3


def _copied(fresh: Path, root: Path) -> None:
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(fresh, root, symlinks=True)


_NIGHT = """
import os, signal, sys
from pathlib import Path
from tests.hostile.places import Places
def kill(_):
    os.kill(os.getpid(), signal.SIGKILL)
from pipelines.cli import app
with Places().armed(Path(sys.argv[1]), int(sys.argv[2]), kill):
    app(["run", "--home", sys.argv[1]])
"""


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_a_night_killed_at_a_write_ends_in_the_same_tables(night: Path, tmp_path: Path, leads: Run, seed: int) -> None:
    home = tmp_path / "home"
    shutil.copytree(night / "inbox", home / "inbox")
    last = random.Random(seed).randrange(5, 80)  # in the process of the night; its readers have places of their own
    command = [sys.executable, "-c", _NIGHT, str(home), str(last)]
    killed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stdout[-500:]
    done = leads("run", "--home", home)
    assert done.returncode == 0, done.stdout + done.stderr
    again = content(published(home))
    for name, frame in content(published(night)).items():
        assert frame.equals(again[name]), name


@pytest.mark.slow
def test_of_two_nights_at_once_one_publishes_and_the_other_refuses(night: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(night / "inbox", home / "inbox")
    command = [sys.executable, "-m", "pipelines.cli", "run", "--home", str(home)]
    both = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = {process.communicate()[0]: process.returncode for process in both}
    (refused,) = (text for text, code in said.items() if code)
    assert "Another run is at work" in refused and "Traceback" not in refused
    again = content(published(home))
    for name, frame in content(published(night)).items():
        assert frame.equals(again[name]), name
