import polars as pl
import pytest

from qualification.activity.numbers import currency_in, to_minutes, to_number


@pytest.mark.parametrize(
    ("cells", "notation", "expected"),
    [
        (["10.000,00", "8.400 €", "-", "1.250"], None, [10000, 8400, None, 1250]),
        (["1,234.56", "1,250", "12"], None, [1234.56, 1250, 12]),
        (["1.250", "12.345"], "point", [1.25, 12.345]),
        (["1'200.50", "CHF 3'000"], None, [1200.5, 3000]),
        (["-48.000,00", "48.000,00-"], None, [-48000, -48000]),
        (["\u221248000"], None, [-48000]),
        (["48000.0"], None, [48000]),
        (["7,5"], None, [7.5]),
    ],
    ids=["german", "english", "as APIs write", "swiss", "minus", "typographic minus", "decimal", "comma"],
)
def test_numbers_are_read_in_the_notation_of_their_column(
    cells: list[str], notation: str | None, expected: list[float | None]
) -> None:
    assert to_number(pl.Series(cells), notation).to_list() == expected


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("29", 29),
        ("54m 12s", 54.2),
        ("1h 5m", 65),
        ("60 minutes", 60),
        ("01:02:03", 62.05),
        ("1 Std. 5 Min.", 65),
        ("--", None),
    ],
)
def test_durations_are_minutes(text: str, minutes: float | None) -> None:
    assert to_minutes(pl.Series([text])).to_list() == [pytest.approx(minutes) if minutes else None]


def test_a_currency_is_its_code_or_its_sign() -> None:
    assert currency_in(pl.Series(["EUR", "8 €", "chf", "12"])).to_list() == ["EUR", "EUR", "CHF", None]
