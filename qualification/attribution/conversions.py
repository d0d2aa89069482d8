"""Conversions: what marketing is asked about: a qualified lead, an opportunity, an order.

Belongs here: each with its moment, its account, its milestones and its money. Does not belong here: the touches before
it (`qualification.attribution.paths`).
"""

from __future__ import annotations

import polars as pl

from contracts.qualified import MONEY

MQL = 3  # place on the common ladder
COLUMNS = (
    *("conversion_id", "conversion", "unit", "lead_id", "account_id", "converted_at"),
    *("opportunity_created_at", "won_at", "amount", "currency"),
)
_NEVER = pl.lit(None, pl.Datetime("us", "UTC"))


def conversions(stages: pl.DataFrame, opportunities: pl.DataFrame, accounts: pl.DataFrame, model: str) -> pl.DataFrame:
    """Every conversion, sorted by its id.

    Args:
        stages: `contracts.qualified.STAGE_HISTORY`; who skips the stage has reached it, and once per pass.
        opportunities: `contracts.qualified.OPPORTUNITIES`; a cancelled order is none.
        accounts: lead_id, account_id.
        model: the chosen stage model.

    Returns:
        `COLUMNS`. `unit` is the account, of a person without one the person; `amount` is that of an order.
    """
    mql = (
        stages.filter(pl.col("model") == model, pl.col("ladder") >= MQL)
        .group_by("lead_id", "pass")
        .agg(pl.col("entered_at").min().alias("converted_at"))
        .join(accounts.select("lead_id", "account_id"), on="lead_id", how="left")
        .with_columns(
            conversion_id=pl.format("mql:{}:{}", "lead_id", "pass"),
            conversion=pl.lit("mql"),
            opportunity_created_at=_NEVER,
            won_at=_NEVER,
            amount=pl.lit(None, MONEY),
            currency=pl.lit(None, pl.String),
        )
    )
    deals = opportunities.with_columns(
        lead_id=pl.col("lead_ids").list.first(),
        opportunity_created_at=pl.col("created_at"),
        won_at=pl.when(pl.col("outcome") == "won").then("closed_at"),
    )
    opened = deals.filter(pl.col("created_at").is_not_null(), pl.col("outcome") != "cancelled").with_columns(
        conversion_id=pl.format("opportunity:{}", "opportunity_id"),
        conversion=pl.lit("opportunity"),
        converted_at=pl.col("created_at"),
        amount=pl.lit(None, MONEY),
        currency=pl.lit(None, pl.String),
    )
    ordered = deals.filter(pl.col("outcome") == "won").with_columns(
        conversion_id=pl.format("order:{}", "opportunity_id"),
        conversion=pl.lit("order"),
        converted_at=pl.coalesce("closed_at", "known_at"),
    )
    return pl.concat(
        [
            frame.with_columns(unit=pl.coalesce("account_id", "lead_id", "conversion_id")).select(COLUMNS)
            for frame in (mql, opened, ordered)
        ]
    ).sort("conversion_id")
