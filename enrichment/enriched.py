"""Enriched records: what is added to a clean record from what it says already.

Belongs here: language, device, company domain and mailbox evidence beside the clean columns, batch by batch.
Does not belong here: cleaning (`enrichment/records`), which its workers do without loading what this needs.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from contracts.clean import ENRICHED_RECORDS
from engine.parts import sink_parts
from enrichment.company_domain import company_domain
from enrichment.deliverability import apply_evidence
from enrichment.device import clean_device


def enrich_batch(clean: pl.DataFrame, mail_evidence: pl.DataFrame | None = None) -> pl.DataFrame:
    """Add language, device and company domain to clean records, and what is known of their mailboxes.

    Args:
        clean: contracts.clean.CLEAN_RECORDS.
        mail_evidence: `enrichment.deliverability.EVIDENCE`, or None where there is none.

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
    """Enrich the parts of a folder of clean records into one Parquet file of enriched records, order kept."""
    batches = map(pl.read_parquet, sorted(clean.iterdir()))
    sink_parts((enrich_batch(batch, mail_evidence) for batch in batches), ENRICHED_RECORDS.schema, enriched)
