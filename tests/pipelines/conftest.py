"""Homes with a sample inbox, and the `leads` command as a person runs it."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from contracts.published import PUBLISHED
from samples.generate import write_sample

Tables = dict[str, pl.DataFrame]
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
    return home


def published(home: Path) -> Tables:
    """All published tables of a home."""
    current = (home / "published" / "current").resolve()
    return {table.name: pl.read_parquet(current / f"{table.name}.parquet") for table in PUBLISHED}


def content(tables: Tables) -> Tables:
    """Tables without the columns that name the run and its time."""
    return {name: frame.drop("run_id", "updated_at", "at", strict=False) for name, frame in tables.items()}
