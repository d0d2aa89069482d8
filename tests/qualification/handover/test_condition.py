"""The language of handover.toml: what it says, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualification.handover.condition import BadCondition, Kind, condition

KNOWN: dict[str, Kind] = {
    "a": "bool",
    "b": "bool",
    "text": "text",
    "number": "number",
    "list": "texts",
    "q.open": "number",
}
FACTS: dict[str, Any] = {"a": True, "b": False, "text": "it's", "number": 10.0, "list": ["x", "y"], "q.open": 3.0}


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("a", True),
        ("not b", True),
        ("not not a", True),
        ("a and b", False),
        ("a or b", True),
        ("b or b or a", True),
        ("a or b and b", True),  # and binds closer
        ("(a or b) and b", False),
        ("not b and a", True),
        ("not (b and a)", True),
        ("a = true", True),
        ("text = 'it''s'", True),
        ("text != 'other'", True),
        ("number < 10", False),
        ("number <= 10", True),
        ("number > -1", True),
        ("number >= 10.5", False),
        ("q.open>=3", True),
        ("'x' in list", True),
        ("'z' not in list", True),
        ("text in ['it''s', 'z']", True),
        ("text in []", False),
        ("list = ['y', 'x']", True),
        ("list != ['x']", True),
        ("text is null", False),
        ("text is not null", True),
    ],
)
def test_what_it_says(text: str, answer: bool) -> None:
    assert condition(text, KNOWN)(FACTS) is answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("a", None),
        ("not a", None),
        ("number < 10", None),
        ("text not in ['x']", None),
        ("'x' in list", None),
        ("list != ['x']", None),
        ("text is null", True),
        ("text = 'x' or number is null", True),
        ("text = 'x' and number is not null", False),
        ("text = 'x' and number is null", None),
    ],
)
def test_what_is_unknown_stays_unknown(text: str, answer: bool | None) -> None:
    assert condition(text, KNOWN)({}) is answer


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("budget > 3", "nothing is known of `budget`"),
        ("text", "neither true nor false"),
        ("number", "neither true nor false"),
        ("text = 3", "compare like with like"),
        ("number = 'x'", "compare like with like"),
        ("text < 'x'", "only numbers have an order"),
        ("number in list", "a text is in a list"),
        ("'x' in text", "a text is in a list"),
        ("a b", "nothing is expected before `b`"),
        ("a and", "a value is missing before `the end`"),
        ("(a", "`)` is missing"),
        ("a)", "nothing is expected before `)`"),
        ("text in ['x'", "`,` or `]` is missing"),
        ("text in [3]", "texts in single quotes"),
        ("text in [text]", "texts in single quotes"),
        ("a == b", "a value is missing before `=`"),
        ('text = "x"', "cannot be read"),
        ("text = 'x", "cannot be read"),
        ("__import__('os')", "nothing is known of `__import__`"),
        ("a.__class__", "nothing is known of `a.__class__`"),
        ("a; b", "cannot be read"),
        ("(" * 40 + "a" + ")" * 40, "nested too deeply"),
        ("not " * 40 + "a", "nested too deeply"),
        ("a and " * 400 + "a", "more than 2000 characters"),
    ],
)
def test_what_it_refuses(text: str, says: str) -> None:
    with pytest.raises(BadCondition) as refused:
        condition(text, KNOWN)
    assert says in str(refused.value)


_WORDS = [
    "a",
    "b",
    "and",
    "or",
    "not",
    "(",
    ")",
    "text",
    "=",
    "'x'",
    "in",
    "[",
    "]",
    "number",
    "<",
    "3",
    "is",
    "null",
    "-",
    ",",
]


@given(st.one_of(st.text(max_size=40), st.lists(st.sampled_from(_WORDS), max_size=12).map(" ".join)))
def test_whatever_is_written_is_answered_or_refused(text: str) -> None:
    try:
        holds = condition(text, KNOWN)
    except BadCondition:
        return
    assert holds(FACTS) in (True, False)
    assert holds({}) in (True, False, None)
