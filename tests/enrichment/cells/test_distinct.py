"""Rules over distinct cells say the same as on every row."""

import polars as pl

from enrichment.cells.distinct import each_once


def _brief(text: pl.Expr) -> pl.Expr:
    return text.str.len_chars() < 3


def test_each_text_has_its_answer_and_null_stays_null() -> None:
    texts = pl.DataFrame({"text": ["ab", None, "abc", "ab", "", None]})
    found = texts.select(each_once(pl.col("text"), _brief, pl.Boolean)).to_series()
    assert found.to_list() == [True, None, False, True, True, None]


def test_a_rule_sees_the_distinct_texts_only() -> None:
    texts = pl.DataFrame({"text": ["b", "a", "b", "b", None]})
    ranks = texts.select(each_once(pl.col("text"), lambda text: text.rank("ordinal").cast(pl.UInt32), pl.UInt32))
    assert ranks.to_series().to_list() == [2, 1, 2, 2, None]


def test_no_texts_no_answers() -> None:
    nothing = pl.DataFrame({"text": [None, None]}, schema={"text": pl.String})
    assert nothing.select(each_once(pl.col("text"), _brief, pl.Boolean)).to_series().to_list() == [None, None]
