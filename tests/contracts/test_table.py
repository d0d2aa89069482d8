"""Tables: a frame that lacks a column has it as null, and never loses a row over it."""

from __future__ import annotations

import polars as pl
import pytest

from contracts.table import Column, Table, given_or_null, text

FRAME = pl.DataFrame({"email": ["a", "b"], "phone": [None, None], "count": [1, 2]})
TABLE = Table("t", "A table.", (text("email", "E"), Column("tags", pl.List(pl.String), "T")))


@pytest.mark.parametrize(
    ("wanted", "rows"),
    [
        (["email", "phone"], [("a", None), ("b", None)]),
        (["phone", "mobile"], [(None, None), (None, None)]),
        (["mobile"], [(None,), (None,)]),
        ({"count": pl.Int64, "opt_out": pl.Boolean}, [(1, None), (2, None)]),
    ],
)
def test_what_is_missing_or_untyped_is_null_in_every_row(
    wanted: list[str] | dict[str, pl.DataType], rows: list
) -> None:
    schema = pl.Schema(wanted if isinstance(wanted, dict) else dict.fromkeys(wanted, pl.String))
    for frame in (FRAME, FRAME.lazy()):
        found = frame.lazy().select(given_or_null(frame, wanted)).collect()
        assert (found.rows(), found.schema) == (rows, schema)
    assert FRAME.clear().select(given_or_null(FRAME, wanted)).height == 0
    assert pl.DataFrame().select(given_or_null(pl.DataFrame(), wanted)).height == 0


def test_a_frame_conforms_with_all_its_rows_or_is_refused() -> None:
    assert TABLE.conform(FRAME.select("email")).rows() == [("a", None), ("b", None)]
    assert TABLE.conform(pl.DataFrame({"tags": [["x"], None]})).rows() == [(None, ["x"]), (None, None)]
    with pytest.raises(ValueError, match="does not have the columns count"):
        TABLE.conform(FRAME.drop("phone"))
