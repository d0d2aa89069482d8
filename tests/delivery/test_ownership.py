"""Ownership of one field: every case a value of ours can meet."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.mapping import Mapped, Ownership
from delivery.ownership import decide
from delivery.plain import Form, digest, plain, typed
from delivery.record import Value

OVERWRITE, FILL, NEVER = Ownership


def field(write: Ownership, form: Form = Form.TEXT, order: tuple[str, ...] = ()) -> Mapped:
    return Mapped("x", ("city",), write, form, order=order)


def shows(text: str) -> str:
    return text.upper()


@pytest.mark.parametrize(
    ("write", "want", "held", "shown", "value"),
    [
        (OVERWRITE, None, "Ulm", None, None),  # a null never wipes
        (FILL, None, None, None, None),
        (OVERWRITE, "Ulm", "Ulm", None, None),
        (OVERWRITE, "Ulm", "ULM", None, None),  # as the target shows it
        (OVERWRITE, "Ulm", "Bonn", None, "Ulm"),
        (OVERWRITE, "Ulm", None, None, "Ulm"),
        (FILL, "Ulm", None, None, "Ulm"),
        (FILL, "Ulm", "Bonn", None, None),  # a user's
        (FILL, "Ulm", "BONN", digest("BONN"), "Ulm"),  # still what we wrote
        (FILL, "Ulm", "Bonn", digest("KÖLN"), None),  # a user changed what we wrote
        (NEVER, "Ulm", None, None, None),
    ],
)
def test_a_value(write: Ownership, want: str | None, held: str | None, shown: str | None, value: str | None) -> None:
    decided = decide(field(write), want, held, shown, shows)
    assert (decided and decided.value) == value


@pytest.mark.parametrize(
    ("want", "held", "goes"),
    [
        ("lead", None, True),
        ("won", "lead", True),
        ("lead", "won", False),
        ("won", "lost", False),
        ("lost", "lead", False),
    ],
)
def test_a_lifecycle_never_goes_back(want: str, held: str | None, goes: bool) -> None:
    decided = decide(field(OVERWRITE, order=("lead", "won")), want, held, None, lambda text: text)
    assert (decided is not None) == goes


@pytest.mark.parametrize(
    ("want", "held", "ours", "after"),
    [
        (["a"], None, None, ["a"]),
        (["a"], ["b"], None, ["a", "b"]),
        (["a"], ["b", "c"], ["b"], ["a", "c"]),
        (["a"], ["a", "c"], ["a"], None),
    ],
)
def test_of_tags_only_ours_change(
    want: list[str], held: list[str] | None, ours: list[str] | None, after: list[str] | None
) -> None:
    decided = decide(field(OVERWRITE, Form.TAGS), plain(want), plain(held), ours, lambda text: text)
    assert (decided and decided.value) == after


def test_an_edit_of_what_we_own_is_told() -> None:
    decided = decide(field(OVERWRITE), "Ulm", "Bonn", digest("ULM"), shows)
    assert decided is not None
    assert decided.edited


@given(st.one_of(st.text(min_size=1), st.booleans(), st.integers(), st.lists(st.text(), min_size=1)))
def test_a_value_survives_being_text(value: Value) -> None:
    forms = {str: Form.TEXT, bool: Form.FLAG, int: Form.NUMBER, list: Form.TAGS}
    text = plain(value)
    assert text is not None
    assert typed(text, forms[type(value)]) == (sorted(set(value)) if isinstance(value, list) else value)
