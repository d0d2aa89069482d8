"""The log of withdrawals: the later decision holds, lines stay, and a damaged one is named."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from engine.fence import NotAFile
from sources.withdrawals import COLUMNS, FILE, RESTORE, WITHDRAW, Withdrawal, read_lines, read_withdrawals, record

HEADER = ",".join(COLUMNS)
BY_FILE = Withdrawal("messe", file_hash="ab12", because="bought", file="offline/messe/a.csv")
BY_ID = Withdrawal("messe", record_id="4711", because="deleted")


def test_nothing_is_withdrawn_without_a_file(tmp_path: Path) -> None:
    assert read_withdrawals(tmp_path).of("messe") == ()


def test_what_is_recorded_is_read_and_the_later_line_holds(tmp_path: Path) -> None:
    record(tmp_path, WITHDRAW, [BY_FILE, BY_ID], "eva")
    assert read_withdrawals(tmp_path).of("messe") == [BY_FILE, BY_ID]
    assert read_withdrawals(tmp_path).of("other") == ()
    record(tmp_path, RESTORE, [BY_FILE], "eva")
    assert read_withdrawals(tmp_path).of("messe") == [BY_ID]
    record(tmp_path, WITHDRAW, [BY_FILE], "eva")
    assert set(read_withdrawals(tmp_path).of("messe")) == {BY_FILE, BY_ID}
    assert len((tmp_path / FILE).read_text(encoding="utf-8").splitlines()) == 5


def test_all_lines_are_told_with_those_that_hold(tmp_path: Path) -> None:
    assert read_lines(tmp_path).is_empty()
    record(tmp_path, WITHDRAW, [Withdrawal("messe", record_id="4711", because="=1+1"), BY_FILE], "eva")
    record(tmp_path, RESTORE, [Withdrawal("messe", record_id="4711", because="a slip")], "udo")
    lines = read_lines(tmp_path)
    assert lines["decision"].to_list() == [WITHDRAW, WITHDRAW, RESTORE]
    assert lines["why"].to_list() == ["=1+1", "bought", "a slip"]
    assert lines["who"].to_list() == ["eva", "eva", "udo"]
    assert lines["holds"].to_list() == [False, True, True]


def test_a_file_that_excel_saved_is_added_to(tmp_path: Path) -> None:
    columns = COLUMNS[::-1]
    row = {"decision": "Withdraw", "source": "messe", "source_record_id": "1", "why": "gelöscht"}
    lines = [";".join(columns), ";".join(row.get(name, "") for name in columns)]
    (tmp_path / FILE).write_bytes("\r\n".join(lines).encode("cp1252"))
    record(tmp_path, WITHDRAW, [Withdrawal("messe", record_id="2; 3", because='"so"')], "eva")
    found = read_withdrawals(tmp_path).of("messe")
    assert [(it.record_id, it.because) for it in found] == [("1", "gelöscht"), ("2; 3", '"so"')]


def test_what_is_typed_is_no_formula_for_those_who_open_the_log(tmp_path: Path) -> None:
    record(tmp_path, WITHDRAW, [Withdrawal("messe", because="=cmd|' /C calc'!A0")], "eva")
    assert ",'=cmd" in (tmp_path / FILE).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("decision,source\nwithdraw,messe\n", "column file, file_hash, source_record_id, who, at, why is missing"),
        (f"{HEADER}\nwithdrawn,messe,,,,,,\n", "row 2: 'withdrawn' is not a decision; use withdraw"),
        (f"{HEADER}\nwithdraw,messe,,,,,,\nwithdraw,,,,1,,,\n", "row 3: `source` is empty"),
        (f"{HEADER}\nwithdraw,messe,a.csv,,,,,\n", "row 2: `file_hash` is empty; `leads withdraw messe --file NAME`"),
        (f"{HEADER}\nwithdraw,messe,,,1,,,,too,many\n", "row 2: 10 cells, more than the header's 8"),
    ],
)
def test_a_damaged_line_is_named_and_nothing_is_added(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / FILE
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=re.escape(message)) as error:
        read_withdrawals(tmp_path)
    assert str(path) in str(error.value)
    with pytest.raises(ValueError, match=re.escape(message)):
        record(tmp_path, WITHDRAW, [BY_ID], "eva")
    assert path.read_text(encoding="utf-8") == content


def test_the_log_is_read_behind_the_fence(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / FILE)
    with pytest.raises(NotAFile):
        read_withdrawals(tmp_path)
