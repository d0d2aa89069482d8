"""Countries as people write them: `cases/country.csv`."""

from __future__ import annotations

import csv
from pathlib import Path

import polars as pl
import pytest

from enrichment.address.country import countries, country_of
from reference.countries import country_codes

with (Path(__file__).parents[1] / "cases" / "country.csv").open(encoding="utf-8", newline="") as lines:
    CASES = [(row["input"], row["country"] or None) for row in csv.DictReader(lines)]


@pytest.mark.parametrize(("text", "country"), CASES)
def test_country(text: str, country: str | None) -> None:
    assert country_of(text) == country


def test_a_column_is_read_like_its_values() -> None:
    texts = pl.Series([text for text, _country in CASES] + [None])
    assert countries(texts).to_list() == [country for _text, country in CASES] + [None]


@pytest.mark.parametrize("code", sorted(country_codes()))
def test_every_code_names_itself(code: str) -> None:
    assert country_of(code) == code
