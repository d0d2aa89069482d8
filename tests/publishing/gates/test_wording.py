"""Gates are told so that somebody who meets one first knows what was measured, from where on it holds, what to do."""

from __future__ import annotations

import pytest

from publishing.gates.judging import Gate, gates
from publishing.gates.wording import gate_in_words


@pytest.mark.parametrize("gate", gates().values(), ids=gates())
def test_a_gate_says_what_is_usual_and_what_to_look_at(gate: Gate) -> None:
    said = gate_in_words(gate)
    assert gate.title in said and gate.look in said and f"{gate.rows:,} rows" in said


def test_the_range_is_in_percent() -> None:
    assert gate_in_words(gates()["volume"]).startswith(
        "Records of a source. Usual is 100 %, at most 30 % less, or as far as this home's own nights vary. "
    )
    assert "Usual is what the publication before held, at most 40 % more" in gate_in_words(gates()["quarantine"])
