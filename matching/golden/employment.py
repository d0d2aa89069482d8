"""Employment: the account a golden lead belongs to today, and its post there.

Belongs here: choosing one account for a lead whose records may name several. Does not belong here: finding a
record's account (`matching.accounts.lead_to_account`), reading a title (`enrichment.job.title`).
"""

from __future__ import annotations

import polars as pl

from enrichment.job.title import classify


def current_accounts(golden: pl.DataFrame, clusters: pl.DataFrame, employment: pl.DataFrame) -> pl.DataFrame:
    """The account of each lead: that of the record stating its current employer, else its best-supported one.

    Args:
        golden: `matching.golden.golden_leads.GOLDEN` (lead_id, employment_record).
        clusters: record, lead_id.
        employment: record, account_id (null where none), probability.

    Returns:
        lead_id, account_id (null for private persons); one row per lead, in the order of `golden`.
    """
    known = employment.drop_nulls("account_id").select("record", "account_id", "probability")
    stated = golden.select("lead_id", record="employment_record").join(
        known.select("record", stated="account_id"), on="record", how="left", maintain_order="left"
    )
    supported = (
        clusters.join(stated.filter(pl.col("stated").is_null()), on="lead_id", how="semi")
        .join(known, on="record", how="inner")
        .group_by("lead_id", "account_id")
        .agg(records=pl.len(), probability=pl.max("probability"))
        .sort("lead_id", "records", "probability", "account_id", descending=[False, True, True, False])
        .unique("lead_id", keep="first", maintain_order=True)
        .select("lead_id", supported="account_id")
    )
    return stated.join(supported, on="lead_id", how="left", maintain_order="left").select(
        "lead_id", account_id=pl.coalesce("stated", "supported")
    )


def current_posts(golden: pl.DataFrame, clusters: pl.DataFrame, employment: pl.DataFrame) -> pl.DataFrame:
    """The account of each lead with what its title says.

    Args:
        golden: `matching.golden.golden_leads.GOLDEN` (lead_id, employment_record, job_title, department).
        clusters, employment: as for `current_accounts`.

    Returns:
        lead_id, account_id, seniority, buying_role; one row per lead, in the order of `golden`.
    """
    judged = classify(golden["job_title"], golden["department"])
    return current_accounts(golden, clusters, employment).with_columns(judged["seniority"], buying_role=judged["role"])
