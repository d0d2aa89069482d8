"""Compatibility: each kind of change of a schema, and the version it asks for."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from contracts.compatibility import Change, Version, compare, version_due

BEFORE: dict[str, Any] = {
    "leads": {
        "key": ["lead_id"],
        "columns": {
            "lead_id": {"type": "String", "nullable": False, "pattern": "^L"},
            "status": {"type": "String", "nullable": True, "words": ["valid", "missing"]},
            "share": {"type": "Float32", "nullable": True, "least": 0, "most": 1},
            "note": {"type": "String", "nullable": True},
        },
    },
    "quarantine": {"key": [], "columns": {"raw": {"type": "String", "nullable": True}}},
}
GONE = object()

# What is changed (path and new value), what is said of it, and whether readers may stumble.
CASES: list[tuple[tuple[str, ...], Any, str, str, bool]] = [
    (("quarantine",), GONE, "quarantine", "the table is gone", True),
    (("redirects",), {"key": [], "columns": {}}, "redirects", "the table is new", False),
    (("leads", "key"), ["lead_id", "status"], "leads", "the key is lead_id, status instead of lead_id", True),
    (("quarantine", "key"), ["raw"], "quarantine", "the key is raw instead of none", True),
    (("leads", "columns", "note"), GONE, "leads.note", "is gone", True),
    (("leads", "columns", "size"), {"type": "Int64", "nullable": True}, "leads.size", "is new", False),
    (("leads", "columns", "size"), {"type": "Int64", "nullable": False}, "leads.size", "is new", False),
    (("leads", "columns", "share", "type"), "Float64", "leads.share", "is Float64 instead of Float32", True),
    (("leads", "columns", "lead_id", "nullable"), True, "leads.lead_id", "may be null", True),
    (("leads", "columns", "note", "nullable"), False, "leads.note", "is never null", False),
    (("leads", "columns", "status", "words"), ["valid", "missing", "risky"], "leads.status", "may say risky", False),
    (("leads", "columns", "status", "words"), ["valid"], "leads.status", "no longer says missing", True),
    (("leads", "columns", "status", "words"), GONE, "leads.status", "has no closed vocabulary any more", True),
    (("leads", "columns", "note", "words"), ["hot"], "leads.note", "has a closed vocabulary", False),
    (("leads", "columns", "lead_id", "pattern"), "^A", "leads.lead_id", "is written as ^A instead of ^L", True),
    (("leads", "columns", "lead_id", "pattern"), GONE, "leads.lead_id", "is written as None instead of ^L", True),
    (("leads", "columns", "note", "pattern"), "^[a-z]", "leads.note", "is written as ^[a-z] instead of None", False),
    (("leads", "columns", "share", "least"), -1, "leads.share", "is at least -1 instead of 0", True),
    (("leads", "columns", "share", "least"), 0.5, "leads.share", "is at least 0.5 instead of 0", False),
    (("leads", "columns", "share", "most"), 2, "leads.share", "is at most 2 instead of 1", True),
    (("leads", "columns", "share", "most"), GONE, "leads.share", "is at most None instead of 1", True),
    (("leads", "columns", "share", "most"), 0.5, "leads.share", "is at most 0.5 instead of 1", False),
]


def changed(path: tuple[str, ...], value: Any) -> dict[str, Any]:
    after = deepcopy(BEFORE)
    place = after
    for name in path[:-1]:
        place = place[name]
    if value is GONE:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return after


@pytest.mark.parametrize(("path", "value", "where", "what", "breaking"), CASES)
def test_each_change_is_named_and_judged(
    path: tuple[str, ...], value: Any, where: str, what: str, breaking: bool
) -> None:
    assert compare(BEFORE, changed(path, value)) == [Change(where, what, breaking)]


def test_nothing_changed() -> None:
    assert compare(BEFORE, deepcopy(BEFORE)) == []


def test_a_renamed_column_is_gone_and_new() -> None:
    after = changed(("leads", "columns", "note"), GONE)
    after["leads"]["columns"]["remark"] = BEFORE["leads"]["columns"]["note"]
    assert compare(BEFORE, after) == [Change("leads.note", "is gone", True), Change("leads.remark", "is new", False)]


def test_another_order_of_columns_is_told() -> None:
    after = deepcopy(BEFORE)
    after["leads"]["columns"] = dict(reversed(BEFORE["leads"]["columns"].items()))
    assert compare(BEFORE, after) == [Change("leads", "the columns stand in another order", False)]


def test_other_words_for_the_same_are_gone_and_new() -> None:
    found = compare(BEFORE, changed(("leads", "columns", "status", "words"), ["good", "missing"]))
    assert [(change.what, change.breaking) for change in found] == [
        ("no longer says valid", True),
        ("may say good", False),
    ]


@pytest.mark.parametrize(
    ("breaking", "due"),
    [([], (1, 3)), ([False], (1, 4)), ([False, False], (1, 4)), ([True], (2, 0)), ([False, True], (2, 0))],
)
def test_the_version_due(breaking: list[bool], due: tuple[int, int]) -> None:
    changes = [Change("leads", "something", judged) for judged in breaking]
    assert version_due(Version(1, 3), changes) == Version(*due)
