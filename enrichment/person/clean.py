"""Persons: salutation, titles, given and family name of every record, with a verdict.

Belongs here: `clean_person`, whom a contact line names. Does not belong here: names in plain words, which most
records hold (`enrichment/person/plain`), reading any other name (`enrichment/person/parser`). Those go to the parser
once per distinct combination of cells.
"""

from __future__ import annotations

import polars as pl

from contracts.table import given_or_null
from engine.caches import keep_words
from enrichment.cells.evidence import Repair, evidence_from, repairs_at
from enrichment.cells.text import tidy
from enrichment.company.line import CONTACT_HINTS, addressed, announced_contact, attention, contact_beside, lines_marked
from enrichment.person.parser import parse_name
from enrichment.person.plain import RESULT, settle

CELLS = ["salutation", "academic_title", "given_name", "family_name", "full_name"]
NOTICES = ["attention", "company_addition", "company"]

_Text = str | None
_Read = tuple[_Text, _Text, _Text, _Text, str, tuple[Repair, ...]]  # `RESULT` and its evidence


def clean_person(records: pl.DataFrame) -> pl.DataFrame:
    """Clean the person fields.

    Args:
        records: columns of contracts.raw.RAW_RECORDS; missing ones count as null. A contact named in
            attention, company_addition or company (z.Hd.) counts only where no name is given.

    Returns:
        Same height: salutation, academic_title, given_name, family_name, name_status and repairs.

    Example:
        >>> records = pl.DataFrame({"full_name": ["Herr Dr. MÜLLER, Jürgen", "van der Berg, Anna", "Einkauf"]})
        >>> clean_person(records).select("salutation", "academic_title", "given_name", "family_name", "name_status")
        shape: (3, 5)
        ┌────────────┬────────────────┬────────────┬──────────────┬─────────────┐
        │ salutation ┆ academic_title ┆ given_name ┆ family_name  ┆ name_status │
        │ ---        ┆ ---            ┆ ---        ┆ ---          ┆ ---         │
        │ str        ┆ str            ┆ str        ┆ str          ┆ str         │
        ╞════════════╪════════════════╪════════════╪══════════════╪═════════════╡
        │ Herr       ┆ Dr.            ┆ Jürgen     ┆ Müller       ┆ valid       │
        │ null       ┆ null           ┆ Anna       ┆ van der Berg ┆ valid       │
        │ null       ┆ null           ┆ null       ┆ null         ┆ role        │
        └────────────┴────────────────┴────────────┴──────────────┴─────────────┘
    """
    raw = records.select(given_or_null(records, [*CELLS, *NOTICES])).with_row_index("row")
    cells = raw.select("row", *CELLS, contact=_contact(raw))
    settled, told, rest = settle(cells)
    parsed, evidence = _parse(rest)
    read = pl.concat([settled, parsed]).sort("row")
    return read.select(RESULT).with_columns(repairs_at(pl.concat([told, evidence]), raw.height))


def _parse(hard: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows no plain shape settles, read one by one; and their evidence."""
    rows = hard["row"].to_list()
    names = [_name(cells) for cells in hard.select(*CELLS, "contact").iter_rows()]
    *parts, told = zip(*names, strict=True) if names else [()] * (len(RESULT) + 1)
    columns = {column: pl.Series(values, dtype=pl.String) for column, values in zip(RESULT, parts, strict=True)}
    return pl.DataFrame({"row": hard["row"], **columns}), evidence_from(rows, told)


@keep_words
def _name(cells: tuple[str | None, ...]) -> _Read:
    """The person of the cells, else the one to whose attention the mail goes."""
    salutation, title, given, family, full, contact = cells
    name = parse_name(salutation, title, given, family, full)
    if name.status == "missing" and contact is not None:
        named = parse_name(salutation, title, None, None, contact)
        if named.status in ("valid", "partial", "swapped"):
            named.tell("family_name", contact, named.family, "name_from_contact")
            named.evidence = name.evidence + [entry for entry in named.evidence if entry not in name.evidence]
            name = named
    return name.salutation, name.title, name.given, name.family, name.status, tuple(name.evidence)


def _contact(raw: pl.DataFrame) -> pl.Expr:
    """Contact of an attention line, where the record names nobody itself."""
    names = pl.col("given_name").is_null() & pl.col("family_name").is_null()
    usable = raw.select(names & (pl.col("full_name").is_null() | (pl.col("full_name").str.len_chars() < 8))).to_series()
    found = raw.select("row").with_columns(contact=pl.lit(None, pl.String))
    for column in reversed(NOTICES):
        rows = (usable & raw[column].is_not_null()).arg_true()
        if column != "attention":
            rows = rows.filter(raw[column].gather(rows).str.to_lowercase().str.contains_any(CONTACT_HINTS))
        if not len(rows):
            continue
        lines = lines_marked(raw[column].gather(rows)).to_frame("line").select(tidy(pl.col("line"))).to_series()
        named = (announced_contact if column == "attention" else contact_beside)(lines).to_frame()
        if column == "company_addition":
            named = named.select(pl.coalesce("contact", pl.lit(addressed(lines)["contact"])).alias("contact"))
        if column == "attention":
            named = named.select(pl.coalesce("contact", pl.lit(lines)).alias("contact"))
        person = attention(named["contact"])["contact"]
        kept = pl.select(pl.coalesce(person, found["contact"].gather(rows))).to_series()
        found = found.with_columns(found["contact"].clone().scatter(rows, kept))
    return pl.lit(found["contact"])
