"""`leads rules`: which tables there are, how a home's lines stand, and beginning one."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.laid_over import laid_over
from engine.rule_tables import RuleTable, rule_tables, shipped_rows
from engine.rules_folder import lines_of
from pipelines.commands.rules import beginning
from tests.conftest import Run


@pytest.mark.parametrize("table", rule_tables().values(), ids=lambda table: table.file)
def test_a_table_as_it_is_begun_has_no_effect(table: RuleTable) -> None:
    text = beginning(table).encode()
    assert lines_of(table, text) == ()
    if table.form != "settings":
        shipped = shipped_rows(table.path, table.form)
        assert laid_over(table, shipped, text).rows == shipped


def test_the_state_of_every_line_is_told(leads: Run, tmp_path: Path) -> None:
    assert leads("rules", "copy", "titles.csv", "--home", tmp_path).returncode == 0
    again = leads("rules", "copy", "titles.csv", "--home", tmp_path)
    assert (again.returncode, "is there already" in again.stdout) == (2, True)
    assert leads("rules", "copy", "../titles.csv", "--home", tmp_path).returncode == 2
    mine = tmp_path / "rules" / "titles.csv"
    assert mine.stat().st_mode & 0o077 == 0
    with mine.open("a", encoding="utf-8") as lines:
        lines.write("Dipl.-Zauberer,dipl-zauberer,front\n-Mag.,,\n-Dipl.-Hexe,,\n")
    told = leads("rules", "--home", tmp_path)
    assert told.returncode == 0, told.stdout
    assert "1 adds, 1 takes out, 1 unused" in told.stdout
    last = len(mine.read_text(encoding="utf-8").splitlines())
    assert f"rules/titles.csv, row {last}: the shipped table holds nothing like it; it can be" in told.stdout
    mine.write_text("title,pattern,place\nDr.,dr(,front\n", encoding="utf-8")
    told = leads("rules", "--home", tmp_path)
    assert told.returncode == 1
    assert "rules/titles.csv, row 2: pattern is no regular expression" in told.stdout


def test_no_night_begins_by_half_of_the_rules(leads: Run, tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "titels.csv").write_text("title\n", encoding="utf-8")
    told = leads("run", "--home", tmp_path)
    assert (told.returncode, "rules/titels.csv is read by nobody" in told.stdout) == (2, True), told.stdout
