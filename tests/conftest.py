"""What all tests share: time for a generated example on a busy machine, the `leads` command, and one small night."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from samples.generate import write_sample

settings.register_profile("lead_refinery", deadline=None)
settings.load_profile("lead_refinery")

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def leads() -> Run:
    """Run `leads ...` from a foreign working directory; returns the finished process."""

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        command = [str(Path(sys.executable).with_name("leads")), *map(str, arguments)]
        return subprocess.run(command, cwd="/", capture_output=True, text=True, check=False)

    return run


@pytest.fixture(scope="session")
def night(tmp_path_factory: pytest.TempPathFactory, leads: Run) -> Path:
    """A home after one night on 400 sample leads."""
    home = tmp_path_factory.mktemp("home")
    write_sample(home, 400, 7)
    done = leads("run", "--home", home)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == "", "a night that went well has nothing to complain of, at its end neither"
    return home
