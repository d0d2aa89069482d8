"""Escalation: which hand-overs nobody has answered, and how far that has gone.

Belongs here: the steps of [escalate] in sla.toml. Does not belong here: taking a lead back, the last of them
(`qualification.handover.follow`).
"""

from __future__ import annotations

from datetime import datetime

import polars as pl

from qualification.handover.follow import RUNNING, clock_of, window_of
from qualification.handover.rules import HandoverRules
from qualification.handover.sla import STEPS, Clocks

ESCALATIONS: dict[str, pl.DataType | type[pl.DataType]] = {
    "handover_id": pl.String,
    "lead_id": pl.String,
    "team": pl.String,
    "owner": pl.String,
    "step": pl.String,
    "reached_at": pl.Datetime("us", "UTC"),
    "due_at": pl.Datetime("us", "UTC"),
}


def escalations(handovers: pl.DataFrame, rules: HandoverRules, as_of: datetime) -> pl.DataFrame:
    """The step each unanswered hand-over has reached, of those that have reached one.

    A step is reached after its share of the window in business minutes since the hand-over.

    Returns:
        `ESCALATIONS`, the longest overdue first.
    """
    clocks = Clocks(rules.sla)
    rows = []
    waiting = handovers.filter(pl.col("status") == RUNNING, pl.col("first_response_at").is_null())
    for row in waiting.sort("handover_id").to_dicts():
        window = window_of(row, rules)
        if not window:
            continue
        clock = clock_of(row["owner"], rules, clocks)
        passed = [
            (step, clock.after(row["handed_over_at"], share * window.business_minutes))
            for step, share in zip(STEPS, rules.sla.at_share, strict=True)
        ]
        reached = [(step, moment) for step, moment in passed if moment <= as_of]
        if reached:
            rows.append(row | dict(zip(("step", "reached_at"), reached[-1], strict=True)))
    table = [tuple(row[name] for name in ESCALATIONS) for row in rows]
    return pl.DataFrame(table, schema=ESCALATIONS, orient="row").sort("due_at", "handover_id")
