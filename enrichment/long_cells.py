"""Cells too long for what they should hold: held back before any rule reads them.

Belongs here: how long a cell of a short value may be, and the evidence of those that are longer. Does not
belong here: free text, which is carried as it is, and the fields that have a verdict of their own on such cells
(`enrichment/email_notation`, `enrichment/phone_notation`, `enrichment/consent`).
No name, title or address has a thousand signs: such a cell is a table or a letter pasted into a field, and
the patterns that tell the parts of a short text would take minutes on it.
"""

from __future__ import annotations

import polars as pl

from enrichment.evidence import Entry, repairs

LONGEST = 1_000
_FIELDS = (
    *("salutation", "academic_title", "given_name", "family_name", "full_name", "birth_date"),
    *("company", "company_addition", "department", "job_title", "attention"),
    *("address", "street", "house_number", "address_extra", "po_box", "po_box_postcode"),
    *("postcode", "city", "postcode_city", "region", "country", "website", "vat_id", "register_no", "collected_at"),
)


def held_back(records: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
    """Records without the cells that are too long, and the `repairs` column that says which were.

    Args:
        records: contracts.raw.RAW_RECORDS.
    """
    long = [field for field in _FIELDS if _longest(records[field]) > LONGEST]
    too_long = {field: pl.col(field).str.len_bytes() > LONGEST for field in long}
    entries = [
        Entry(field, when, pl.col(field).str.head(LONGEST) + "…", None, "cell_too_long", "long_cells")
        for field, when in too_long.items()
    ]
    kept = records.with_columns(pl.when(~when).then(field).alias(field) for field, when in too_long.items())
    return kept, repairs(records, entries)


def _longest(cells: pl.Series) -> int:
    longest = cells.str.len_bytes().max()
    assert longest is None or isinstance(longest, int)
    return longest or 0
