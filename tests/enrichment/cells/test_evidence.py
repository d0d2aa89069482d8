"""Evidence lists hold exactly the entries that apply."""

import polars as pl

from contracts.clean import REPAIR
from enrichment.cells.evidence import (
    EVIDENCE,
    Entry,
    Repair,
    evidence_from,
    evidence_of,
    merge_repairs,
    repairs,
    repairs_at,
)


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


def test_evidence_of_several_texts_of_a_record_stands_in_its_row() -> None:
    texts = pl.DataFrame({"row": [2, 0, 2], "text": ["b ", "a", "c "], "field": ["fax", "phone", "mobile"]})
    bare = pl.col("text").str.strip_chars()
    entry = Entry(pl.col("field"), bare != pl.col("text"), pl.col("text"), bare, "trimmed", pl.lit("trim"))
    by_columns = evidence_of(texts, [entry])
    by_text = evidence_from([2, 0], [[by_hand("fax", "b "), by_hand("mobile", "c ")], []])
    assert by_columns.equals(by_text)
    assert repairs_at(by_text, 3).list.len().to_list() == [0, 0, 2]
    assert evidence_from([0], [[]]).schema == pl.Schema(EVIDENCE)


def by_hand(field: str, text: str) -> Repair:
    return Repair(field, text, text.strip(), "trimmed", "trim")
