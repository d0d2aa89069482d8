"""Retention: records that are older than their source may be kept leave the pipeline and the store.

Belongs here: how long each source's records stay, telling those that are past it, taking them out of the store. Does
not belong here: who asked to be forgotten (`enrichment/erasure`), deleting delivered files, which are their sender's.
A record is as old as its evidence: when it was collected (else received), or confirmed by double opt-in, if that is
later. A record that objects stays: without it nobody would know of the objection (Art. 17 (3) (b), 21 (3) GDPR).
Source: Art. 5 (1) (e) GDPR.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

from contracts.raw import REJECTS
from enrichment.rule_failures import Split
from sources.problems import Unreadable
from sources.settings import read_settings
from sources.store.removal import remove_records

REASON = "retention_expired"
MESSAGE = "The record is older than its source may be kept; it is counted and goes no further"


@dataclass(frozen=True, slots=True)
class Retention:
    """From when on each source's evidence is kept; sources that are not named are kept for good."""

    since: Mapping[str, datetime] = field(default_factory=dict)


def read_retention(folder: Path, at: datetime) -> Retention:
    """What the settings of the sources say of `retention_days`, on a night at `at` (UTC).

    A source whose settings have an error, which the file catalogue tells, keeps its records until they are mended; so
    does one under `legal_hold`.
    """
    since = {}
    for path in sorted(folder.glob("*.toml")):
        try:
            settings = read_settings(folder, path.stem)
        except Unreadable:
            continue
        if settings.retention_days is not None and not settings.legal_hold:
            since[path.stem] = at - timedelta(days=settings.retention_days)
    return Retention(since)


def hold_back_expired(retention: Retention, others: Split, clean: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Split clean records into those that go on and rejects: the expired without any value, then what `others` says."""
    if not retention.since:
        return others(clean)
    expired = clean.select(_expired(retention)).to_series()
    kept, rejects = others(clean.filter(~expired))
    told = clean.filter(expired).select(
        *("source", "channel", "source_record_id", "file", "sheet", "row"),
        field=pl.lit(None, pl.String),
        reason_code=pl.lit(REASON),
        message=pl.lit(MESSAGE),
        raw=pl.lit(None, pl.String),
    )
    return kept, pl.concat([rejects, REJECTS.conform(told)])


def take_out_expired(store: Path, raw: pl.LazyFrame, held: pl.DataFrame) -> int:
    """Take the records that expired out of the store, which keeps them as rejects by file and row; how many rows.

    Args:
        store: root of the store; nobody else may be writing there.
        raw: the records of both channels, contracts.raw.RAW_RECORDS, with ids unique in their source.
        held: contracts.raw.REJECTS of this night.
    """
    keys = held.filter(pl.col("reason_code") == REASON).select("source", "source_record_id")
    if keys.is_empty():
        return 0
    there = raw.select("channel", "source", "source_record_id", "content_hash")
    gone = there.join(keys.lazy(), on=keys.columns, how="semi").drop("source_record_id").collect()
    return remove_records(store, gone, REASON, MESSAGE).height


def _expired(retention: Retention) -> pl.Expr:
    evidence = pl.max_horizontal("observed_at", "consent_confirmed_at")
    since = pl.col("source").replace_strict(dict(retention.since), default=None, return_dtype=pl.Datetime("us", "UTC"))
    objects = pl.any_horizontal(pl.col("opt_out"), pl.col("consent_email", "consent_phone") == "refused")
    return (evidence < since).fill_null(False) & ~objects.fill_null(False)
