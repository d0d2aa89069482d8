"""Lead acts: what each lead record says its person did, as an act among the others.

Belongs here: the kind by source and what is filled, the browser and the consent to read it in columns without a field.
Does not belong here: the words (`rules/record_kinds.csv`, `record_columns.csv`), joining acts to people (`people`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from contracts.qualified import ACTIVITIES
from contracts.table import given_or_null
from engine.word_lists import WordLists
from qualification.activity.events import visitor
from qualification.activity.taken import is_true
from qualification.rule_files import rule_file

_COLUMNS = WordLists(Path(__file__).parent).rows("record_columns.csv")
_TAKEN = (
    "note",
    "rating",
    "interest",
    "campaign",
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "ip_address",
    "user_agent",
    "extra",
)
_WITH_CONTENT = ("download", "webinar_registered", "survey_answer")
_WHERE = ("source", "channel", "source_record_id", "file")


def lead_acts(records: pl.DataFrame, home_rules: Path | None = None) -> pl.DataFrame:
    """One act per lead record that tells of one.

    Args:
        records: source, channel, source_record_id, file, row, collected_at (UTC), received_at, and of contracts.raw
            what is there of note, rating, interest, campaign, utm_*, ip_address, user_agent and extra.
        home_rules: folder of the home's own rule files.

    Returns:
        contracts.qualified.ACTIVITIES with `crm_source` and `crm_id` of the record itself. `known_at` is when the file
        was received.
    """
    told = records.select(*_WHERE, "row", "collected_at", "received_at", *given_or_null(records, _TAKEN)).with_columns(
        kind=_kinds(records, home_rules)
    )
    told = told.filter(pl.col("kind") != "-")
    beside = {
        target: _beside(told["extra"], target)
        for target in ("visitor_id", "tracking_consent", "page_url", "content_id", "gclid")
    }
    clicked = beside["gclid"].is_not_null()  # Google marks a paid click by it alone where it tags by itself
    interest = pl.coalesce("interest", pl.lit(None, pl.String))
    return ACTIVITIES.conform(
        told.select(
            "source",
            "source_record_id",
            "file",
            pl.col("row").fill_null(0),
            "kind",
            pl.coalesce("collected_at", "received_at").alias("occurred_at"),
            pl.col("received_at").alias("known_at"),
            pl.col("source").alias("crm_source"),
            pl.col("source_record_id").alias("crm_id"),
            visitor(beside["visitor_id"]).alias("visitor_id"),
            is_true(beside["tracking_consent"]).alias("tracking_consent"),
            "ip_address",
            "user_agent",
            pl.coalesce("utm_campaign", "campaign").alias("campaign_id"),
            pl.coalesce("utm_source", pl.when(clicked).then(pl.lit("google"))).alias("utm_source"),
            pl.coalesce("utm_medium", pl.when(clicked).then(pl.lit("cpc"))).alias("utm_medium"),
            "utm_campaign",
            beside["page_url"].alias("page_url"),
            pl.when(pl.col("kind").is_in(_WITH_CONTENT))
            .then(pl.coalesce(beside["content_id"], interest))
            .alias("content_id"),
            interest.alias("category"),
        )
    )


def _kinds(records: pl.DataFrame, home_rules: Path | None) -> pl.Series:
    """The kind of each record by the first line of `record_kinds.csv` that fits."""
    rules = rule_file("record_kinds.csv", home_rules).rows()
    cases = records.select("source", "channel", *given_or_null(records, ("note", "rating", "interest"))).with_columns(
        pl.col("note", "rating", "interest").is_not_null()
    )
    distinct = cases.unique(maintain_order=True)
    kinds = [_kind(rules, case) for case in distinct.iter_rows(named=True)]
    found = cases.join(
        distinct.with_columns(kind=pl.Series(kinds, dtype=pl.String)),
        on=cases.columns,
        how="left",
        maintain_order="left",
    )
    return found["kind"]


def _kind(rules: list[dict[str, str]], case: Mapping[str, object]) -> str:
    for rule in rules:
        named = rule["source"] == "*" or any(word in str(case["source"]).lower() for word in rule["source"].split("|"))
        filled = not rule["filled"] or any(case[name] for name in rule["filled"].split("|"))
        if named and filled and rule["channel"] in ("", case["channel"]):
            return rule["kind"]
    return "-"


def _beside(extra: pl.Series, target: str) -> pl.Series:
    """What the columns without a field of their own say of a target, by `record_columns.csv`."""
    names = [row["name"] for row in _COLUMNS if row["target"] == target]
    found = [extra.str.extract(rf'(?i)"{re.escape(name)}(?: \(\d+\))?":\s*"((?:[^"\\]|\\.)*)"') for name in names]
    return pl.select(pl.coalesce(found).alias(target)).to_series()
