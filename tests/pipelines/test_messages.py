"""What `leads run` says when it cannot publish: what is wrong and what to do, never a traceback."""

import fcntl
import shlex
import socket
from pathlib import Path

import polars as pl
import pytest

from tests.conftest import Run


@pytest.mark.slow
def test_an_inbox_without_files_says_where_to_put_them(tmp_path: Path, leads: Run) -> None:
    (tmp_path / "inbox" / "Messe").mkdir(parents=True)
    (tmp_path / "inbox" / "Messe" / "leads.csv").write_text("E-Mail\na@firma.de\n", encoding="utf-8")
    done = leads("run", "--home", tmp_path)
    assert done.returncode == 1
    assert "No lead files: put some into" in done.stdout
    assert "outside online/, offline/ and activity/: Messe/leads.csv" in done.stdout


@pytest.mark.slow
def test_files_that_hold_no_record_are_named_with_their_reason(tmp_path: Path, leads: Run) -> None:
    (tmp_path / "inbox" / "online" / "web").mkdir(parents=True)
    (tmp_path / "inbox" / "online" / "web" / "leads.pdf").write_bytes(b"%PDF-1.7\n")
    done = leads("run", "--home", tmp_path)
    assert done.returncode == 1
    assert "online/web/leads.pdf: This is a PDF document" in done.stdout


@pytest.mark.slow
def test_two_runs_do_not_share_a_home(tmp_path: Path, leads: Run) -> None:
    (tmp_path / "lake").mkdir()
    left = tmp_path / "lake" / ".clean_records.parquet.4711.tmp"
    left.write_bytes(b"left by a killed run")
    with (tmp_path / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = leads("run", "--home", tmp_path)
        assert done.returncode == 2
        assert f"Another run is at work in {tmp_path}; wait for it" in done.stdout.replace("\n", " ")
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


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (
            ["sample", "/proc/nowhere", "--leads", "20"],
            "No sample could be written: No such file",
        ),
        (["sample", "somewhere", "--seed", "-1"], "Invalid value for '--seed'"),
        (["ui", "--port", "70000"], "Invalid value for '--port'"),
        (["rnu"], "Did you mean 'run'?"),
    ],
)
def test_what_cannot_be_done_is_refused_in_words(leads: Run, command: list[str], said: str) -> None:
    done = leads(*command)
    assert done.returncode == 2
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_that_is_taken_is_said_at_once(tmp_path: Path, leads: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        done = leads("ui", "--home", tmp_path, "--port", str(port))
    assert done.returncode == 2
    assert f"Port {port} cannot be used" in done.stdout


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("LEADS_SCHEDULE", "nightly", "invalid cron schedule 'nightly'"),
        ("LEADS_TIMEZONE", "Mars/Olympus", "Invalid execution timezone Mars/Olympus"),
        ("LEADS_TRUNCATE_IPS", "maybe", "LEADS_TRUNCATE_IPS=maybe says neither yes nor no"),
    ],
)
def test_settings_with_nonsense_are_named(
    tmp_path: Path, leads: Run, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    done = leads("run", "--home", tmp_path)
    assert done.returncode == 2
    assert said in done.stdout
    assert "Traceback" not in done.stderr


def test_a_sample_beside_other_files_says_that_the_truth_does_not_know_them(tmp_path: Path, leads: Run) -> None:
    assert "other files" not in leads("sample", tmp_path, "--leads", "40").stdout
    (tmp_path / "inbox" / "online" / "mine").mkdir()
    (tmp_path / "inbox" / "online" / "mine" / "leads.csv").write_text("E-Mail\na@firma.de\n", encoding="utf-8")
    assert "1 other files lie in the inbox too" in leads("sample", tmp_path, "--leads", "40").stdout


def test_review_shows_both_records_and_the_line_that_decides(night: Path, leads: Run) -> None:
    done = leads("review", "--home", night, "--top", "3")
    assert done.returncode == 0
    lines = [line.strip() for line in done.stdout.splitlines()]
    decisions = [shlex.split(line) for line in lines if line.startswith("leads decide must-link ")]
    assert decisions
    assert {len(line) for line in decisions} <= {7, 8}  # of records, and with --companies of companies


def test_a_terminal_without_umlauts_shows_the_night(night: Path, leads: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    done = leads("review", "--home", night)
    assert done.returncode == 0
    assert "Traceback" not in done.stderr


def test_explain_names_records_and_the_place_of_each_value(night: Path, leads: Run) -> None:
    crosswalk = pl.read_parquet(night / "published" / "current" / "lead_crosswalk.parquet")
    lead = crosswalk.group_by("lead_id").len().sort("len", "lead_id")["lead_id"][-1]
    done = leads("explain", lead, "--home", night)
    assert done.returncode == 0
    for source, record in crosswalk.filter(pl.col("lead_id") == lead).select("source", "source_record_id").iter_rows():
        assert f"{source} {record} in " in done.stdout
    assert "Where each value comes from" in done.stdout
    assert "Score and stage\nas of       " in done.stdout
    assert "Why they are one person" in done.stdout
