"""Summaries: the small tables by which the Dagster page tells each table, made from the table itself.

Belongs here: which tables, one by one. Does not belong here: drawing them (`assets.markdown`), the numbers that are
drawn over time (`assets.measures`), or figures that the table does not hold, which its asset adds.
"""

from __future__ import annotations

from collections.abc import Callable

import dagster as dg
import polars as pl

from assets.markdown import markdown, shares, tally
from assets.measures import quality_by_source

Summary = Callable[[pl.LazyFrame], dg.MarkdownMetadataValue]


def _tally(*columns: str | pl.Expr, of: str = "rows") -> Summary:
    def summary(table: pl.LazyFrame) -> dg.MarkdownMetadataValue:
        values = table.select(columns).collect()
        return tally(values, *values.columns, of=of)

    return summary


def _sizes(size: pl.Expr, *, of: str, limit: int = 30) -> Summary:
    """How many rows (called `of`) have each size, the smallest first."""
    return lambda table: markdown(table.group_by(size).len(of).sort(pl.first()).collect(), limit)


def _shares(*statuses: str, limit: int = 60) -> Summary:
    return lambda table: markdown(shares(table, statuses), limit)


def _repairs(table: pl.LazyFrame) -> dg.MarkdownMetadataValue:
    repairs = table.select(pl.col("repairs").explode().struct.field("field", "reason")).drop_nulls("reason")
    counted = repairs.group_by("field", "reason").len("rows").sort("rows", "reason", descending=[True, False])
    return markdown(counted.collect())


def _records_per_cluster(table: pl.LazyFrame) -> dg.MarkdownMetadataValue:
    sizes = table.group_by("cluster").len("records").group_by("records").len("leads").sort("records")
    return markdown(sizes.collect(), limit=15)


def _rules(table: pl.LazyFrame) -> dg.MarkdownMetadataValue:
    return markdown(table.group_by("field", "rule").len("values").sort("field", "rule").collect(), limit=60)


def _outcomes(table: pl.LazyFrame) -> dg.MarkdownMetadataValue:
    """How each row of each sync ended; the log also tells of the steps to there."""
    ended = table.unique(["run", "action", "entity", "key", "kind"], keep="last", maintain_order=True)
    return tally(ended.select("action", "status").collect(), "action", "status")


def _validity(table: pl.LazyFrame) -> dg.MarkdownMetadataValue:
    """Of the values that are there, the percent judged sound: a row per source, a column per field."""
    told = [
        [*key.split("/", 2), value] for key, value in quality_by_source(table).items() if key.startswith("validity")
    ]
    rows = pl.DataFrame(told, schema=["measure", "field", "source", "percent"], orient="row")
    return markdown(rows.pivot("field", index="source", values="percent").sort("source"))


_CHANNELS = ("email_status", "phone_status", "mobile_status", "address_status")
_FROM_THE_VISIT = ("language", "browser", "operating_system", "device", "ip_network_kind")

SUMMARIES: dict[str, dict[str, Summary]] = {
    "clean_records": {
        "verdicts": _shares(*_CHANNELS, "name_status", "company_status", "ip_status"),
        "repairs": _repairs,
    },
    "held_back": {"reasons": _tally("reason_code")},
    "quarantine": {"reasons": _tally("reason_code")},
    "mail_domains": {"outcomes": _tally("outcome", of="domains")},
    "enriched_records": {"validity_by_source": _validity, "added": _shares("email_status", *_FROM_THE_VISIT, limit=40)},
    "match_decisions": {
        "outcomes": _tally("outcome", of="pairs"),
        "reasons": _tally("outcome", "reason", of="pairs"),
    },
    "lead_clusters": {"records_per_lead": _records_per_cluster},
    "account_clusters": {"reasons": _tally("reason", of="spellings")},
    "record_accounts": {"employment": _tally("outcome", "reason", of="records")},
    "account_review": {"reasons": _tally("reason", of="pairs")},
    "leads": {
        "verdicts": _shares(*_CHANNELS, "seniority", "buying_role"),
        "blocked": _tally(pl.col("block_reasons").explode().drop_nulls().alias("reason"), of="leads"),
        "records_per_lead": _sizes(pl.col("source_count").alias("records"), of="leads", limit=15),
    },
    "field_provenance": {"rules": _rules},
    "buying_centers": {"roles": _tally("role", of="leads")},
    "accounts": {
        "leads_per_account": _sizes(pl.col("lead_count").clip(0, 10).alias("leads"), of="accounts"),
        "spellings_per_account": _sizes(
            pl.col("spelling_variants").list.len().clip(0, 10).alias("spellings"), of="accounts"
        ),
    },
    "lead_crosswalk": {"reasons": _tally("match_reason", of="records")},
    "lead_review": {"reasons": _tally("reason", of="pairs")},
    "sync_ids": {"standing": _tally("entity", "standing", of="records")},
    "sync_rows": {"outcomes_so_far": _outcomes},
    "sync_events": {"events_so_far": _tally("event", "entity", of="times")},
}
