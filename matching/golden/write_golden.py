"""Golden leads of a whole night, in flat memory: provenance, which is large, goes to its file while it is made.

Belongs here: parting the two tables that the rules give. Does not belong here: the rules
(`matching.golden.golden_leads`) or what sales may use of a lead (`publishing.tables`).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from contracts.published import FIELD_PROVENANCE
from engine.parts import sink_parts
from matching.decisions.values import NOTHING, Decided
from matching.golden.golden_leads import GOLDEN, golden_slices


def write_golden(
    enriched: pl.LazyFrame,
    clusters: pl.DataFrame,
    employment: pl.DataFrame,
    provenance: Path,
    *,
    unread: pl.DataFrame | None = None,
    decided: Decided = NOTHING,
) -> pl.DataFrame:
    """The golden leads (`matching.golden.golden_leads.GOLDEN`).

    Args:
        enriched: `contracts.clean.ENRICHED_RECORDS`, scanned; the row position is the record number.
        clusters: record, lead_id.
        employment: record, account_id; records of private persons may be missing.
        provenance: where `contracts.published.FIELD_PROVENANCE` goes.
        decided: the values people gave to leads.
        unread: `enrichment.unread_objections`: objections in rows of which no record could be made.
    """
    members = clusters.join(employment.select("record", "account_id"), on="record", how="left", maintain_order="left")
    leads = [GOLDEN.empty()]

    def origins() -> Iterator[pl.DataFrame]:
        for people, origin in golden_slices(enriched, members, decided, unread=unread):
            leads.append(people)
            yield origin

    sink_parts(origins(), FIELD_PROVENANCE.schema, provenance)
    return pl.concat(leads)
