"""A night that dies, or finds the disk full, at any write: nothing is missing then, and the next night ends the same.

The night is the whole job, in this process, on a home that has published before and got new, changed and withdrawn
leads since. It is stopped at one place in ten, dead or on a full disk; `CRASH_PLACES=1/10` to `9/10` take the others,
each in a process of its own (Dagster's definitions of each night stay in memory).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import dagster as dg
import pytest

from assets.resources.lake import Lake
from engine import workers
from engine.mortal import Mortal
from pipelines.definitions import build_definitions
from publishing.previous import current_folder
from publishing.repair import differing
from samples.generate import write_sample
from tests.hostile.places import Places, disk_full, killed
from tests.pipelines.publication import Tables, content, published

pytestmark = pytest.mark.slow

LEADS = 60
FIRST, EVERY = map(int, os.environ.get("CRASH_PLACES", "0/10").split("/"))
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


class Nights(NamedTuple):
    """A home before a night, its tables after that night, and how many places the night has."""

    before: Path
    after: Tables
    places: int


def run_night(home: Path) -> bool:
    """The nightly job; whether all of it went well."""
    job = build_definitions({"lake": Lake(home=str(home))}).resolve_job_def("nightly")
    with dg.DagsterInstance.ephemeral() as instance:
        return job.execute_in_process(instance=instance, raise_on_error=False, run_config=_QUIET).success


def readable_tables(home: Path) -> set[str]:
    """The tables of the lake; each one must be what was written, whatever it was, to the last row."""
    lake = Lake(home=str(home))
    names = {path.stem for path in lake.where.lake.glob("[!.]*.parquet")}
    for name in names:
        lake.read(name)
    return names


@pytest.fixture(scope="module")
def places() -> Places:
    return Places()


@pytest.fixture(scope="module", autouse=True)
def here() -> object:
    """Readers and workers work in this process, where their places are counted."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Mortal, "ask", lambda _, job, *arguments: job(*arguments))
        patch.setattr(Mortal, "start", lambda _: None)
        patch.setattr(workers, "cores", lambda: 1)
        yield


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory, places: Places) -> Nights:
    folder = tmp_path_factory.mktemp("crashes")
    before, home = folder / "before", folder / "home"
    write_sample(before, LEADS, 7)
    assert run_night(before)
    new = before / "inbox" / "online" / "every_night" / "1.csv"
    new.parent.mkdir()
    new.write_text("Vorname;Nachname;E-Mail;Firma\nIna;Neuling;ina@werk.example;Werk GmbH\n", encoding="utf-8")
    first = min(path for path in (before / "inbox" / "online").rglob("*.csv") if path != new)
    first.write_bytes(first.read_bytes().replace(b"a", b"e", 3))
    shutil.copytree(before, home, symlinks=True)
    there = readable_tables(home)

    def all_there() -> None:
        missing = [name for name in there if not (home / "lake" / f"{name}.parquet").exists()]
        assert not missing, f"a moment without {missing}"

    with places.armed(home, look=all_there):
        assert run_night(home)
    return Nights(before, content(published(home)), places.seen)


def test_a_night_has_as_many_places_as_is_told(nights: Nights) -> None:
    assert 160 <= nights.places <= 190, f"docs/operations.md tells that there are 174, now {nights.places}"


@pytest.mark.parametrize("stop", [killed, disk_full], ids=["killed", "disk full"])
def test_a_night_stopped_at_a_write_harms_nothing_and_the_next_one_ends_the_same(
    nights: Nights, places: Places, tmp_path: Path, stop: Callable[[str], None]
) -> None:
    home = tmp_path / "home"
    there = readable_tables(nights.before)
    for last in range(FIRST, nights.places, EVERY):
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(nights.before, home, symlinks=True)
        with places.armed(home, last, stop):
            run_night(home)
        if places.seen <= last:  # some places are there only once in a process
            assert last > 0.95 * nights.places
            break
        assert readable_tables(home) >= there, last
        folder = current_folder(home / "published")
        assert folder is not None and not differing(folder), last
        assert run_night(home), last
        again = content(published(home))
        for name, frame in nights.after.items():
            assert frame.equals(again[name]), (last, name)
        assert not [left for top in ("lake", "published", "qualified") for left in (home / top).rglob(".*.tmp")], last
