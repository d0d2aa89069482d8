"""What the Dagster page shows of a table: columns with what they promise, and small tables in Markdown."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from assets.metadata import column_schema, markdown_text, materialised, shares, tally
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


def test_a_tally_names_the_most_frequent_first() -> None:
    frame = pl.DataFrame({"outcome": ["b", "a", "b", "c"]})
    lines = (tally(frame, "outcome", of="pairs", limit=2).value or "").splitlines()
    assert lines == ["| outcome | pairs |", "| --- | ---: |", "| `b` | 2 |", "| `a` | 1 |", "", "… and 1 more"]


def test_shares_are_in_percent_of_each_column() -> None:
    frame = pl.LazyFrame({"status": ["valid", "valid", "missing", None]})
    assert shares(frame, ["status"])["%"].to_list() == [50.0, 25.0, 25.0]


def test_a_cell_cannot_break_the_table() -> None:
    text = markdown_text(pl.DataFrame({"what": ["a|b\nc", None], "n": [1_000, None]}))
    assert text.splitlines()[2:] == ["| `a¦b ⏎ c` | 1,000 |", "|  |  |"]
