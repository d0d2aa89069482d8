"""Flat twins: the same rows for tools that know no lists and no structs."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pytest
import sqlalchemy
from hypothesis import given
from hypothesis import strategies as st

from contracts.published import ACCOUNTS, LEADS
from publishing.flat import NESTED, flat
from publishing.manifest import BrokenPublication, read_manifest
from publishing.publish import publish
from publishing.repair import differing, repair
from tests.publishing.example import AT, tables


@pytest.fixture
def twins(tmp_path: Path) -> Path:
    """The folder of the twins of a publication."""
    rows = tables()
    variants = pl.Series([[{"name": "Bosch; Werk 2", "records": 3}, {"name": "BOSCH", "records": 1}]])
    rows["accounts"] = rows["accounts"].with_columns(
        spelling_variants=variants.cast(ACCOUNTS.schema["spelling_variants"])
    )
    publish(rows, tmp_path, "run-1", at=AT)
    return tmp_path / "current" / "flat"


def test_what_nests_has_a_twin_that_does_not(twins: Path) -> None:
    assert {path.stem for path in twins.iterdir()} == {table.name for table in NESTED} == {"leads", "accounts"}
    for table in NESTED:
        nested, twin = (pl.read_parquet(place / f"{table.name}.parquet") for place in (twins.parent, twins))
        assert not any(dtype.is_nested() or dtype.is_unsigned_integer() for dtype in twin.dtypes)
        assert twin.select(table.key).equals(nested.select(table.key))
        assert read_manifest(twins.parent).flat[table.name].file == f"flat/{table.name}.parquet"
    leads, accounts = (pl.read_parquet(twins / f"{table.name}.parquet") for table in (LEADS, ACCOUNTS))
    assert leads.columns == LEADS.names
    assert leads["block_reasons"][0] == "no_contact_channel"
    assert leads["other_emails"][0] is None, "never an empty string"
    assert accounts["spelling_variants_name"][0] == "Bosch, Werk 2; BOSCH"
    assert accounts["spelling_variants_records"][0] == "3; 1"


def test_tools_that_know_no_lists_load_them_as_they_are(twins: Path, tmp_path: Path) -> None:
    engine = sqlalchemy.create_engine(f"sqlite:///{tmp_path / 'crm.db'}")
    for table in NESTED:
        path = twins / f"{table.name}.parquet"
        frame = pl.read_parquet(path)
        frame.write_csv(tmp_path / "polars.csv")
        pd.read_parquet(path).to_sql(table.name, engine)
        assert duckdb.sql(f"select count(*) from read_parquet('{path}')").fetchall() == [(frame.height,)]


def test_a_twin_that_is_damaged_is_made_again(twins: Path) -> None:
    published, twin = twins.parent.resolve().parent, twins / "leads.parquet"
    before = twin.read_bytes()
    twin.write_bytes(bytes(len(before)))
    assert differing(twins.parent.resolve()) == ["flat/leads.parquet"]
    assert repair(published, published / "no lake").mended
    assert twin.read_bytes() == before
    twin.unlink()
    with pytest.raises(BrokenPublication, match="is missing"):
        read_manifest(twins.parent)
    assert repair(published, published / "no lake").mended
    assert twin.read_bytes() == before


@given(st.lists(st.lists(st.text("a;ü ", min_size=1), max_size=3), max_size=4))
def test_items_come_back_by_splitting(rows: list[list[str]]) -> None:
    frame = pl.DataFrame({"l": rows}, schema={"l": pl.List(pl.String)})
    written = flat(frame.lazy()).collect()["l"].to_list()
    assert [text.split("; ") if text else [] for text in written] == [
        "; ".join(item.replace(";", ",") for item in row).split("; ") if row else [] for row in rows
    ]
    assert [len(text.split("; ")) if text else 0 for text in written] == [len(row) for row in rows]
