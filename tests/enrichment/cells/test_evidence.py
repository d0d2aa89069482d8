"""Evidence lists hold exactly the entries that apply."""

import polars as pl

from contracts.clean import REPAIR
from enrichment.cells.evidence import Entry, merge_repairs, repairs, rows_with


def test_only_entries_that_apply_are_kept_in_order() -> None:
    frame = pl.DataFrame({"raw": ["a ", "b", None]})
    clean = pl.col("raw").str.strip_chars()
    column = repairs(
        frame,
        [
            Entry("email", clean != pl.col("raw"), pl.col("raw"), clean, "trimmed", "trim"),
            Entry("email", pl.col("raw") == "b", pl.col("raw"), None, "held", "hold"),
        ],
    )
    assert column.dtype == pl.List(REPAIR)
    assert column.to_list() == [
        [{"field": "email", "raw": "a ", "value": "a", "reason": "trimmed", "rule": "trim"}],
        [{"field": "email", "raw": "b", "value": None, "reason": "held", "rule": "hold"}],
        [],
    ]
    assert merge_repairs([column, column]).list.len().to_list() == [2, 2, 0]


def test_no_entries_and_no_rows_give_empty_lists() -> None:
    assert repairs(pl.DataFrame({"raw": ["a"]}), []).to_list() == [[]]
    assert repairs(pl.DataFrame({"raw": []}, schema={"raw": pl.String}), []).to_list() == []


def test_missing_and_untyped_columns_become_null_text_of_the_same_height() -> None:
    frame = pl.DataFrame({"email": ["a", "b"], "phone": [None, None]})
    assert rows_with(frame, ["mobile"]).rows() == [(None,), (None,)]
    assert rows_with(frame, ["phone", "email"]).schema == {"phone": pl.String, "email": pl.String}
    assert rows_with(frame.clear(), ["mobile"]).height == 0
