"""Consents: what the consent of each channel rests on, with the purpose, date and proof of the record that decided.

Belongs here: the long form, one row per lead, channel and basis. Does not belong here: which record decides
(`matching/golden/survivorship`), what the law allows on that basis (`publishing.permission`).
Whoever relies on a consent must be able to prove it (Art. 7 (1) GDPR, § 7a UWG): the record is the proof.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from contracts.published import CONSENTS
from matching.golden.lead_records import Rows

CHANNELS = ("email", "phone")
_SETTLED = ("refused", "unclear", "confirmed")  # beside which being a customer makes no difference


def consents(
    leads: pl.DataFrame, records: pl.DataFrame, decided: Mapping[str, Rows], customers: Mapping[str, Rows]
) -> pl.DataFrame:
    """`contracts.published.CONSENTS`, sorted by its key.

    Args:
        leads: lead_id, consent_email, consent_phone; sorted by lead_id.
        records: their records, with source, source_record_id, observed_at, ip_network, consent_purpose,
            consent_confirmed_at and, per channel, consent_* and consent_*_basis as the record itself has them.
        decided: per channel and lead the row in `records` that decided, -1 for none.
        customers: per channel and lead the row whose source declares the person a customer, -1 for none.
    """
    told = [_of_channel(channel, leads, records, decided[channel], customers[channel]) for channel in CHANNELS]
    return CONSENTS.conform(pl.concat(told)).sort(CONSENTS.key)


def _of_channel(
    channel: str, leads: pl.DataFrame, records: pl.DataFrame, decided: Rows, customers: Rows
) -> pl.DataFrame:
    status = pl.col(f"consent_{channel}")
    people = leads.select("lead_id", status=status).with_columns(row=pl.Series(decided), customer=pl.Series(customers))
    second = people.filter(
        pl.col("customer") >= 0, pl.col("customer") != pl.col("row"), ~pl.col("status").is_in(_SETTLED)
    )
    rows = pl.concat(
        [people.filter(pl.col("row") >= 0).drop("customer"), second.select("lead_id", "status", row="customer")]
    )
    names = ("source", "source_record_id", "observed_at", "ip_network", "consent_purpose", "consent_confirmed_at")
    proof = records.select(*names, own=status, own_basis=f"{status.meta.output_name()}_basis")[rows["row"]]
    itself = pl.col("own") == pl.col("status")
    customer = pl.col("own_basis") == "existing_customer"
    agreed = ~pl.col("status").is_in(["refused", "unclear"])
    double = pl.col("own_basis") == "double_opt_in"
    return pl.concat([rows.drop("row"), proof], how="horizontal").select(
        *("lead_id", "status", "source", "source_record_id", "ip_network"),
        channel=pl.lit(channel),
        basis=pl.when((itself | customer).fill_null(False)).then("own_basis").fill_null("other_record"),
        purpose=pl.when(agreed).then("consent_purpose"),
        obtained_at=pl.when(agreed).then("observed_at"),
        confirmed_at=pl.when(agreed & double).then("consent_confirmed_at"),
        objected_at=pl.when(itself & (pl.col("status") == "refused")).then("observed_at"),
    )
