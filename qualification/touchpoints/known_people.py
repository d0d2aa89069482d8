"""Known people: what the night knows of its leads, in the columns by which activity is joined.

Belongs here: which address is shared, which network is a company's own. Does not belong here: joining (`people`).
"""

from __future__ import annotations

import polars as pl

from qualification.touchpoints.people import People
from qualification.touchpoints.visitors import network_of

_AT_LEAST = 2  # leads of one account, and of no other, in a network before it counts as the company's
_KEY = ["source", "source_record_id"]


def known_people(
    records: pl.DataFrame, crosswalk: pl.DataFrame, accounts: pl.DataFrame, redirects: pl.DataFrame
) -> People:
    """What is known of people tonight.

    Args:
        records: source, source_record_id, email, other_emails, email_kind, ip_address, ip_network_kind of
            contracts.clean.ENRICHED_RECORDS.
        crosswalk: source, source_record_id, lead_id, account_id.
        accounts: account_id and domain.
        redirects: contracts.matched.LEAD_REDIRECTS.
    """
    members = crosswalk.select(*_KEY, "lead_id", "account_id")
    known = records.join(members, on=_KEY, how="inner", maintain_order="left")
    # An address of a company that a record has beside its own is no shared one for that.
    shared = pl.col("email_kind") == "role"
    own = known.select("email", "lead_id", "account_id", shared=shared)
    others = known.select(pl.col("other_emails").alias("email"), "lead_id", "account_id", shared=pl.lit(False))
    contacts = (
        pl.concat([own, others.explode("email", empty_as_null=True)]).drop_nulls("email").unique(maintain_order=True)
    )
    leads = redirects.select("old_id", "new_id").drop_nulls()
    return People(
        records=members,
        contacts=contacts.with_columns(pl.col("email").str.to_lowercase()),
        redirects=leads,
        domains=accounts.select("domain", "account_id").drop_nulls(),
        networks=_networks(known),
    )


def _networks(known: pl.DataFrame) -> pl.DataFrame:
    """Networks in which several leads of one account were, and nobody of another."""
    seen = known.filter(pl.col("ip_network_kind") == "company", pl.col("account_id").is_not_null())
    seen = seen.select(network_of(pl.col("ip_address")).alias("network"), "account_id", "lead_id").drop_nulls("network")
    found = seen.group_by("network").agg(
        pl.col("account_id").min(), accounts=pl.col("account_id").n_unique(), leads=pl.col("lead_id").n_unique()
    )
    return (
        found.filter(pl.col("accounts") == 1, pl.col("leads") >= _AT_LEAST)
        .select("network", "account_id")
        .sort("network")
    )
