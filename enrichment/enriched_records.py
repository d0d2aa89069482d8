"""Enriched records: what is added to a clean record from what it says already.

Belongs here: language, device, company domain and mailbox evidence beside the clean columns, batch by batch.
Does not belong here: cleaning (`enrichment/clean_records`), which its workers do without loading what this needs.
"""

from __future__ import annotations

from functools import partial
from math import ceil
from pathlib import Path

import polars as pl

from contracts.clean import ENRICHED_RECORDS
from engine.parts import write_part
from engine.workers import in_threads
from enrichment.company.domain import company_domain
from enrichment.email.deliverability import apply_evidence
from enrichment.rule_failures import PIECES, RuleFailed, judged, rule
from enrichment.visit.device import clean_device


def enrich_batch(clean: pl.DataFrame, mail_evidence: pl.DataFrame | None = None) -> pl.DataFrame:
    """Add language, device and company domain to clean records, and what is known of their mailboxes.

    Args:
        clean: contracts.clean.CLEAN_RECORDS.
        mail_evidence: `enrichment.email.deliverability.EVIDENCE`, or None where there is none.

    Returns:
        contracts.clean.ENRICHED_RECORDS, same rows in the same order.

    Raises:
        RuleFailed: a rule broke on one of the records.
    """
    if mail_evidence is not None and mail_evidence.height:
        clean = judged("email", apply_evidence, clean, mail_evidence)
    with rule("company_domain"):
        domain = company_domain(clean).to_frame("company_domain")
    added = pl.concat([judged("device", clean_device, clean), domain], how="horizontal")
    return ENRICHED_RECORDS.conform(
        clean.with_columns(added.select("language", "browser", "operating_system", "device", "company_domain"))
    )


def enrich_table(clean: Path, enriched: Path, mail_evidence: pl.DataFrame | None = None) -> list[str]:
    """Enrich a folder of clean records, part by part, into a folder of enriched ones that is made here; order kept.

    Returns:
        A sentence for each rule that broke. To the records on which one does nothing is added: they are clean already.
    """
    enriched.mkdir()
    parts = in_threads(partial(_enrich_part, enriched, mail_evidence), sorted(clean.iterdir()))
    return sorted({f"{failure}; to some records nothing was added" for broken in parts for failure in broken})


def _enrich_part(enriched: Path, mail_evidence: pl.DataFrame | None, part: Path) -> list[RuleFailed]:
    broken: list[RuleFailed] = []
    records = pl.read_parquet(part, glob=False)
    least = ceil(records.height / PIECES)
    write_part(_enriched(records, mail_evidence, broken, least), enriched / part.name)
    return broken


def _enriched(
    clean: pl.DataFrame, mail_evidence: pl.DataFrame | None, broken: list[RuleFailed], least: int
) -> pl.DataFrame:
    """The records enriched; where a rule breaks on no more than `least` of them, as they are."""
    try:
        return enrich_batch(clean, mail_evidence)
    except RuleFailed as failure:
        if clean.height <= least:
            broken.append(failure)
            return ENRICHED_RECORDS.conform(clean)
    middle = clean.height // 2
    halves = (clean[:middle], clean[middle:])
    return pl.concat([_enriched(half, mail_evidence, broken, least) for half in halves])
