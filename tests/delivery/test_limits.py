"""Limits: what holds a plan, and that what cannot be told holds it too."""

from __future__ import annotations

import pytest

from delivery.limits import tripped
from delivery.mapping import Limit


@pytest.mark.parametrize(
    ("count", "known", "limit", "held"),
    [
        (0, 0, Limit(0, 0.0), False),
        (5, 100, Limit(), False),
        (5, 100, Limit(most=5), False),
        (6, 100, Limit(most=5), True),
        (10, 100, Limit(share=0.1), False),
        (11, 100, Limit(share=0.1), True),
        (1, 0, Limit(share=0.1), True),  # nobody can tell what share of nothing is usual
        (1, 0, Limit(most=10), False),
    ],
)
def test_a_guard(count: int, known: int, limit: Limit, held: bool) -> None:
    assert bool(tripped({"create": count}, known, {"create": limit}, ())) == held
    assert not tripped({"create": count}, known, {"create": limit}, ["create"])


def test_it_says_what_to_do() -> None:
    (found,) = tripped({"archive": 9}, 10, {"archive": Limit(share=0.5)}, ())
    assert found.why == (
        "archive: 9 of 10 known records, more than 50%; look at them, then plan again with --allow archive, "
        "or raise limits.archive"
    )
