"""After a real night, every table of the lake is an asset and keeps its contract, column by column."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from contracts import clean, matched, published, qualified, raw
from contracts.table import Column, Table
from expectations.promises import LISTS
from pipelines.definitions import defs

DECLARED = {
    table.name: table
    for module in (raw, clean, matched, published, qualified)
    for table in vars(module).values()
    if isinstance(table, Table)
}
GRAPH = defs.resolve_asset_graph()
ASSETS = {key.to_user_string() for key in GRAPH.materializable_asset_keys}
TABLES = {name: DECLARED[name] for name in sorted(ASSETS & DECLARED.keys())}
TABLES |= {f"raw_{channel}_leads": raw.RAW_RECORDS for channel in ("online", "offline")}
NO_TABLE = {"published", "report", "feed", "qualified", "qualification_board"}


def test_every_asset_has_a_contract_and_shows_it() -> None:
    assert TABLES.keys() | NO_TABLE == ASSETS
    for name, table in TABLES.items():
        schema = GRAPH.get(dg.AssetKey(name)).metadata["dagster/column_schema"]
        assert [(column.name, column.type) for column in schema.columns] == [
            (column.name, str(column.dtype)) for column in table.columns
        ]


def test_every_table_of_the_lake_is_an_asset(night: Path) -> None:
    assert {path.stem for path in (night / "lake").glob("*.parquet")} == TABLES.keys()


@pytest.mark.parametrize("name", TABLES)
def test_a_table_keeps_its_contract(night: Path, name: str) -> None:
    table, frame = TABLES[name], pl.read_parquet(night / "lake" / f"{name}.parquet")
    assert dict(frame.schema) == table.schema
    assert not table.key or frame.select(table.key).is_unique().all()
    assert [column.name for column in table.columns if not kept(column, frame[column.name])] == []


def kept(column: Column, values: pl.Series) -> bool:
    """Whether the values keep to what the column promises, without Great Expectations."""
    if not column.nullable and values.has_nulls():
        return False
    items = (values.explode() if isinstance(column.dtype, pl.List) else values).drop_nulls()
    words = LISTS[column.form]() if column.form in LISTS else column.words
    return (
        (words is None or set(items) <= set(words))
        and (column.form is None or items.str.contains(column.form.pattern).all())
        and (column.least is None or (items >= column.least).all())
        and (column.most is None or (items <= column.most).all())
    )


@pytest.mark.parametrize(
    ("column", "values", "holds"),
    [
        (Column("n", pl.Int64, "", nullable=False), [1, None], False),
        (Column("n", pl.Int64, "", least=1, most=2), [1, 2, None], True),
        (Column("n", pl.Int64, "", least=1), [0], False),
        (Column("n", pl.Int64, "", most=2), [3], False),
        (Column("w", pl.String, "", words={"a": "A"}), ["a", None], True),
        (Column("w", pl.String, "", words={"a": "A"}), ["b"], False),
        (Column("w", pl.List(pl.String), "", words={"a": "A"}), [["a"], [], ["a", "b"]], False),
    ],
)
def test_a_broken_promise_would_be_seen(column: Column, values: list[object], holds: bool) -> None:
    assert kept(column, pl.Series(values, dtype=column.dtype)) is holds
