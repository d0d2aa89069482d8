"""Deals: opportunities and orders, their stages, people and merges, as CRM and ERP export them.

Belongs here: what one row says of a deal, how it went. Does not belong here: putting the rows of one deal together
(`opportunities`), costs.
"""

from __future__ import annotations

import polars as pl

from qualification.activity.parts import Parts
from qualification.activity.taken import Taken, addresses, bare_id, is_true


def read_deals(taken: Taken) -> Parts:
    """One row per deal as stated; totals and rows without an id go to the rejects."""
    parts = Parts()
    rows = _rows(taken).with_columns(
        stage=taken.text("stage"),
        amount=taken.number("amount"),
        currency=taken.currency("amount"),
        created_at=taken.time("created_at"),
        closed_at=taken.time("closed_at"),
        changed_at=taken.time("changed_at"),
        crm_source=pl.lit(taken.crm_source),
        crm_ids=_ids(taken),
        email=addresses(taken.text("email")),
        campaign_id=taken.text("campaign_id"),
        owner=taken.text("owner"),
        _won=is_true(taken.text("won")),
        _closed=is_true(taken.text("closed")),
        _active=is_true(taken.text("active")),
        _lost=taken.text("lost"),
        _chance=taken.number("probability"),
    )
    default = taken.shape.outcomes.get("", "open")
    by_stage = (
        pl.col("stage")
        .str.to_lowercase()
        .replace_strict(
            {stage: outcome for stage, outcome in taken.shape.outcomes.items() if stage},
            default=None,
            return_dtype=pl.String,
        )
    )
    archived = ~pl.col("_active").fill_null(True)
    chance = pl.col("_chance") >= 100 if taken.shape.system == "odoo" else pl.lit(False)
    outcome = (
        pl.when(pl.col("amount") < 0)
        .then(pl.lit("cancelled"))
        .when(pl.col("_won"))
        .then(pl.lit("won"))
        .when(pl.col("_closed") | archived | pl.col("_lost").is_not_null())
        .then(pl.coalesce(by_stage, pl.lit("lost")))
        .when(chance)
        .then(pl.lit("won"))
        .otherwise(pl.coalesce(by_stage, pl.lit(default)))
    )
    rows = rows.with_columns(outcome=outcome)
    if taken.shape.name == "odoo_crm_lead" and (taken.has("type")):
        rows = rows.filter(taken.text("type").str.to_lowercase().ne_missing("lead"))
    parts.add("deals", rows.drop_nulls("deal_id"))
    lost = rows.filter(pl.col("deal_id").is_null()).with_columns(reason_code=pl.lit("no_deal_id"), raw=pl.col("stage"))
    parts.add("rejects", lost.with_columns(message=pl.lit("The row names no deal or order: nothing can be told of it")))
    return parts


def read_deal_stages(taken: Taken) -> Parts:
    """One row per stage that a deal entered."""
    parts = Parts()
    rows = _rows(taken).with_columns(
        occurred_at=taken.time("occurred_at"), stage=taken.text("stage"), owner=taken.text("owner")
    )
    outcome = (
        pl.col("stage")
        .str.to_lowercase()
        .replace_strict(dict(taken.shape.outcomes), default="open", return_dtype=pl.String)
    )
    rows = rows.with_columns(outcome=outcome)
    parts.add("deal_stages", rows.drop_nulls(["deal_id", "occurred_at", "stage"]))
    lost = rows.filter(pl.col("occurred_at").is_null()).with_columns(
        reason_code=pl.lit("unknown_time"), raw=pl.col("stage")
    )
    parts.add(
        "rejects", lost.with_columns(message=pl.lit("When it was is not told, or not in a notation that is known"))
    )
    return parts


def read_deal_people(taken: Taken) -> Parts:
    """One row per person of a deal."""
    parts = Parts()
    rows = _rows(taken).with_columns(crm_source=pl.lit(taken.crm_source), crm_id=bare_id(taken.text("crm_id")))
    parts.add("deal_people", rows.drop_nulls(["deal_id", "crm_id"]))
    return parts


def read_deal_merges(taken: Taken) -> Parts:
    """One row per deal that went into another."""
    parts = Parts()
    rows = _rows(taken).with_columns(merged_id=bare_id(taken.text("merged_id")))
    parts.add("deal_merges", rows.drop_nulls(["deal_id", "merged_id"]))
    return parts


def _rows(taken: Taken) -> pl.DataFrame:
    rows = pl.DataFrame({"row": taken.place, "deal_id": bare_id(taken.text("deal_id"))})
    return rows.with_columns(
        received_at=pl.lit(taken.told.received_at), system=pl.lit(taken.shape.system), **taken.where
    )


def _ids(taken: Taken) -> pl.Series:
    """The ids of a deal's people: several in one cell are separated by semicolons or commas."""
    return (
        bare_id(taken.text("crm_ids"))
        .str.split(";")
        .list.eval(pl.element().str.split(",").explode().str.strip_chars().str.replace(r"^(\d+)\.0$", "$1"))
    )
