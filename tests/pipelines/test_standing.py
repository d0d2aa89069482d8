"""Standing: `leads explain` says where a lead stands, by which rows, since when and with whom."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from assets.resources.home import Home
from contracts.published import LEADS, REDIRECTS
from contracts.qualified import (
    HANDOVERS,
    LEAD_SCORES,
    QUALIFIED,
    SCORE_EXPLANATIONS,
    STAGE_HISTORY,
    TOUCHPOINTS,
)
from pipelines.standing import Standing, standing_of, told_standing
from publishing.qualified import publish_qualified
from tests.qualification.homes import frame

NIGHT = datetime(2026, 3, 11, 1, tzinfo=UTC)
ANNA = "L" + "A" * 16
SCORE = {
    "lead_id": ANNA,
    "as_of": NIGHT,
    "rules_version": "2026-12-01+46010b4e",
    "fit": 20.0,
    "fit_grade": "C",
    "behaviour": 40.0,
    "behaviour_grade": "2",
    "qualified": True,
    "qualified_by": "trigger demo_request",
    "probability_note": "off: 18 of 200 outcomes",
    "stage": "mql",
    "stage_since": datetime(2026, 3, 10, 9, tzinfo=UTC),
    "content_hash": "x",
}
ROWS = [
    ("fit", "country map", None, "country", 10.0, 1.0, 10.0, None),
    ("fit", "industry in", None, "industry", 10.0, 1.0, 10.0, None),
    ("behaviour", "demo_request", "T1", None, 50.0, 0.9, 45.0, None),
    ("behaviour", "page_view", "T2", None, 1.0, 0.0, 0.0, "daily_cap"),
    ("behaviour", "page_view", "T3", None, 1.0, 0.0, 0.0, "daily_cap"),
    ("cap", "groups.web", None, None, None, None, -5.0, "group_ceiling"),
]
SEEN = [{"source": source, "source_record_id": "7", "file": f"{source}.csv", "row": 7} for source in ("crm", "web")]
STEP = {
    "lead_id": ANNA,
    "stage": "mql",
    "ladder": 3,
    "pass": 1,
    "entered_at": SCORE["stage_since"],
    "known_at": NIGHT,
    "by": "rule",
}
HANDED = {
    "handover_id": "ho_1",
    "lead_id": ANNA,
    "status": "handed_over",
    "team": "smb",
    "owner": "jan.huber",
    "rule": "row 90: round_robin",
    "qualified_at": SCORE["stage_since"],
    "handed_over_at": NIGHT,
    "due_at": datetime(2026, 3, 11, 8, tzinfo=UTC),
    "sla": "running",
}


def rows_of(*rows: tuple[Any, ...]) -> list[dict[str, Any]]:
    names = ("part", "rule", "touchpoint_id", "field", "points", "factor", "contribution", "reason")
    return [{"lead_id": ANNA} | dict(zip(names, row, strict=True)) for row in rows]


def told(home: Path, score: dict[str, Any] | None = None, *, of: str = "run-1", **more: Any) -> list[str]:
    found = standing(home, score, of=of, **more)
    assert found
    return list(told_standing(found, "run-1"))


def standing(home: Path, score: dict[str, Any] | None = None, *, of: str = "run-1", **more: Any) -> Standing | None:
    """Of Anna, whose tables are published in `home`; `more` names rows of tables that differ."""
    at = datetime(2026, 3, 10, 9, tzinfo=UTC)
    act = {"lead_id": ANNA, "channel": "web", "human": "yes", "join_rule": "email", "occurred_at": at, "known_at": at}
    given = {
        "lead_scores": [SCORE | (score or {})],
        "score_explanations": rows_of(*ROWS),
        "touchpoints": [
            act | {"touchpoint_id": "T1", "kind": "demo_request", "campaign_id": "hm26", "evidence": SEEN},
            act | {"touchpoint_id": "T2", "kind": "page_view", "evidence": []},
        ],
        "stage_history": [STEP | {"model": "marketo", "evidence": "scoring.toml 1"}],
        "handovers": [HANDED],
    } | more
    schemas = (LEAD_SCORES, SCORE_EXPLANATIONS, TOUCHPOINTS, STAGE_HISTORY, HANDOVERS)
    tables = {table.name: table.empty() for table in QUALIFIED}
    tables |= {table.name: frame(table, given[table.name]) for table in schemas}
    publish_qualified(tables, home / "qualified", of, REDIRECTS.empty())
    current = home / "published"
    current.mkdir(exist_ok=True)
    frame(LEADS, [{"lead_id": ANNA, "country": "DE"}]).write_parquet(current / "leads.parquet")
    return standing_of(Home(home), current, ANNA)


def test_scores_with_grades_and_the_rows_they_consist_of(tmp_path: Path) -> None:
    assert told(tmp_path) == [
        "as of       2026-03-11 01:00 UTC, by scoring rules 2026-12-01+46010b4e",
        "qualified   yes: trigger demo_request",
        "fit         20.00, grade C",
        "              +10.00  country map · country DE",
        "              +10.00  industry in · industry",
        "behaviour   40.00, grade 2",
        "              +45.00  demo_request · 50 × 0.900 · 2026-03-10 09:00 UTC · campaign hm26"
        " · crm 7 · crm.csv, row 7 · and 1 more that show it",
        "               -5.00  groups.web · group_ceiling",
        "                0.00  for what does not count: daily_cap 2",
        "probability off: 18 of 200 outcomes",
        "stage       mql since 2026-03-10 09:00 UTC, by rule; scoring.toml 1",
        "hand-over   handed_over 2026-03-11 01:00 UTC to jan.huber · team smb · row 90: round_robin · "
        "due 2026-03-11 08:00 UTC · SLA running",
    ]


def test_rows_sum_to_the_scores_and_caps_stand_among_those_they_cut(tmp_path: Path) -> None:
    found = standing(
        tmp_path, score_explanations=rows_of(*ROWS, ("cap", "model.fit_range", None, None, None, None, 0.0, "range"))
    )
    assert found
    assert sum(row.contribution for row in found.of("fit")) == found.fit
    assert sum(row.contribution for row in found.of("behaviour")) == found.behaviour
    assert len(found.of("fit")) + len(found.of("behaviour")) == len(found.rows) == 7


def test_an_objection_shows_that_profiling_stopped(tmp_path: Path) -> None:
    objected = {"behaviour": None, "behaviour_grade": None, "qualified": False, "qualified_by": "objected"}
    lines = told(tmp_path, objected, score_explanations=rows_of(*ROWS[:2]), handovers=[])
    assert "profiling   stopped: the person objected; what they do is not scored" in lines
    assert not any(line.startswith(("qualified", "behaviour", "hand-over")) for line in lines)


def test_the_stage_is_told_by_the_row_of_the_chosen_model_and_not_by_one_from_before_a_merge(tmp_path: Path) -> None:
    (tmp_path / "qualification").mkdir()
    (tmp_path / "qualification" / "lead_management.toml").write_text('stage_model = "simple"\n', encoding="utf-8")
    rows = [
        STEP | {"model": "marketo", "evidence": "of marketo"},
        STEP | {"model": "simple", "evidence": "of simple", "reason": "late"},
        STEP | {"model": "simple", "evidence": "of another", "merged_from": "L" + "B" * 16},
    ]
    lines = told(tmp_path, stage_history=rows)
    assert "stage       mql since 2026-03-10 09:00 UTC, by rule · late; of simple" in lines
    assert "stage       mql since 2026-03-10 09:00 UTC" in told(tmp_path, stage_history=[])


@pytest.mark.parametrize(
    ("handover", "line"),
    [
        (
            {"status": "held", "hold_code": "outside_territory", "rule": "handover outside_territory: partner"},
            "held 2026-03-10 09:00 UTC · team smb · handover outside_territory: partner",
        ),
        ({"status": "withdrawn", "outcome": "lead_gone"}, "withdrawn 2026-03-10 09:00 UTC · team smb · lead_gone"),
    ],
    ids=["held", "withdrawn"],
)
def test_what_keeps_a_lead_back_is_told(tmp_path: Path, handover: dict[str, Any], line: str) -> None:
    never = dict.fromkeys(("owner", "handed_over_at", "due_at", "sla", "rule"))
    assert f"hand-over   {line}" in told(tmp_path, handovers=[HANDED | never | handover])


def test_a_home_that_went_back_to_an_earlier_publication_says_so(tmp_path: Path) -> None:
    assert "            made from publication run-2, not from run-1, which is current" in told(tmp_path, of="run-2")


def test_nothing_is_said_where_nothing_is_qualified(tmp_path: Path) -> None:
    assert standing_of(Home(tmp_path), tmp_path, ANNA) is None
    assert standing(tmp_path, {"lead_id": "L" + "B" * 16}) is None
