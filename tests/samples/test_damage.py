"""Each kind of damage does what its sentence in `proportions.DIRT` says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samples import damage
from samples.dirty_companies import and_swapped, shortened
from samples.dirty_emails import domain_typo

LUCK = st.floats(0, 1, exclude_max=True)


@pytest.mark.parametrize(
    ("how", "value", "luck", "expected"),
    [
        (damage.typo, "Müller", 0.1, "Müler"),
        (damage.typo, "Müller", 0.3, "Müüller"),
        (damage.typo, "Müller", 0.5, "Mlüler"),
        (damage.typo, "Roy", 0.5, "Roy"),
        (damage.mojibake, "Müller", 0.0, "MÃ¼ller"),
        (damage.encoding_loss, "Straße", 0.0, "Stra\ufffde"),
        (damage.encoding_loss, "Müller", 0.9, "Mï¿½ller"),
        (damage.excel_number, "+49 2064 4765-012", 0.0, "4,92064E+12"),
        (damage.lost_zero, "0711 12345-67", 0.0, "7111234567"),
        (damage.lost_zero, "+49 711 12345-67", 0.0, "+49 711 12345-67"),
        (domain_typo, "max@gmail.com", 0.0, "max@gmial.com"),
        (domain_typo, "max@firma.de", 0.1, "max@firma.dee"),
        (and_swapped, "Müller & Söhne", 0.0, "Müller und Söhne"),
        (shortened, "Weber Maschinenbau", 0.0, "Weber Maschb."),
    ],
)
def test_damage_by_example(how: damage.How, value: str, luck: float, expected: str) -> None:
    assert how(value, luck) == expected


@given(st.text(min_size=1), LUCK)
def test_a_typo_changes_one_letter_at_most_and_never_the_first(value: str, luck: float) -> None:
    wrong = damage.typo(value, luck)
    assert wrong[0] == value[0]
    assert abs(len(wrong) - len(value)) <= 1


@given(st.from_regex(r"\+49 [1-9]\d{9}", fullmatch=True), LUCK)
def test_a_wrong_digit_keeps_the_length_and_the_country_code(value: str, luck: float) -> None:
    wrong = damage.digit_typo(value, luck)
    assert wrong != value
    assert (len(wrong), wrong[:3]) == (len(value), value[:3])
