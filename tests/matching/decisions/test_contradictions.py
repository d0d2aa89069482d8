"""What is declared one by a chain and two by a word is found, with every link of the chain."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.components import components
from matching.decisions.contradictions import Contradiction, contradictions

Pairs = list[tuple[int, int]]
PAIRS = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)).filter(lambda pair: pair[0] != pair[1]), max_size=12)


def frame(pairs: Pairs, kind: str) -> pl.DataFrame:
    rows = [(a, b, f"{kind}{min(a, b)}-{max(a, b)}") for a, b in pairs]
    return pl.DataFrame(rows, schema={"left": pl.UInt32, "right": pl.UInt32, "id": pl.String}, orient="row")


@pytest.mark.parametrize(
    ("together", "apart", "expected"),
    [
        ([(0, 1)], [(2, 3)], []),
        ([(0, 1)], [(0, 1)], [("x0-1", ("m0-1",))]),
        ([(0, 1), (1, 2)], [(0, 2)], [("x0-2", ("m0-1", "m1-2"))]),
        ([(0, 1), (1, 2), (3, 4)], [(2, 0)], [("x0-2", ("m0-1", "m1-2"))]),
        ([(0, 1), (1, 2), (2, 3)], [(0, 2)], [("x0-2", ("m0-1", "m1-2"))]),  # what hangs on it stays
        ([(0, 1), (0, 2), (1, 2)], [(0, 2)], [("x0-2", ("m0-2",)), ("x0-2", ("m0-1", "m1-2"))]),
    ],
)
def test_chains(together: Pairs, apart: Pairs, expected: list[tuple[str, tuple[str, ...]]]) -> None:
    assert contradictions(frame(together, "m"), frame(apart, "x")) == [Contradiction(*row) for row in expected]


@given(PAIRS, PAIRS, st.randoms())
def test_without_the_decisions_named_none_is_left_and_their_order_does_not_matter(
    together: Pairs, apart: Pairs, random: object
) -> None:
    found = contradictions(frame(together, "m"), frame(apart, "x"))
    aside = {said for _, chain in found for said in chain}
    left = frame(together, "m").filter(~pl.col("id").is_in(list(aside)))
    label = components(left["left"].to_numpy(), left["right"].to_numpy(), 8)
    assert all(label[a] != label[b] for a, b in apart)
    assert contradictions(left, frame(apart, "x")) == []
    for pairs in (together, apart):
        random.shuffle(pairs)  # type: ignore[attr-defined] # hypothesis types it as an object
    turned = [(b, a) for a, b in together]
    assert contradictions(frame(turned, "m"), frame(apart, "x")) == found
