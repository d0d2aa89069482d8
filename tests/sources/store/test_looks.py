"""Looks: an unchanged file is known again without its bytes; whatever may have changed is hashed again."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sources import intake
from sources.lead_files import FileState, LeadFile
from sources.store import looks
from sources.store.channel_records import load_contents
from sources.store.looks import Looks
from tests.sources.building import ROWS, Home, csv_text

LONG_AGO = 1_700_000_000_000_000_000  # nanoseconds
OLD = FileState(10, LONG_AGO, LONG_AGO, 7)


def kept(store: Path, state: FileState) -> Looks:
    run = Looks(store, "offline")
    run.note("a.csv", state, "digest")
    run.keep()
    return Looks(store, "offline")


def test_a_file_that_is_as_it_was_is_known(tmp_path: Path) -> None:
    assert kept(tmp_path, OLD).hash_of("a.csv", OLD) == "digest"
    assert Looks(tmp_path, "online").hash_of("a.csv", OLD) is None


@pytest.mark.parametrize("what", ["size", "modified", "changed", "inode"])
def test_a_file_of_which_anything_changed_is_not_known(tmp_path: Path, what: str) -> None:
    assert kept(tmp_path, OLD).hash_of("a.csv", OLD._replace(**{what: 1})) is None


@pytest.mark.parametrize("what", ["modified", "changed"])
@pytest.mark.parametrize("ago", [-3600, 0, 1])
def test_a_file_that_had_just_changed_or_will_have_is_not_known(tmp_path: Path, what: str, ago: int) -> None:
    state = OLD._replace(**{what: time.time_ns() - ago * 10**9})
    assert kept(tmp_path, state).hash_of("a.csv", state) is None


def test_a_damaged_line_is_as_if_it_were_not_there(tmp_path: Path) -> None:
    kept(tmp_path, OLD)
    (journal,) = tmp_path.rglob("*.jsonl")
    journal.write_bytes(journal.read_bytes().replace(b"digest", b"digesT"))
    assert Looks(tmp_path, "offline").hash_of("a.csv", OLD) is None


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files hashed to see whether they are known; clocks are taken for exact."""
    monkeypatch.setattr(looks, "_CLOCKS", 0)
    names: list[str] = []

    def hash_of(file: LeadFile) -> str:
        names.append(file.place.name)
        return original(file)

    original = intake.hash_of
    monkeypatch.setattr(intake, "hash_of", hash_of)
    return names


def rewritten_in_secret(path: Path) -> None:
    """Other bytes of the same number, and the old date."""
    date = path.stat()
    path.write_bytes(path.read_bytes().replace(b"kaese", b"kAese"))
    os.utime(path, ns=(date.st_atime_ns, date.st_mtime_ns))


def replaced_in_secret(path: Path) -> None:
    """The same by another file in its place."""
    new = path.with_name(".new")
    new.write_bytes(path.read_bytes())
    os.utime(new, ns=(0, path.stat().st_mtime_ns))
    rewritten_in_secret(new)
    new.replace(path)


def test_an_unchanged_file_is_hashed_when_it_is_first_known_and_never_again(home: Home, hashed: list[str]) -> None:
    home.put("old.csv", csv_text())
    home.run()
    home.run()
    assert hashed == ["old.csv"]
    before = home.run()
    assert hashed == ["old.csv"]
    assert before.files["status"].to_list() == ["already_loaded"]


@pytest.mark.parametrize("change", [rewritten_in_secret, replaced_in_secret])
def test_what_changed_under_its_old_size_and_date_is_read(
    home: Home, hashed: list[str], change: Callable[[Path], None]
) -> None:
    path = home.put("old.csv", csv_text(rows=ROWS[:1]))
    for _ in range(3):
        home.run()
    change(path)
    assert home.run().count("loaded") == 1
    assert load_contents(home.store, "offline").filter(email="j.mueller@kAese.example").collect().height == 1


def test_twins_renamed_and_removed_ones_are_told_as_before(home: Home, hashed: list[str]) -> None:
    first = home.put("first.csv", csv_text())
    home.put("twin.csv", csv_text())
    for _ in range(3):
        report = home.run()
    assert sorted(report.files["file"]) == ["offline/messe/first.csv", "offline/messe/twin.csv"]
    assert set(report.files["status"]) == {"already_loaded"}
    first.rename(first.with_name("renamed.csv"))
    assert sorted(home.run().files["file"]) == ["offline/messe/renamed.csv", "offline/messe/twin.csv"]
    assert home.records().height == len(ROWS)
