"""Whole addresses in one cell: a column is read exactly like its cells, and nothing is lost."""

from __future__ import annotations

import re

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from enrichment.address.lines import Parts, addresses, parse_address, parse_locality

STREETS = [
    "Hauptstr. 5", "Am Markt 12a", "Haus Muster 3", "Postfach 12 34", "Q7, 24", "Halle 3", "c/o Muster GmbH",
    "Weg 1234", "Topweg 3", "10 Downing Street", "Müller GmbH", "B 7", "Rue du Lac 5",
]  # fmt: skip
TOWNS = [
    "70173 Stuttgart", "D-70173 Stuttgart", "1010 Wien", "A-1010 Wien Österreich", "8001 Zürich", "Köln", "50667Köln",
    "60311 Frankfurt am Main", "99084 Erfurt Germany", "77933 Lahr/Schwarzwald", "SW1A 2AA London",
]  # fmt: skip
COUNTRIES = ["", "Deutschland", "AT", "Suisse"]
LINES = st.builds(
    lambda parts, separator: separator.join(part for part in parts if part),
    st.tuples(st.sampled_from(STREETS), st.sampled_from(TOWNS), st.sampled_from(COUNTRIES)),
    st.sampled_from([", ", ",", "; ", " / ", " "]),
)


@settings(max_examples=300)
@given(st.lists(LINES | st.text(max_size=25), min_size=1, max_size=10, unique=True))
def test_a_column_is_read_like_its_cells(lines: list[str]) -> None:
    for parse in (parse_address, parse_locality):
        table = addresses(pl.Series(lines, dtype=pl.String), parse)
        assert [Parts(*row) for row in table.iter_rows()] == [parse(line) for line in lines]


@settings(max_examples=300)
@given(LINES)
def test_no_word_is_lost(line: str) -> None:
    parts = parse_address(line)
    kept = " ".join(part for part in parts if part)
    words = re.findall(r"[^\W\d_]{3,}", line)
    known = {"Postfach", "Deutschland", "Suisse", "Österreich", "Germany"}  # told by their own columns
    assert all(word in kept or word in known for word in words)
