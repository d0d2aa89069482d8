"""A small publication that keeps every promise, for the tests of this folder to break.

`python -m tests.publishing.example FOLDER RUN ROWS` publishes one as a process of its own, to be killed.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from contracts.published import (
    ACCOUNTS,
    BUYING_CENTERS,
    CONSENTS,
    FIELD_PROVENANCE,
    LEAD_CROSSWALK,
    LEADS,
    QUARANTINE,
    REDIRECTS,
    TOMBSTONES,
)
from matching.accounts.buying_center import PARTS
from matching.identity import mint
from publishing.publish import publish
from publishing.stamp import Stamp

AT = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)


def tables(run_id: str = "run-1", rows: int = 3) -> dict[str, pl.DataFrame]:
    """`rows` leads of one account. Every table carries the run id, so that a mixture would show."""
    number = pl.Series(range(rows))
    keys = pl.DataFrame({"source": "web", "source_record_id": number.cast(pl.String)})
    lead_id = mint("lead", keys)
    account = f"A{'A' * 16}"
    stamp = Stamp(run_id, AT)
    leads = pl.DataFrame({"lead_id": lead_id}).with_columns(
        *(pl.lit("missing").alias(f"{name}_status") for name in ("email", "phone", "mobile", "address")),
        account_id=pl.lit(account),
        department=pl.lit(run_id),
        **{f"may_{way}": pl.lit(False) for way in ("email", "call")},
        **{f"{way}_permission": pl.lit("missing") for way in ("email", "call")},
        publishable=pl.lit(False),
        block_reasons=pl.lit(["no_contact_channel"], pl.List(pl.String)),
        source_count=pl.lit(1, pl.UInt32),
        channels=pl.lit(["online"], pl.List(pl.String)),
        sources=pl.lit(["web"], pl.List(pl.String)),
        **{f"other_{what}": pl.lit([], pl.List(pl.String)) for what in ("emails", "phones")},
        first_seen_at=pl.lit(AT, LEADS.schema["first_seen_at"]),
        last_seen_at=pl.lit(AT, LEADS.schema["last_seen_at"]),
    )
    accounts = pl.DataFrame({"account_id": [account], "name": [run_id]}).with_columns(
        spelling_variants=pl.lit([], ACCOUNTS.schema["spelling_variants"]),
        lead_count=pl.lit(rows, pl.UInt32),
        roles_present=pl.lit([], pl.List(pl.String)),
        roles_missing=pl.lit(PARTS, pl.List(pl.String)),
    )
    records = pl.DataFrame({"lead_id": lead_id, "source_record_id": number.cast(pl.String)}).with_columns(
        source=pl.lit("web")
    )
    return {
        "leads": stamp(LEADS, leads),
        "accounts": stamp(ACCOUNTS, accounts),
        "buying_centers": stamp(
            BUYING_CENTERS,
            pl.DataFrame({"lead_id": lead_id}).with_columns(
                account_id=pl.lit(account),
                role=pl.lit("unknown"),
                role_confidence=pl.lit(0.5),
                role_evidence=pl.lit(run_id),
            ),
        ),
        "lead_crosswalk": stamp(
            LEAD_CROSSWALK,
            records.with_columns(
                account_id=pl.lit(account), match_probability=pl.lit(1.0), match_reason=pl.lit(run_id)
            ),
        ).sort("source", "source_record_id"),
        "field_provenance": stamp(
            FIELD_PROVENANCE,
            records.with_columns(
                field=pl.lit("department"),
                value=pl.lit(run_id),
                rule=pl.lit("newest"),
                observed_at=pl.lit(AT, LEADS.schema["updated_at"]),
            ),
        ),
        "consents": CONSENTS.empty(),
        "redirects": REDIRECTS.empty(),
        "tombstones": TOMBSTONES.empty(),
        "quarantine": stamp(
            QUARANTINE,
            pl.DataFrame(
                {
                    "source": ["web"],
                    "source_record_id": ["held"],
                    "file": [run_id],
                    "reason_code": ["no_identity"],
                    "message": ["Nothing in it."],
                }
            ),
        ),
    }


if __name__ == "__main__":
    publish(tables(sys.argv[2], int(sys.argv[3])), Path(sys.argv[1]), sys.argv[2], at=AT)
