"""The differential run leaves no difference without a named rule."""

from __future__ import annotations

import pytest

from benchmarks.differential import Outcome, compare_emails, compare_phones, main


@pytest.mark.parametrize("compare", [compare_phones, compare_emails])
def test_every_difference_has_a_rule(compare: object) -> None:
    outcome = compare(3_000, seed=7)  # type: ignore[operator]
    assert isinstance(outcome, Outcome)
    assert outcome.unexplained == []
    assert outcome.values == 3_000 == outcome.agreed + sum(outcome.explained.values())
    assert outcome.agreed > 1_500


def test_the_command_reports_and_succeeds(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--values", "400", "--seed", "3"]) == 0
    assert "phone: 200 values" in capsys.readouterr().out
