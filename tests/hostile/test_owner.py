"""What a home holds is its owner's alone, whatever the umask, the mode of what was there, and who runs the night."""

from __future__ import annotations

import grp
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from assets.resources.owner import NoSuchGroup, close_to_others
from samples.generate import write_sample

BIN = Path(sys.executable).parent
Environment = dict[str, str]


def open_to_others(home: Path, group: bool = False) -> list[str]:
    """What others may do anything with; with `group`, what the group may not read or may change."""
    wrong = []
    for path in [home, *home.rglob("*")]:
        if path.is_symlink():
            continue
        mode = stat.S_IMODE(path.stat().st_mode)
        wanted = (0o2750 if path.is_dir() else 0o640) if group else (0o700 if path.is_dir() else 0o600)
        if mode != wanted:
            wrong.append(f"{mode:o} {path.relative_to(home)}")
    return wrong


def _run(home: Path, *command: str, **environment: str) -> None:
    done = subprocess.run(
        command,
        cwd=home,
        env=os.environ | {"LEADS_HOME": str(home), "DAGSTER_HOME": str(home / "dagster")} | environment,
        preexec_fn=lambda: os.umask(0) and None,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _home(tmp_path: Path) -> Path:
    before = os.umask(0)
    try:
        write_sample(tmp_path / "home", 60, 3)
    finally:
        os.umask(before)
    assert open_to_others(tmp_path / "home")
    return tmp_path / "home"


def by_command(home: Path) -> None:
    _run(home, str(BIN / "leads"), "run")
    _run(home, str(BIN / "leads"), "docs")


def by_dagster(home: Path) -> None:
    (home / "dagster").mkdir(mode=0o777)
    job = [sys.executable, "-m", "dagster", "job", "execute", "-m", "pipelines.definitions", "-j", "nightly"]
    _run(home, *job, PYTHONPATH=os.pathsep.join(sys.path))


@pytest.mark.slow
@pytest.mark.parametrize("night", [by_command, by_dagster])
def test_after_a_night_nothing_is_open_to_others(tmp_path: Path, night: Callable[[Path], None]) -> None:
    home = _home(tmp_path)
    night(home)
    assert (home / "published" / "current" / "leads.parquet").exists()
    assert open_to_others(home) == []


def test_a_group_may_read_and_not_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = _home(tmp_path)
    monkeypatch.setenv("LEADS_GROUP", grp.getgrgid(os.getegid()).gr_name)
    close_to_others(home)
    assert open_to_others(home, group=True) == []


def test_a_group_that_is_none_is_not_guessed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADS_GROUP", "nobody-knows-it")
    with pytest.raises(NoSuchGroup):
        close_to_others(tmp_path)


def test_what_lies_outside_is_not_touched(tmp_path: Path) -> None:
    home, outside = tmp_path / "home", tmp_path / "outside"
    home.mkdir()
    outside.mkdir()
    for name in ("linked", "twice"):
        (outside / name).write_text("x", encoding="utf-8")
        (outside / name).chmod(0o644)
    outside.chmod(0o755)
    (home / "link").symlink_to(outside / "linked")
    (home / "folder").symlink_to(outside)
    (home / "second").hardlink_to(outside / "twice")
    os.mkfifo(home / "pipe", 0o644)
    close_to_others(home)
    assert {stat.S_IMODE(path.stat().st_mode) for path in outside.iterdir()} == {0o644}
    assert stat.S_IMODE(outside.stat().st_mode) == 0o755
