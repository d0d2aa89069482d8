"""Street lines taken apart: `cases/street.csv`; a column is read exactly like its lines."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrichment.address.street import house_number, split_street, streets
from enrichment.cells.text import tidy

with (Path(__file__).parents[1] / "cases" / "street.csv").open(encoding="utf-8", newline="") as lines:
    CASES = list(csv.DictReader(lines))

WORDS = re.findall(
    r"\S+",
    "Haupt Am alten Str. str. Straße straße strasse Weg Dr.-Muster- Nr. Haus Pl. Gewerbepark 12 12a 5-7 0 007 a Top "
    "3.OG B , - / STR. des 17. Juni Q7",
)
PARTS = st.lists(st.sampled_from(WORDS), max_size=6)
LINES = PARTS.map(" ".join) | PARTS.map("".join)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["input"])
def test_line(case: dict[str, str]) -> None:
    assert [part or "" for part in split_street(case["input"])] == [case["street"], case["house_number"], case["extra"]]


@pytest.mark.parametrize("case", [case for case in CASES if case["street"]], ids=lambda case: case["input"])
def test_a_street_put_together_again_comes_apart_the_same(case: dict[str, str]) -> None:
    line = f"{case['street']} {case['house_number']}".strip()
    again = split_street(line)
    assert (again.street, again.number or "") == (case["street"], case["house_number"])


@settings(max_examples=300)
@given(st.lists(LINES | st.text(max_size=20), min_size=1, max_size=10))
def test_a_column_is_read_like_its_lines(lines: list[str]) -> None:
    column = pl.DataFrame({"line": lines}).select(tidy(pl.col("line"))).to_series()
    assert streets(column).rows() == [tuple(split_street(line)) if line else (None, None, None) for line in column]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", "12"), ("12.0", "12"), ("12 A", "12a"), ("12A", "12a"), ("5 - 7", "5-7"), ("5–7", "5-7"),
        ("12 a - c", "12a-c"), ("C 25", "C25"), ("12 bis", "12 bis"),
        ("Nr. 7", "7"), ("Haus-Nr. 7b", "7b"), ("007", "7"), ("0", None), ("-", None), ("", None), ("12 / 3", "12/3"),
        ("1 + 3", "1+3"), ("1 u. 3", "1+3"), ("1 bis 3", "1-3"), ("12 1/2", "12 1/2"),
    ],
)  # fmt: skip
def test_house_number(text: str, number: str | None) -> None:
    assert house_number(text) == number
    if number:
        assert house_number(number) == number
