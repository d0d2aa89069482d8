"""A full disk is always said to be one, with the remedy, whoever was writing; what was there stays."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
from pyarrow import ipc
from sqlalchemy.exc import OperationalError

from assets.resources.lake import Lake
from engine.disk import is_full, remedy
from publishing.previous import current_folder
from publishing.publish import PublishError, publish
from publishing.repair import differing
from sources.problems import Unreadable
from tests.conftest import Run
from tests.publishing.example import AT, tables
from tests.sources.building import Home, csv_text

FULL = "the disk is full; free some space"


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), FULL),
        (OSError("No space left on device (os error 28)"), FULL),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "the quota is used up"),
        (OSError(errno.EFBIG, "File too large"), "ulimit -f"),
        (OSError(errno.EROFS, "Read-only file system"), "read-only"),
        (pl.exceptions.ComputeError("No space left on device (os error 28)"), FULL),
        (pa.ArrowException("[Errno 28] Error writing bytes to file. Detail: [errno 28]"), FULL),
        (sqlite3.OperationalError("database or disk is full"), FULL),
        (OperationalError("insert", {}, sqlite3.OperationalError("database or disk is full")), FULL),
        (caused(RuntimeError("a step failed"), OSError(errno.ENOSPC, "No space left on device")), FULL),
        (OSError(errno.ENOENT, "No such file or directory", "no space left on device.csv"), None),
        (ValueError("nothing of the kind"), None),
    ],
    ids=str,
)
def test_the_remedy_is_known_whoever_says_it(error: Exception, told: str | None) -> None:
    said = remedy(error)
    assert (told in said) if told and said else said is told
    if told is not None:
        assert told in (remedy(str(error)) or remedy(error) or "")


def test_what_a_file_says_is_no_full_disk() -> None:
    """A lead file whose text speaks of a full disk must not stop the night."""
    assert not is_full(
        Unreadable("no_known_column", "None of the columns is known: No space left on device (os error 28)")
    )
    assert not is_full(OSError(errno.EIO, "Input/output error", "lead.csv"))
    assert is_full(caused(Unreadable("reader_failed", "failed"), OSError("No space left on device (os error 28)")))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own of 1 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("only root may mount a small file system")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


def fill(disk: Path, spare: int = 0) -> Path:
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass
        os.truncate(ballast, max(ballast.stat().st_size - spare, 0))
    return ballast


@pytest.mark.parametrize("spare", [0, 4096, 8192, 12_288])
def test_reading_stops_and_goes_on_when_there_is_space(tmp_path: Path, small_disk: Path, spare: int) -> None:
    home = Home(tmp_path)
    home.store = small_disk / "raw"
    for number in range(5):
        home.put(f"{number}.csv", csv_text().replace("L-", f"{number}-"))
    ballast = fill(small_disk, spare)
    with pytest.raises(OSError) as failed:
        home.run()
    assert FULL in (remedy(failed.value) or "")
    ballast.unlink()
    home.run()
    assert home.records().height == 15


def test_the_lake_and_publishing_keep_what_was_there(small_disk: Path) -> None:
    root, lake = small_disk / "published", Lake(home=str(small_disk))
    publish(tables("run-1"), root, "run-1", at=AT)
    lake.write("leads", tables("run-1")["leads"])
    ballast = fill(small_disk)
    with pytest.raises(PublishError, match=FULL):
        publish(tables("run-2"), root, "run-2", at=AT)
    for frame in (pl.DataFrame({"a": range(10_000)}), pl.LazyFrame({"a": range(10_000)})):
        with pytest.raises((OSError, pl.exceptions.PolarsError)) as failed:
            lake.write("leads", frame)
        assert FULL in (remedy(failed.value) or "")
    assert lake.read("leads").equals(tables("run-1")["leads"])
    folder = current_folder(root)
    assert folder is not None
    assert folder.name == "run-1"
    assert not differing(folder)
    ballast.unlink()
    publish(tables("run-2"), root, "run-2", at=AT)
    folder = current_folder(root)
    assert folder is not None
    assert folder.name == "run-2"


def test_arrow_and_sqlite_are_understood(small_disk: Path) -> None:
    database = sqlite3.connect(small_disk / "runs.db")
    database.execute("create table runs (body text)")
    database.commit()
    fill(small_disk)
    with pytest.raises(sqlite3.OperationalError) as failed:
        database.executemany("insert into runs values (?)", [("x" * 10_000,)] * 100)
        database.commit()
    assert FULL in (remedy(failed.value) or "")
    database.close()
    table = pa.table({"a": range(100_000)})
    with pytest.raises(OSError) as written:  # noqa: SIM117
        with ipc.new_file(str(small_disk / "rows.arrow"), table.schema) as file:
            file.write_table(table)
    assert FULL in (remedy(written.value) or "")


@pytest.mark.slow
@pytest.mark.parametrize("folder", ["lake", "published", "report", "dagster", "tmp"])
def test_a_night_on_a_full_disk_says_so(
    night: Path, tmp_path: Path, small_disk: Path, leads: Run, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each folder in turn lies on a disk of its own that has no room; the night after, with room, publishes."""
    home = tmp_path / "home"
    shutil.copytree(night, home, symlinks=True)
    if folder == "tmp":
        monkeypatch.setenv("TMPDIR", str(small_disk))
    else:
        shutil.rmtree(home / folder)
        (home / folder).symlink_to(small_disk)
    fill(small_disk)
    done = leads("run", "--home", home)
    assert "Traceback" not in done.stdout + done.stderr
    if folder == "report":
        assert "Published" in done.stdout
        assert "report failed" in done.stdout
    if folder != "tmp" or done.returncode:
        assert done.returncode != 0
        assert FULL in done.stdout
