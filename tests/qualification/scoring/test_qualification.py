"""Qualification: grades, triggers, hysteresis, customers, and when a grade will change by itself."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from qualification.rule_files import SHIPPED
from qualification.scoring.people import people
from qualification.scoring.rules import Scoring, scoring_rules
from qualification.scoring.standing import Standing, lead_scores, standing
from tests.qualification.rows import ZONE, Row, leads, touchpoints, utc

RULES = scoring_rules()
NO_FACTS = pl.DataFrame(schema={"lead_id": pl.String})
SINCE = {"lead_id": pl.String, "customer_since": pl.Datetime("us", "UTC")}

FIT: dict[str, Row] = {
    "A": {"country": "DE", "seniority": "c_level", "buying_role": "decider", "industry": "Automotive"},  # 65
    "B": {"country": "DE", "seniority": "c_level", "buying_role": "decider"},  # 45
    "C": {"country": "DE", "seniority": "manager"},  # 20
    "D": {"country": "DE", "seniority": "trainee"},  # -10
}


def stands(
    rows: list[Row], as_of: Any, fit: Row, rules: Scoring = RULES, customer_since: str | None = None
) -> Standing:
    since = pl.DataFrame(
        {"lead_id": ["A"], "customer_since": [utc(customer_since)]} if customer_since else [], schema=SINCE
    )
    at = utc(as_of) if isinstance(as_of, str) else as_of
    return standing(touchpoints(rows), people(leads(fit), NO_FACTS, since), rules, at, zone=ZONE)


def act(kind: str, at: str, **more: Any) -> Row:
    return {"kind": kind, "at": at, **more}


@pytest.fixture
def without_decay(tmp_path: Path) -> Scoring:
    """Points that stay: download 25, social_unfollow -4, careers_page_view -1.1, social_follow 5.1."""
    text = (SHIPPED / "scoring.toml").read_text(encoding="utf-8")
    start, end = text.index("[decay]"), text.index("[[behaviour]]")
    text = text[:start] + "[decay]\ndefault = 0\n\n" + text[end:]
    for old, new in {
        "points = 10                   # blue.LEAD": "points = 25 # blue.LEAD",
        "points = -5\n": "points = -4\n",
        "points = -10\n": "points = -1.1\n",
        'kind = "social_follow"\npoints = 2': 'kind = "social_follow"\npoints = 5.1',
    }.items():
        assert old in text
        text = text.replace(old, new)
    (tmp_path / "scoring.toml").write_text(text, encoding="utf-8")
    return scoring_rules(tmp_path)


SINKING = [
    act("download", "2026-03-01 12:00", content_id="c"),
    act("social_unfollow", "2026-03-02 12:00"),
    act("careers_page_view", "2026-03-03 12:00"),
]


@pytest.mark.parametrize(
    ("night", "behaviour", "qualified"),
    [
        ("2026-03-02 02:00", 25.0, True),
        ("2026-03-03 02:00", 21.0, True),
        ("2026-03-04 02:00", 19.9, True),
        ("2026-03-16 02:00", 19.9, True),
        ("2026-03-17 02:00", 19.9, False),
    ],
    ids=["25.00", "21.00", "19.90, first night", "19.90, 13th night", "19.90, 14th night"],
)
def test_qualification_is_lost_on_the_14th_night_below(
    without_decay: Scoring, night: str, behaviour: float, qualified: bool
) -> None:
    found = stands(SINKING, night, FIT["B"], without_decay).leads.row(0, named=True)
    assert (found["behaviour"], found["qualified"]) == (behaviour, qualified)
    assert found["qualified_by"].startswith(("grade B2", "kept below") if qualified else "decayed")


def test_who_recovers_in_time_keeps_it_and_the_nights_count_anew(without_decay: Scoring) -> None:
    rows = [
        *SINKING,
        act("social_follow", "2026-03-16 12:00"),
        act("social_unfollow", "2026-03-17 12:00"),
        act("social_unfollow", "2026-03-17 12:00"),
    ]
    assert stands(rows, "2026-03-30 02:00", FIT["B"], without_decay).leads["qualified"].item()
    assert not stands(rows, "2026-03-31 02:00", FIT["B"], without_decay).leads["qualified"].item()


def test_a_loss_is_told_once_and_does_not_depend_on_when_it_is_asked() -> None:
    rows = [act("demo_request", "2026-01-02 09:00")]
    told = [stands(rows, utc("2026-03-01 02:00") + timedelta(hours=7 * n), FIT["B"]).moves for n in range(4)]
    assert told[0].height == 2
    assert told[0]["signal"].to_list() == ["qualified", "disqualified"]
    assert all(told[0].equals(other) for other in told[1:])


def test_a_past_night_is_judged_as_it_was_that_night() -> None:
    rows = [act("demo_request", "2026-01-02 09:00"), act("download", "2026-02-20 09:00", content_id="c")]
    then = stands(rows[:1], "2026-02-01 02:00", FIT["B"])
    now = stands(rows, "2026-03-01 02:00", FIT["B"])
    assert now.moves.filter(pl.col("at") < utc("2026-02-01 02:00")).equals(then.moves)


@pytest.mark.parametrize(
    ("fit", "qualified", "by"),
    [
        ("A", True, "trigger demo_request"),
        ("B", True, "trigger demo_request"),
        ("C", True, "trigger demo_request"),
        ("D", False, "trigger_needs_fit_C"),
    ],
)
def test_a_trigger_qualifies_at_once_but_does_not_beat_fit(fit: str, qualified: bool, by: str) -> None:
    found = stands([act("demo_request", "2026-03-02 09:00")], "2026-03-02 09:05", FIT[fit]).leads.row(0, named=True)
    assert (found["fit_grade"], found["qualified"], found["qualified_by"]) == (fit, qualified, by)


def test_a_machine_pulls_no_trigger() -> None:
    found = stands([act("contact_request", "2026-03-02 09:00", human="no")], "2026-03-02 09:05", FIT["A"])
    assert not found.leads["qualified"].item()


@pytest.mark.parametrize(
    ("fit", "points", "grade", "qualified"),
    [
        ("A", 10, "3", True),
        ("A", 9, "4", False),
        ("B", 25, "2", True),
        ("B", 24, "3", False),
        ("C", 50, "1", True),
        ("C", 49, "2", False),
        ("D", 50, "1", False),
    ],
    ids=str,
)
def test_grades_begin_with_their_bound(fit: str, points: int, grade: str, qualified: bool) -> None:
    """Reached in one moment by a referral (20), scans at four fairs (20), answers (5) and page views (1)."""
    twenties, rest = divmod(points, 20)
    answers, views = divmod(rest, 5)
    kinds = {
        "referral": min(twenties, 1),
        "fair_scan": 4 * (twenties > 1),
        "survey_answer": answers,
        "page_view": views,
    }
    rows = [act(kind, "2026-03-02 09:00", campaign_id=f"{n}") for kind, many in kinds.items() for n in range(many)]
    found = stands(rows, "2026-03-02 09:00", FIT[fit]).leads.row(0, named=True)
    assert (found["behaviour"], found["behaviour_grade"], found["qualified"]) == (points, grade, qualified)


def test_customers_have_bounds_of_their_own_from_their_order_on() -> None:
    rows = [act("download", "2026-03-02 09:00", content_id="c")]
    assert stands(rows, "2026-03-02 09:00", FIT["A"]).leads["qualified"].item()
    assert not stands(rows, "2026-03-02 09:00", FIT["A"], customer_since="2026-01-01 00:00").leads["qualified"].item()
    assert stands(rows, "2026-03-03 09:00", FIT["A"], customer_since="2026-03-03 00:00").leads["qualified"].item()


@pytest.mark.parametrize(
    ("rows", "until"),
    [
        ([act("demo_request", "2026-03-02 09:00")], "2026-04-01 09:12"),
        ([act("download", "2026-03-02 09:00", content_id="c")], "2026-03-02 09:31"),
        ([act("page_view", "2026-03-02 09:00")], None),
        ([act("unsubscribe", "2026-03-02 09:00")], None),
        ([], None),
    ],
    ids=[
        "50, at the ceiling for ten days, to below 25",
        "10.00 is left within the hour",
        "4 is the lowest",
        "below nothing is still 4",
        "nothing",
    ],
)
def test_the_grade_holds_until_decay_changes_it(rows: list[Row], until: str | None) -> None:
    found = stands(rows, "2026-03-02 09:00", FIT["A"]).leads["grade_until"].item()
    if until is None:
        assert found is None
    else:
        assert abs(found - utc(until)) < timedelta(minutes=10)


def test_the_grade_changes_at_the_moment_told_and_not_before() -> None:
    rows = [act("demo_request", "2026-03-02 09:00"), act("fair_talk", "2026-03-01 09:00", campaign_id="hm")]
    rows += [act("unsubscribe", "2026-02-01 09:00"), act("referral", "2025-04-01 09:00")]
    at, grades = utc("2026-03-02 10:00"), []
    while (now := stands(rows, at, FIT["A"]).leads.row(0, named=True))["grade_until"] is not None:
        before = stands(rows, now["grade_until"] - timedelta(seconds=2), FIT["A"]).leads["behaviour_grade"].item()
        assert before == now["behaviour_grade"]
        grades.append(before)
        at = now["grade_until"]
    assert grades == ["1", "2", "3"]
    assert now["behaviour_grade"] == "4"


def test_nothing_that_decays_is_in_the_hash_a_crm_waits_for() -> None:
    stage = pl.DataFrame({"lead_id": ["A"], "stage": ["mql"], "stage_since": [utc("2026-03-02 09:00")]})
    off = pl.DataFrame({"lead_id": ["A"], "probability": [None], "probability_note": ["off"]})
    rows = [act("survey_answer", "2026-03-02 09:00") for _ in range(7)]
    nights = [
        lead_scores(stands(rows, night, FIT["B"]).leads, stage, off.cast({"probability": pl.Float64}))
        for night in ("2026-03-03 02:00", "2026-03-04 02:00", "2026-04-20 02:00")
    ]
    hashes = [night["content_hash"].item() for night in nights]
    assert hashes[0] == hashes[1] != hashes[2]
    assert nights[0]["behaviour"].item() != nights[1]["behaviour"].item()


def test_a_request_whose_clock_is_ahead_qualifies_in_the_run_that_knows_it() -> None:
    request = act("demo_request", "2026-03-02 09:12", known_at=utc("2026-03-02 09:00"))
    found = stands([request], "2026-03-02 09:00", FIT["B"])
    assert found.leads["qualified"].item()
    assert found.moves["at"].to_list() == [utc("2026-03-02 09:00")]
