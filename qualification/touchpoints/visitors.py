"""Visitors: whose browser it was, and from whose network.

Belongs here: acts of a browser before, between and after people named themselves in it; networks of companies. Does
not belong here: records and addresses (`people`).
Reading what is stored on a terminal needs consent (TDDDG section 25); what nobody stated is no consent. Of a browser
that several people use, each has the time from one naming to the next; only what was before the first is looked back.
"""

from __future__ import annotations

import polars as pl

from qualification.touchpoints.people import People


def by_visitor(acts: pl.DataFrame) -> pl.DataFrame:
    """Acts without a lead by the person who named himself in the browser.

    Args:
        acts: lead_id, account_id, join_rule, reason, visitor_id, tracking_consent, occurred_at, known_at.

    Returns:
        The same rows; known_at is the later of the act's and the naming's.
    """
    browsed = acts.with_row_index("place").filter(pl.col("visitor_id").is_not_null())
    if not browsed.height:
        return acts
    # Of several statements the latest counts; of those of one moment the refusal.
    stated = browsed.filter(pl.col("tracking_consent").is_not_null()).sort(
        "visitor_id", "occurred_at", ~pl.col("tracking_consent")
    )
    agreed = stated.group_by("visitor_id", maintain_order=True).agg(pl.last("tracking_consent").alias("agreed"))
    browsed = browsed.join(agreed, on="visitor_id", how="left", maintain_order="left")
    open_ = pl.col("lead_id").is_null() & pl.col("account_id").is_null() & pl.col("join_rule").is_null()
    allowed = pl.col("agreed").fill_null(False)
    named = browsed.filter(pl.col("lead_id").is_not_null(), allowed).select(
        "visitor_id", "occurred_at", who="lead_id", whose="account_id", named_known="known_at"
    )
    named = named.sort("occurred_at", "who").unique(["visitor_id", "occurred_at"], keep="first", maintain_order=True)
    asked = browsed.filter(open_).sort("occurred_at", "place")
    last = asked.filter(allowed).join_asof(
        named.sort("occurred_at"), on="occurred_at", by="visitor_id", strategy="backward", check_sortedness=False
    )
    first = named.unique("visitor_id", keep="first", maintain_order=True).drop("occurred_at")
    last = last.join(first, on="visitor_id", how="left", suffix="_first", maintain_order="left").select(
        "place",
        *(pl.coalesce(name, f"{name}_first").alias(name) for name in ("who", "whose", "named_known")),
        refused=pl.lit(False),
    )
    refused = asked.filter(~allowed).select("place", refused=pl.lit(True))
    told = pl.concat([last, refused], how="diagonal")
    found = acts.with_row_index("place").join(told, on="place", how="left", maintain_order="left")
    hit = pl.col("who").is_not_null()
    return found.with_columns(
        lead_id=pl.coalesce("lead_id", "who"),
        account_id=pl.when(hit).then("whose").otherwise("account_id"),
        join_rule=pl.when(hit).then(pl.lit("visitor")).otherwise("join_rule"),
        reason=pl.when(hit).then(None).when("refused").then(pl.lit("no_tracking_consent")).otherwise("reason"),
        known_at=pl.max_horizontal("known_at", "named_known"),
    ).drop("place", "who", "whose", "named_known", "refused")


def by_network(acts: pl.DataFrame, people: People) -> pl.DataFrame:
    """Acts of nobody by the company whose network they came from; they count for the account alone.

    Args:
        acts: account_id, lead_id, join_rule, reason and ip_address.
    """
    if not people.networks.height:
        return acts
    networks = (
        people.networks.drop_nulls()
        .group_by("network")
        .agg(of_network=pl.col("account_id").min(), accounts=pl.col("account_id").n_unique())
    )
    networks = networks.filter(pl.col("accounts") == 1).drop("accounts")
    found = acts.with_columns(network=network_of(pl.col("ip_address")))
    found = found.join(networks, on="network", how="left", maintain_order="left")
    hit = pl.col("of_network").is_not_null() & pl.col("lead_id").is_null() & pl.col("account_id").is_null()
    return found.with_columns(
        account_id=pl.when(hit).then("of_network").otherwise("account_id"),
        join_rule=pl.when(hit).then(pl.lit("company_network")).otherwise("join_rule"),
    ).drop("network", "of_network")


def network_of(addresses: pl.Expr) -> pl.Expr:
    """The /24 of an IPv4 address, the first three groups of an IPv6 one."""
    four = addresses.str.extract(r"^(\d{1,3}\.\d{1,3}\.\d{1,3})\.\d{1,3}$", 1)
    return pl.coalesce(
        four, addresses.str.to_lowercase().str.extract(r"^([0-9a-f]{1,4}:[0-9a-f]{1,4}:[0-9a-f]{1,4}):", 1)
    )
