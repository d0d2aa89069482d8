"""Objections: who says in activity that he wants no more mail.

Belongs here: unsubscribing and complaints as what closes a channel; a later confirmed consent ends them. Does not
belong here: which leads that closes (`matching.golden`), what unsubscribing scores.
"""

from __future__ import annotations

import json

import polars as pl

from contracts.raw import REJECTS

KINDS = ("unsubscribe", "spam_report")
_SAID = json.dumps({"opt_out": ["E-Mail: gelistet"]}, ensure_ascii=False)
_KEY = ["source", "source_record_id"]


def objections_in(activities: pl.DataFrame, records: pl.DataFrame) -> pl.DataFrame:
    """Objections in activity, in the form in which those of rows without a record are read (contracts.raw.REJECTS).

    Args:
        activities: contracts.qualified.ACTIVITIES.
        records: source, source_record_id, email, consent_confirmed_at (UTC) of contracts.clean.ENRICHED_RECORDS: the
            address of a record that is named by its id alone, and consents confirmed after the objection.
    """
    said = activities.filter(pl.col("kind").is_in(KINDS)).select(
        *_KEY, "file", "row", "occurred_at", "email", key_source="crm_source", key_id="crm_id"
    )
    mails = records.filter(pl.col("email").is_not_null())
    of_record = mails.select(key_source="source", key_id="source_record_id", of_record="email").unique(
        ["key_source", "key_id"], keep="first", maintain_order=True
    )
    said = said.join(of_record, on=["key_source", "key_id"], how="left", maintain_order="left")
    said = said.with_columns(email=pl.coalesce("email", "of_record").str.to_lowercase()).drop_nulls("email")
    confirmed = (
        mails.drop_nulls("consent_confirmed_at")
        .group_by(pl.col("email").str.to_lowercase())
        .agg(again=pl.col("consent_confirmed_at").max())
    )
    said = said.join(confirmed, on="email", how="left", maintain_order="left")
    standing = said.filter(~(pl.col("again") > pl.col("occurred_at")).fill_null(False))
    standing = standing.sort("email", "occurred_at").unique("email", keep="last", maintain_order=True)
    # A row each: rows that follow each other in a file would else be read as one that was torn.
    rows = standing.with_row_index("nth").select(
        "source",
        pl.lit("activity").alias("channel"),
        "source_record_id",
        "file",
        pl.lit("objection").alias("reason_code"),
        pl.lit("Said in activity").alias("message"),
        row=pl.col("nth").cast(pl.Int64) * 2,
        raw=pl.col("email"),
        default_country=pl.lit("DE"),
        consent=pl.lit(_SAID),
    )
    return REJECTS.conform(rows)
