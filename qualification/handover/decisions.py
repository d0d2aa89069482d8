"""Decisions: which lead goes to whom, in which order, or why it does not.

Belongs here: one decision, and the night's decisions one after another, as each changes who has room and which account
has a caller. Does not belong here: the rules (`qualification.handover.holds`, `qualification.handover.routing`).
Every qualified lead leaves with a status and a reason; the order of rows in the tables decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2b
from typing import Any

from contracts.qualified import HANDOVERS
from qualification.handover.follow import Follow, Row, clock_of, unanswered, with_clock
from qualification.handover.pending import Pending
from qualification.handover.people import owner_named
from qualification.handover.routing import Desk, Placed, Router
from qualification.handover.sla import Window
from qualification.handover.told import Deals

_CONSENTED = ("granted", "confirmed")
_SECONDS_OF_A_DAY = 86400


class Callers:
    """Which hand-overs an account has in hand, the first of them its caller's; a lead without account stands alone."""

    def __init__(self) -> None:
        self._rows: dict[str, list[tuple[str, Row]]] = {}

    def add(self, account: str | None, lead_id: str, row: Row) -> None:
        self._rows.setdefault(account or lead_id, []).append((lead_id, row))

    def of(self, account: str | None, lead_id: str, own: bool) -> list[Row]:
        """Those of the account; without the lead's own where `own` is false."""
        rows = self._rows.get(account or lead_id, [])
        return [row for of_lead, row in rows if own or of_lead != lead_id]


class Decider:
    """Takes the decisions of one run."""

    def __init__(self, follow: Follow, *, desk: Desk, callers: Callers, deals: Deals) -> None:
        self._follow = follow
        self._rules = rules = follow.rules
        self._clocks = follow.clocks
        self._desk = desk
        self._router = Router(rules.routes, desk)
        self._callers = callers
        self._deals = deals
        self._as_of = follow.as_of

    def decide(self, item: Pending, lead: Mapping[str, Any], rows: list[Row]) -> Row | None:
        """The row of a decision; None where it would only say again what the last row said.

        Args:
            lead: its facts, as of `qualification.handover.facts.lead_facts`.
            rows: the lead's hand-overs so far, earliest first.
        """
        account = lead["account_id"]
        colleagues = self._callers.of(account, item.lead_id, own=False)
        facts = self.facts(item, lead, rows, colleagues)
        caller = item.own or next(iter(colleagues), None)
        people, deals = self._rules.people, self._deals
        owners: dict[str, str | None] = {
            "account_owner": owner_named(people, deals.account_owner.get(account)),
            "caller": caller["owner"] if caller else None,
        }
        named_by_deal = owner_named(people, deals.opportunity_owner.get(account))
        owners["opportunity_owner"] = named_by_deal or owners["account_owner"]
        route_row = self._router.route_of(facts)
        usual = "caller" if caller else ("account_owner" if route_row and route_row.assign == "account_owner" else None)

        def queue(route: str | None) -> dict[str, float | None]:
            return self._router.queue(facts, owners.get(route or usual or ""))

        hold, route = self._rules.holds.found(facts, queue)
        row = self._begun(item, account, facts, len([row for row in rows if row is not item.row]))
        window = self._rules.sla.window("trigger" if item.trigger else "mql")
        if not hold:
            named = route.route if route and route.route else usual
            asked = f"{route.code}: {named}" if route else ("in contact: caller" if caller else None)
            placed = self._router.place(facts, owners.get(named or ""), asked, item.but)
            return self._placed(row, placed, window, account, item.lead_id)
        why = f"handover {hold.code}: {hold.then}"
        if hold.then == "attach" and colleagues:
            first = colleagues[0]
            shared = {"owner": first["owner"], "team": first["team"], "handed_over_at": self._as_of}
            return row | shared | {"status": "attached", "rule": f"{why} to {first['handover_id']}"}
        if hold.then == "defer":
            team = route_row.team if route_row else None
            return self._waits(row | {"hold_code": hold.code, "team": team, "rule": why}, window)
        before = item.before or {}
        if not item.row and before.get("status") == "withdrawn" and before["hold_code"] == hold.code:
            return None
        return row | {
            "status": "held",
            "hold_code": hold.code,
            "team": "partner" if hold.then == "partner" else None,
            "rule": why,
        }

    def facts(self, item: Pending, lead: Mapping[str, Any], rows: list[Row], colleagues: list[Row]) -> dict[str, Any]:
        """The lead's facts with those of its account, its request and its earlier hand-overs."""
        given = [row for row in rows if row["handed_over_at"] and row["status"] != "attached" and row is not item.row]
        last = max(given, key=lambda row: (row["handed_over_at"], row["handover_id"]), default=None)
        days = (self._as_of - last["handed_over_at"]).total_seconds() / _SECONDS_OF_A_DAY if last else None
        return {
            **lead,
            "trigger": item.trigger,
            "presumed_interest": bool(lead["presumed_interest"]) or item.trigger,
            "price_class": self._rules.holds.price_class(lead["expected_value"]),
            "served_countries": list(self._rules.holds.served_countries),
            "days_since_last_handover": days,
            "last_outcome": last["status"] if last else None,
            "missed_acceptances": float(item.missed),
            "account.active_handovers": float(len(colleagues)),
            "account.unanswered_handovers": float(sum(unanswered(row) for row in colleagues)),
            "account.open_opportunities": float(self._deals.open.get(lead["account_id"] or "", 0)),
        }

    def _begun(self, item: Pending, account: str | None, facts: Mapping[str, Any], earlier: int) -> Row:
        row: Row = dict.fromkeys(HANDOVERS.names)
        known = item.row or {
            "handover_id": handover_id(item.lead_id, item.qualified_at, earlier),
            "lead_id": item.lead_id,
        }
        return row | {
            "handover_id": known["handover_id"],
            "lead_id": known["lead_id"],
            "account_id": account,
            "channel": channel(facts),
            "qualified_at": item.qualified_at,
        }

    def _placed(self, row: Row, placed: Placed, window: Window | None, account: str | None, lead_id: str) -> Row:
        row = row | {"team": placed.team, "owner": placed.owner, "rule": placed.why}
        if placed.code:
            return self._waits(row | {"hold_code": placed.code}, window)
        row = self._timed(row | {"status": "handed_over", "handed_over_at": self._as_of}, window)
        row = self._follow.answered(row, lead_id)
        in_work = self._follow.in_work(row, lead_id)
        self._desk.give(placed, in_work)
        if in_work:
            self._callers.add(account, lead_id, row)
        return row

    def _waits(self, row: Row, window: Window | None) -> Row:
        """A row that waits for room; a customer's clock runs meanwhile, that of a hand-over does not."""
        row = row | {"status": "queued"}
        return self._timed(row, window) if window and window.starts == "occurred_at" else row

    def _timed(self, row: Row, window: Window | None) -> Row:
        if not window:
            return row
        begin = row["qualified_at"] if window.starts == "occurred_at" else row["handed_over_at"]
        due = clock_of(row["owner"], self._rules, self._clocks).after(begin, window.business_minutes)
        return with_clock(row | {"window": window.name, "due_at": due}, self._rules, self._clocks, self._as_of)


def channel(facts: Mapping[str, Any]) -> str | None:
    """How sales may reach the person: by a consented call first, as it is the quickest, and by a presumed one last,
    unless the person asked for it. None where no channel is allowed."""
    mail = facts["may_email"] and facts["email"] and facts["consent_email"] != "refused"
    call = facts["may_call"] and facts["phone"] and facts["consent_phone"] != "refused"
    if call and facts["consent_phone"] in _CONSENTED:
        return "phone"
    if call and (facts["trigger"] or not mail):
        return "phone_presumed"
    return "email" if mail else None


def handover_id(lead_id: str, qualified_at: datetime, earlier: int) -> str:
    """The id of a lead's next hand-over: the same for the same history."""
    text = f"{lead_id}\0{qualified_at.isoformat()}\0{earlier}"
    return f"ho_{blake2b(text.encode(), digest_size=10).hexdigest()}"
