"""Delta export: a version for each publication, nested values as they are, read back by Delta's own reader."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable

from contracts.published import PUBLISHED
from publishing.export_delta import NoDelta, write_delta
from tests.publishing.example import tables


def read(folder: Path, version: int | None = None) -> pl.DataFrame:
    frame = pl.from_arrow(DeltaTable(folder, version=version).to_pyarrow_table())
    assert isinstance(frame, pl.DataFrame)
    return frame


@pytest.mark.parametrize("table", [table.name for table in PUBLISHED])
def test_every_table_comes_back_whole(tmp_path: Path, table: str) -> None:
    rows = tables("run-1")[table]
    if table == "accounts":
        spellings = pl.Series([[{"name": "Klein", "records": 2}]], dtype=rows.schema["spelling_variants"])
        rows = rows.with_columns(spelling_variants=spellings)
    assert write_delta(rows, tmp_path / "x.delta", "run-1") == 0
    assert read(tmp_path / "x.delta").to_dicts() == rows.to_dicts()


def test_a_publication_is_a_version_and_the_same_again_is_none(tmp_path: Path) -> None:
    first, second = tables("run-1", rows=3)["leads"], tables("run-2", rows=2)["leads"].drop("fax")
    assert [write_delta(first, tmp_path, "run-1") for _ in range(2)] == [0, 0]
    assert write_delta(second, tmp_path, "run-2") == 1, "a column that is gone or new is no hindrance"
    assert write_delta(first, tmp_path, "run-1") == 2, "a rollback is a version, too"
    assert read(tmp_path, 1)["department"].to_list() == ["run-2"] * 2
    assert read(tmp_path)["department"].to_list() == ["run-1"] * 3


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(NoDelta, match="is no Delta table"):
        write_delta(tables()["leads"], tmp_path, "run-1")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
