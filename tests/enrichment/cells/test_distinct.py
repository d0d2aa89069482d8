"""Rules over distinct cells say the same as on every row."""

from concurrent.futures import ThreadPoolExecutor

import polars as pl
import pytest

from enrichment.cells import distinct
from enrichment.cells.distinct import by_cell, each_once, parts_by_cell, remembered, where, where_parts


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


def test_what_is_remembered_is_asked_once_until_all_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def lengths(cells: pl.Series) -> pl.DataFrame:
        asked.extend(cells.to_list())
        return cells.str.len_chars().alias("length").to_frame()

    monkeypatch.setattr(distinct, "CELLS", 3)
    recall = remembered(lengths)
    for column, new in ((["a", "bb", None, "a"], "a bb"), (["bb", "ccc"], "ccc"), (["d"], "d"), (["a", "d"], "a d")):
        asked.clear()
        assert recall(pl.Series(column))["length"].to_list() == [cell and len(cell) for cell in column]
        assert asked == new.split()


def test_threads_may_share_what_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distinct, "CELLS", 500)
    recall = remembered(lambda cells: (cells + "!").alias("loud").to_frame())

    def ask(start: int) -> bool:
        column = pl.Series([str(number % 700) for number in range(start, start + 200)])
        return recall(column)["loud"].to_list() == [f"{cell}!" for cell in column]

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(0, 20_000, 37)))


def test_a_rule_reads_only_where_the_hint_points_and_each_cell_once() -> None:
    asked: list[str] = []

    def louder(text: str) -> str | None:
        asked.append(text)
        return text.upper() if text != "a!" else None

    cells = pl.Series("cell", ["a", "b!", None, "b!", "a!"])
    assert where(cells.str.contains("!"), cells, by_cell(louder)).to_list() == ["a", "B!", None, "B!", None]
    assert asked == ["b!", "a!"]
    assert cells.to_list() == ["a", "b!", None, "b!", "a!"], "the cells themselves stay as they are"
    assert where(cells.str.contains("?", literal=True), cells, by_cell(louder)).equals(cells, null_equal=True)


def test_parts_come_beside_what_the_other_rows_hold() -> None:
    cells = pl.Series(["1 a", "2", None, "1 a"])
    parts = parts_by_cell(lambda text: text.split(" "), ("number", "letter"))
    assert parts(cells.head(1)).rows() == [("1", "a")]
    found = where_parts(cells.str.contains(" "), cells, parts, cells.to_frame("number"))
    assert found.rows() == [("1", "a"), ("2", None), (None, None), ("1", "a")]
    assert where_parts(cells == "", cells, parts, cells.to_frame("number"))["letter"].null_count() == 4
