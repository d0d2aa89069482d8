"""Small tables in Markdown: counted, sorted, and nothing in them is markup."""

from __future__ import annotations

import polars as pl

from assets.markdown import markdown_text, shares, tally


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
