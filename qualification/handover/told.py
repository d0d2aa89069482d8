"""Told: what stages, touchpoints and deals say about hand-overs, lead by lead.

Belongs here: those tables, reduced to the few leads that are with sales or on their way. Does not belong here: what
follows from it (`qualification.handover.decisions`). Ids that were merged away are followed, so that a row which names
an old id speaks of the lead that it is now; the table of hand-overs itself keeps the id that was handed over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

import polars as pl

MQL = 3  # places on the common ladder
WITH_SALES = 4
CUSTOMER = 7


class StageRow(NamedTuple):
    """A row of the stage history, as far as hand-overs ask."""

    stage: str
    ladder: int
    entered_at: datetime
    left_at: datetime | None
    by: str
    reason: str | None


class Ids(NamedTuple):
    """Which id stands for an old one today."""

    leads: Mapping[str, str]
    accounts: Mapping[str, str]

    def lead(self, lead_id: str) -> str:
        return self.leads.get(lead_id, lead_id)

    def account(self, account_id: str | None) -> str | None:
        return self.accounts.get(account_id, account_id) if account_id else None


def ids_of(redirects: pl.DataFrame) -> Ids:
    """What `contracts.published.REDIRECTS` says of leads and accounts."""
    pairs = {
        entity: dict(redirects.filter(pl.col("entity") == entity).select("old_id", "new_id").iter_rows())
        for entity in ("lead", "account")
    }
    return Ids(pairs["lead"], pairs["account"])


def stages_of(history: pl.DataFrame, model: str, leads: Iterable[str], ids: Ids) -> dict[str, list[StageRow]]:
    """The way of each of the leads through a model, earliest first.

    Args:
        history: `contracts.qualified.STAGE_HISTORY`; the way of a lead before it was merged is left out.
    """
    columns = ("stage", "ladder", "entered_at", "left_at", "by", "reason")
    own = history.filter(pl.col("model") == model, pl.col("merged_from").is_null())
    rows = _of_leads(own, leads, ids).sort("entered_at", "ladder", "stage")
    told: dict[str, list[StageRow]] = {}
    for lead_id, *row in rows.select("lead_id", *columns).iter_rows():
        told.setdefault(lead_id, []).append(StageRow(*row))
    return told


def moments_of(
    touchpoints: pl.DataFrame, kinds: Iterable[str], leads: Iterable[str], ids: Ids, as_of: datetime
) -> dict[str, list[datetime]]:
    """When each of the leads did, or was done, something of these kinds, earliest first.

    Args:
        touchpoints: `contracts.qualified.TOUCHPOINTS`; what a machine did, or was not known as of then, is left out.
    """
    known = touchpoints.filter(
        pl.col("kind").is_in(sorted(kinds)),
        pl.col("human") != "no",
        pl.max_horizontal("occurred_at", "known_at") <= as_of,
        pl.col("lead_id").is_not_null(),
    )
    rows = _of_leads(known, leads, ids).sort("lead_id", "occurred_at").group_by("lead_id").agg("occurred_at")
    return dict(rows.iter_rows())


class Deals(NamedTuple):
    """What the CRM says of accounts: how many open opportunities, and whose they are."""

    open: Mapping[str, int]
    opportunity_owner: Mapping[str, str]
    account_owner: Mapping[str, str]


def deals_of(opportunities: pl.DataFrame, accounts: pl.DataFrame, ids: Ids) -> Deals:
    """The deals of each account; the latest one names its owner.

    Args:
        opportunities: `contracts.qualified.OPPORTUNITIES`.
        accounts: `contracts.published.ACCOUNTS`; a column `owner`, where there is one, goes before the deals'.
    """
    rows = (
        opportunities.filter(pl.col("account_id").is_not_null())
        .with_columns(pl.col("account_id").replace(dict(ids.accounts)))
        .sort("created_at", "opportunity_id", nulls_last=False)
    )
    still = rows.filter(pl.col("outcome") == "open")
    owned = pl.col("owner").is_not_null()
    named: dict[str, str] = {}
    if "owner" in accounts.columns:
        named = dict(accounts.filter(owned).select("account_id", "owner").iter_rows())
    return Deals(
        dict(still.group_by("account_id").len().iter_rows()),
        dict(still.filter(owned).select("account_id", "owner").iter_rows()),
        dict(rows.filter(owned).select("account_id", "owner").iter_rows()) | named,
    )


def _of_leads(frame: pl.DataFrame, leads: Iterable[str], ids: Ids) -> pl.DataFrame:
    wanted: list[Any] = sorted(set(leads))
    return frame.with_columns(pl.col("lead_id").replace(dict(ids.leads))).filter(pl.col("lead_id").is_in(wanted))
