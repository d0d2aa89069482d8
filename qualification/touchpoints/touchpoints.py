"""Touchpoints: every act once, whose it is, and all that shows it.

Belongs here: the order of the steps, what a touchpoint says of its rows, its id and when it was known. Does not belong
here: the steps (`people`, `visitors`, `same_act`), points.
Everything is computed anew each night from all rows and the people of that night: whoever is merged or taken apart
again has the touchpoints of his records, as if it had never been otherwise.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import polars as pl

from contracts.qualified import EVIDENCE, TOUCHPOINTS
from qualification.activity.ids import hashed
from qualification.rule_files import rule_file
from qualification.touchpoints.people import People, joined
from qualification.touchpoints.same_act import same_acts
from qualification.touchpoints.visitors import by_network, by_visitor

_FIRST_FILLED = ("visitor_id", "campaign_id", "utm_source", "utm_medium", "mailing_id", "content_id", "category")
_RANK = {"record": 0, "crm_id": 1, "email": 2, "visitor": 3, "company_network": 4}
_PROOF = ["source", "source_record_id", "file", "row"]
# Ten million acts are joined in the columns that joining asks for; the others follow by their place.
_ASKED = (
    *("source", "source_record_id", "system", "crm_source", "crm_id", "email"),
    *("visitor_id", "tracking_consent", "ip_address", "occurred_at", "known_at"),
)
_SAYS = (
    *("source", "source_record_id", "file", "row", "system", "kind", "occurred_at", "page_url", "share", "machine"),
    *_FIRST_FILLED,
)
_WHOSE = ("lead_id", "account_id", "reason", "known_at")
_UTC = pl.Datetime("us", "UTC")


def touchpoints(
    activities: pl.DataFrame,
    lead_acts: pl.DataFrame,
    people: People,
    now: datetime,
    before: pl.DataFrame | None = None,
    *,
    home_rules: Path | None = None,
) -> pl.DataFrame:
    """All acts as touchpoints, sorted by time and id.

    Args:
        activities: contracts.qualified.ACTIVITIES.
        lead_acts: the same, of the lead records themselves (`lead_acts`).
        people: who is known tonight.
        now: the run.
        before: the table as the last run left it. A touchpoint that was nobody's then and is somebody's now is known
            from this run on: what was learnt late must not have been known early.
        home_rules: folder of the home's own rule files.

    Returns:
        contracts.qualified.TOUCHPOINTS.
    """
    whose = pl.concat([joined(activities.select(_ASKED), people), _of_records(lead_acts.select(_ASKED), people)])
    whose = by_network(by_visitor(whose), people)
    acts = pl.concat([activities.select(_SAYS), lead_acts.select(_SAYS)]).hstack(
        whose.select(*_WHOSE, pl.col("join_rule").fill_null("none"), who=_who())
    )
    del whose
    acts = acts.sort("occurred_at", "kind", "source", "source_record_id")
    acts = acts.with_columns(act=same_acts(acts)).drop("who", "page_url", "system")
    told = _told(acts, home_rules)
    return TOUCHPOINTS.conform(_known(told, now, before).select(TOUCHPOINTS.names)).sort("occurred_at", "touchpoint_id")


def _of_records(lead_acts: pl.DataFrame, people: People) -> pl.DataFrame:
    """Acts of lead records: each is its record's lead's."""
    records = people.records.select("source", "source_record_id", "lead_id", "account_id").unique(
        ["source", "source_record_id"], keep="first", maintain_order=True
    )
    found = lead_acts.join(records, on=["source", "source_record_id"], how="left", maintain_order="left")
    known = pl.col("lead_id").is_not_null()
    return found.with_columns(
        join_rule=pl.when(known).then(pl.lit("record")),
        reason=pl.when(~known).then(pl.lit("unknown_record")),
    )


def _who() -> pl.Expr:
    """Whose acts may be one: a lead's, else a browser's, else a shared address's."""
    lead, browser, box = (
        pl.when(pl.col(name).is_not_null()).then(pl.concat_str(pl.lit(mark), name))
        for name, mark in (("lead_id", "l"), ("visitor_id", "v"), ("email", "e"))
    )
    whose = pl.coalesce(lead, browser, box)
    return pl.when(whose.is_not_null()).then(whose.hash())  # of this process only: it orders nothing that is kept


def _told(acts: pl.DataFrame, home_rules: Path | None) -> pl.DataFrame:
    """One row per act: what its rows say, the earliest first."""
    types = {row["kind"]: row for row in rule_file("activity_types.csv", home_rules).rows()}
    proof = pl.struct(
        pl.col(name).cast(kind) for name, kind in zip(_PROOF, (pl.String, pl.String, pl.String, pl.Int64), strict=True)
    )
    several = acts["act"].is_duplicated()
    rank = pl.col("join_rule").replace_strict(_RANK, default=9, return_dtype=pl.Int8)
    plainer = {row["kind"] for row in rule_file("same_act.csv").rows()}
    columns = [
        "kind",
        "occurred_at",
        "known_at",
        "lead_id",
        "account_id",
        "share",
        "join_rule",
        "reason",
        "machine",
        *_FIRST_FILLED,
    ]
    alone = acts.filter(~several).select("act", *columns, first=proof, evidence=pl.concat_list(proof))
    many = acts.filter(several).with_columns(proof=proof, rank=rank, says_more=pl.col("kind").is_in(plainer))
    many = many.sort("act", "occurred_at", "source", "source_record_id")
    together = many.group_by("act", maintain_order=True).agg(
        pl.col("kind").sort_by(~pl.col("says_more"), maintain_order=True).first(),
        pl.col("occurred_at").first(),
        pl.col("known_at").min(),
        pl.col("lead_id").drop_nulls().first(),
        pl.col("account_id").sort_by("rank", maintain_order=True).drop_nulls().first(),
        pl.col("share").max(),
        pl.col("join_rule").sort_by("rank", maintain_order=True).first(),
        pl.col("reason").sort_by("rank", maintain_order=True).first(),
        pl.when(pl.col("machine").is_not_null().all()).then(pl.col("machine").first()).alias("machine"),
        *(pl.col(name).drop_nulls().first() for name in _FIRST_FILLED),
        pl.col("proof").first().alias("first"),
        pl.col("proof").unique().sort().alias("evidence"),
    )
    told = pl.concat([alone, together.select(alone.columns)], how="vertical")
    human = {kind: row["human"] for kind, row in types.items()}
    channel = {kind: row["channel"] for kind, row in types.items()}
    named = told.select("kind", "occurred_at", pl.col("first").struct.field("source", "source_record_id"))
    nobody = pl.col("lead_id").is_null() & pl.col("account_id").is_null() & pl.col("visitor_id").is_not_null()
    by_machine = pl.col("machine").is_not_null()
    return told.with_columns(
        touchpoint_id=pl.concat_str(pl.lit("T"), hashed(named, named.columns)),
        channel=pl.col("kind").replace_strict(channel, default="other", return_dtype=pl.String),
        human=pl.when(by_machine)
        .then(pl.lit("no"))
        .otherwise(pl.col("kind").replace_strict(human, default="maybe", return_dtype=pl.String)),
        reason=pl.when(by_machine)
        .then(pl.lit("machine"))
        .otherwise(pl.coalesce("reason", pl.when(nobody).then(pl.lit("unknown_visitor")))),
        evidence=pl.col("evidence").cast(EVIDENCE),
    )


def _known(told: pl.DataFrame, now: datetime, before: pl.DataFrame | None) -> pl.DataFrame:
    """When each touchpoint was first known as whose it is."""
    if before is None or not before.height:
        return told
    had = before.select("touchpoint_id", had_known="known_at", was_nobodys=pl.col("lead_id").is_null())
    told = told.join(had, on="touchpoint_id", how="left", maintain_order="left")
    learnt = pl.col("was_nobodys").fill_null(False) & pl.col("lead_id").is_not_null()
    return told.with_columns(
        known_at=pl.when(learnt).then(pl.lit(now, _UTC)).otherwise(pl.coalesce("had_known", "known_at"))
    )
