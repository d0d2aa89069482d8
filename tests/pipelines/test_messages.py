"""What `leads run` says when it cannot publish: what is wrong and what to do, never a traceback."""

import fcntl
from pathlib import Path

import pytest

from tests.pipelines.conftest import Run


def test_an_inbox_without_files_says_where_to_put_them(tmp_path: Path, leads: Run) -> None:
    (tmp_path / "inbox" / "Messe").mkdir(parents=True)
    (tmp_path / "inbox" / "Messe" / "leads.csv").write_text("E-Mail\na@firma.de\n", encoding="utf-8")
    done = leads("run", "--home", tmp_path)
    assert done.returncode == 1
    assert "No lead files: put some into" in done.stdout
    assert "outside online/ and offline/: Messe/leads.csv" in done.stdout


def test_files_that_hold_no_record_are_named_with_their_reason(tmp_path: Path, leads: Run) -> None:
    (tmp_path / "inbox" / "online" / "web").mkdir(parents=True)
    (tmp_path / "inbox" / "online" / "web" / "leads.pdf").write_bytes(b"%PDF-1.7\n")
    done = leads("run", "--home", tmp_path)
    assert done.returncode == 1
    assert "online/web/leads.pdf: This is a PDF document" in done.stdout


def test_two_runs_do_not_share_a_home(tmp_path: Path, leads: Run) -> None:
    (tmp_path / "lake").mkdir()
    left = tmp_path / "lake" / ".clean_records.parquet.4711"
    left.write_bytes(b"left by a killed run")
    with (tmp_path / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = leads("run", "--home", tmp_path)
        assert done.returncode == 1
        assert "Another run is at work" in done.stdout
        assert left.exists(), "it may be the other run's"
    leads("run", "--home", tmp_path)
    assert not left.exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--home", "/proc/nowhere"], "The home /proc/nowhere cannot be used"),
        (["--inbox", "/does/not/exist"], "'/does/not/exist' does not exist"),
    ],
)
def test_places_that_cannot_be_used_are_refused(leads: Run, arguments: list[str], said: str) -> None:
    done = leads("run", *arguments)
    assert done.returncode == 2
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
