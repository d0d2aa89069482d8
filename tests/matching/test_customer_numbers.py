"""Which customer numbers are numbers, and whose."""

from __future__ import annotations

import polars as pl
import pytest

from matching.customer_numbers import numbered_by_issuer, our_customer_number


def read(source: str, number: str | None, rule: pl.Expr) -> str | None:
    frame = pl.DataFrame({"source": [source], "customer_no": [number]}, schema_overrides={"customer_no": pl.String})
    found: str | None = frame.select(rule).item()
    return found


@pytest.mark.parametrize("number", ["K0128454", "4711", "DE-100-23", "1", "KA-4711", "SO-12", "NV 3"])
def test_numbers_of_ours(number: str) -> None:
    assert read("crm", number, our_customer_number()) == number
    assert read("crm", number, numbered_by_issuer()) == number


@pytest.mark.parametrize(
    "number", [None, "", "keine", "0", "000000", "99999", "n/a", "-", "neu 2025", "kein", "Interessent 7", "12345"]
)
def test_placeholders_are_no_numbers(number: str | None) -> None:
    assert read("crm", number, our_customer_number()) is None
    assert read("crm", number, numbered_by_issuer()) is None


@pytest.mark.parametrize("source", ["partner_nord", "messe_2025", "Händlerliste", "adresskauf"])
def test_a_partners_number_makes_nobody_our_customer(source: str) -> None:
    assert read(source, "4711", our_customer_number()) is None
    assert read(source, "4711", numbered_by_issuer()) == f"{source} 4711"
