"""A run that is killed at any write converges: the next one ends with the tables of a run that nobody killed.

An audit hook sees every file that is opened for writing, renamed, linked or removed. In this process a kill is an
exception at one of these places, after which nothing can be written any more, so that no `finally` puts things right;
the slow tests kill whole nights with SIGKILL.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
from tests.pipelines.publication import content, published
from tests.publishing import nights
from tests.publishing.example import AT, tables
from tests.sources.building import Home, csv_text

_CHANGES = {"os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.symlink", "os.link", "os.truncate", "shutil.rmtree"}
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Killed(BaseException):
    """Stands for SIGKILL."""


class Places:
    """The places below a folder where something is about to change on disk; from the one to die at, none goes on."""

    def __init__(self) -> None:
        self.below, self.seen, self.last = "", 0, 0
        sys.addaudithook(self)

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        if not self.below:
            return
        writes = event == "open" and isinstance(arguments[2], int) and bool(arguments[2] & _WRITING)
        if (writes or event in _CHANGES) and str(arguments[0]).startswith(self.below):
            self.seen += 1
            if self.seen > self.last:
                raise Killed

    @contextmanager
    def armed(self, below: Path, last: int) -> Iterator[None]:
        """After `last` changes below a folder the run is dead."""
        self.below, self.seen, self.last = str(below), 0, last
        try:
            yield
        except Killed:
            pass
        finally:
            self.below = ""


@pytest.fixture(scope="module")
def places() -> Places:
    return Places()


def every_place(places: Places, folder: Path, begin: Callable[[], None], work: Callable[[], None]) -> Iterator[int]:
    """Do the work again and again, dying one change later each time, until it is done without dying."""
    last = 0
    while True:
        begin()
        with places.armed(folder, last):
            work()
        yield last
        if places.seen <= last:
            return
        last += 1


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


DECIDED = {"who": "anna", "why": "looked at it", "at": AT}


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
    assert points > 15


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
    assert points > 5


def _copied(fresh: Path, root: Path) -> None:
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(fresh, root, symlinks=True)


_NIGHT = """
import os, signal, sys
home, last = sys.argv[1], int(sys.argv[2])
changes, seen = {changes!r}, 0
def hook(event, arguments):
    global seen
    writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & {writing}
    if (writes or event in changes) and str(arguments[0]).startswith(home):
        seen += 1
        if seen > last:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(hook)
from pipelines.cli import app
try:
    app(["run", "--home", home])
finally:
    print("places", seen)
"""


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_a_night_killed_at_a_write_ends_in_the_same_tables(night: Path, tmp_path: Path, leads: Run, seed: int) -> None:
    home = tmp_path / "home"
    shutil.copytree(night / "inbox", home / "inbox")
    last = random.Random(seed).randrange(5, 400)  # a night of this size has about 450 places
    code = _NIGHT.format(changes=_CHANGES, writing=_WRITING)
    command = [sys.executable, "-c", code, str(home), str(last)]
    killed = subprocess.run(command, capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stdout[-500:]
    done = leads("run", "--home", home)
    assert done.returncode == 0, done.stdout + done.stderr
    again = content(published(home))
    for name, frame in content(published(night)).items():
        assert frame.equals(again[name]), name
