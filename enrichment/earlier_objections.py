"""Earlier objections: what older versions of records refuse, for the addresses and numbers they had then.

Belongs here: telling them from what the older versions say. Does not belong here: whether a refusal still holds for
its record (`sources/store/versions`), whom it closes (`matching/golden/objections`). A record may come with another
address after its person has objected: the objection was made for the old one too, and others may bear that.
"""

from __future__ import annotations

import polars as pl

from contracts.clean import CLEAN_RECORDS
from contracts.raw import REJECTS
from enrichment.clean_records import ContextSource, clean_batch
from enrichment.rule_failures import without_failures
from enrichment.unread_objections import unread_objections

_COLUMNS = (
    *("given_name", "family_name", "email", "other_emails", "phone", "phone_extension", "mobile", "other_phones"),
    *("consent_email", "consent_phone", "opt_out"),
)


def earlier_objections(versions: pl.DataFrame, source: ContextSource) -> pl.DataFrame:
    """The older versions that refuse something.

    Args:
        versions: contracts.raw.RAW_RECORDS, those of which an objection still holds.
        source: of the context of `clean_records.clean_batch`, opened where there is something to clean.

    Returns:
        Names, addresses, numbers and consent of contracts.clean.CLEAN_RECORDS; where a rule breaks on one of them, what
        `unread_objections` reads in its row.
    """
    if versions.is_empty():  # as on nearly every night, and what cleans takes a second to load
        return CLEAN_RECORDS.empty().select(_COLUMNS)
    context = source.open()
    clean, broken = without_failures(versions, lambda rows: (clean_batch(rows, context), REJECTS.empty()))
    refuses = pl.col("opt_out") | pl.any_horizontal(pl.col("consent_email", "consent_phone") == "refused")
    return pl.concat([clean.select(_COLUMNS).filter(refuses), unread_objections(broken)], how="diagonal_relaxed")
