"""Decisions of tonight: whatever does not count is told, with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.matched import DECISION_NOTICES
from contracts.statuses import DECISION_NOTICE
from matching.decisions.tonight import Tonight, decisions_of_tonight
from tests.matching.decisions.said import AT, keys, names

LEADS = "decision,left_source,left_id,right_source,right_id\n"
ACCOUNTS = "decision,left,right\n"
NO_RECORD, NO_COMPANY = "no record that was read tonight", "no company that a record of tonight names so"


def tonight(folder: Path) -> Tonight:
    found = decisions_of_tonight(folder, keys("web/a", "web/b"), names("Müller GmbH", "Schmidt AG"), AT)
    assert found.notices.schema == DECISION_NOTICES.schema
    assert set(found.notices["kind"]) <= set(DECISION_NOTICE)
    return found


@pytest.mark.parametrize(
    ("file", "text", "kind", "told"),
    [
        (
            "leads.csv",
            f"{LEADS}must_link,web,a,web,x\n",
            "unused",
            f"row 2: must_link matches nothing and waits: `right` is {NO_RECORD}",
        ),
        (
            "leads.csv",
            f"{LEADS}cannot_link,fair,a,web,x\n",
            "unused",
            f"row 2: cannot_link matches nothing and waits: `left` and `right` are {NO_RECORD}",
        ),
        (
            "leads.csv",
            f"{LEADS}must_link,web,a,web,a\n",
            "unused",
            "row 2: must_link matches nothing and waits: both sides are one and the same",
        ),
        (
            "leads.csv",
            f"{LEADS}must_link,web,a,web\n",
            "unread",
            "row 2, does not count: 4 cells, fewer than the header's 5",
        ),
        ("leads.csv", f"{LEADS}must_link,web,a,,b\n", "unread", "row 2, does not count: `right` is empty"),
        (
            "accounts.csv",
            f"{ACCOUNTS}rename,Nobody AG,Some AG\n",
            "unused",
            f"row 2: rename matches nothing and waits: `left` is {NO_COMPANY}",
        ),
        (
            "accounts.csv",
            f"{ACCOUNTS}set_parent,Müller GmbH,Nobody AG\n",
            "unused",
            f"row 2: set_parent matches nothing and waits: `right` is {NO_COMPANY}",
        ),
        ("leads2.csv", f"{LEADS}must_link,web,a,web,b\n", "unread", " is not read: decisions are read from"),
        (
            "decisions.csv",
            "number,at,who,about,decision,left,right,field,value,because,until\n1,2026",
            "unread",
            " ends within a line",
        ),
        (
            "decided/back.csv",
            "decision,left,right\nmust_link,web/a,web/x\n",
            "unread",
            "row 2: `right` names no record or company",
        ),
        ("decided/back.txt", "?", "unread", "it is no CSV file"),
    ],
)
def test_what_does_not_count_is_told_with_file_and_line(
    tmp_path: Path, file: str, text: str, kind: str, told: str
) -> None:
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text(text, encoding="utf-8")
    ((found, notice),) = tonight(tmp_path).notices.rows()
    assert found == kind
    assert Path(file).name in notice
    assert told in notice


def test_a_contradiction_names_every_line(tmp_path: Path) -> None:
    text = f"{LEADS}must_link,web,a,web,b\ncannot_link,web,a,web,b\n"
    (tmp_path / "leads.csv").write_text(text, encoding="utf-8")
    ((kind, notice),) = tonight(tmp_path).notices.rows()
    assert kind == "contradicted"
    assert "leads.csv, row 2" in notice
    assert "leads.csv, row 3" in notice


def test_where_all_count_nothing_is_told(tmp_path: Path) -> None:
    (tmp_path / "leads.csv").write_text(f"{LEADS}must_link,web,a,web,b\n", encoding="utf-8")
    found = tonight(tmp_path)
    assert (found.decisions["state"].to_list(), found.notices.height) == (["active"], 0)
