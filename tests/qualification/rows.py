"""Rows for tests: a touchpoint, a lead, a CRM word, a deal, each with what the test says and usual values elsewhere."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import polars as pl

from contracts.published import LEADS, REDIRECTS
from contracts.qualified import CRM_FEEDBACK, OPPORTUNITIES, TOUCHPOINTS
from qualification.rule_files import rule_file

ZONE = "Europe/Berlin"
Row = Mapping[str, Any]

_CHANNELS = {row["kind"]: row["channel"] for row in rule_file("activity_types.csv").rows()}


def utc(text: str) -> datetime:
    """A moment such as `2026-03-02 09:15`, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def touchpoints(rows: Iterable[Row]) -> pl.DataFrame:
    """Each row says at least kind and at; it is of lead A, seen at once, by a human."""
    made = []
    for number, row in enumerate(rows):
        at = utc(row["at"])
        usual = {
            "touchpoint_id": f"T{number:04}",
            "lead_id": "A",
            "channel": _CHANNELS.get(row["kind"], "web"),
            "occurred_at": at,
            "known_at": at,
            "human": "yes",
            "join_rule": "email",
            "evidence": [],
        }
        made.append(usual | {key: value for key, value in row.items() if key != "at"})
    return TOUCHPOINTS.conform(pl.DataFrame(made, schema_overrides=TOUCHPOINTS.schema) if made else TOUCHPOINTS.empty())


def leads(*rows: Row) -> pl.DataFrame:
    """Each row says what differs from a lead A first seen in 2026."""
    usual = {
        "lead_id": "A",
        "consent_email": "granted",
        "block_reasons": [],
        "first_seen_at": utc("2026-01-01 00:00"),
    }
    made = [usual | dict(row) for row in rows or ({},)]
    return LEADS.conform(
        pl.DataFrame(made, schema_overrides={name: LEADS.schema[name] for row in made for name in row})
    )


def feedback(*rows: Row) -> pl.DataFrame:
    """Each row says at least new_value and at; it is a stage of lead A."""
    made = []
    for number, row in enumerate(rows):
        at = utc(row["at"])
        usual = {
            "source": "crm",
            "source_record_id": f"R{number:03}",
            "file": "history.csv",
            "row": number,
            "lead_id": "A",
            "field": "stage",
            "occurred_at": at,
            "known_at": at,
        }
        made.append(usual | {key: value for key, value in row.items() if key != "at"})
    return CRM_FEEDBACK.conform(pl.DataFrame(made) if made else CRM_FEEDBACK.empty())


def opportunities(*rows: Row) -> pl.DataFrame:
    """Each row says at least outcome; moments are texts; it is a deal of lead A."""
    made = []
    for number, row in enumerate(rows):
        told = {key: utc(value) if key.endswith("_at") else value for key, value in row.items()}
        usual = {"opportunity_id": f"O{number}", "lead_ids": ["A"], "amount": 48000, "currency": "EUR"}
        made.append(usual | {"known_at": told.get("closed_at") or told.get("created_at")} | told)
    return OPPORTUNITIES.conform(pl.DataFrame(made) if made else OPPORTUNITIES.empty())


def redirected(old: str, new: str, at: str) -> pl.DataFrame:
    """One lead merged into another."""
    return REDIRECTS.conform(pl.DataFrame([{"entity": "lead", "old_id": old, "new_id": new, "at": utc(at)}]))
