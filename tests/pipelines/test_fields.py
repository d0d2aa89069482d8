"""The page of published columns: current, and its examples keep what the columns promise."""

from __future__ import annotations

import re

import polars as pl
import pytest

from contracts.changes import PROMISED
from contracts.reasons import reasons
from contracts.table import Column, Table
from pipelines.fields import PAGE, examples, page

COLUMNS = [(table, column) for table in PROMISED for column in table.columns]


def test_the_page_of_fields_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make docs` and commit docs/fields.md"


def test_every_column_has_its_example_and_nothing_else_has() -> None:
    assert list(examples()) == [(table.name, column.name) for table, column in COLUMNS]


@pytest.mark.parametrize(("table", "column"), COLUMNS, ids=lambda it: it.name)
def test_an_example_is_what_the_column_promises(table: Table, column: Column) -> None:
    text = examples()[table.name, column.name]
    items = text.split("; ") if isinstance(column.dtype, pl.List) else [text]
    if column.words is not None:
        assert set(items) <= set(column.words)
    if column.form is not None:
        assert all(re.fullmatch(column.form.pattern, item) for item in items)
    if column.name in ("reason_code", "block_reasons"):
        assert set(items) <= set(reasons())
    if column.dtype in (pl.UInt32, pl.Int64, pl.Float32):
        assert (column.least or 0) <= float(text) <= (column.most or float(text))
    if column.dtype == pl.Boolean:
        assert text in ("true", "false")
    if isinstance(column.dtype, pl.Datetime):
        assert pl.Series([text]).str.to_datetime(time_zone="UTC").null_count() == 0
