"""FEBRL's columns under our names: person, street, second address line, birth date, a personal number.

Belongs here: renaming. Does not belong here: any setting of the model; it runs untouched.
Source: Christen and Pudjijono, Accurate Synthetic Generation of Realistic Personal Information (2009).
"""

from __future__ import annotations

import polars as pl

COLUMNS = {
    "given_name": "given_name",
    "surname": "family_name",
    "address_1": "street",
    "street_number": "house_number",
    "address_2": "address_extra",
    "suburb": "city",
    "postcode": "postcode",
    "state": "region",
    "date_of_birth": "birth_date",
    "soc_sec_id": "customer_no",
}


def as_leads(febrl: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
    """Leads under the column names of contracts.clean.ENRICHED_RECORDS, and the true entity of each."""
    ordered = febrl.sort("rec_id")
    trimmed = ordered.select(
        pl.col(theirs).cast(pl.String).str.strip_chars().alias(ours) for theirs, ours in COLUMNS.items()
    )
    leads = trimmed.with_columns(pl.when(pl.all() != "").then(pl.all()))
    return leads, ordered["rec_id"].str.extract(r"rec-(\d+)-").alias("entity")
