"""Golden leads of a whole night in flat memory: provenance and consents, which are large, go to files as they are made.

Belongs here: parting the tables that the rules give. Does not belong here: the rules
(`matching.golden.golden_leads`) or what sales may use of a lead (`publishing.tables`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl

from contracts.published import CONSENTS, FIELD_PROVENANCE
from contracts.table import Table
from engine.parts import sink_parts, writing_parts
from enrichment.suppression import Suppression
from matching.decisions.values import NOTHING, Decided
from matching.golden.golden_leads import GOLDEN, golden_slices


def write_golden(
    enriched: pl.LazyFrame,
    clusters: pl.DataFrame,
    employment: pl.DataFrame,
    provenance: Path,
    consents: Path,
    *,
    stamp: Callable[[Table, pl.DataFrame], pl.DataFrame],
    unread: pl.DataFrame | None = None,
    decided: Decided = NOTHING,
    suppressed: Suppression | None = None,
) -> pl.DataFrame:
    """The golden leads (`matching.golden.golden_leads.GOLDEN`).

    Args:
        enriched: `contracts.clean.ENRICHED_RECORDS`, scanned; the row position is the record number.
        clusters: record, lead_id.
        employment: record, account_id; records of private persons may be missing.
        provenance: where `contracts.published.FIELD_PROVENANCE` goes.
        consents: where `contracts.published.CONSENTS` goes.
        stamp: dates the rows of provenance and consents.
        decided: the values people gave to leads.
        unread: objections in rows of which no record could be made (`enrichment.unread_objections`), and in older
            versions of records (`enrichment.earlier_objections`).
        suppressed: the suppression lists of the home.
    """
    members = clusters.join(employment.select("record", "account_id"), on="record", how="left", maintain_order="left")
    leads = [GOLDEN.empty()]

    def origins() -> Iterator[pl.DataFrame]:
        for part in golden_slices(enriched, members, decided, unread=unread, suppressed=suppressed):
            leads.append(part.leads)
            write(stamp(CONSENTS, part.consents))
            yield stamp(FIELD_PROVENANCE, part.provenance)

    with writing_parts(CONSENTS.schema, consents) as write:
        sink_parts(origins(), FIELD_PROVENANCE.schema, provenance)
    return pl.concat(leads)
