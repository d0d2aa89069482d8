"""The log keeps every decision as it was taken; mistakes in files people write are explained."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.decisions.log import (
    COLUMNS,
    FILE,
    Decision,
    erase_decisions,
    mistakes,
    read_date,
    read_decisions,
    record_decisions,
    torn,
)
from tests.matching.decisions.said import AT, cannot, company, keys, must, revoke

TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1).map(str.strip).filter(bool)
SPELLINGS = TEXTS.filter(lambda text: "'" not in text)  # an apostrophe before a formula is taken for ours
DECISIONS = st.one_of(
    st.builds(lambda left, right: must(f"web/{left}", f"fair/{right}"), SPELLINGS, SPELLINGS),
    st.builds(lambda left, right: company("rename", left, right), SPELLINGS, SPELLINGS),
)


def test_no_file_means_no_decisions(tmp_path: Path) -> None:
    assert read_decisions(tmp_path).is_empty()
    assert not torn(tmp_path)


def test_a_decision_keeps_who_when_why_and_until_when(tmp_path: Path) -> None:
    said = Decision("lead", "must_link", ("web/1",), ("fair/2",), because='"same"; called', until=date(2026, 12, 31))
    assert record_decisions(tmp_path, [said], "anna", AT) == [1]
    (row,) = read_decisions(tmp_path).rows(named=True)
    assert row == {
        **{"id": "1", "place": "decisions.csv, row 2", "at": AT, "who": "anna", "about": "lead"},
        **{"decision": "must_link", "left": "web/1", "right": "fair/2", "field": None, "value": None},
        **{"because": '"same"; called', "until": date(2026, 12, 31)},
    }


def test_a_decision_of_many_records_is_many_lines_of_one_number(tmp_path: Path) -> None:
    said = Decision("lead", "unmerge", ("web/1",), ("web/2", "web/3"))
    assert record_decisions(tmp_path, [said, revoke(7)], "anna", AT) == [1, 2]
    assert read_decisions(tmp_path).select("id", "left", "right").rows() == [
        ("1", "web/1", "web/2"),
        ("1", None, "web/3"),
        ("2", None, None),
    ]


@given(st.lists(st.lists(DECISIONS, max_size=3), max_size=3))
@settings(max_examples=40)
def test_lines_are_only_added_and_read_as_they_were_written(batches: list[list[Decision]]) -> None:
    with TemporaryDirectory() as folder:
        before = b""
        for batch in batches:
            record_decisions(Path(folder), batch, "anna", AT)
            content = (Path(folder) / FILE).read_bytes() if (Path(folder) / FILE).exists() else b""
            assert content.startswith(before)
            before = content
        said = [decision for batch in batches for decision in batch]
        found = read_decisions(Path(folder))
        assert found["id"].to_list() == [str(number) for number in range(1, len(said) + 1)]
        assert found["left"].to_list() == [decision.left[0] for decision in said]
        assert found["value"].to_list() == [decision.value for decision in said]


def test_nothing_in_the_log_is_a_formula(tmp_path: Path) -> None:
    record_decisions(tmp_path, [company("rename", "=cmd|' /C calc'!A0", "@SUM(1)")], "+anna", AT)
    assert "=cmd" not in (tmp_path / FILE).read_text(encoding="utf-8").replace("'=cmd", "")
    assert read_decisions(tmp_path).select("left", "value", "who").row(0) == ("=cmd|' /C calc'!A0", "@SUM(1)", "+anna")


def test_of_somebody_who_is_forgotten_only_who_decided_and_when_stays(tmp_path: Path) -> None:
    field = Decision("lead", "set_field", ("web/=a", "web/b"), field="city", value="Ulm", because="Anna said so")
    record_decisions(tmp_path, [must("web/1", "web/2"), field, cannot("web/2", "web/=a")], "bernd", AT)
    assert erase_decisions(tmp_path, keys("web/=a")) == 2
    assert read_decisions(tmp_path)["id"].to_list() == ["1"]
    content = (tmp_path / FILE).read_text(encoding="utf-8")
    assert not any(word in content for word in ("Ulm", "Anna", "web/=a", "web/b"))
    assert content.count("bernd") == 4
    assert record_decisions(tmp_path, [must("web/1", "web/3")], "bernd", AT) == [4]
    assert erase_decisions(tmp_path, keys("web/=a")) == 0


WRITER = """
import sys
from pathlib import Path
from matching.decisions.log import record_decisions
from tests.matching.decisions.said import AT, cannot, company, keys, must, revoke
folder, who, times = sys.argv[1:]
print("ready", flush=True)
for number in range(int(times)):
    record_decisions(Path(folder), [must(f"web/{number}", "web/x"), cannot(f"web/{number}", "web/y")], who, AT)
"""


def writer(folder: Path, who: str, times: int) -> subprocess.Popen[str]:
    """Another process that has begun to write pairs of decisions."""
    command = [sys.executable, "-c", WRITER, str(folder), who, str(times)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.mark.parametrize("seconds", [0.02, 0.06, 0.1])
def test_a_writer_that_is_killed_loses_nothing_and_leaves_nothing_half(tmp_path: Path, seconds: float) -> None:
    record_decisions(tmp_path, [must("web/a", "web/b")], "anna", AT)
    with writer(tmp_path, "anna", 100_000) as process:
        time.sleep(seconds)
        process.kill()
    found = read_decisions(tmp_path)
    assert found["left"][0] == "web/a"
    assert found.height % 2 == 1  # pairs are written together
    assert record_decisions(tmp_path, [must("web/c", "web/d")], "anna", AT) == [found.height + 1]


def test_two_writers_do_not_lose_each_others_lines(tmp_path: Path) -> None:
    with writer(tmp_path, "anna", 20) as one, writer(tmp_path, "bernd", 20) as other:
        assert (one.wait(30), other.wait(30)) == (0, 0)
    found = read_decisions(tmp_path)
    assert sorted(map(int, found["id"])) == list(range(1, 81))
    assert dict(found["who"].value_counts().iter_rows()) == {"anna": 40, "bernd": 40}


@pytest.mark.parametrize(
    ("end", "ids", "is_torn"),
    [
        ("2,2026-03-01,anna,lead,must_link,web/3,web/4,,,,\n", ["1", "2"], False),
        ("2,2026-03-01,anna,lead,must_link,web/3,web/4,,,,", ["1", "2"], False),  # saved by an editor
        ("2,2026-03-01,anna,lead,mus", ["1"], True),
        ('2,2026-03-01,anna,lead,must_link,web/3,web/4,,,"beca', ["1"], True),
        ("2", ["1"], True),
    ],
)
def test_a_last_line_that_breaks_off_does_not_count_and_is_written_over(
    tmp_path: Path, end: str, ids: list[str], is_torn: bool
) -> None:
    record_decisions(tmp_path, [must("web/1", "web/2")], "anna", AT)
    with (tmp_path / FILE).open("a", encoding="utf-8") as file:
        file.write(end)
    assert read_decisions(tmp_path)["id"].to_list() == ids
    assert torn(tmp_path) is is_torn
    record_decisions(tmp_path, [must("web/5", "web/6")], "anna", AT)
    assert read_decisions(tmp_path)["id"].to_list() == [*ids, str(len(ids) + 1)]
    assert not torn(tmp_path)


@pytest.mark.parametrize(
    ("line", "explanation"),
    [
        ("x,2026-03-01,anna,lead,must_link,web/3,web/4,,,,", "row 3: 'x' is no number"),
        ("2,2026-03-01,anna,lead,merge,web/3,web/4,,,,", "row 3: 'merge' is not a decision; use must_link, "),
        ("2,2026-03-01,anna,lead,rename,web/3,,,a,,", "row 3: rename is no decision about 'lead'"),
        ("2,2026-03-01,anna,lead,must_link,web/3,,,,,", "row 3: `right` is empty"),
        ("2,2026-03-01,anna,lead,must_link,web/3,web/4,,,,soon", "row 3: `until`: 'soon' is no date"),
        ("2,never,anna,lead,must_link,web/3,web/4,,,,", "row 3: `at`: 'never' is no date"),
        ("2,,anna,lead,set_field,web/3,,email,a@b.de,,", "row 3: `at` is empty"),
        ("2,2026-03-01,anna,,revoke,,,,first,,", "row 3: `value` has to be the number"),
        ("2,2026-03-01,anna,lead,must_link,web/3,web/4,,,,,,x,", "row 3: 13 cells, more than the header's 11"),
        ("2,2026-03-01,anna,lead,must_link,web/3,web/4,,,", "row 3: 10 cells, fewer than the header's 11"),
    ],
)
def test_a_log_that_says_nothing_is_explained_and_not_added_to(tmp_path: Path, line: str, explanation: str) -> None:
    record_decisions(tmp_path, [must("web/1", "web/2")], "anna", AT)
    with (tmp_path / FILE).open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    before = (tmp_path / FILE).read_bytes()
    for attempt in (read_decisions, lambda folder: record_decisions(folder, [must("web/5", "web/6")], "anna", AT)):
        with pytest.raises(ValueError, match=explanation) as error:
            attempt(tmp_path)
        assert str(tmp_path / FILE) in str(error.value)
    assert (tmp_path / FILE).read_bytes() == before


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-12-31", date(2026, 12, 31)),
        ("31.12.2026", date(2026, 12, 31)),
        ("31.12.26", date(2026, 12, 31)),
        ("31.12.2026 00:00", date(2026, 12, 31)),
        ("31.12.2026 00:00:00", date(2026, 12, 31)),
        ("31-12-2026", date(2026, 12, 31)),
        ("12/31/2026 12:00:00 AM", date(2026, 12, 31)),
        ("2026-12-31 00:00:00", date(2026, 12, 31)),
        ("12/31/2026", date(2026, 12, 31)),
        ("31/12/2026", date(2026, 12, 31)),
        ("4/4/2026", date(2026, 4, 4)),
        ("3/4/2026", None),  # March in Ohio, April in London
        ("46387", None),
        ("soon", None),
    ],
)
def test_a_day_is_read_as_people_and_excel_write_it(text: str, day: date | None) -> None:
    if day is None:
        with pytest.raises(ValueError, match="write it as 2026-12-31"):
            read_date(text)
    else:
        assert read_date(text) == day


@pytest.mark.parametrize("at", ["2026-11-30 08:15:00", "30.11.2026 08:15", "30.11.26 08:15:00", "11/30/2026 8:15 AM"])
@pytest.mark.parametrize("behind", ["", ";;;"])
def test_the_log_is_read_and_goes_on_after_excel_has_saved_it(tmp_path: Path, at: str, behind: str) -> None:
    lines = [";".join(COLUMNS), f"1;{at};anna;lead;must_link;web/1;web/2;;;a;{behind}", ";" * 13]
    (tmp_path / FILE).write_text("\r\n".join([*lines, ""]), encoding="utf-8-sig", newline="")
    assert read_decisions(tmp_path)["at"].to_list() == [datetime(2026, 11, 30, 8, 15, tzinfo=UTC)]
    assert record_decisions(tmp_path, [must("web/3", "web/4")], "anna", AT) == [2]
    assert erase_decisions(tmp_path, keys("web/1")) == 1
    assert read_decisions(tmp_path)["left"].to_list() == ["web/3"]


@pytest.mark.parametrize(
    "raw",
    [
        "decision;left;right;who\nrename;Müller GmbH;Müller, Söhne GmbH;anna\n".encode(),
        '\ufeffDecision , Left, right\r\nRename, Müller GmbH ,"Müller, Söhne GmbH"\r\n'.encode(),
        "decision;left;right\r\nrename;Müller GmbH;Müller, Söhne GmbH\r\n;;\r\n".encode("cp1252"),
        "decision\tleft\tright\r\nrename\tMüller GmbH\tMüller, Söhne GmbH\r\n".encode("utf-16"),
    ],
)
def test_what_people_write_by_hand_is_read_as_excel_saves_it(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "accounts.csv").write_bytes(raw)
    row = read_decisions(tmp_path).row(0, named=True)
    assert (row["id"], row["place"]) == ("accounts.csv:2", "accounts.csv, row 2")
    assert (row["decision"], row["left"], row["right"], row["value"]) == (
        *("rename", "Müller GmbH"),
        *(None, "Müller, Söhne GmbH"),
    )


def test_lines_by_hand_may_say_who_when_and_until(tmp_path: Path) -> None:
    (tmp_path / "leads.csv").write_text(
        "decision,left_source,left_id,right_source,right_id,until,at,who\n"
        "must_link,web,2,fair,1,31.12.2026,1.3.2026,anna\n",
        encoding="utf-8",
    )
    assert read_decisions(tmp_path).select("left", "right", "until", "at", "who").rows() == [
        ("web/2", "fair/1", date(2026, 12, 31), datetime(2026, 3, 1, tzinfo=UTC), "anna")
    ]


@pytest.mark.parametrize(
    ("text", "explanation"),
    [("decision,left\nrename,a\n", "column right is missing"), ("", "column decision, left, right is missing")],
)
def test_a_file_by_hand_without_a_needed_column_is_explained(tmp_path: Path, text: str, explanation: str) -> None:
    (tmp_path / "accounts.csv").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=explanation):
        read_decisions(tmp_path)


@pytest.mark.parametrize(
    ("line", "explanation"),
    [
        ("merge,a,b", "'merge' is not a decision; use must_link, "),
        ("rename,a,", "`value` is empty"),
        ("rename,a", "2 cells, fewer than the header's 3; fill in what is missing"),
        ("rename,Müller, Söhne GmbH,b", "4 cells, more than the header's 3; "),
        ('rename,"a,b', "2 cells, fewer than the header's 3; "),
    ],
)
def test_a_line_by_hand_that_says_nothing_is_named_and_the_others_count(
    tmp_path: Path, line: str, explanation: str
) -> None:
    text = f"decision,left,right\nmust_link,c,d\n\n{line}\n"
    (tmp_path / "accounts.csv").write_text(text, encoding="utf-8")
    (told,) = mistakes(tmp_path)
    assert told.startswith("overrides/accounts.csv, row 4, does not count: ")
    assert explanation in told
    assert read_decisions(tmp_path)["place"].to_list() == ["accounts.csv, row 2"]


def test_empty_cells_beyond_the_header_are_none(tmp_path: Path) -> None:
    (tmp_path / "accounts.csv").write_text("decision;left;right\nrename;a;b;;\n;;;;\n", encoding="utf-8")
    assert (read_decisions(tmp_path)["value"].to_list(), mistakes(tmp_path)) == (["b"], [])
