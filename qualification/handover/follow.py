"""Follow: what became of the hand-overs there are.

Belongs here: acceptance, refusal, first response, objection, an owner who left, a lead that lay too long, two that
became one. Does not belong here: new hand-overs (`qualification.handover.decisions`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from qualification.handover.business_time import BusinessClock
from qualification.handover.facts import KNOWN
from qualification.handover.rules import HandoverRules
from qualification.handover.sla import Clocks, Times, Window, clocked
from qualification.handover.told import CUSTOMER, WITH_SALES, StageRow

Row = dict[str, Any]
RUNNING = "handed_over"
MISSED = "acceptance_missed"
LEFT = "owner_inactive"
MERGED = "merged"
_WITH_SALES = (RUNNING, "accepted", "rejected")
_BY_SALES = ("crm", "person", "order")
_NO_QUEUE: Mapping[str, float | None] = dict.fromkeys(name for name in KNOWN if name.startswith("queue."))


def answered(row: Row, stages: Sequence[StageRow], responses: Sequence[datetime]) -> Row:
    """A hand-over with what sales did about it: status, outcome and first response.

    Args:
        row: handed over, accepted or rejected.
        stages: those of its lead, earliest first.
        responses: when sales called, wrote or met the lead, earliest first.
    """
    since = row["handed_over_at"]
    started = min(row["qualified_at"], since)
    # Who takes up a request before it is published has accepted it; a refusal until then was of something else.
    said = [
        stage
        for stage in stages
        if stage.by in _BY_SALES
        and (stage.entered_at >= started if stage.ladder >= WITH_SALES else stage.entered_at > since)
    ]
    status, outcome = row["status"], row["outcome"]
    if said:
        status = "accepted" if said[0].ladder >= WITH_SALES else "rejected"
        back = [stage for stage in said if stage.ladder < WITH_SALES]
        outcome = (back[-1].reason or back[-1].stage) if back else outcome
    return row | {
        "status": status,
        "outcome": outcome,
        "first_response_at": next((moment for moment in responses if moment >= started), None),
    }


def in_work(row: Row, stages: Sequence[StageRow]) -> bool:
    """Whether sales has the lead in hand: unanswered, or accepted and neither given back nor a customer by now."""
    if row["status"] == RUNNING:
        return True
    if row["status"] != "accepted":
        return False
    now = [stage for stage in stages if stage.left_at is None]
    return not now or WITH_SALES <= now[-1].ladder < CUSTOMER


def unanswered(row: Row) -> bool:
    """Whether the lead of a hand-over that is in work still waits for an answer."""
    return row["first_response_at"] is None


def window_of(row: Row, rules: HandoverRules) -> Window | None:
    """The window of sla.toml a row names."""
    return next((window for window in rules.sla.windows if window.name == row["window"]), None)


def with_clock(row: Row, rules: HandoverRules, clocks: Clocks, as_of: datetime) -> Row:
    """A hand-over with the fields its clocks fill; those of `qualification.handover.sla.clocked`."""
    window = window_of(row, rules)
    started = None if not window else row["qualified_at" if window.starts == "occurred_at" else "handed_over_at"]
    times = Times(started, row["qualified_at"], row["handed_over_at"], row["due_at"], row["first_response_at"])
    return row | clocked(times, window, clock_of(row["owner"], rules, clocks), rules.sla.buckets, as_of)


def clock_of(owner: str | None, rules: HandoverRules, clocks: Clocks) -> BusinessClock:
    """The business clock of an owner's office; the usual one for nobody and for an owner nobody knows."""
    person = rules.people.get(owner or "")
    return clocks.of(person.timezone, person.region) if person else clocks.of()


def withdrawn_by(row: Row, facts: Mapping[str, Any] | None, rules: HandoverRules) -> Row | None:
    """The hand-over as withdrawn, where its lead is gone or a `stop` of handover.toml holds; else None."""
    if facts is None:
        return row | {"status": "withdrawn", "sla": "withdrawn", "outcome": "lead_gone"}
    asked = {**facts, **_NO_QUEUE}
    stop = next((hold for hold in rules.holds.holds if hold.then == "stop" and hold.holds(asked)), None)
    if not stop:
        return None
    return row | {"status": "withdrawn", "sla": "withdrawn", "hold_code": stop.code, "outcome": stop.code}


def let_lie(row: Row, rules: HandoverRules, clocks: Clocks, as_of: datetime) -> Row | None:
    """The hand-over as taken back, where its owner left or nobody answered for too long; else None.

    Too long is the last of [escalate] at_share, in business minutes since the hand-over: what our run took is not the
    owner's fault.
    """
    if row["first_response_at"]:
        return None
    person = rules.people.get(row["owner"] or "")
    clock = clock_of(row["owner"], rules, clocks)
    if row["owner"] and not (person and person.employed(clock.day(as_of))):
        return row | {"status": "withdrawn", "sla": "withdrawn", "outcome": LEFT}
    window = window_of(row, rules)
    if window and clock.minutes(row["handed_over_at"], as_of) >= rules.sla.at_share[-1] * window.business_minutes:
        return row | {"status": "withdrawn", "outcome": MISSED}
    return None


class Follow(NamedTuple):
    """What a run knows of the hand-overs before it: stages and responses by lead, earliest first."""

    rules: HandoverRules
    clocks: Clocks
    stages: Mapping[str, list[StageRow]]
    responses: Mapping[str, list[datetime]]
    as_of: datetime

    def answered(self, row: Row, lead_id: str) -> Row:
        """A row that is with sales, with its answer and its clocks.

        What the clocks said of an answer stays: who moves to another office later does not change the past.
        """
        known = row["first_response_at"]
        row = answered(row, self.stages.get(lead_id, []), self.responses.get(lead_id, []))
        if known and known == row["first_response_at"]:
            return row
        return with_clock(row, self.rules, self.clocks, self.as_of)

    def in_work(self, row: Row, lead_id: str) -> bool:
        """Whether sales has the lead in hand."""
        return in_work(row, self.stages.get(lead_id, []))

    def row(self, row: Row, lead_id: str, facts: Mapping[str, Mapping[str, Any]]) -> Row:
        """A row with what happened since: answered, withdrawn, taken back, or as it was."""
        if row["status"] in _WITH_SALES:
            row = self.answered(row, lead_id)
        if row["status"] in (RUNNING, "attached"):
            known = facts.get(lead_id)
            # A request holds on until it is answered, also where its moment has left the score.
            hot = self.rules.sla.window("trigger")
            request = hot is not None and row["window"] == hot.name
            asked = known and {**known, "trigger": request, "presumed_interest": request or known["presumed_interest"]}
            if gone := withdrawn_by(row, asked, self.rules):
                return gone
        if row["status"] == RUNNING and (back := let_lie(row, self.rules, self.clocks, self.as_of)):
            return back
        return row


def merged(rows: list[Row], lead_of: Mapping[str, str]) -> list[Row]:
    """Hand-overs whose leads have become one: one caller stays, and one decision that is open.

    The earliest that runs keeps its clock, the others are attached to it; of those that are kept back or wait, that of
    the lead's own id stays. Each row keeps the id that was handed over, so that parting the two leads again finds its
    own.

    Args:
        lead_of: id of a row's lead to the id it has today.
    """
    first: dict[str, Row] = {}
    kept: dict[str, Row] = {}
    for row in sorted(rows, key=lambda row: (row["handed_over_at"] or row["qualified_at"], row["handover_id"])):
        lead_id = lead_of[row["lead_id"]]
        if row["status"] == RUNNING:
            first.setdefault(lead_id, row)
        elif row["status"] in ("held", "queued"):
            best = kept.setdefault(lead_id, row)
            if best["lead_id"] != lead_id and row["lead_id"] == lead_id:
                kept[lead_id] = row
    after = []
    for row in rows:
        lead_id = lead_of[row["lead_id"]]
        one = first.get(lead_id)
        if row["status"] == RUNNING and one and one["lead_id"] != row["lead_id"]:
            joined = {"status": "attached", "owner": one["owner"], "team": one["team"], "outcome": MERGED}
            after.append(row | joined | {"sla": "withdrawn"})
        elif row["status"] in ("held", "queued") and kept[lead_id] is not row:
            after.append(row | {"status": "withdrawn", "sla": "withdrawn" if row["sla"] else None, "outcome": MERGED})
        else:
            after.append(row)
    return after
