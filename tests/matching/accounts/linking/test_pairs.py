"""Candidate pairs of company rows: nothing that could be one company is left out, and nothing is compared twice."""

import numpy as np
import polars as pl
from hypothesis import example, given
from hypothesis import strategies as st

from matching.accounts.linking.pairs import CAP, WINDOW, block_pairs, name_pairs, split
from matching.accounts.linking.relations import Relation, relate
from matching.accounts.rows.letters import letters, may_be_spellings
from matching.accounts.rows.words import read_names

WORDS = (
    "dufner",
    "mueller",
    "muller",
    "landtechnik",
    "landtech",
    "bau",
    "gruppe",
    "holding",
    "filiale",
    "nord",
    "h",
    "24",
)
_name = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join)
_letters = st.text("abemnrtu", min_size=2, max_size=16)
HARMLESS = {Relation.NONE, Relation.SIMILAR, Relation.ACRONYM}
"""What no rule joins by place alone."""


def pairs_of(packed: np.ndarray) -> set[tuple[int, int]]:
    return set(zip(*(side.tolist() for side in split(packed)), strict=True))


@given(_name, _name, _letters, _letters)
@example("dufner dufner", "dufner landtechnik", "aa", "aa")
@example("mueller holding", "muller gruppe", "", "")
@example("h mueller", "hans mueller", "", "")
def test_the_letter_bound_rejects_no_pair_that_the_words_relate(a: str, b: str, more: str, other: str) -> None:
    keys = pl.Series([f"{a} {more}".strip(), f"{b} {other}".strip(), f"{a} {other}".strip()])
    names, ids = read_names(keys)
    left, right = np.array([0, 0, 1]), np.array([1, 2, 2])
    relation = relate(names, ids[left], ids[right]).relation
    held = letters(names)[ids]
    near = may_be_spellings(held[left], held[right])
    assert [r for r, possible in zip(relation, near, strict=True) if not possible and r not in HARMLESS] == []


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 40)), max_size=60))
def test_small_blocks_are_compared_in_full(entries: list[tuple[int, int]]) -> None:
    block = np.array([b for b, _ in entries], np.uint64) << np.uint64(40)
    place = np.array([p for _, p in entries], np.int64)
    found = block_pairs(block, place)
    expected = {(p, q) for b, p in entries for c, q in entries if b == c and p < q}
    if all(len({p for c, p in entries if c == b}) <= CAP for b in range(6)):
        assert pairs_of(found) == expected
    assert pairs_of(found) <= expected
    assert found.tolist() == sorted(set(found.tolist()))


def test_large_blocks_meet_their_neighbours_only() -> None:
    size = 10 * CAP
    found = block_pairs(np.zeros(size, np.uint64), np.arange(size))
    assert pairs_of(found) == {(p, p + step) for step in range(1, WINDOW + 1) for p in range(size - step)}


def test_one_letter_left_out_changed_or_added_is_found() -> None:
    keys = pl.Series(
        ["zellerplastik", "zelerplastik", "zellerplastyk", "czellerplastik", "windkraftwerke", "ветропарк"]
    )
    names, ids = read_names(keys)
    number = {int(i): n for n, i in enumerate(ids)}
    found = {frozenset(number[i] for i in pair) for pair in pairs_of(name_pairs(names, pl.Series([], dtype=pl.String)))}
    assert {frozenset(p) for p in ((0, 1), (0, 2), (0, 3))} <= found
    assert not any(pair & {4, 5} for pair in found)
