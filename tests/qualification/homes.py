"""A small world of leads, scores, stages and touchpoints for the tests of hand-overs, attribution and figures."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from contracts.published import ACCOUNTS, LEADS, REDIRECTS
from contracts.qualified import HANDOVERS, LEAD_SCORES, OPPORTUNITIES, STAGE_HISTORY, TOUCHPOINTS
from contracts.table import Table
from qualification.handover.handovers import Tables, handovers
from qualification.handover.rules import HandoverRules

BERLIN = ZoneInfo("Europe/Berlin")
LADDER = {
    "lead": 1,
    "engaged": 2,
    "mql": 3,
    "sales_review": 4,
    "sql": 5,
    "opportunity": 6,
    "customer": 7,
    "nurturing": 2,
}


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


def frame(table: Table, rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Rows of a table, with a plain value where a column must have one and the row says nothing."""
    plain: dict[Any, Any] = {pl.Boolean: False, pl.String: "", pl.UInt32: 1, pl.Float64: 0.0}
    usual = {
        column.name: None if column.nullable else plain.get(column.dtype, [] if column.dtype == pl.List else None)
        for column in table.columns
    }
    return pl.DataFrame([usual | row for row in rows], schema=table.schema)


class World:
    """Leads are added one by one; `run` gives the hand-overs of a moment and remembers them."""

    def __init__(self, rules: HandoverRules) -> None:
        self.rules = rules
        self.leads: list[dict[str, Any]] = []
        self.scores: list[dict[str, Any]] = []
        self.stages: list[dict[str, Any]] = []
        self.touchpoints: list[dict[str, Any]] = []
        self.opportunities: list[dict[str, Any]] = []
        self.redirects: list[dict[str, Any]] = []
        self.accounts: list[dict[str, Any]] = []
        self.extra: dict[str, Any] = {}
        self.handovers = HANDOVERS.empty()

    def lead(self, lead_id: str, at: datetime, *, demo: bool = False, score: float = 50.0, **told: Any) -> World:
        """A qualified lead at DE-70174 with 300 employees, which has an e-mail and a landline it may be called by."""
        usual = {
            "lead_id": lead_id,
            "account_id": f"a_{lead_id}",
            "country": "DE",
            "postcode": "70174",
            "employees": "250-999",
            "email": f"{lead_id}@firma.de",
            "email_status": "valid",
            "phone": "+4971112345",
            "phone_status": "valid",
            "consent_email": "confirmed",
            "consent_phone": "unknown",
            "may_email": True,
            "may_call": True,
            "publishable": True,
            "block_reasons": [],
            "sources": ["web_form"],
        }
        self.leads.append(usual | told)
        self.scores.append(
            {
                "lead_id": lead_id,
                "as_of": at,
                "rules_version": "1",
                "fit": 40.0,
                "behaviour": score,
                "fit_grade": "B",
                "behaviour_grade": "1",
                "qualified": True,
                "qualified_by": "trigger demo_request" if demo else "B1",
                "stage": "mql",
                "stage_since": at,
            }
        )
        self.stage(lead_id, "mql", at)
        if demo:
            self.touch(lead_id, "demo_request", at)
        return self

    def stage(self, lead_id: str, stage: str, at: datetime, by: str = "rule", reason: str | None = None) -> World:
        for row in self.stages:
            if row["lead_id"] == lead_id and row["left_at"] is None:
                row["left_at"] = at
        row = {"lead_id": lead_id, "model": "marketo", "pass": 1, "stage": stage, "ladder": LADDER[stage]}
        self.stages.append(row | {"entered_at": at, "left_at": None, "known_at": at, "by": by, "reason": reason})
        return self

    def touch(self, lead_id: str, kind: str, at: datetime, human: str = "yes") -> World:
        row = {
            "touchpoint_id": f"{lead_id}-{kind}-{at.isoformat()}",
            "lead_id": lead_id,
            "kind": kind,
            "channel": "web",
        }
        self.touchpoints.append(row | {"occurred_at": at, "known_at": at, "human": human, "join_rule": "record"})
        return self

    def tell(self, lead_id: str, **told: Any) -> World:
        next(row for row in self.leads if row["lead_id"] == lead_id).update(told)
        return self

    def unqualify(self, lead_id: str) -> World:
        next(row for row in self.scores if row["lead_id"] == lead_id)["qualified"] = False
        return self

    def qualify(self, lead_id: str) -> World:
        next(row for row in self.scores if row["lead_id"] == lead_id)["qualified"] = True
        return self

    def merge(self, old: str, new: str, at: datetime) -> World:
        self.redirects.append({"entity": "lead", "old_id": old, "new_id": new, "at": at})
        return self

    def tables(self) -> Tables:
        gone = {row["old_id"] for row in self.redirects}
        leads = frame(LEADS, [{k: v for k, v in row.items() if k not in self.extra} for row in self.leads])
        for name in self.extra:
            leads = leads.with_columns(pl.Series(name, [row.get(name) for row in self.leads]))
        return Tables(
            leads.filter(~pl.col("lead_id").is_in(sorted(gone))),
            frame(ACCOUNTS, self.accounts),
            frame(REDIRECTS, self.redirects),
            frame(LEAD_SCORES, self.scores).filter(~pl.col("lead_id").is_in(sorted(gone))),
            frame(STAGE_HISTORY, self.stages),
            frame(TOUCHPOINTS, self.touchpoints),
            frame(OPPORTUNITIES, self.opportunities),
            self.handovers,
        )

    def run(self, as_of: datetime) -> dict[str, dict[str, Any]]:
        """The latest hand-over of each lead id."""
        self.handovers = handovers(self.tables(), self.rules, "marketo", as_of)
        return {row["lead_id"]: row for row in self.handovers.sort("qualified_at", "handed_over_at").to_dicts()}

    def rows(self, lead_id: str) -> list[dict[str, Any]]:
        return self.handovers.filter(pl.col("lead_id") == lead_id).to_dicts()


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)
