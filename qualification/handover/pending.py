"""Pending: which qualified leads await a decision, since when, and whether they asked for it themselves.

Belongs here: telling a new qualification or a new request from one that was decided. Does not belong here: the
decision (`qualification.handover.decisions`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from qualification.handover.follow import LEFT, MISSED, Row, in_work
from qualification.handover.rules import HandoverRules
from qualification.handover.told import MQL, StageRow

OPEN = ("held", "queued")
_WORD = re.compile(r"\w+")


class Pending(NamedTuple):
    """A decision to take. `row` is the one that was kept back or waits, and is decided again; None for a new one."""

    lead_id: str
    qualified_at: datetime
    trigger: bool
    row: Row | None
    before: Row | None  # the latest hand-over that is over or with sales
    own: Row | None  # the one sales has in hand, whose owner answers a new request as well
    missed: int  # times an owner let this qualification lie
    but: frozenset[str]  # those owners


def pending(
    lead_id: str,
    score: Mapping[str, Any],
    rows: Sequence[Row],
    *,
    stages: Sequence[StageRow],
    requests: Sequence[datetime],
    rules: HandoverRules,
    led: bool,
    unanswered: bool,
) -> Pending | None:
    """What is to be decided of a qualified lead; None where it was decided and nothing is new.

    Args:
        score: `stage_since` and `qualified_by` of the lead.
        rows: the lead's hand-overs, earliest first.
        stages: its way through the chosen model, earliest first.
        requests: when it asked for a call, an offer or a demo, earliest first.
        led: whether a colleague still has the account in hand, to whom a lead may stay attached.
        unanswered: whether such a colleague still waits for an answer, so that a clock runs.
    """
    waiting = next((row for row in rows if row["status"] in OPEN), None)
    if not waiting and not led:
        waiting = next((row for row in reversed(rows) if row["status"] == "attached"), None)
    attached = rows[-1] if rows and not waiting and rows[-1]["status"] == "attached" else None
    if attached and (unanswered or not any(moment > attached["handed_over_at"] for moment in requests)):
        return None
    before = next((row for row in reversed(rows) if row is not waiting and row["status"] not in OPEN), None)
    since = _last_moment(before)
    asked = [moment for moment in requests if since is None or moment > since]
    entered = next((stage.entered_at for stage in reversed(stages) if stage.ladder == MQL), score["stage_since"])
    own = before if before and in_work(before, stages) else None
    if own and not (own["first_response_at"] and asked):
        return None
    recent = timedelta(days=rules.sla.same_request_days)
    trigger = bool(asked) and (
        before is not None
        or asked[-1] >= entered - recent
        or bool(rules.trigger_kinds & set(_WORD.findall(score["qualified_by"] or "")))
    )
    if trigger:
        at = next(moment for moment in asked if moment >= asked[-1] - recent)
    elif before and before["outcome"] in (MISSED, LEFT):
        # The customer's clock goes on with the next owner.
        hot = rules.sla.window("trigger")
        at, trigger = before["qualified_at"], hot is not None and before["window"] == hot.name
    elif before and before["status"] == "withdrawn":
        at = max(entered, before["qualified_at"])
    elif waiting:
        at = waiting["qualified_at"]
    elif before is None or entered > (since or entered):
        at = entered
    else:
        return None
    lain = [row for row in rows if row["qualified_at"] == at and row["outcome"] in (MISSED, LEFT)]
    missed = sum(row["outcome"] == MISSED for row in lain)
    owners = frozenset(row["owner"] for row in lain if row["owner"])
    return Pending(lead_id, at, trigger, waiting, before, own, missed, owners)


def _last_moment(row: Row | None) -> datetime | None:
    if row is None:
        return None
    names = ("qualified_at", "handed_over_at", "first_response_at")
    moments: list[datetime] = [row[name] for name in names if row[name]]
    return max(moments)
