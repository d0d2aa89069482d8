"""Words as they stand in a text: whole, or open where a `*` ends them; Python and Polars find the same."""

import re

import polars as pl
import pytest

from enrichment.cells.word_lists import in_text, rows


@pytest.mark.parametrize(
    ("word", "found", "not_found"),
    [
        ("Stock", ["2. Stock", "Stock 3"], ["Stockwerk", "Weinstock"]),
        ("Etage*", ["Etage", "Etagentür"], ["Beletage 3"]),
        ("*erlaubt*", ["erlaubt", "unerlaubte"], ["erlaube"]),
        ("*opt ?in", ["opt in", "optin", "double optin"], ["option", "opt inn"]),
    ],
)
def test_word_in_a_text(word: str, found: list[str], not_found: list[str]) -> None:
    pattern = in_text([word])
    assert [text for text in found + not_found if re.search(pattern, text)] == found
    assert pl.Series(found + not_found).str.contains(pattern).to_list() == [text in found for text in found + not_found]


def test_a_word_behind_a_number_need_not_begin() -> None:
    assert re.search(r"\d" + in_text(["OG"], from_start=False), "3OG")


def test_a_word_of_an_address_has_one_row() -> None:
    table = [row for row in rows("address_words.csv") if row["says"] not in ("state", "canton")]
    found = [word.strip("*") for row in table for word in row["words"].split("|")]
    assert sorted({word for word in found if found.count(word) > 1}) == []
