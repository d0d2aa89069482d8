"""The apostrophe by which a spreadsheet keeps a cell a text (`'01067`, `'Eva`): no part of the value.

Belongs here: telling that mark from a quotation and from names that begin with an apostrophe (`'t Hart`,
`'s-Hertogenbosch`), and taking it off. Does not belong here: e-mail addresses and phone numbers, which never hold an
apostrophe at their beginning and say so themselves.
"""

from __future__ import annotations

import polars as pl

from enrichment.cells.evidence import Entry, repairs

_FIELDS = (
    *("salutation", "academic_title", "given_name", "family_name", "full_name", "birth_date", "attention"),
    *("company", "company_addition", "department", "job_title", "website", "vat_id", "register_no", "customer_no"),
    *("address", "street", "house_number", "address_extra", "po_box", "po_box_postcode", "postcode", "city"),
    *("postcode_city", "region", "country", "language", "collected_at"),
)
_AFTER_MARK = "("  # what begins with an apostrophe comes before it
_PART_OF_NAME = r"(?i)^'[dknst][ -]"
_CLOSED = r"[^\s']'(?:[^\pL]|$)"


def unmarked(records: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
    """Records without such marks, and the `repairs` column that says where one was.

    Args:
        records: contracts.raw.RAW_RECORDS.
    """
    entries = []
    for field in _FIELDS:
        if len(rows := _marked(records[field])):
            cell = pl.col(field)
            marked = pl.int_range(pl.len()).is_in(rows.implode())
            entries.append(Entry(field, marked, cell, cell.str.slice(1).str.strip_chars(), "text_mark", "text_mark"))
    bare = [pl.when(entry.when).then(entry.value).otherwise(entry.field) for entry in entries]
    return records.with_columns(bare), repairs(records, entries)


def _marked(cells: pl.Series) -> pl.Series:
    """The rows whose cell begins with the mark."""
    rows = (cells < _AFTER_MARK).arg_true()
    first = cells.gather(rows)
    marked = first.str.contains(r"^'[^']") & ~first.str.contains(_PART_OF_NAME) & ~first.str.contains(_CLOSED)
    return rows.filter(marked)
