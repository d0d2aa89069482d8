"""Near names: every pair one typing error apart is found, and no other."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from enrichment.email.near_names import nearest


def test_one_typing_error_of_each_kind_is_near() -> None:
    typos = ["beispel.de", "beispeil.de", "beisppiel.de", "beizpiel.de", "eispiel.de", "beispiel.d", "beispielde"]
    far = ["beispiel.de", "beispiel.at", "besipeil.de", "ganz-anders.de", "b.de"]
    assert nearest(pl.Series([*typos, *far]), frozenset({"beispiel.de"})) == dict.fromkeys(typos, "beispiel.de")


NAMES = st.text("abäö-.", min_size=1, max_size=7)


@given(st.lists(NAMES, max_size=20, unique=True), st.frozensets(NAMES, max_size=20))
def test_joining_finds_what_comparing_all_pairs_finds(names: list[str], targets: frozenset[str]) -> None:
    near = {
        name: min(t for t in targets if OSA.distance(name, t) == 1)
        for name in names
        if any(OSA.distance(name, t) == 1 for t in targets)
    }
    assert nearest(pl.Series(names, dtype=pl.String), targets) == near
