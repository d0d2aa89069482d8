"""Costs: what a lead and an order cost, and what a campaign returned.

Belongs here: cost_per_lead, cost_per_order and roi per campaign and month, and over all of them. Does not belong here:
whom a conversion is owed to (`qualification.attribution`).
Leads are marketing-qualified ones. Currencies are never added up without a rate of their day.
"""

from __future__ import annotations

import polars as pl

from qualification.figures.figure import EVER, NONE, figures, month

_EXACT = 9  # decimals to which credits that sum to whole numbers are whole


def cost_figures(budgets: pl.DataFrame, earned: pl.DataFrame) -> pl.DataFrame:
    """cost_per_lead, cost_per_order and roi, by campaign and over all, each per month and for ever.

    Args:
        budgets: as of `budgets`.
        earned: as of `earnings`.
    """
    spent, won = _summed(budgets, _SPENT), _summed(earned, _WON)
    rows = spent.join(won, on=_KEYS, how="full", coalesce=True).with_columns(
        pl.col("mql", "orders").fill_null(0).round(_EXACT),
        pl.col("revenue").fill_null(0.0),
        pl.col("unpriced").fill_null(0),
        currency=pl.coalesce("spent_in", "won_in"),
    )
    mixed = pl.col("spent_currencies").fill_null(0) > 1
    rows = rows.with_columns(budget=pl.when(~mixed).then("budget"))
    no_budget = pl.col("budget").is_null()
    per_lead = rows.with_columns(numerator="budget", denominator="mql")
    per_order = rows.with_columns(numerator="budget", denominator="orders")
    returned = rows.with_columns(numerator=pl.col("revenue") - pl.col("budget"), denominator="budget")
    reasons = {"mixed_currency": mixed, "no_budget": no_budget}
    foreign = (pl.col("won_currencies").fill_null(0) > 1) | (pl.col("won_in") != pl.col("spent_in"))
    return pl.concat(
        [
            figures(
                per_lead,
                "cost_per_lead",
                unit=pl.col("currency"),
                digits=2,
                reasons=reasons | {"no_mql": pl.col("denominator") == 0},
            ),
            figures(
                per_order,
                "cost_per_order",
                unit=pl.col("currency"),
                digits=2,
                reasons=reasons | {"no_order": pl.col("denominator") == 0},
            ),
            figures(
                returned,
                "roi",
                unit="share",
                digits=4,
                reasons={"mixed_currency": mixed | foreign, "no_budget": no_budget}
                | {"zero_budget": pl.col("budget") == 0, "order_without_amount": pl.col("unpriced") > 0},
            ),
        ]
    )


def budgets(costs: pl.DataFrame, rates: pl.DataFrame) -> pl.DataFrame:
    """What was spent, else planned, per campaign, month and currency.

    Args:
        costs: `contracts.qualified.CAMPAIGN_COSTS`.
        rates: as of `qualification.figures.rules.exchange_rates`; a currency without a rate stays as it is.

    Returns:
        campaign_id, period, currency, budget, planned (how many costs are planned ones), costs (how many there are).
    """
    known = costs.filter(pl.any_horizontal(pl.col("actual", "planned").is_not_null())).with_columns(
        amount=pl.coalesce("actual", "planned").cast(pl.Float64),
        day=(pl.col("month") + "-01").str.to_date("%Y-%m-%d"),
    )
    return (
        exchanged(known, rates)
        .sort("campaign_id", "month", "currency", "amount")
        .group_by("campaign_id", pl.col("month").alias("period"), "currency", maintain_order=True)
        .agg(
            pl.col("amount").sum().round(2).alias("budget"),
            pl.col("actual").is_null().sum().alias("planned"),
            pl.len().alias("costs"),
        )
    )


def earnings(credited: pl.DataFrame, conversions: pl.DataFrame, rates: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """What each campaign is credited with, per month of the conversion and currency.

    Args:
        credited: `contracts.qualified.ATTRIBUTION` of one model.
        conversions: as of `qualification.attribution.conversions.conversions`.
        rates: as of `qualification.figures.rules.exchange_rates`.

    Returns:
        campaign_id (null: to none), period, currency, mql, opportunities, orders (parts of conversions), revenue,
        unpriced (orders without an amount).
    """
    dated = credited.join(conversions.select("conversion_id", "converted_at"), on="conversion_id", how="inner")
    dated = dated.with_columns(
        period=month(pl.col("converted_at"), timezone),
        day=pl.col("converted_at").dt.convert_time_zone(timezone).dt.date(),
        amount=pl.col("amount").cast(pl.Float64),
    )
    parts = {"mql": "mql", "opportunities": "opportunity", "orders": "order"}
    return (
        exchanged(dated, rates)
        .sort("campaign_id", "period", "currency", "conversion_id", "touchpoint_id")
        .group_by("campaign_id", "period", "currency", maintain_order=True)
        .agg(
            *(pl.col("credit").filter(pl.col("conversion") == kind).sum().alias(name) for name, kind in parts.items()),
            pl.col("amount").sum().round(2).alias("revenue"),
            ((pl.col("conversion") == "order") & pl.col("amount").is_null()).sum().alias("unpriced"),
        )
    )


def exchanged(rows: pl.DataFrame, rates: pl.DataFrame) -> pl.DataFrame:
    """Rows with `amount` in EUR where there is a rate of their `day`; others stay in their `currency`."""
    if rates["currency"].n_unique() < 2:
        return rows
    rated = (
        rows.sort("day", maintain_order=True)
        .join_asof(
            rates.sort("valid_from").with_columns(pl.col("rate").cast(pl.Float64)),
            left_on="day",
            right_on="valid_from",
            by="currency",
            strategy="backward",
            check_sortedness=False,
        )
        .with_columns(amount=pl.col("amount") * pl.col("rate").fill_null(1.0))
    )
    return rated.with_columns(
        currency=pl.when(pl.col("rate").is_not_null()).then(pl.lit("EUR")).otherwise("currency")
    ).drop("rate", "valid_from")


_KEYS = ["period", "dimension", "key"]
_SPENT = (
    pl.col("budget").sum().round(2),
    pl.col("planned").sum(),
    pl.col("costs").sum(),
    pl.col("currency").n_unique().alias("spent_currencies"),
    pl.col("currency").sort().first().alias("spent_in"),
)
_PAID = pl.col("currency").filter(pl.col("orders") > 0).drop_nulls()
_WON = (
    pl.col("mql", "opportunities", "orders").sum(),
    pl.col("revenue").sum().round(2),
    pl.col("unpriced").sum(),
    _PAID.n_unique().alias("won_currencies"),
    _PAID.sort().first().alias("won_in"),
)


def _summed(rows: pl.DataFrame, sums: tuple[pl.Expr, ...]) -> pl.DataFrame:
    """Sums by campaign and over all, per month and for ever."""
    ever = pl.lit(EVER).alias("period")
    campaign, everything = pl.lit("campaign").alias("dimension"), pl.lit("all").alias("dimension")
    keys = (
        (pl.col("period"), campaign, pl.col("campaign_id").fill_null(NONE).alias("key")),
        (ever, campaign, pl.col("campaign_id").fill_null(NONE).alias("key")),
        (pl.col("period"), everything, pl.lit(NONE).alias("key")),
        (ever, everything, pl.lit(NONE).alias("key")),
    )
    return pl.concat(
        [rows.with_columns(key).group_by(_KEYS, maintain_order=True).agg(*sums) for key in keys], how="vertical_relaxed"
    ).sort(_KEYS)


def campaigns(budgets: pl.DataFrame, earned: pl.DataFrame) -> pl.DataFrame:
    """What each campaign cost and brought over all months, dearest first.

    Returns:
        key (campaign), budget, basis (actual, planned or both), currency, mql, opportunities, orders, revenue.
    """
    of_campaigns = (pl.col("period") == EVER) & (pl.col("dimension") == "campaign")
    spent, won = (_summed(*pair).filter(of_campaigns) for pair in ((budgets, _SPENT), (earned, _WON)))
    basis = (
        pl.when(pl.col("planned") == 0)
        .then(pl.lit("actual"))
        .when(pl.col("planned") == pl.col("costs"))
        .then(pl.lit("planned"))
        .when(pl.col("planned").is_not_null())
        .then(pl.lit("both"))
    )
    return (
        spent.join(won, on=_KEYS, how="full", coalesce=True)
        .select(
            "key",
            pl.when(pl.col("spent_currencies") == 1).then("budget").alias("budget"),
            basis.alias("basis"),
            pl.coalesce("spent_in", "won_in").alias("currency"),
            pl.col("mql", "opportunities", "orders").fill_null(0).round(_EXACT),
            pl.col("revenue").fill_null(0.0),
        )
        .sort("budget", "key", descending=[True, False], nulls_last=True)
    )
