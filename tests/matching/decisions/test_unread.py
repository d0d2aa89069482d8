"""What lies in `overrides/` is read, or named: no decision waits for a night that does not see it."""

from __future__ import annotations

from pathlib import Path

import pytest

from matching.decisions.unread import FOLDER, READ, unread

SETTINGS = Path(__file__).parents[3] / "docs" / "settings.md"


def test_a_home_without_decisions_has_nothing_unread(tmp_path: Path) -> None:
    assert unread(tmp_path / "overrides") == unread(tmp_path) == []


@pytest.mark.parametrize("name", ["leads2.csv", "Leads.csv", "leads.xlsx", "leads.csv.bak", "decisions", "notes.txt"])
def test_a_file_or_folder_of_another_name_is_named(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.mkdir() if "." not in name else path.write_text("decision,left,right\n", encoding="utf-8")
    (told,) = unread(tmp_path)
    assert told.startswith(f"overrides/{name} is not read: decisions are read from decisions.csv, leads.csv")


def test_what_is_read_is_not_named_nor_are_the_marks_of_programs(tmp_path: Path) -> None:
    for name in (*READ, ".decisions.csv.lock", ".~lock.leads.csv#", "~$leads.csv"):
        (tmp_path / name).touch()
    (tmp_path / FOLDER).mkdir()
    assert unread(tmp_path) == []


def test_the_tree_of_a_home_names_every_file_that_is_read() -> None:
    (line,) = (
        line for line in SETTINGS.read_text(encoding="utf-8").splitlines() if line.startswith("<home>/overrides/ ")
    )
    assert [name for name in READ if name not in line] == []
