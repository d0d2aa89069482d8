"""`leads verify` names each damaged thing of a home with its remedy, changes nothing, and exits with 1."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from assets.resources.home import Home
from engine.journal import digest_of
from pipelines.verifying import verify
from tests.conftest import Run


@pytest.fixture
def home(night: Path, tmp_path: Path) -> Path:
    return shutil.copytree(night, tmp_path / "home", symlinks=True)


def state(home: Path) -> dict[str, tuple[str | None, int]]:
    files = (path for path in home.rglob("*") if path.is_file() and path.name != ".lock")
    return {str(path): (digest_of(path), path.stat().st_mtime_ns) for path in files}


def test_a_home_as_it_was_written_is_sound_and_is_left_as_it_lies(home: Path, leads: Run) -> None:
    before = state(home)
    done = leads("verify", "--home", home)
    assert (done.returncode, "is what was written" in done.stdout) == (0, True), done.stdout
    assert state(home) == before


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def garbage(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"garbage\n")


def write(text: str) -> Callable[[Path], None]:
    def put(path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    return put


DAMAGES = [
    ("lake/raw/online/*/*.arrow", flip, "in the store", "leads run"),
    ("lake/raw/offline/*/*.files.parquet", Path.unlink, "in the store", "deliver it again"),
    ("lake/match_decisions.parquet", flip, "match_decisions.parquet", "leads run"),
    ("lake/leads.parquet", Path.unlink, "leads.parquet", "leads run"),
    ("published/current/accounts.parquet", cut, "accounts.parquet", "mends it"),
    ("published/current/manifest.json", flip, "manifest.json", "mends it"),
    ("published/current", Path.unlink, "current", "leads run"),
    ("published/nights.jsonl", garbage, "nights.jsonl", "no harm"),
    ("published/nights.jsonl", flip, "nights.jsonl", "no harm"),
    ("published/.written.jsonl", cut, ".written.jsonl", "no harm"),
    ("published/log.jsonl", write("garbage\n"), "log.jsonl", "leads history"),
    ("dagster/history/runs.db", cut, "runs.db", "sets it aside"),
    ("dagster/dagster.yaml", write("- a list"), "dagster.yaml", "sets it aside"),
    ("overrides/decisions.csv", write("number,at\n1,2\n"), "decisions.csv", "correct it"),
    ("overrides/withdrawn.csv", write("decision,source\nwithdraw,x\n"), "withdrawn.csv", "correct it"),
    ("overrides/erased.csv", write("tombstone,at\n" + "0" * 32 + ",2026-01-01\n"), "erased", "no night runs"),
    ("suppression/stop.csv", write("nothing\n"), "stop.csv", "correct it"),
    ("register/firms.csv", write("a,b\n1,2\n"), "firms.csv", "correct it"),
    ("publishable.csv", write("a,b\n"), "publishable.csv", "correct it"),
    ("sources/messe.toml", write("colour = 3\n"), "messe.toml", "correct it"),
]


@pytest.mark.parametrize(
    ("place", "damage", "named", "remedy"), DAMAGES, ids=lambda value: getattr(value, "__name__", value)
)
def test_each_damaged_thing_is_named_with_its_remedy(
    home: Path, place: str, damage: Callable[[Path], None], named: str, remedy: str
) -> None:
    path = next(iter(sorted(home.glob(place))), home / place)
    damage(path)
    before = state(home)
    (found,) = verify(Home(home))
    assert named in found.what
    assert remedy in found.remedy
    assert state(home) == before


@pytest.mark.slow
def test_the_command_exits_with_1_and_the_night_after_it_mends_what_it_can(home: Path, leads: Run) -> None:
    flip(home / "published" / "current" / "leads.parquet")
    garbage(home / "published" / "nights.jsonl")
    done = leads("verify", "--home", home)
    assert done.returncode == 1
    assert "leads.parquet" in done.stdout
    assert "nights.jsonl" in done.stdout
    mended = leads("run", "--home", home)
    assert mended.stdout.count("Mended: ") == 2, mended.stdout
    assert leads("verify", "--home", home).returncode == 0
