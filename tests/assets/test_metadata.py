"""What the Dagster page shows of a table: its columns with what they promise, and how large it is."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from assets.metadata import column_schema, materialised
from contracts import forms, statuses
from contracts.table import Column, Table, text

TABLE = Table(
    "people",
    "People.",
    (
        text("id", "Number", nullable=False),
        text("channel", "Channel", words=statuses.CHANNEL),
        text("phone", "Phone", form=forms.E164),
        Column("share", pl.Float64, "Share", least=0),
    ),
    key=("id",),
)


def test_columns_show_type_meaning_and_promises() -> None:
    number, channel, phone, share = column_schema(TABLE).columns
    assert (number.type, number.description) == ("String", "Number")
    assert (number.constraints.nullable, number.constraints.unique) == (False, True)
    assert (channel.constraints.nullable, channel.constraints.unique) == (True, False)
    assert channel.constraints.other == ["is one of offline, online"]
    assert phone.constraints.other == [f"has the form {forms.E164.pattern} (ITU-T E.164)"]
    assert share.constraints.other == ["share is at least 0"]


def test_a_file_is_told_by_its_rows_place_and_size(tmp_path: Path) -> None:
    path = tmp_path / "people.parquet"
    pl.DataFrame({"id": ["1", "2"]}).write_parquet(path)
    result = materialised(path, more=3)
    assert result.asset_key is not None
    assert result.metadata is not None
    assert (result.metadata["dagster/row_count"], result.metadata["more"]) == (2, 3)


def test_a_table_of_many_files_is_as_large_as_they_are(tmp_path: Path) -> None:
    folder = tmp_path / "people.parquet"
    folder.mkdir()
    for part in ("0", "1"):
        pl.DataFrame({"id": range(100_000)}).write_parquet(folder / f"{part}.parquet", compression="uncompressed")
    metadata = materialised(folder).metadata
    assert metadata is not None
    assert metadata["dagster/row_count"] == 200_000
    assert metadata["size_mb"] == round(sum(file.stat().st_size for file in folder.iterdir()) / 1e6, 3) > 1
