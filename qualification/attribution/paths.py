"""Paths: the touches that lead to each conversion, and the places they hold.

Belongs here: which touches count for which conversion, and the milestones among them. Does not belong here: what a
place is worth (`qualification.attribution.shapes`).
"""

from __future__ import annotations

import polars as pl

from qualification.attribution.rules import AttributionRules

_SOURCE_OF_NOBODY = "(direct)"


def touches(touchpoints: pl.DataFrame, rules: AttributionRules) -> pl.DataFrame:
    """The touchpoints that may earn credit, numbered by `row`, with their unit and whether they are direct visits.

    Args:
        touchpoints: `contracts.qualified.TOUCHPOINTS`; what a machine did earns nothing.
    """
    untagged = pl.all_horizontal(
        pl.col("campaign_id", "utm_medium").is_null(),
        pl.col("utm_source").fill_null(_SOURCE_OF_NOBODY) == _SOURCE_OF_NOBODY,
    )
    return (
        touchpoints.filter(~pl.col("kind").is_in(rules.exclude_kinds), pl.col("human") != "no")
        .with_columns(
            unit=pl.coalesce("account_id", "lead_id"),
            direct=pl.col("kind").is_in(rules.direct_kinds) & untagged,
        )
        .filter(pl.col("unit").is_not_null())
        .with_row_index("row")
        .select(
            "row", "touchpoint_id", "unit", "lead_id", "account_id", "campaign_id", "channel", "occurred_at", "direct"
        )
    )


def paths(conversions: pl.DataFrame, touched: pl.DataFrame, rules: AttributionRules) -> pl.DataFrame:
    """One row per conversion and touch before it, in the order of time.

    Args:
        conversions: `qualification.attribution.conversions.COLUMNS` and `lead_created_at`.
        touched: as of `touches`.

    Returns:
        `touched` and of its conversion: conversion_id, conversion, converted_at; `place` counts moments from 1, as
        touches of one moment share a place; `places` how many there are, `sharing` how many touches share this one;
        and the place of each milestone, null where no touch was there yet.
    """
    since = _spent_before(conversions) if rules.spent else conversions.with_columns(spent_before=pl.lit(None, _UTC))
    columns = ("conversion_id", "conversion", "unit", "converted_at", "spent_before", *_MILESTONES)
    before = pl.col("occurred_at") <= pl.col("converted_at")
    recent = pl.col("occurred_at") >= pl.col("converted_at") - pl.duration(days=rules.lookback_days)
    unspent = pl.col("spent_before").is_null() | (pl.col("occurred_at") > pl.col("spent_before"))
    return (
        since.select(columns)
        .join(touched, on="unit", how="inner")
        .filter(before, recent, unspent)
        .filter(~pl.col("direct") | pl.col("direct").all().over("conversion_id"))
        .sort("conversion_id", "occurred_at", "channel", "touchpoint_id")
        .with_columns(place=pl.col("occurred_at").rank("dense").over("conversion_id").cast(pl.Int32))
        .with_columns(
            places=pl.col("place").max().over("conversion_id"),
            sharing=pl.len().over("conversion_id", "place"),
            first=pl.lit(1, pl.Int32),
            last=pl.col("place").max().over("conversion_id"),
            **{
                name.removesuffix("_at"): pl.col("place")
                .filter(pl.col("occurred_at") <= pl.col(name))
                .max()
                .over("conversion_id")
                for name in _MILESTONES
            },
        )
        .drop("spent_before", *_MILESTONES)
    )


def created_at(stages: pl.DataFrame, touched: pl.DataFrame, accounts: pl.DataFrame, model: str) -> pl.DataFrame:
    """When each unit became a lead: the first stage above the visitor's, else its first touch of somebody known.

    Returns:
        unit, lead_created_at.
    """
    by_stage = (
        stages.filter(pl.col("model") == model, pl.col("ladder") >= 1)
        .join(accounts.select("lead_id", "account_id"), on="lead_id", how="left")
        .select(pl.coalesce("account_id", "lead_id").alias("unit"), pl.col("entered_at").alias("staged"))
        .group_by("unit")
        .agg(pl.col("staged").min())
    )
    by_touch = (
        touched.filter(pl.col("lead_id").is_not_null()).group_by("unit").agg(pl.col("occurred_at").min().alias("seen"))
    )
    return by_stage.join(by_touch, on="unit", how="full", coalesce=True).select(
        "unit", pl.coalesce("staged", "seen").alias("lead_created_at")
    )


def _spent_before(conversions: pl.DataFrame) -> pl.DataFrame:
    """Each conversion with the moment of the one of its kind and unit before it; those of one moment share theirs."""
    moments = (
        conversions.select("unit", "conversion", "converted_at")
        .unique()
        .sort("unit", "conversion", "converted_at")
        .with_columns(spent_before=pl.col("converted_at").shift(1).over("unit", "conversion"))
    )
    return conversions.join(moments, on=["unit", "conversion", "converted_at"], how="left", maintain_order="left")


_UTC = pl.Datetime("us", "UTC")
_MILESTONES = ("lead_created_at", "opportunity_created_at", "won_at")
