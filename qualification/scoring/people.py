"""People: what scoring knows of each lead beside what it does.

Belongs here: the lead, the facts of its company and wishes, whether it objected, since when it is a customer. Does not
belong here: fit (`fit`), touchpoints (`judged`).
"""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl

from contracts.table import TIMESTAMP

OBJECTIONS = ("opted_out", "suppressed")
"""Block reasons of leads that stop profiling: Art. 21 (2) GDPR."""

_ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)  # a customer of old, by customer number


def people(leads: pl.DataFrame, facts: pl.DataFrame, customers: pl.DataFrame) -> pl.DataFrame:
    """One row per lead.

    Args:
        leads: `contracts.published.LEADS`.
        facts: lead_id and what is known beside; a column of both is taken from here where it is not null.
        customers: lead_id, customer_since of the people whose order is known.

    Returns:
        The columns of leads and facts, objected and customer_since (null: no customer), sorted by lead_id.
    """
    both = [name for name in facts.columns if name in leads.columns and name != "lead_id"]
    blocked = pl.col("block_reasons")
    objected = pl.any_horizontal(blocked.list.contains(reason) for reason in OBJECTIONS)
    since = customers.group_by("lead_id").agg(pl.col("customer_since").min())
    old = pl.when(blocked.list.contains("existing_customer")).then(pl.lit(_ALWAYS)).cast(TIMESTAMP)
    return (
        leads.join(facts.unique("lead_id", keep="any"), on="lead_id", how="left", suffix=" of facts")
        .with_columns(pl.coalesce(f"{name} of facts", name).alias(name) for name in both)
        .drop(f"{name} of facts" for name in both)
        .join(since, on="lead_id", how="left")
        .with_columns(
            objected.fill_null(False).alias("objected"), pl.coalesce(old, "customer_since").alias("customer_since")
        )
        .sort("lead_id")
    )
