"""A stated probability is how often such pairs are one person, by what becomes of them."""

from __future__ import annotations

import polars as pl
import pytest

from contracts.matched import MATCH_DECISIONS
from matching.leads.decision.calibration import calibrated

CASES = [
    ("merged", "same e-mail", 0.95, 0.95),
    ("merged", "same e-mail", 0.9999, 0.9999),
    ("review", "same given name", 0.3, 0.3),
    ("review", "held back by caution", 0.9, 0.6),
    ("review", "held back by caution", 0.999999, 0.99),
    ("apart", "conflict: company different", 0.001, 0.95),
    ("apart", "contradiction: given name different", 0.999, 0.1),
]


def stated(outcome: str, reason: str, probability: float) -> float:
    row = [(0, 1, probability, 3.0, outcome, reason)]
    found = calibrated(pl.DataFrame(row, schema=MATCH_DECISIONS.schema, orient="row"), merge_at=0.9)
    assert found.schema == pl.Schema(MATCH_DECISIONS.schema)
    return float(found["probability"][0])


@pytest.mark.parametrize(("outcome", "reason", "before", "after"), CASES)
def test_each_group_is_stated_as_it_turned_out(outcome: str, reason: str, before: float, after: float) -> None:
    assert stated(outcome, reason, before) == pytest.approx(after, abs=0.001)


def test_a_likelier_pair_that_is_held_back_is_stated_likelier() -> None:
    said = [stated("review", "", p) for p in (0.9, 0.95, 0.99, 0.999, 0.9999, 0.99999)]
    assert said == sorted(said) and len(set(said)) == len(said)
