"""Contact: of every lead it is said why it is blocked, what its channels may be used for, by which law and proof."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from pipelines.contact import told_contact
from publishing.permission import usual_rules
from tests.pipelines.publication import published


@pytest.mark.slow
def test_every_lead_has_its_reasons_its_law_and_its_proof(night: Path) -> None:
    tables, current = published(night), night / "published" / "current"
    records = pl.read_parquet(night / "lake" / "enriched_records.parquet", glob=False)
    proofs = tables["consents"].group_by("lead_id").agg("source", "source_record_id", "status")
    for lead in tables["leads"].join(proofs, on="lead_id", how="left").iter_rows(named=True):
        own = tables["lead_crosswalk"].filter(lead_id=lead["lead_id"]).select("source", "source_record_id")
        told = list(told_contact(current, lead["lead_id"], records.join(own, on=own.columns), usual_rules()))
        text = "\n".join(told)
        assert all(f"blocked: {code}." in text for code in lead["block_reasons"])
        assert ("handed on" in text) == lead["publishable"]
        assert f"e-mail      {lead['email_permission']}: " in text
        assert f"calls       {lead['call_permission']}: " in text
        assert sum(line.strip().startswith("rule ") for line in told) == 2
        for source, record, status in zip(
            lead["source"] or [], lead["source_record_id"] or [], lead["status"] or [], strict=True
        ):
            (line,) = {line for line in told if f"proof {source} {record}" in line and line.strip().startswith(status)}
            assert " · " in line.partition("proof ")[2], "file and row of the record"
