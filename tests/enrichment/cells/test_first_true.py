"""Tables of (condition, value): the first that is true says the value."""

import polars as pl

from enrichment.cells.first_true import first_true


def test_the_first_true_condition_says_the_value_and_null_is_not_true() -> None:
    frame = pl.DataFrame({"size": [12, 5, 1, None], "name": ["a", "b", "c", "d"]})
    rules = ((pl.col("size") > 9, "large"), (pl.col("size") > 4, pl.col("name")), (pl.col("size") > 0, None))
    assert frame.select(kind=first_true(rules, "unknown"))["kind"].to_list() == ["large", "b", None, "unknown"]
