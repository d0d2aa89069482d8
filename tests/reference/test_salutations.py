"""Salutations: one meaning for each spelling, which stands once."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from reference.salutations import BEFORE_NAME, FIRST_IN_LINE, IN_LINE, MEANINGS

FILE = Path(__file__).parents[2] / "reference/data/salutations.csv"


def test_each_spelling_stands_once() -> None:
    lines = [line for line in FILE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    cells = [cell for row in csv.reader(lines[1:]) for cell in row[1:]]
    spellings = [spelling for cell in cells for spelling in cell.split("|") if spelling]
    assert sorted({spelling for spelling in spellings if spellings.count(spelling) > 1}) == []
    assert {spelling.lower().rstrip(".") for spelling in spellings} == set(MEANINGS)


def test_where_one_stands_the_wider_places_have_it_too() -> None:
    assert set(FIRST_IN_LINE) < set(IN_LINE) < set(BEFORE_NAME)


@pytest.mark.parametrize(
    ("spelling", "salutation"), [("hr", "Herr"), ("frau", "Frau"), ("mme", "Frau"), ("m", "Herr"), ("divers", "Mx")]
)
def test_meaning(spelling: str, salutation: str) -> None:
    assert MEANINGS[spelling] == salutation
