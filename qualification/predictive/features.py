"""Features: what was known of a lead at a moment, as numbers a model learns from.

Belongs here: the columns, each as of its moment. Does not belong here: outcomes (`outcomes`), learning (`model`).
Nothing that happened later, or was known later, enters a row.
"""

from __future__ import annotations

from datetime import datetime

import polars as pl

from qualification.scoring.explained import explained
from qualification.scoring.fit import fit
from qualification.scoring.judged import judged
from qualification.scoring.rules import Scoring

CHANNELS = ("web", "email", "webinar", "fair", "social", "ad", "referral")
FEATURES = {
    "fit": "Fit by the rules",
    "behaviour": "Behaviour by the rules",
    "active_days_30": "Days with a touchpoint within 30 days before",
    "touchpoints_90": "Touchpoints within 90 days before, as a logarithm",
    **{f"{channel}_90": f"Touchpoints by {channel} within 90 days before, as a logarithm" for channel in CHANNELS},
    "requests": "Requests to be contacted or shown a demo, ever, as a logarithm",
    "days_known": "Days since the first touchpoint, as a logarithm",
    "days_quiet": "Days since the last touchpoint, as a logarithm",
}
"""The columns a model reads, and what each says."""


def features(
    touchpoints: pl.DataFrame, people: pl.DataFrame, asked: pl.DataFrame, rules: Scoring, *, as_of: datetime, zone: str
) -> pl.DataFrame:
    """One row per lead and moment.

    Args:
        touchpoints: `contracts.qualified.TOUCHPOINTS`.
        people: as of `scoring.people.people`.
        asked: lead_id, at; each lead once.
        as_of: no moment is later.

    Returns:
        lead_id, at and `FEATURES`, sorted by at and lead_id. Facts of the lead are those of today.
    """
    who = asked.select(owner="lead_id", asked_at="at")
    theirs = touchpoints.join(asked, on="lead_id", how="semi")
    rows = judged(theirs, rules, as_of, zone).join(who, on="owner", how="inner", maintain_order="left")
    rows = rows.filter(pl.max_horizontal("occurred_at", "known_at") <= pl.col("asked_at"))
    behaviour = explained(rows, rules, pl.col("asked_at"))[0].rename({"owner": "lead_id"})
    seen = (
        theirs.filter((pl.col("human") != "no") & (pl.col("channel") != "sales"))
        .join(asked, on="lead_id")
        .filter(pl.max_horizontal("occurred_at", "known_at") <= pl.col("at"))
        .with_columns(days=(pl.col("at") - pl.col("occurred_at")).dt.total_seconds() / 86_400)
    )
    lately, month = pl.col("days") <= 90, pl.col("days") <= 30
    day = pl.col("occurred_at").dt.convert_time_zone(zone).dt.date()
    told = seen.group_by("lead_id").agg(
        day.filter(month).n_unique().alias("active_days_30"),
        lately.sum().log1p().alias("touchpoints_90"),
        *((lately & (pl.col("channel") == name)).sum().log1p().alias(f"{name}_90") for name in CHANNELS),
        pl.col("kind").is_in(["demo_request", "contact_request"]).sum().log1p().alias("requests"),
        pl.col("days").max().log1p().alias("days_known"),
        pl.col("days").min().log1p().alias("days_quiet"),
    )
    fits = fit(people.join(asked, on="lead_id", how="semi"), rules)[0].select("lead_id", "fit")
    return (
        asked.select("lead_id", "at")
        .join(fits, on="lead_id", how="inner")
        .join(behaviour, on="lead_id", how="left")
        .join(told, on="lead_id", how="left")
        .select("lead_id", "at", *(pl.col(name).cast(pl.Float64).fill_null(0.0) for name in FEATURES))
        .sort("at", "lead_id")
    )
