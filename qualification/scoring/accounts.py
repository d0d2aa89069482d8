"""Accounts: how far the buying group of each account is, from the behaviour of its people.

Belongs here: weights of roles, noisy-or, who is engaged, which roles are missing. Does not belong here: who belongs to
an account and in which role (`matching`). Somebody with less than nothing lowers no colleague.
"""

from __future__ import annotations

import polars as pl

from contracts.qualified import ACCOUNT_SCORES
from qualification.scoring.explained import amount, cents
from qualification.scoring.rules import Scoring


def account_scores(
    standing: pl.DataFrame,
    of_accounts: pl.DataFrame,
    *,
    accounts: pl.DataFrame,
    buying_centers: pl.DataFrame,
    leads: pl.DataFrame,
    touchpoints: pl.DataFrame,
    rules: Scoring,
) -> pl.DataFrame:
    """100 * (1 - product of (1 - weight(role) * max(behaviour, 0) / 100)) over the people of each account.

    Who has several roles counts by the heaviest; what belongs to the account and no person, such as a shared mailbox,
    counts as one somebody of unknown role and is engaged as nobody.

    Args:
        standing: lead_id, behaviour (null: objected).
        of_accounts: account_id, behaviour of what belongs to no person.
        accounts: account_id of every account.
        buying_centers: account_id, lead_id, role.
        leads: lead_id, account_id.
        touchpoints: account_id, lead_id, occurred_at, reason.

    Returns:
        `contracts.qualified.ACCOUNT_SCORES`, a row per account, sorted.
    """
    given = rules.account
    own = leads.filter(pl.col("account_id").is_not_null()).select("account_id", "lead_id")
    roles = own.join(buying_centers.select("account_id", "lead_id", "role"), on=["account_id", "lead_id"], how="left")
    people = (
        roles.with_columns(pl.col("role").fill_null("unknown"))
        .join(standing.select("lead_id", "behaviour"), on="lead_id", how="inner")
        .filter(pl.col("behaviour").is_not_null())
        .with_columns(weight=pl.col("role").replace_strict(given.weights, default=given.weights["unknown"]))
    )
    each = people.group_by("account_id", "lead_id").agg(pl.col("weight").max(), pl.col("behaviour").first())
    nobody = of_accounts.select("account_id", lead_id=pl.lit(None, pl.String), weight=given.weights["unknown"])
    nobody = nobody.with_columns(of_accounts["behaviour"])
    each = pl.concat([each, nobody.select(each.columns)]).sort("account_id", "lead_id")
    missed = 1 - pl.col("weight") * pl.col("behaviour").clip(0, 100) / 100
    engaged = pl.col("lead_id").is_not_null() & (pl.col("behaviour") >= given.engaged_from)
    scores = each.group_by("account_id", maintain_order=True).agg(
        amount(cents(100 * (1 - missed.product()))).alias("score"),
        engaged.sum().cast(pl.UInt32).alias("engaged"),
    )
    known = [role for role in sorted(given.weights) if role != "unknown"]
    filled = (
        people.filter((pl.col("behaviour") >= given.engaged_from) & (pl.col("role") != "unknown"))
        .group_by("account_id")
        .agg(pl.col("role").unique().sort().alias("roles_engaged"))
    )
    account, owner = pl.col("account_id"), touchpoints.join(own, on="lead_id", how="left", suffix="_of_lead")
    last = (
        owner.filter(pl.col("reason").fill_null("") != "event_in_future")
        .with_columns(pl.coalesce("account_id_of_lead", account).alias("account_id"))
        .group_by("account_id")
        .agg(pl.col("occurred_at").max().alias("last_touch_at"))
    )
    none = pl.lit([], pl.List(pl.String))
    rows = (
        accounts.select("account_id")
        .join(scores, on="account_id", how="left")
        .join(filled, on="account_id", how="left")
        .join(last, on="account_id", how="left")
        .with_columns(
            pl.col("score").fill_null(0.0),
            pl.col("engaged").fill_null(0),
            pl.col("roles_engaged").fill_null(none),
            pl.lit(known, pl.List(pl.String)).alias("all_roles"),
        )
        .with_columns(
            pl.col("all_roles").list.set_difference("roles_engaged").list.sort().alias("roles_missing"),
            qualified=(pl.col("score") >= given.score)
            & (pl.col("engaged") >= given.engaged)
            & pl.any_horizontal(pl.col("roles_engaged").list.contains(role) for role in given.roles_any),
        )
        .drop("all_roles")
        .sort("account_id")
    )
    return ACCOUNT_SCORES.conform(rows)
