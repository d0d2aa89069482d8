"""The board: what the report shows, without a name in it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from contracts.qualified import LEAD_SCORES
from qualification.figures.board import Board, board
from qualification.figures.kpis import kpis
from qualification.handover.escalation import escalations
from qualification.handover.rules import handover_rules
from tests.qualification.figures.test_kpis import BASIS, NOW, Told, at
from tests.qualification.homes import World, berlin, frame, minutes

RULES = handover_rules()


def shown(told: Told, scores: list[dict[str, Any]] | None = None) -> Board:
    measured = told.measured()
    return board(measured, frame(LEAD_SCORES, scores or []), kpis(measured, BASIS), BASIS, RULES)


def handover(number: int, **told: Any) -> dict[str, Any]:
    row = {"handover_id": f"h{number}", "lead_id": f"l{number}", "status": "handed_over", "owner": "jan.huber"}
    return row | {"qualified_at": at("2026-11-30"), "handed_over_at": at("2026-11-30"), "window": "mql_contact"} | told


def test_the_funnel_over_time() -> None:
    told = Told().lead("l1", ("lead", "2026-09-05"), ("mql", "2026-10-05")).lead("l2", ("lead", "2026-11-05"))
    rows = shown(told).funnel
    assert rows["month"].unique(maintain_order=True).to_list()[-4:] == ["2026-09", "2026-10", "2026-11", "2026-12"]
    assert rows.filter(pl.col("leads") > 0).rows()[-6:] == [
        ("2026-09", "lead", 1),
        ("2026-10", "mql", 1),
        ("2026-11", "lead", 1),
        ("2026-11", "mql", 1),
        ("2026-12", "lead", 1),
        ("2026-12", "mql", 1),
    ]


def test_aging() -> None:
    told = Told()
    for number, days in enumerate((1, 7, 29, 91)):
        told.lead(f"l{number}", ("mql", (NOW - timedelta(days=days)).replace(tzinfo=None).isoformat()))
    assert shown(told).aging.rows() == [("mql", "<7d", 1, 18.0), ("mql", "7-30d", 2, 18.0), ("mql", ">90d", 1, 18.0)]


def test_campaigns_with_cost_return_and_reason() -> None:
    told = Told().lead("l1", ("mql", "2026-03-09"), account="a").touch("l1", "2026-03-02")
    told.cost("100.00").cost(planned="50.00", campaign_id="d")
    rows = shown(told).campaigns.select("campaign", "budget", "basis", "mql", "cost_per_lead", "cost_per_lead_reason")
    assert rows.rows() == [("c", 100.0, "actual", 1.0, 100.0, None), ("d", 50.0, "planned", 0.0, None, "no_mql")]


def test_who_to_call_today_the_most_urgent_first_and_why() -> None:
    told = Told()
    told.rows["handovers"] = [
        handover(1, due_at=NOW + timedelta(hours=2), account_id="a"),
        handover(2, due_at=NOW - timedelta(hours=2), window="hot"),
        handover(3, due_at=NOW, first_response_at=NOW),
        handover(4, due_at=NOW + timedelta(hours=2)),
        handover(5, status="queued", hold_code="no_rule", team="unassigned", window=None),
        handover(6, status="held", hold_code="opted_out"),
        handover(7, status="queued", hold_code="capacity", window="hot", due_at=NOW + timedelta(hours=3)),
        handover(8, status="attached", window=None, account_id="a"),
    ]
    usual = {"as_of": NOW, "stage_since": NOW, "fit_grade": "A", "stage": "mql", "fit": 10.0}
    scores = [
        usual | {"lead_id": "l1", "behaviour": 5.0, "qualified_by": "A1"},
        usual | {"lead_id": "l2", "behaviour": 1.0, "qualified_by": "trigger demo_request"},
        usual | {"lead_id": "l4", "behaviour": 9.0, "qualified_by": "A2"},
    ]
    made = shown(told, scores)
    assert made.call_today.select("lead_id", "overdue", "reason", "attached").rows() == [
        ("l2", True, "trigger demo_request", 0),
        ("l4", False, "A2", 0),
        ("l1", False, "A1", 1),
        ("l7", False, None, 0),
    ]
    assert made.next_steps.select("status", "code", "team", "leads").rows() == [
        ("queued", "capacity", None, 1),
        ("queued", "no_rule", "unassigned", 1),
        ("held", "opted_out", None, 1),
    ]


def test_a_home_without_anything_has_an_empty_board() -> None:
    made = shown(Told())
    assert made.call_today.is_empty()
    assert made.bottleneck is None
    assert made.funnel["leads"].sum() == 0


@pytest.mark.parametrize(
    ("later", "step"),
    [("2026-03-02 13:59", None), ("2026-03-02 14:00", "note"), ("2026-03-03 09:00", "team_lead")],
)
def test_escalation_goes_step_by_step(later: str, step: str | None) -> None:
    """Half of ten business hours, then all of them; the rest is taken back."""
    night = berlin("2026-03-02 09:00")
    home = World(RULES).lead("l1", night)
    home.run(night)
    assert escalations(home.handovers, RULES, berlin(later))["step"].to_list() == ([step] if step else [])


def test_what_is_answered_does_not_escalate() -> None:
    night = berlin("2026-03-02 09:00")
    home = World(RULES).lead("l1", night)
    home.run(night)
    home.touch("l1", "sales_call", night + minutes(10))
    home.run(night + minutes(500))
    assert escalations(home.handovers, RULES, night + minutes(500)).is_empty()
