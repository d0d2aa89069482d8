"""Parts: what one table of activity gives, before it is joined to people.

Belongs here: the columns of each part, rows that give nothing with the reason. Does not belong here: filling them (the
builders beside), the tables of the contract (`contracts.qualified`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from contracts.qualified import ACTIVITIES, CRM_FEEDBACK
from contracts.table import TIMESTAMP

_WHERE: dict[str, Any] = {"source": pl.String, "file": pl.String, "row": pl.Int64}
_OF_DEAL = _WHERE | {"deal_id": pl.String, "received_at": TIMESTAMP}
SCHEMAS: dict[str, dict[str, Any]] = {
    "activities": {name: kind for name, kind in ACTIVITIES.schema.items() if name != "known_at"}
    | {"sent_at": TIMESTAMP},
    "feedback": {
        name: kind for name, kind in CRM_FEEDBACK.schema.items() if name not in ("known_at", "lead_id", "account_id")
    }
    | {"system": pl.String},
    "deals": _OF_DEAL
    | {
        "stage": pl.String,
        "amount": pl.Float64,
        "currency": pl.String,
        "created_at": TIMESTAMP,
        "closed_at": TIMESTAMP,
        "changed_at": TIMESTAMP,
        "outcome": pl.String,
        "crm_source": pl.String,
        "system": pl.String,
        "crm_ids": pl.List(pl.String),
        "email": pl.String,
        "campaign_id": pl.String,
        "owner": pl.String,
    },
    "deal_stages": _OF_DEAL
    | {"occurred_at": TIMESTAMP, "stage": pl.String, "outcome": pl.String, "owner": pl.String, "system": pl.String},
    "deal_people": _OF_DEAL | {"crm_source": pl.String, "crm_id": pl.String, "system": pl.String},
    "deal_merges": _OF_DEAL | {"merged_id": pl.String},
    "costs": _WHERE
    | {
        "received_at": TIMESTAMP,
        "campaign_id": pl.String,
        "day": pl.String,
        "month": pl.String,
        "channel": pl.String,
        "planned": pl.Float64,
        "actual": pl.Float64,
        "currency": pl.String,
    },
    "rejects": _WHERE | {"reason_code": pl.String, "message": pl.String, "raw": pl.String},
}


def empty(part: str) -> pl.DataFrame:
    """A part without rows."""
    return pl.DataFrame(schema=SCHEMAS[part])


@dataclass
class Parts:
    """What tables of activity give: name of a part to its rows (`SCHEMAS`)."""

    frames: dict[str, list[pl.DataFrame]] = field(default_factory=dict)

    def add(self, part: str, rows: pl.DataFrame) -> None:
        """Take up rows; columns a part does not have are dropped, missing ones are null."""
        given = set(rows.columns)
        wanted = [
            (pl.col(name) if name in given else pl.lit(None)).cast(kind).alias(name)
            for name, kind in SCHEMAS[part].items()
        ]
        self.frames.setdefault(part, []).append(rows.select(wanted))

    def extend(self, others: Iterable[Parts]) -> Parts:
        """Take up what other tables gave."""
        for other in others:
            for part, rows in other.frames.items():
                self.frames.setdefault(part, []).extend(rows)
        return self

    def of(self, part: str) -> pl.DataFrame:
        """All rows of a part."""
        return pl.concat([empty(part), *self.frames.get(part, [])])
