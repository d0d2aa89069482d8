"""Opportunities: deals and orders with the people and the account they are of.

Belongs here: the rows of one deal put together, merged deals, cancellations, people and account. Does not belong here:
reading a file (`qualification.activity.deals`), what a stage means.
"""

from __future__ import annotations

from datetime import datetime

import polars as pl

from contracts.qualified import MONEY, OPPORTUNITIES
from contracts.table import TIMESTAMP
from qualification.activity.parts import Parts
from qualification.touchpoints.people import People, joined

_OF = ["source", "deal_id"]
_STATE = ("stage", "amount", "currency", "created_at", "closed_at", "outcome", "campaign_id", "owner")


def opportunities(parts: Parts, people: People, now: datetime, before: pl.DataFrame | None = None) -> pl.DataFrame:
    """Deals and orders as they are stated last.

    A row with a negative amount takes back what the order said: all of it, and the order is cancelled; part of it, and
    the rest counts. A deal that was merged away is the other one.

    Args:
        parts: what the tables of activity give.
        people: who is known tonight.
        now: the run.
        before: the table as the last run left it: a state that is the same was known since.

    Returns:
        contracts.qualified.OPPORTUNITIES, sorted.
    """
    deals = _merged(parts.of("deals"), parts)
    stated = _stated(deals, _merged(parts.of("deal_stages"), parts))
    with_people = stated.join(_people(deals, parts, people), on=_OF, how="left", maintain_order="left")
    table = with_people.select(
        pl.concat_str("source", pl.lit(":"), "deal_id").alias("opportunity_id"),
        "account_id",
        pl.col("lead_ids").fill_null([]),
        *_STATE,
    ).with_columns(pl.col("amount").round(2).cast(MONEY), known_at=pl.lit(now, TIMESTAMP))
    if before is not None and before.height:
        same = ["opportunity_id", "stage", "amount", "currency", "closed_at", "outcome"]
        had = before.select(*same, had="known_at").unique(same, keep="first", maintain_order=True)
        table = table.join(had, on=same, how="left", nulls_equal=True, maintain_order="left")
        table = table.with_columns(known_at=pl.coalesce("had", "known_at"))
    return OPPORTUNITIES.conform(table.select(OPPORTUNITIES.names)).sort("opportunity_id")


def deal_feedback(parts: Parts) -> pl.DataFrame:
    """The stages of deals as feedback of each of their people (rows of the part `feedback`)."""
    stages, deals = _merged(parts.of("deal_stages"), parts), _merged(parts.of("deals"), parts)
    people = _named(deals, parts).rename({"source": "deal_source"})
    entered = stages.select(*_OF, "file", "row", "occurred_at", "stage", "owner")
    # Of deals without a history there is the last change alone: snapshots of several nights make one.
    changed = deals.filter(pl.col("changed_at").is_not_null()).select(
        *_OF, "file", "row", pl.col("changed_at").alias("occurred_at"), "stage", "owner"
    )
    changed = changed.join(stages.select(_OF).unique(), on=_OF, how="anti", maintain_order="left")
    rows = pl.concat([entered, changed]).unique([*_OF, "occurred_at", "stage"], keep="first", maintain_order=True)
    rows = rows.join(people, left_on=_OF, right_on=["deal_source", "deal_id"], how="inner", maintain_order="left")
    return rows.select(
        "source",
        "file",
        "row",
        pl.concat_str("deal_id", pl.lit("/"), pl.coalesce("crm_id", "email")).alias("source_record_id"),
        "crm_source",
        "crm_id",
        "email",
        pl.lit("stage").alias("field"),
        pl.lit(None, pl.String).alias("old_value"),
        pl.col("stage").alias("new_value"),
        pl.lit(None, pl.String).alias("reason"),
        "owner",
        "occurred_at",
        "system",
    ).drop_nulls("new_value")


def _merged(rows: pl.DataFrame, parts: Parts) -> pl.DataFrame:
    """Rows of deals that were merged away as rows of the deal they went into, however many steps that took."""
    merges = parts.of("deal_merges").select(*_OF, "merged_id").unique(maintain_order=True)
    for _ in range(merges.height):
        to = merges.unique(["source", "merged_id"], keep="first", maintain_order=True).rename({"deal_id": "to"})
        moved = rows.join(to, left_on=_OF, right_on=["source", "merged_id"], how="left", maintain_order="left")
        if not moved["to"].is_not_null().any():
            break
        was = pl.col("moved").fill_null(False) if "moved" in moved.columns else pl.lit(False)
        rows = moved.with_columns(deal_id=pl.coalesce("to", "deal_id"), moved=was | pl.col("to").is_not_null()).drop(
            "to"
        )
    return rows if "moved" in rows.columns else rows.with_columns(moved=pl.lit(False))


def _stated(deals: pl.DataFrame, stages: pl.DataFrame) -> pl.DataFrame:
    """One row per deal: what its own row changed or received last says, less what was taken back."""
    order = deals.with_columns(at=pl.coalesce("changed_at", "received_at")).sort(
        ~pl.col("moved"), "at", "received_at", "file", "row"
    )
    positive = order.filter(pl.col("amount").fill_null(0) >= 0)
    last = positive.unique(_OF, keep="last", maintain_order=True)
    back = order.filter(pl.col("amount") < 0).unique([*_OF, "amount", "created_at"], keep="last", maintain_order=True)
    taken = back.group_by(_OF, maintain_order=True).agg(back=pl.col("amount").sum(), back_at=pl.col("created_at").max())
    alone = back.join(last, on=_OF, how="anti", maintain_order="left").unique(_OF, keep="last", maintain_order=True)
    last = pl.concat([last, alone]).join(taken, on=_OF, how="left", maintain_order="left")
    none_left = pl.col("back").is_not_null() & ((pl.col("amount") + pl.col("back")) < 0.005)
    last = last.with_columns(
        outcome=pl.when(none_left).then(pl.lit("cancelled")).otherwise("outcome"),
        closed_at=pl.when(none_left).then(pl.coalesce("back_at", "closed_at")).otherwise("closed_at"),
        amount=pl.when(none_left | pl.col("back").is_null())
        .then(pl.col("amount").abs())
        .otherwise(pl.col("amount") + pl.col("back")),
    )
    latest = stages.sort("occurred_at", "received_at", "file", "row").unique(_OF, keep="last", maintain_order=True)
    latest = latest.select(*_OF, late_stage="stage", late_at="occurred_at", late_outcome="outcome")
    only = latest.join(last.select(_OF), on=_OF, how="anti", maintain_order="left").select(
        *_OF, stage="late_stage", outcome="late_outcome", created_at="late_at"
    )
    return pl.concat([last.select(*_OF, *_STATE), only], how="diagonal")


def _named(deals: pl.DataFrame, parts: Parts) -> pl.DataFrame:
    """source, deal_id and who is named for it: crm_source, crm_id, system, email."""
    linked = _merged(parts.of("deal_people"), parts).select(*_OF, "crm_source", "crm_id", "system")
    in_row = deals.select(*_OF, "crm_source", "system", crm_id="crm_ids").explode("crm_id", empty_as_null=True)
    in_row = in_row.filter(pl.col("crm_id").is_not_null() & (pl.col("crm_id") != ""))
    mailed = deals.filter(pl.col("email").is_not_null()).select(*_OF, "email", "crm_source", "system")
    found = pl.concat([linked, in_row, mailed], how="diagonal").with_columns(
        pl.col("email") if deals.height else pl.lit(None, pl.String).alias("email")
    )
    return found.unique(maintain_order=True)


def _people(deals: pl.DataFrame, parts: Parts, people: People) -> pl.DataFrame:
    """source, deal_id, lead_ids and account_id."""
    found = joined(_named(deals, parts), people)
    agreed = pl.col("account_id").drop_nulls()
    return found.group_by(_OF, maintain_order=True).agg(
        lead_ids=pl.col("lead_id").drop_nulls().unique().sort(),
        account_id=pl.when(agreed.len() > 0).then(agreed.mode().sort().first()),
    )
