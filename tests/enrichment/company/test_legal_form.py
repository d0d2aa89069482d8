"""Legal forms are recognised in every spelling and never eat a word of the name."""

import csv
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.word_lists import entries
from enrichment.cells.word_lists import rows
from enrichment.company.legal_form import split_legal_form

CASES = Path(__file__).parents[1] / "cases" / "legal_form.csv"


def cases() -> list[dict[str, str]]:
    with CASES.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_every_case() -> None:
    listed = cases()
    found = split_legal_form(pl.Series([row["name"] for row in listed]))
    wrong = [
        (row["name"], shown, core, form)
        for row, (shown, core, form, _) in zip(listed, found.iter_rows(), strict=True)
        if (shown, core or "", form or "") != (row["company"], row["core"], row["form"])
    ]
    assert wrong == []


def test_the_shown_name_is_already_clean() -> None:
    shown = split_legal_form(pl.Series([row["name"] for row in cases()]))
    again = split_legal_form(shown["company"])
    assert again["company"].to_list() == shown["company"].to_list()
    assert again["legal_form"].to_list() == shown["legal_form"].to_list()


def test_every_spelling_of_the_table_names_its_form() -> None:
    spelt = [
        (row["form"], text.lstrip("=+"))
        for row in rows("legal_forms.csv")
        for column in ("anywhere", "at_end")
        for text in entries(row[column])
    ]
    found = split_legal_form(pl.Series([f"Beispiel {text}" for _, text in spelt]))["legal_form"].to_list()
    by_spelling = [(form, text, name) for (form, text), name in zip(spelt, found, strict=True) if form != name]
    assert by_spelling == []


@pytest.mark.parametrize(
    "word", ["Agro", "Kagome", "Visa", "Inkasso", "Sage", "Kochschule", "Limited Edition Mode", "10 kg"]
)
def test_words_are_not_forms(word: str) -> None:
    assert split_legal_form(pl.Series([word]))["legal_form"].to_list() == [None]


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=25), max_size=10))
@settings(max_examples=25)
def test_any_text_is_survived(names: list[str]) -> None:
    assert split_legal_form(pl.Series(names, dtype=pl.String)).height == len(names)
