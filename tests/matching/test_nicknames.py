"""The table of nicknames means the same to all who read it."""

from __future__ import annotations

import pytest

from matching import nicknames
from reference.nicknames import groups


@pytest.mark.parametrize(("one", "other"), [("uli", "ulrich"), ("ulrich", "uli"), ("barbel", "barbara")])
def test_names_of_one_group_may_be_one_persons(one: str, other: str) -> None:
    assert set(groups()[one]) & set(groups()[other])
    assert f"{one}|{other}" in nicknames.pairs()


def test_pairs_and_groups_say_the_same() -> None:
    found = groups()
    told = {f"{a}|{b}" for a in found for b in found if a != b and set(found[a]) & set(found[b])}
    assert told == set(nicknames.pairs())


@pytest.mark.parametrize(
    ("name", "derived", "short"),
    [
        ("georg", False, False),
        ("schorsch", True, True),
        ("stephan", True, False),  # a spelling of Stefan
        ("anke", True, True),
        ("anja", True, False),  # sounds like Anna
        ("jorg", False, False),  # Jörg, Joerg and Jorg head a group of their own
    ],
)
def test_derived_names_and_short_forms(name: str, derived: bool, short: bool) -> None:
    assert (name in nicknames.derived(), name in nicknames.short_forms()) == (derived, short)


def test_short_forms_are_derived() -> None:
    assert nicknames.short_forms() < nicknames.derived() < groups().keys()
