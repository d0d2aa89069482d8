"""Hand-overs: the table of what went to sales, what is kept back and why, as of a run.

Belongs here: the order of the steps, from tables to the table. Does not belong here: what each step does (the files
beside). Rows are added and their end written down; none is ever taken away.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any, NamedTuple

import polars as pl

from contracts.qualified import HANDOVERS
from qualification.handover.decisions import Callers, Decider
from qualification.handover.facts import lead_facts
from qualification.handover.follow import Follow, Row, merged, unanswered
from qualification.handover.pending import OPEN, Pending, pending
from qualification.handover.routing import Desk
from qualification.handover.rules import HandoverRules
from qualification.handover.sla import Clocks
from qualification.handover.told import StageRow, deals_of, ids_of, moments_of, stages_of


class Tables(NamedTuple):
    """What hand-overs are made of, each as of `contracts.published` and `contracts.qualified`."""

    leads: pl.DataFrame
    accounts: pl.DataFrame
    redirects: pl.DataFrame
    scores: pl.DataFrame
    stages: pl.DataFrame
    touchpoints: pl.DataFrame
    opportunities: pl.DataFrame
    handovers: pl.DataFrame  # of the run before


def handovers(tables: Tables, rules: HandoverRules, model: str, as_of: datetime) -> pl.DataFrame:
    """The hand-overs as of a run: `contracts.qualified.HANDOVERS`, sorted by qualified_at and handover_id.

    Args:
        model: the chosen stage model, whose history is asked.
        as_of: UTC, the moment of publication.

    The same tables give the same rows, in whatever order their rows stand, and a second run over its own result
    changes nothing.
    """
    ids = ids_of(tables.redirects)
    rows: list[Row] = tables.handovers.sort("qualified_at", "handover_id").to_dicts()
    lead_of = {row["lead_id"]: ids.lead(row["lead_id"]) for row in rows}
    with_sales = {lead_of[row["lead_id"]] for row in rows if row["status"] != "withdrawn"}
    qualified = {row["lead_id"]: row for row in tables.scores.filter("qualified").to_dicts()}
    asked = tables.leads.filter(pl.col("lead_id").is_in(sorted(with_sales | qualified.keys())))
    facts = lead_facts(asked, tables.accounts, tables.scores, rules.holds.presumed_interest)
    leads = with_sales | facts.keys()
    stages = stages_of(tables.stages, model, leads, ids)
    for lead_id, known in facts.items():
        known["ladder"] = _ladder(stages.get(lead_id, []))
    clocks = Clocks(rules.sla)

    responses = moments_of(tables.touchpoints, rules.sla.stop_kinds, leads, ids, as_of)
    follow = Follow(rules, clocks, stages, responses, as_of)
    rows = [follow.row(row, lead_of[row["lead_id"]], facts) for row in merged(rows, lead_of)]

    by_lead: dict[str, list[Row]] = {}
    callers = Callers()
    to_do: Counter[str] = Counter()
    for row in sorted(rows, key=_given):
        lead_id = lead_of[row["lead_id"]]
        by_lead.setdefault(lead_id, []).append(row)
        if follow.in_work(row, lead_id):
            account = facts[lead_id]["account_id"] if lead_id in facts else ids.account(row["account_id"])
            callers.add(account, lead_id, row)
            to_do[row["owner"] or ""] += 1
    turns = Counter(
        row["team"] for row in rows if row["owner"] and row["handed_over_at"] and row["status"] != "attached"
    )
    desk = Desk(rules.people, clocks.of().day(as_of), to_do, turns)
    deals = deals_of(tables.opportunities, tables.accounts, ids)
    decider = Decider(follow, desk=desk, callers=callers, deals=deals)

    requests = moments_of(tables.touchpoints, rules.trigger_kinds, facts, ids, as_of)
    items: list[Pending] = []
    for lead_id in sorted(qualified.keys() & facts.keys()):
        colleagues = callers.of(facts[lead_id]["account_id"], lead_id, own=False)
        item = pending(
            lead_id,
            qualified[lead_id],
            by_lead.get(lead_id, []),
            stages=stages.get(lead_id, []),
            requests=requests.get(lead_id, []),
            rules=rules,
            led=bool(colleagues),
            unanswered=any(unanswered(row) for row in colleagues),
        )
        if item:
            items.append(item)

    items.sort(key=lambda item: _urgency(item, facts[item.lead_id]))
    decided: dict[str, Row] = {}

    def decide(item: Pending) -> bool:
        """Takes a decision, and says whether the lead waits."""
        row = decider.decide(item, facts[item.lead_id], by_lead.get(item.lead_id, []))
        if row:
            decided[row["handover_id"]] = row
        return row is not None and row["status"] == "queued"

    for item in [item for item in items if decide(item)]:
        # Who found no place may be attached to a colleague whose turn came later.
        if callers.of(facts[item.lead_id]["account_id"], item.lead_id, own=False):
            decide(item)
    left = [_no_longer(row, lead_of, qualified, facts) for row in rows if row["handover_id"] not in decided]
    table = pl.DataFrame([*left, *decided.values()], schema=HANDOVERS.schema)
    return HANDOVERS.conform(table).sort("qualified_at", "handover_id")


def _no_longer(row: Row, lead_of: dict[str, str], qualified: dict[str, Any], facts: dict[str, dict[str, Any]]) -> Row:
    """A row that is kept back or waits, and whose lead is not qualified any more, as withdrawn; others as they are."""
    lead_id = lead_of[row["lead_id"]]
    if row["status"] not in OPEN or (lead_id in qualified and lead_id in facts):
        return row
    outcome = "no_longer_qualified" if lead_id in facts else "lead_gone"
    return row | {"status": "withdrawn", "sla": "withdrawn" if row["sla"] else None, "outcome": outcome}


def _ladder(stages: list[StageRow]) -> float | None:
    now = [stage.ladder for stage in stages if stage.left_at is None]
    return float(now[-1]) if now else None


def _given(row: Row) -> tuple[datetime, str]:
    return row["handed_over_at"] or row["qualified_at"], row["handover_id"]


def _urgency(item: Pending, facts: dict[str, Any]) -> tuple[bool, float, datetime, str]:
    """Who asked goes first, then the higher score, then who has waited longer."""
    return not item.trigger, -((facts["fit"] or 0.0) + (facts["behaviour"] or 0.0)), item.qualified_at, item.lead_id
