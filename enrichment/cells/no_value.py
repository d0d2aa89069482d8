"""Cells that hold no value of their field, whichever field it is: held back before any rule reads them.

Belongs here: cells too long for what they should hold, formulas and errors of spreadsheets, and the evidence of both.
Does not belong here: free text, which is carried as it is, and the fields that have a verdict of their own on such
cells (`enrichment/email/notation`, `enrichment/phone/notation`, `enrichment/consent`; names:
`enrichment/person/beside_name`). No name, title or address has a thousand signs: such a cell is a table or a letter
pasted into a field, and the patterns that tell the parts of a short text would take minutes on it. Source: Excel's
error values in English and German; OWASP, "CSV Injection", for formulas.
"""

from __future__ import annotations

import polars as pl

from enrichment.cells.evidence import Entry, repairs
from enrichment.cells.placeholders import FORMULA_ERROR

LONGEST = 1_000
_TEXTS = (
    *("company", "company_addition", "department", "job_title", "attention"),
    *("address", "street", "address_extra", "city", "region", "country", "website"),
)
_FIELDS = (
    *("salutation", "academic_title", "given_name", "family_name", "full_name", "birth_date"),
    *(
        "house_number",
        "po_box",
        "po_box_postcode",
        "postcode",
        "postcode_city",
        "vat_id",
        "register_no",
        "collected_at",
    ),
    *_TEXTS,
)
_FORMULA = rf"(?i)^\s*(?:=\s*[a-z0-9(+@'\"-]|[@+-]\s*[a-z]{{2,}}\s*[(|]|{FORMULA_ERROR}\s*$)"
_FIRST_LETTER = "A"  # signs and digits come before it, and so does whatever begins a formula or an error


def held_back(records: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
    """Records without the cells that hold no value, and the `repairs` column that says which were.

    Args:
        records: contracts.raw.RAW_RECORDS.
    """
    entries = []
    for field in _FIELDS:
        if _longest(records[field]) > LONGEST:
            long = pl.col(field).str.len_bytes() > LONGEST
            entries.append(Entry(field, long, pl.col(field).str.head(LONGEST) + "…", None, "cell_too_long", "no_value"))
        if field in _TEXTS and len(rows := _formulas(records[field])):
            formula = pl.int_range(pl.len()).is_in(rows.implode())
            entries.append(Entry(field, formula, pl.col(field), None, "cell_formula", "no_value"))
    kept = records
    for entry in entries:  # one after the other: a field may have cells of both kinds
        kept = kept.with_columns(pl.when(~entry.when).then(entry.field))
    return kept, repairs(records, entries)


def _formulas(cells: pl.Series) -> pl.Series:
    """The rows that hold a formula or an error and are not too long for a value anyway."""
    rows = (cells < _FIRST_LETTER).arg_true()
    found = cells.gather(rows)
    return rows.filter(found.str.contains(_FORMULA) & (found.str.len_bytes() <= LONGEST))


def _longest(cells: pl.Series) -> int:
    longest = cells.str.len_bytes().max()
    assert longest is None or isinstance(longest, int)
    return longest or 0
