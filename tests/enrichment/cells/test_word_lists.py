"""Word lists: what a word of a data file matches, and that every file reads."""

import re

import polars as pl
import pytest

from enrichment.cells.word_lists import DATA, alternatives, by_kind, entries, lines, rows, words


@pytest.mark.parametrize(
    ("word", "matched", "not_matched"),
    [
        ("z. ?Hd.?", ["z.Hd.", "z. Hd.", "z.Hd"], ["zHd.", "z. Hdx"]),
        ("zu Händen", ["zu Händen", "zu  Händen"], ["zuHänden", "zu Handen"]),
        ("c/o", ["c/o"], ["co", "cxo"]),
        ("a+b", ["a+b"], ["aab"]),
    ],
)
def test_pattern_of_a_word(word: str, matched: list[str], not_matched: list[str]) -> None:
    pattern = f"^{alternatives([word])}$"
    assert [text for text in matched + not_matched if re.match(pattern, text)] == matched
    assert pl.Series(matched + not_matched).str.contains(pattern).to_list() == [True] * len(matched) + [False] * len(
        not_matched
    )


def test_longest_word_first() -> None:
    assert re.sub(alternatives(["Hr", "Hrn", "Hr."]), "", "Hrn Hr. Hr") == "  "


def test_every_file_reads() -> None:
    tables = sorted(DATA.glob("*.csv"))
    assert tables
    for table in tables:
        for row in rows(table.name):
            assert None not in row and None not in row.values(), f"{table.name}: {row}"
    for table in DATA.glob("*.txt"):
        assert lines(table.name) and words(table.name)


def test_words_of_a_cell() -> None:
    assert entries("Einkauf|Purchasing") == ("Einkauf", "Purchasing")
    assert entries("") == ()
    assert "freiherr" in by_kind("name_words.csv")["noble"]
