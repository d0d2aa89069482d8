"""Each kind of damage does what its sentence in `proportions.DIRT` says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samples import dirt

LUCK = st.floats(0, 1, exclude_max=True)


@pytest.mark.parametrize(
    ("how", "value", "luck", "expected"),
    [
        (dirt.typo, "Müller", 0.1, "Müler"),
        (dirt.typo, "Müller", 0.3, "Müüller"),
        (dirt.typo, "Müller", 0.5, "Mlüler"),
        (dirt.typo, "Roy", 0.5, "Roy"),
        (dirt.mojibake, "Müller", 0.0, "MÃ¼ller"),
        (dirt.encoding_loss, "Straße", 0.0, "Stra\ufffde"),
        (dirt.encoding_loss, "Müller", 0.9, "Mï¿½ller"),
        (dirt.excel_number, "+49 2064 4765-012", 0.0, "4,92064E+12"),
        (dirt.lost_zero, "0711 12345-67", 0.0, "7111234567"),
        (dirt.lost_zero, "+49 711 12345-67", 0.0, "+49 711 12345-67"),
        (dirt.domain_typo, "max@gmail.com", 0.0, "max@gmial.com"),
        (dirt.domain_typo, "max@firma.de", 0.1, "max@firma.dee"),
        (dirt.and_swapped, "Müller & Söhne", 0.0, "Müller und Söhne"),
        (dirt.shortened, "Weber Maschinenbau", 0.0, "Weber Maschb."),
    ],
)
def test_damage_by_example(how: dirt.How, value: str, luck: float, expected: str) -> None:
    assert how(value, luck) == expected


@given(st.text(min_size=1), LUCK)
def test_a_typo_changes_one_letter_at_most_and_never_the_first(value: str, luck: float) -> None:
    wrong = dirt.typo(value, luck)
    assert wrong[0] == value[0]
    assert abs(len(wrong) - len(value)) <= 1


@given(st.from_regex(r"\+49 [1-9]\d{9}", fullmatch=True), LUCK)
def test_a_wrong_digit_keeps_the_length_and_the_country_code(value: str, luck: float) -> None:
    wrong = dirt.digit_typo(value, luck)
    assert wrong != value
    assert (len(wrong), wrong[:3]) == (len(value), value[:3])
