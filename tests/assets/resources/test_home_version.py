"""A home bears its version: older ones are brought up, newer ones are left alone."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from assets.resources import home_version
from assets.resources.home import DAGSTER_SETTINGS, Home
from assets.resources.home_version import CURRENT, MARK, UnknownHome, upgrade, version_of
from tests.conftest import Run
from tests.pipelines.publication import published

OF_VERSION_0 = "telemetry:\n  enabled: false\nnux:\n  enabled: false\nrun_queue:\n  max_concurrent_runs: 1\n"


def of_version_0(root: Path, settings: str = OF_VERSION_0) -> Home:
    """A home as it was before there were versions: it has seen a night, and bears no mark."""
    home = Home(root).prepare()
    home.dagster_settings.write_text(settings, encoding="utf-8")
    (home.published / "run-1").mkdir(exist_ok=True)
    (root / MARK).unlink(missing_ok=True)
    return home


def test_a_new_home_is_of_the_version_of_the_code(tmp_path: Path) -> None:
    home = Home(tmp_path).prepare()
    assert upgrade(home) == []
    assert version_of(home) == CURRENT
    told = json.loads((tmp_path / MARK).read_bytes())
    assert told["written_by"].startswith("lead-refinery ")
    assert told["at"].startswith("20")


def test_a_home_of_the_version_before_is_brought_up_once(tmp_path: Path) -> None:
    home = of_version_0(tmp_path)
    assert upgrade(home) == [f"the home went from version 0 to {CURRENT}"]
    assert home.dagster_settings.read_bytes() == DAGSTER_SETTINGS.read_bytes()
    mark = (tmp_path / MARK).read_bytes()
    assert upgrade(home) == []
    assert (tmp_path / MARK).read_bytes() == mark


def test_settings_that_somebody_changed_stay(tmp_path: Path) -> None:
    home = of_version_0(tmp_path, OF_VERSION_0 + "python_logs:\n  python_log_level: INFO\n")
    before = home.dagster_settings.read_bytes()
    upgrade(home)
    assert home.dagster_settings.read_bytes() == before


def test_an_upgrade_that_was_killed_is_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = of_version_0(tmp_path)

    def dies(_: Home) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(home_version, "_STEPS", (*home_version._STEPS, dies))
    with pytest.raises(KeyboardInterrupt):
        upgrade(home)
    monkeypatch.undo()
    assert version_of(home) == 0
    assert upgrade(home) == [f"the home went from version 0 to {CURRENT}"]


@pytest.mark.parametrize(
    ("mark", "said"),
    [
        ({"version": CURRENT + 1}, f"is a home of version {CURRENT + 1}"),
        ({"version": 0}, "is a home of version 0"),
        ({"version": "1"}, "is a home of version 1"),
        ({"written_by": "somebody"}, "cannot be read"),
        ([], "cannot be read"),
    ],
    ids=str,
)
def test_a_home_of_a_version_nobody_knows_is_left_alone(tmp_path: Path, leads: Run, mark: object, said: str) -> None:
    (tmp_path / MARK).write_text(json.dumps(mark), encoding="utf-8")
    done = leads("run", "--home", tmp_path)
    assert done.returncode == 2
    assert said in done.stdout
    assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == [MARK], "nothing in it was touched"


@pytest.mark.parametrize("content", [b"", b"{", b"\x00\xff", b"\xff\xfe", b"[" * 100_000])
def test_a_damaged_mark_says_what_to_do(tmp_path: Path, content: bytes) -> None:
    (tmp_path / MARK).write_bytes(content)
    with pytest.raises(UnknownHome, match="from a backup"):
        version_of(Home(tmp_path))


@pytest.mark.slow
def test_a_night_on_a_home_of_the_version_before_publishes_the_same(night: Path, tmp_path: Path, leads: Run) -> None:
    shutil.copytree(night, tmp_path / "home", symlinks=True)
    home = of_version_0(tmp_path / "home")
    done = leads("run", "--home", home.root)
    assert done.returncode == 0, done.stdout + done.stderr
    assert version_of(home) == CURRENT
    for name, frame in published(night).items():
        assert frame.equals(published(home.root)[name]), name
