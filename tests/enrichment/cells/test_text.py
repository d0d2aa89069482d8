"""Folding makes spellings equal that mean the same, and keeps apart what does not."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrichment.cells.text import fold, fold_text, tidy

TEXTS = st.lists(st.text(max_size=30), min_size=1, max_size=20)


def folded(*texts: str) -> list[str | None]:
    return pl.DataFrame({"t": texts}).select(fold(pl.col("t"))).to_series().to_list()


@pytest.mark.parametrize(
    "same",
    [
        ("Müller", "MUELLER", "Mu\u0308ller", "müller "),
        ("Groß-Gerau", "GROSS GERAU", "Groẞ Gerau"),
        ("Łukasz", "Lukasz"),
        ("İŞIK", "Işık"),
        ("O'Brien", "O’Brien", "O´Brien", "OBrien"),
        ("Café", "cafe"),
        ("Đorđe", "Dorde"),
        ("Jørgensen", "Joergensen"),
    ],
)
def test_spellings_of_one_word_fold_alike(same: tuple[str, ...]) -> None:
    assert len(set(folded(*same))) == 1


def test_nothing_left_is_null() -> None:
    assert folded("", " - ", "…") == [None, None, None]
    assert pl.DataFrame({"t": ["", " \u200b ", " a\u00a0 b "]}).select(tidy(pl.col("t"))).to_series().to_list() == [
        None,
        None,
        "a b",
    ]


def test_other_scripts_stay() -> None:
    assert folded("株式会社 トヨタ", "ООО Ромашка") == ["株式会社 トヨタ", "ооо ромашка"]


@given(TEXTS)
@settings(max_examples=25)
def test_folding_twice_changes_nothing(texts: list[str]) -> None:
    frame = pl.DataFrame({"t": texts})
    for rule in (fold, tidy):
        once = frame.select(rule(pl.col("t")))
        assert once.select(rule(pl.col("t"))).equals(once)


@given(st.lists(st.text(st.characters(max_codepoint=0x4FF), max_size=30), min_size=1, max_size=20))
@settings(max_examples=25)
def test_one_text_folds_like_a_column(texts: list[str]) -> None:
    assert [text or "" for text in folded(*texts)] == [fold_text(text) for text in texts]
