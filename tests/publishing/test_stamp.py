"""The stamp: what a row says is told by its hash, and dated by when it began to say so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.published import ACCOUNTS, LEAD_CROSSWALK, LEADS, PUBLISHED
from contracts.table import Column, Table, text
from publishing.stamp import CHANGE_COLUMNS, Stamp, content_hash
from tests.publishing.example import tables

AT = datetime(2026, 3, 1, tzinfo=UTC)
LATER = AT + timedelta(days=1)
VOLATILE = [(table, column.name) for table in PUBLISHED for column in table.columns if column.volatile]
EXAMPLE = tables()


def after(table: Table, frame: pl.DataFrame, before: pl.DataFrame, run_id: str = "run-2") -> pl.DataFrame:
    """The rows of the next night."""
    return Stamp(run_id, LATER, lambda *_: before)(table, frame)


def leads(**values: Any) -> pl.DataFrame:
    """One lead, stamped on the first night."""
    return Stamp("run-1", AT)(LEADS, LEADS.conform(pl.DataFrame([{"lead_id": "L1", **values}])))


@pytest.mark.parametrize("table", PUBLISHED, ids=lambda table: table.name)
def test_every_table_says_since_when_a_row_says_what_it_says(table: Table) -> None:
    assert {"content_hash", "updated_at"} <= set(table.names)
    rows = Stamp("run-1", AT)(table, EXAMPLE[table.name])
    assert after(table, rows, rows).equals(rows), "a night that changes nothing leaves bytes equal"
    assert rows["content_hash"].n_unique() == rows.height


@pytest.mark.parametrize(("table", "column"), VOLATILE, ids=lambda it: it if isinstance(it, str) else it.name)
def test_what_moves_with_every_delivery_is_no_change(table: Table, column: str) -> None:
    before = Stamp("run-1", AT)(table, EXAMPLE[table.name])
    dtype = table.schema[column]
    moved = before.with_columns(
        pl.col(column).dt.offset_by("1d") if dtype == pl.Datetime("us", "UTC") else (pl.col(column) / 2 + 7).cast(dtype)
    )
    now = after(table, moved, before)
    assert not now[column].equals(before[column]), "it is published all the same"
    assert now.drop(column).equals(before.drop(column))


def test_a_spelling_seen_once_more_is_no_change_and_a_new_one_is() -> None:
    def account(*variants: tuple[str, int]) -> pl.DataFrame:
        told = [{"name": name, "records": records} for name, records in variants]
        return ACCOUNTS.conform(
            pl.DataFrame({"account_id": ["A1"], "spelling_variants": [told]}, schema_overrides=ACCOUNTS.schema)
        )

    before = Stamp("run-1", AT)(ACCOUNTS, account(("Bosch", 3), ("Bosch GmbH", 2)))
    assert after(ACCOUNTS, account(("Bosch GmbH", 4), ("Bosch", 3)), before)["updated_at"][0] == AT
    assert after(ACCOUNTS, account(("Bosch", 3)), before)["updated_at"][0] == LATER


def test_what_did_not_change_keeps_its_date_and_run() -> None:
    first = pl.concat([leads(lead_id="L1", phone="+4971112345"), leads(lead_id="L2", phone="+4971112345")])
    moved = pl.concat([leads(lead_id="L1", phone="+4971199999"), first[1:], leads(lead_id="L3")])
    second = after(LEADS, moved, first)
    assert second["run_id"].to_list() == ["run-2", "run-1", "run-2"]
    assert second["updated_at"].to_list() == [LATER, AT, LATER]


def test_a_value_that_changed_back_is_a_change_too() -> None:
    first = leads(phone="+4971112345")
    second = after(LEADS, leads(phone="+4971199999"), first)
    third = after(LEADS, leads(phone="+4971112345"), second, "run-3")
    assert third["content_hash"][0] == first["content_hash"][0]
    assert third["run_id"][0] == "run-3"


def test_a_new_column_changes_only_the_rows_that_have_a_value_for_it() -> None:
    old = Table("t", "", (text("id", ""), text("name", "")))
    new = Table("t", "", (text("name", ""), text("note", ""), text("id", "")))
    rows = pl.DataFrame({"id": ["1", "2"], "name": ["x", "x"], "note": [None, "y"]})
    before, now = content_hash(old, rows), content_hash(new, rows)
    assert (before == now).to_list() == [True, False]


def test_the_hash_is_stable_and_tells_fields_apart() -> None:
    table = Table("t", "", (text("a", ""), text("b", ""), Column("l", pl.List(pl.String), "")))
    rows = pl.DataFrame({"a": ["x", None, "x", None], "b": [None, "x", "", None], "l": [[], ["x"], ["x", "y"], None]})
    hashes = content_hash(table, rows).to_list()
    assert len(set(hashes)) == 4
    assert hashes[0] == "ab7e53fccdacec0ccc73d0f97a248fad"
    assert content_hash(table, rows.rechunk()[::-1]).to_list() == hashes[::-1]


@given(st.lists(st.tuples(st.sampled_from(["a", "b", ""]), st.floats(0, 1, width=32), st.booleans()), max_size=9))
def test_equal_rows_have_equal_hashes_and_others_other_ones(rows: list[tuple[str, float, bool]]) -> None:
    columns = (text("a", ""), Column("p", pl.Float32, ""), Column("b", pl.Boolean, ""))
    table = Table("t", "", columns)
    frame = pl.DataFrame(rows, schema=table.schema, orient="row")
    hashes = content_hash(table, frame)
    fine = frame.with_columns((pl.col("p").cast(pl.Float64) * 1e6).round().cast(pl.Int64))
    assert hashes.n_unique() == fine.n_unique()


def test_the_change_itself_is_no_content() -> None:
    rows = EXAMPLE["lead_crosswalk"]
    other = rows.with_columns(updated_at=pl.lit(LATER, rows.schema["updated_at"]), content_hash=pl.lit("0" * 32))
    assert content_hash(LEAD_CROSSWALK, other).equals(content_hash(LEAD_CROSSWALK, rows))
    assert set(CHANGE_COLUMNS) >= {"content_hash", "updated_at"}
