"""Rules diff: a change of rules is tried on history before it counts."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from qualification.rehearsal.rules_diff import HELD, RulesDiff, Tried, rules_diff
from qualification.rule_files import SHIPPED
from qualification.scoring.people import people
from qualification.scoring.rules import Scoring, scoring_rules
from tests.qualification.rows import ZONE, Row, leads, touchpoints, utc

OLD = scoring_rules()
TEXT = (SHIPPED / "scoring.toml").read_text(encoding="utf-8")
Holds = tuple[tuple[str, str], ...]
FIT_B: Row = {"country": "DE", "seniority": "c_level", "buying_role": "decider"}
SINCE = {"lead_id": pl.String, "customer_since": pl.Datetime("us", "UTC")}


def changed(folder: Path, old: str, new: str) -> Scoring:
    assert old in TEXT
    (folder / "scoring.toml").write_text(TEXT.replace(old, new, 1), encoding="utf-8")
    return scoring_rules(folder)


def download(lead: str, day: str, **more: object) -> Row:
    where = {"source": "web", "source_record_id": f"{lead}{day}", "file": "downloads.csv", "row": 7}
    return {"kind": "download", "at": f"2026-{day} 09:00", "lead_id": lead, "evidence": [where], **more}


ACTS = [
    *(download("A", "03-02", content_id=content) for content in "cd"),
    *(download("B", "03-02", content_id=content) for content in "c"),
    {"kind": "demo_request", "at": "2026-03-05 09:00", "lead_id": "C"},
    *(download("D", "03-02", content_id=content) for content in "cd"),
]


def tried(rules: Scoring, held: Holds) -> Tried:
    """The rules with holds that keep some leads from sales."""
    return Tried(
        rules, lambda leads: pl.DataFrame(held, schema=HELD, orient="row").join(leads, on="lead_id", how="semi")
    )


def diff(new: Scoring, held: Holds = (), newly: Holds | None = None, as_of: str = "2026-03-31 02:00") -> RulesDiff:
    who = leads(*({"lead_id": lead, **FIT_B} for lead in "ABC"), {"lead_id": "D"})
    orders = pl.DataFrame({"lead_id": ["A"], "customer_since": [utc("2026-03-20 00:00")]}, schema=SINCE)
    known = people(who, pl.DataFrame(schema={"lead_id": pl.String}), pl.DataFrame(schema=SINCE))
    return rules_diff(
        touchpoints(ACTS),
        known,
        tried(OLD, held),
        tried(new, held if newly is None else newly),
        as_of=utc(as_of),
        zone=ZONE,
        customers=orders,
    )


TWENTY = ("points = 10                   # blue.LEAD article: whitepaper 10", "points = 20")


def test_more_points_for_a_download_show_who_gains_and_by_which_rows(tmp_path: Path) -> None:
    found = diff(changed(tmp_path, *TWENTY))
    assert found.leads.select("lead_id", "change", "at", "behaviour_old", "behaviour_new").rows() == [
        ("A", "gained", utc("2026-03-02 09:00"), 20.0, 40.0)
    ]
    assert (
        found.rows.select("rule", "file", "row", "old", "new").rows()
        == [("download", "downloads.csv", 7, 10.0, 20.0)] * 2
    )


def test_hand_overs_per_day_and_the_share_won_of_both_sets(tmp_path: Path) -> None:
    found = diff(changed(tmp_path, *TWENTY))
    busy = found.days.filter((pl.col("old") > 0) | (pl.col("new") > 0))
    assert busy.rows() == [(date(2026, 3, 2), 0, 1), (date(2026, 3, 5), 1, 1)]
    assert found.days.height == 91
    assert found.won.rows() == [
        ("old", 1, 0, 0.0, None),
        ("new", 2, 1, 0.5, None),
        ("gained", 1, 1, 1.0, None),
        ("lost", 0, 0, None, "no_leads"),
    ]


def test_who_is_held_is_not_handed_over(tmp_path: Path) -> None:
    found = diff(changed(tmp_path, *TWENTY), held=(("A", "capacity"),))
    assert (found.days["old"].sum(), found.days["new"].sum()) == (1, 1)
    assert found.handovers.is_empty()


@pytest.mark.parametrize(
    ("scored", "held", "newly", "expected"),
    [
        (TWENTY, (), (), [("A", "added", "grade")]),
        (
            TWENTY,
            (("A", "price"),),
            (("C", "country"),),
            [("A", "added", "grade"), ("C", "withdrawn", "hold country")],
        ),
        (("points = 50\ntrigger = true", "points = 5"), (), (), [("C", "withdrawn", "trigger demo_request")]),
        (TWENTY, (), (("A", "price"), ("C", "country")), [("C", "withdrawn", "hold country")]),
        (("points = 50", "points = 50"), (("C", "country"),), (), [("C", "added", "hold country")]),
    ],
    ids=["by score", "by score and by hold", "a trigger less", "gained but held", "a hold less"],
)
def test_hand_overs_added_and_withdrawn_say_why(
    tmp_path: Path, scored: tuple[str, str], held: Holds, newly: Holds, expected: list[tuple[str, str, str]]
) -> None:
    found = diff(changed(tmp_path, *scored), held, newly)
    assert found.handovers.select("lead_id", "change", "why").rows() == expected


@pytest.mark.parametrize(
    ("old", "new", "lost", "rules"),
    [
        ("points = 50\ntrigger = true", "points = 5", ["C"], ["demo_request", "groups.web"]),
        ("decider = 15, buyer", "decider = -30, buyer", ["C"], ["buying_role map"]),
        ('trigger_fit = "C"', 'trigger_fit = "A"', [], []),
    ],
    ids=["no trigger", "less fit", "still enough by grade"],
)
def test_stricter_rules_show_who_loses(tmp_path: Path, old: str, new: str, lost: list[str], rules: list[str]) -> None:
    found = diff(changed(tmp_path, old, new))
    assert found.leads.filter(change="lost")["lead_id"].to_list() == lost
    assert found.rows["rule"].to_list() == rules


def test_the_same_rules_change_nothing() -> None:
    found = diff(OLD)
    assert (found.leads.height, found.rows.height) == (0, 0)
    assert found.days["old"].equals(found.days["new"])


def test_what_lies_before_the_period_does_not_count(tmp_path: Path) -> None:
    found = diff(changed(tmp_path, *TWENTY), as_of="2026-12-01 02:00")
    assert found.leads.is_empty()
    assert found.won.filter(of="new")["reason"].to_list() == ["no_leads"]
