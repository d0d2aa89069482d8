"""Cycle: how long a sale takes, from the first contact with anybody at the account to the contract.

Belongs here: median and 90th percentile with open deals, and those that take longer than they may. Does not belong
here: how many get there (`qualification.figures.conversion`).
Deals that are still open have lasted at least until now: leaving them out would make the cycle look short, so they
count as long as they were watched (Kaplan and Meier 1958). A lost deal has no contract to wait for and is left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import polars as pl

from contracts.table import given_or_null
from qualification.figures.figure import NONE, figures, month
from qualification.figures.rules import KpiRules

_QUANTILES = {"sales_cycle_median": 0.5, "sales_cycle_p90": 0.9}
_EXACT = 1e-12


def sales_cycles(
    opportunities: pl.DataFrame, touchpoints: pl.DataFrame, accounts: pl.DataFrame, as_of: datetime, timezone: str
) -> pl.DataFrame:
    """How long each open or won deal has taken so far.

    Args:
        opportunities: `contracts.qualified.OPPORTUNITIES`; a column `product`, where there is one, chooses its limit.
        touchpoints: `contracts.qualified.TOUCHPOINTS`.
        accounts: `contracts.published.ACCOUNTS`.

    Returns:
        opportunity_id, account_id, industry, product, won, days (business dates). The first contact is one of an
        identified person after the account's order before; without any, the day the deal was created.
    """
    deals = opportunities.filter(pl.col("outcome").is_in(["open", "won"])).with_columns(
        won=pl.col("outcome") == "won",
        until=pl.when(pl.col("outcome") == "won").then(pl.coalesce("closed_at", "known_at")).otherwise(pl.lit(as_of)),
    )
    orders = (
        deals.filter("won", pl.col("account_id").is_not_null())
        .select("account_id", pl.col("until").alias("ordered_at"))
        .unique()
        .sort("account_id", "ordered_at")
    )
    before = (
        deals.select("opportunity_id", "account_id", "until")
        .join(orders, on="account_id", how="inner")
        .filter(pl.col("ordered_at") < pl.col("until"))
        .group_by("opportunity_id")
        .agg(pl.col("ordered_at").max())
    )
    contacts = (
        touchpoints.filter(pl.col("lead_id").is_not_null(), pl.col("human") != "no")
        .join(deals.select("account_id").unique(), on="account_id", how="semi")
        .select("account_id", "occurred_at")
    )
    dated = deals.join(before, on="opportunity_id", how="left")
    first = (
        dated.select("opportunity_id", "account_id", "until", "ordered_at")
        .join(contacts, on="account_id", how="inner")
        .filter(
            pl.col("occurred_at") <= pl.col("until"),
            pl.col("ordered_at").is_null() | (pl.col("occurred_at") > pl.col("ordered_at")),
        )
        .group_by("opportunity_id")
        .agg(pl.col("occurred_at").min().alias("contact"))
    )
    begun = pl.coalesce("contact", "created_at")
    days = _date(pl.col("until"), timezone) - _date(begun, timezone)
    return (
        dated.join(first, on="opportunity_id", how="left")
        .join(accounts.select(given_or_null(accounts, ["account_id", "industry"])), on="account_id", how="left")
        .with_columns(given_or_null(opportunities, ["product"]) if "product" in deals.columns else _NO_PRODUCT)
        .select("opportunity_id", "account_id", "industry", "product", "won", days.dt.total_days().alias("days"))
        .filter(pl.col("days") >= 0)
        .sort("opportunity_id")
    )


def cycle_figures(cycles: pl.DataFrame, rules: KpiRules, as_of: datetime, timezone: str) -> pl.DataFrame:
    """sales_cycle_median and sales_cycle_p90 (days) and sales_cycle_over_limit (share of the open deals).

    Over all deals, and per segment that has a limit of its own. Of the days, the numerator is the deals that were won,
    the denominator all that were watched.
    """
    period = pl.select(month(pl.lit(as_of), timezone)).item()
    limited = cycles.with_columns(_limit(rules))
    rows = []
    for dimension, key, deals in [("all", NONE, limited), *_segments(limited, rules)]:
        watched = deals.select("days", "won").rows()
        for kpi, share in _QUANTILES.items():
            won = sum(closed for _, closed in watched)
            row = {"kpi": kpi, "numerator": won, "denominator": len(watched), "value": quantile(watched, share)}
            rows.append(row | {"period": period, "dimension": dimension, "key": key})
        still = deals.filter(~pl.col("won"))
        late = still.filter(pl.col("days") > pl.col("limit")).height
        row = {"kpi": "sales_cycle_over_limit", "numerator": late, "denominator": still.height}
        rows.append(row | {"period": period, "dimension": dimension, "key": key})
    frame = pl.DataFrame(rows, schema_overrides={"value": pl.Float64})
    of_kpi = {name: frame.filter(pl.col("kpi") == name).drop("kpi") for name in frame["kpi"].unique()}
    reasons = {"no_order": pl.col("numerator") == 0, "too_many_open": pl.col("value").is_null()}
    days = [figures(of_kpi[kpi], kpi, unit="days", digits=1, reasons=reasons) for kpi in _QUANTILES]
    over = of_kpi["sales_cycle_over_limit"].drop("value")
    none = {"no_open_deal": pl.col("denominator") == 0}
    return pl.concat([*days, figures(over, "sales_cycle_over_limit", unit="share", digits=4, reasons=none)])


def quantile(watched: Sequence[tuple[float, bool]], share: float) -> float | None:
    """The days after which this share of the deals is won; None where too few are.

    Args:
        watched: days and whether the deal was won then; one that is open was watched for so long.

    Example:
        >>> quantile([(30, True), (60, True), (90, False)], 0.5)
        60.0
    """
    still, left = 1.0, len(watched)
    ended, won = Counter(days for days, _ in watched), Counter(days for days, closed in watched if closed)
    reached: float | None = None
    for days in sorted(ended):
        if reached is not None and won[days]:
            return (reached + days) / 2  # exactly the share was won before: the middle, as of any median
        still *= 1 - won[days] / left
        left -= ended[days]
        if reached is None and still < 1 - share - _EXACT:
            return float(days)
        if reached is None and still <= 1 - share + _EXACT:
            reached = float(days)
    return reached


def _date(moment: pl.Expr, timezone: str) -> pl.Expr:
    return moment.dt.convert_time_zone(timezone).dt.date()


def _limit(rules: KpiRules) -> pl.Expr:
    """The limit of a deal: that of its product, else of its industry, else the usual one."""
    fits = [
        pl.when(pl.col(limit.name).str.to_lowercase() == limit.word.lower()).then(limit.days) for limit in rules.limits
    ]
    return pl.coalesce(*fits, pl.lit(rules.default_limit)).alias("limit")


def _segments(cycles: pl.DataFrame, rules: KpiRules) -> list[tuple[str, str, pl.DataFrame]]:
    return [
        (
            "segment",
            f"{limit.name}:{limit.word}",
            cycles.filter(pl.col(limit.name).str.to_lowercase() == limit.word.lower()),
        )
        for limit in rules.limits
    ]


_NO_PRODUCT = [pl.lit(None, pl.String).alias("product")]
