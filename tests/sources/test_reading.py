"""Batches: what is not said to be untidy has nothing to trim."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.reading import batch_of

WHITE = [" ", "\t", "\r", "\n", "\x0b", "\x85", "\xa0", "\u1680", "\u2003", "\u2028", "\u3000", "\ufeff"]
CELLS = st.lists(st.none() | st.text(st.sampled_from([*WHITE, "a", "ß", "à", "§", "€", "я", "語"]), max_size=4))


@given(CELLS)
def test_a_tidy_column_has_nothing_to_trim(cells: list[str | None]) -> None:
    batch = batch_of(range(len(cells)), [[cell] for cell in cells], 1)
    bare = pl.Series(cells, dtype=pl.String).str.strip_chars("\ufeff").str.strip_chars()
    if batch.untidy() == []:
        assert bare.to_list() == cells


@pytest.mark.parametrize("cell", ["Groß", "Übung à la carte", "50 €", "Жанна", "語", "a b"])
def test_letters_of_any_script_at_the_edge_are_tidy(cell: str) -> None:
    assert batch_of([1, 2], [[cell, ""], [None, cell]], 2).untidy() == []


@pytest.mark.parametrize("white", WHITE)
def test_white_space_at_an_edge_is_found(white: str) -> None:
    rows = [["a", f"b{white}", f"{white}ü", f"ü{white}"], [None, "", "c", "d"]]
    assert batch_of([1, 2], rows, 4).untidy() == ["1", "2", "3"]
