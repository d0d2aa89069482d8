"""What records state of their account beside its name and place: website, industry, size, VAT and register number.

Belongs here: the value most records of an account state. Does not belong here: name, domain and address
(`matching.accounts.shown.profile`), which record belongs to which account (`matching.accounts.lead_to_account`).
"""

from __future__ import annotations

import polars as pl

from contracts.table import given_or_null
from enrichment.carried import FIRM, carried

FIELDS = (*FIRM, "vat_id", "register_no")
COLUMNS = (*FIELDS, "observed_at")
"""All that this module reads of contracts.clean.ENRICHED_RECORDS."""


def stated(records: pl.DataFrame, accounts: pl.Series) -> pl.DataFrame:
    """Per account the value most of its records state; of equals the one stated last, then the first in the alphabet.

    Args:
        records: `COLUMNS` of contracts.clean.ENRICHED_RECORDS; missing ones count as null.
        accounts: account_id of each record, null where it has none.

    Returns:
        account_id and `FIELDS`, sorted by account_id; accounts of which nothing is stated are missing.

    Example:
        >>> from datetime import datetime
        >>> at = [datetime(2025, 1, 7), datetime(2025, 3, 24), datetime(2025, 5, 2)]
        >>> records = pl.DataFrame({"employees": ["50", "11-50", "50"], "observed_at": at})
        >>> stated(records, pl.Series(["A1", "A1", "A1"])).select("account_id", "employees").row(0)
        ('A1', '50')
    """
    said = records.select(*given_or_null(records, FIELDS), "observed_at").with_columns(
        accounts.alias("account_id"), *(column for column in carried(records) if column.name in FIRM)
    )
    told = said.filter(pl.col("account_id").is_not_null(), pl.any_horizontal(pl.col(FIELDS).is_not_null()))
    found = told.select(pl.col("account_id").unique().sort())
    for field in FIELDS:
        found = found.join(_most_stated(told, field), on="account_id", how="left", maintain_order="left")
    return found


def _most_stated(told: pl.DataFrame, field: str) -> pl.DataFrame:
    return (
        told.drop_nulls(field)
        .group_by("account_id", field)
        .agg(records=pl.len(), last=pl.col("observed_at").max())
        .sort("account_id", "records", "last", field, descending=[False, True, True, False])
        .unique("account_id", keep="first", maintain_order=True)
        .select("account_id", field)
    )
