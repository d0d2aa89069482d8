"""Distinct company evidence: every different way the records describe a company, counted once.

Belongs here: which records name a company at all, and folding equal evidence into one row.
Does not belong here: cleaning the values (`enrichment`) or deciding which rows are one company
(`matching/accounts`). Rows are sorted by content, so they do not depend on the order of the records.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from contracts.matched import COMPANY_NAMES
from contracts.table import given_or_null

NO_COMPANY = ("none", "missing")
SWITCHBOARD_KINDS = ("fixed_line", "uan", "unknown")

_EVIDENCE = [c for c in COMPANY_NAMES.names if c not in ("name", "records")]
_STATED = [c for c in _EVIDENCE if c not in ("domain", "phone_stem")]
# All that this module reads of contracts.clean.ENRICHED_RECORDS.
COLUMNS = (
    *_STATED,
    *("company_domain", "phone", "phone_extension", "phone_status", "phone_kind"),
)


def company_names(enriched: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
    """Fold `enriched` (contracts.clean.ENRICHED_RECORDS) into distinct company evidence.

    Returns:
        The table contracts.matched.COMPANY_NAMES, and per record its row there (u32, null for
        records that name no company).
    """
    evidence = enriched.select(
        *given_or_null(enriched, dict.fromkeys(_STATED, pl.String)),
        domain=pl.col("company_domain").str.to_lowercase(),
        phone_stem=switchboard(),
        _record=pl.int_range(pl.len(), dtype=pl.UInt32),
    ).filter(names_a_company())
    counted = (
        evidence.group_by(_EVIDENCE)
        .agg(records=pl.len().cast(pl.UInt32))
        .sort([*_ORDER, "records"], nulls_last=True)
        .with_row_index("name")
        .with_columns(pl.col("name").cast(pl.UInt32))
    )
    rows = evidence.join(counted, on=_EVIDENCE, how="left", nulls_equal=True, maintain_order="left")
    record_to_name = np.full(enriched.height, -1, np.int64)
    record_to_name[rows["_record"].to_numpy()] = rows["name"].to_numpy()
    name = pl.Series("name", record_to_name)
    return COMPANY_NAMES.conform(counted), name.set(name < 0, None).cast(pl.UInt32)


def names_a_company() -> pl.Expr:
    """True where a record names a company: it has a match key and is not stated to be private."""
    status = pl.col("company_status").fill_null("valid")
    return pl.col("company_key").is_not_null() & (pl.col("company_key") != "") & ~status.is_in(NO_COMPANY)


def switchboard() -> pl.Expr:
    """E.164 of the switchboard: the landline without the extension it ends in; null for other numbers."""
    number, extension = pl.col("phone"), pl.col("phone_extension")
    stem = pl.when(extension.is_not_null() & number.str.ends_with(extension) & (number.str.len_chars() > 9))
    landline = pl.col("phone_status").is_in(["valid", "possible"]) & pl.col("phone_kind").is_in(SWITCHBOARD_KINDS)
    return pl.when(landline).then(
        stem.then(number.str.head(number.str.len_chars() - extension.str.len_chars())).otherwise(number)
    )


_ORDER = ["company_key", "legal_form", *[c for c in _EVIDENCE if c not in ("company_key", "legal_form")]]
