"""Enriched records: what is added to a clean record from what it says already.

Belongs here: language, device, company domain and mailbox evidence beside the clean columns, batch by batch.
Does not belong here: cleaning (`enrichment/clean_records`), which its workers do without loading what this needs.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import polars as pl

from contracts.clean import ENRICHED_RECORDS
from engine.parts import write_part
from engine.workers import in_threads
from enrichment.company.domain import company_domain
from enrichment.email.deliverability import apply_evidence
from enrichment.visit.device import clean_device


def enrich_batch(clean: pl.DataFrame, mail_evidence: pl.DataFrame | None = None) -> pl.DataFrame:
    """Add language, device and company domain to clean records, and what is known of their mailboxes.

    Args:
        clean: contracts.clean.CLEAN_RECORDS.
        mail_evidence: `enrichment.email.deliverability.EVIDENCE`, or None where there is none.

    Returns:
        contracts.clean.ENRICHED_RECORDS, same rows in the same order.
    """
    if mail_evidence is not None and mail_evidence.height:
        clean = apply_evidence(clean, mail_evidence)
    added = pl.concat([clean_device(clean), company_domain(clean).to_frame("company_domain")], how="horizontal")
    return ENRICHED_RECORDS.conform(
        clean.with_columns(added.select("language", "browser", "operating_system", "device", "company_domain"))
    )


def enrich_table(clean: Path, enriched: Path, mail_evidence: pl.DataFrame | None = None) -> None:
    """Enrich a folder of clean records, part by part, into a folder of enriched ones that is made here; order kept."""
    enriched.mkdir()
    for _ in in_threads(partial(_enrich_part, enriched, mail_evidence), sorted(clean.iterdir())):
        pass


def _enrich_part(enriched: Path, mail_evidence: pl.DataFrame | None, part: Path) -> None:
    write_part(enrich_batch(pl.read_parquet(part, glob=False), mail_evidence), enriched / part.name)
