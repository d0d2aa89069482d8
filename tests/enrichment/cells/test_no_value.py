"""Cells that hold no value: said to be so, never searched, and the rest of the record goes on."""

import polars as pl
import pytest

from contracts.raw import FIELDS, RAW_RECORDS
from enrichment.cells.no_value import LONGEST, held_back
from enrichment.clean_records import ContextSource, clean_batch
from enrichment.company.legal_form import split_legal_form

SHAPES = ["Müller GmbH & Co. KG, ", "0711 901234 / ", "a@b", "(", "Anna ", "von ", "Hauptstr. 5, ", "ja nein ", "x; "]
SIGNS = 20_000


def cleaned(record: dict[str, str]) -> dict[str, object]:
    names = [*(column.name for column in FIELDS), "default_country"]
    given = {"default_country": "DE"} | record
    raw = pl.DataFrame([given], schema=dict.fromkeys(names, pl.String)).with_columns(
        *(pl.lit("x").alias(name) for name in ("source", "source_record_id", "channel", "file", "file_hash")),
        content_hash=pl.lit("x"),
        received_at=pl.lit("2026-05-01").str.to_datetime(time_unit="us", time_zone="UTC"),
    )
    return clean_batch(RAW_RECORDS.conform(raw), ContextSource().open()).to_dicts()[0]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_record_of_long_cells_is_told_so_in_a_moment(shape: str) -> None:
    long = (shape * SIGNS)[:SIGNS]
    record = cleaned(dict.fromkeys((column.name for column in FIELDS), long))
    assert (record["company"], record["family_name"], record["street"]) == (None, None, None)
    assert (record["email"], record["email_status"]) == (None, "invalid")
    assert (record["phone"], record["phone_status"]) == (None, "invalid")
    assert record["consent_email"] == "refused"  # by an objection nobody can read
    assert record["opt_out"] is True
    assert record["note"] == long


def test_the_evidence_names_field_and_beginning() -> None:
    record = cleaned({"company": "Müller GmbH " * 1_000, "family_name": "Berg", "given_name": "Anna"})
    assert (record["given_name"], record["family_name"]) == ("Anna", "Berg")
    repairs = record["repairs"]
    assert isinstance(repairs, list)
    (entry,) = repairs
    assert (entry["field"], entry["value"], entry["reason"]) == ("company", None, "cell_too_long")
    assert entry["raw"].startswith("Müller GmbH Müller") and len(entry["raw"]) == LONGEST + 1


def test_a_cell_of_the_longest_length_is_read() -> None:
    name = "Müller Anlagenbau GmbH"
    assert cleaned({"company": name + " " * (LONGEST - len(name.encode()))})["company"] == name


def test_a_long_name_keeps_its_legal_forms() -> None:
    name = "GmbH & Co. KG " * 1_500
    assert split_legal_form(pl.Series([name]))["company"].to_list() == [name]


FORMULAS = [
    "=A1+B2",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://x.example";"hier")',
    "@SUM(A1:A9)",
    "+cmd|x",
    "#NV",
    "#REF!",
]
VALUES = ["=", "3M Deutschland", "#1 Consulting", "+Plus Markt", "@home Service", "(ohne Titel)", "-Vertrieb-"]


@pytest.mark.parametrize("field", ["company", "job_title", "department", "street", "city"])
@pytest.mark.parametrize("cell", FORMULAS)
def test_formulas_and_errors_of_spreadsheets_are_no_values(field: str, cell: str) -> None:
    record = cleaned({field: cell, "family_name": "Berg", "given_name": "Anna"})
    assert (record[field], record["family_name"]) == (None, "Berg")
    repairs = record["repairs"]
    assert isinstance(repairs, list)
    assert (field, cell, "cell_formula") in [(entry["field"], entry["raw"], entry["reason"]) for entry in repairs]


@pytest.mark.parametrize("cell", VALUES)
def test_values_that_begin_with_a_sign_are_none(cell: str) -> None:
    repairs = cleaned({"company": cell})["repairs"]
    assert isinstance(repairs, list)
    assert "cell_formula" not in [entry["reason"] for entry in repairs]


def test_a_formula_is_none_beside_a_cell_that_is_too_long() -> None:
    """Found by the fuzz run: what a record is told must not depend on who stands beside it."""
    cells = ["=1+1", "x" * 2 * LONGEST, "=" + "1" * 2 * LONGEST, "Einkauf"]
    raw = pl.DataFrame({"job_title": cells}, schema_overrides=dict.fromkeys(RAW_RECORDS.names, pl.String))
    kept, repairs = held_back(RAW_RECORDS.conform(raw))
    assert kept["job_title"].to_list() == [None, None, None, "Einkauf"]
    reasons = [[entry["reason"] for entry in entries] for entries in repairs]
    assert reasons == [["cell_formula"], ["cell_too_long"], ["cell_too_long"], []]
