"""Condition: when a rule of handover.toml holds, as a person writes it.

Belongs here: the language, its check against the facts there are, its answer for one lead. Does not belong here: which
facts there are (`qualification.handover.facts`). A text is read, checked and built into functions of this module once;
nothing of it is ever run as a program.

    expression  = name | comparison | "not" e | e "and" e | e "or" e | "(" e ")"
    comparison  = value ("=" | "!=" | "<" | "<=" | ">" | ">=" | "in" | "not in") value | value "is" ["not"] "null"
    value       = name | 'text' | number | true | false | ['text', ...]

What is unknown stays unknown, as in SQL: a comparison with null is neither true nor false, and such a rule does not
hold. Lists are compared as sets.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

Kind = Literal["bool", "text", "number", "texts", "null"]
Facts = Mapping[str, Any]
Answer = Callable[[Facts], Any]

_TOKEN = re.compile(r"\s*(?:('(?:[^']|'')*')|(\d+(?:\.\d+)?)|([A-Za-z_][A-Za-z_0-9.]*)|(!=|<=|>=|[=<>()\[\],-]))")
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_WORDS = ("and", "or", "not", "in", "is", "null", "true", "false")
_MOST = 2000  # characters; a rule that is longer is several
_DEEPEST = 30


class BadCondition(ValueError):  # noqa: N818 - a plain answer, not a fault
    """The text is no condition, or speaks of facts there are not."""


class _Value(NamedTuple):
    kind: Kind
    read: Answer
    shown: str


def condition(text: str, known: Mapping[str, Kind]) -> Callable[[Facts], bool | None]:
    """The function that says of the facts of one lead whether `text` is true: None where that is unknown.

    Args:
        text: as the grammar above has it.
        known: name to kind of every fact; a fact that is missing in an answer's facts is null.

    Raises:
        BadCondition: says what is wrong and at which word.

    Example:
        >>> holds = condition("country in ['DE', 'AT'] and not trigger", {"country": "text", "trigger": "bool"})
        >>> holds({"country": "AT", "trigger": False}), holds({"country": None, "trigger": False})
        (True, None)
    """
    return _Parser(text, known).whole()


class _Parser:
    """Reads a condition from left to right; each method takes what it names and gives its function."""

    def __init__(self, text: str, known: Mapping[str, Kind]) -> None:
        self._known = known
        self._tokens = _tokens(text)
        self._at = 0
        self._depth = 0

    def whole(self) -> Callable[[Facts], bool | None]:
        answer = self._any()
        if self._next():
            raise BadCondition(f"nothing is expected before `{self._next()}`; join conditions by `and` or `or`")
        return answer

    def _next(self, ahead: int = 0) -> str:
        return self._tokens[self._at + ahead] if self._at + ahead < len(self._tokens) else ""

    def _take(self, *words: str) -> bool:
        if tuple(self._next(place) for place in range(len(words))) != words:
            return False
        self._at += len(words)
        return True

    def _any(self) -> Answer:
        parts = [self._all()]
        while self._take("or"):
            parts.append(self._all())
        return _either(parts) if len(parts) > 1 else parts[0]

    def _all(self) -> Answer:
        parts = [self._one()]
        while self._take("and"):
            parts.append(self._one())
        return _both(parts) if len(parts) > 1 else parts[0]

    def _one(self) -> Answer:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise BadCondition("it is nested too deeply; write several rules")
        try:
            if self._take("not"):
                return _negated(self._one())
            if self._take("("):
                answer = self._any()
                if not self._take(")"):
                    raise BadCondition(f"a `)` is missing before `{self._next() or 'the end'}`")
                return answer
            return self._comparison()
        finally:
            self._depth -= 1

    def _comparison(self) -> Answer:
        left = self._value()
        if self._take("is", "not", "null"):
            return lambda facts: left.read(facts) is not None
        if self._take("is", "null"):
            return lambda facts: left.read(facts) is None
        if self._take("not", "in"):
            return _negated(_within(left, self._value()))
        if self._take("in"):
            return _within(left, self._value())
        sign = self._next()
        if sign in _ORDER:
            self._at += 1
            return _ordered(sign, left, self._value())
        if sign in ("=", "!="):
            self._at += 1
            equal = _equal(left, self._value())
            return equal if sign == "=" else _negated(equal)
        if left.kind != "bool":
            raise BadCondition(f"`{left.shown}` is neither true nor false; compare it with something")
        return left.read

    def _value(self) -> _Value:
        token = self._next()
        self._at += 1
        if token == "[":
            return self._list()
        if token == "-" and self._next()[:1].isdigit():
            number = -float(self._next())
            self._at += 1
            return _constant("number", number, f"-{number}")
        if token[:1] == "'":
            return _constant("text", token[1:-1].replace("''", "'"), token)
        if token[:1].isdigit():
            return _constant("number", float(token), token)
        if token in ("true", "false"):
            return _constant("bool", token == "true", token)
        if token in _WORDS or not (token[:1].isalpha() or token[:1] == "_"):
            raise BadCondition(f"a value is missing before `{token or 'the end'}`")
        if token not in self._known:
            raise BadCondition(f"nothing is known of `{token}`; known are {', '.join(sorted(self._known))}")
        return _Value(self._known[token], lambda facts: facts.get(token), token)

    def _list(self) -> _Value:
        items: list[str] = []
        while not self._take("]"):
            if items and not self._take(","):
                raise BadCondition(f"a `,` or `]` is missing before `{self._next() or 'the end'}`")
            item = self._value()
            if item.kind != "text" or item.shown[:1] != "'":
                raise BadCondition(f"a list holds texts in single quotes, not `{item.shown}`")
            items.append(item.read({}))
        return _constant("texts", items, str(items))


def _tokens(text: str) -> list[str]:
    if len(text) > _MOST:
        raise BadCondition(f"it has more than {_MOST} characters; write several rules")
    tokens, at, text = [], 0, text.rstrip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if not found:
            raise BadCondition(f"`{text[at:].strip()[:20]}` cannot be read; texts stand in single quotes")
        tokens.append(found[0].strip())
        at = found.end()
    if not tokens:
        raise BadCondition("it is empty")
    return tokens


def _constant(kind: Kind, value: Any, shown: str) -> _Value:
    return _Value(kind, lambda facts: value, shown)


def _same_kind(left: _Value, right: _Value) -> None:
    if left.kind != right.kind:
        raise BadCondition(f"`{left.shown}` is a {left.kind}, `{right.shown}` a {right.kind}; compare like with like")


def _equal(left: _Value, right: _Value) -> Answer:
    _same_kind(left, right)

    def answer(facts: Facts) -> bool | None:
        one, other = left.read(facts), right.read(facts)
        if one is None or other is None:
            return None
        return set(one) == set(other) if left.kind == "texts" else bool(one == other)

    return answer


def _ordered(sign: str, left: _Value, right: _Value) -> Answer:
    _same_kind(left, right)
    if left.kind != "number":
        raise BadCondition(f"`{left.shown} {sign}` has no meaning: only numbers have an order")
    compare = _ORDER[sign]

    def answer(facts: Facts) -> bool | None:
        one, other = left.read(facts), right.read(facts)
        return None if one is None or other is None else compare(one, other)

    return answer


def _within(left: _Value, right: _Value) -> Answer:
    if (left.kind, right.kind) != ("text", "texts"):
        raise BadCondition(f"`{left.shown} in {right.shown}` has no meaning: a text is in a list of texts")

    def answer(facts: Facts) -> bool | None:
        one, other = left.read(facts), right.read(facts)
        return None if one is None or other is None else one in other

    return answer


def _negated(part: Answer) -> Answer:
    def answer(facts: Facts) -> bool | None:
        said = part(facts)
        return None if said is None else not said

    return answer


def _both(parts: list[Answer]) -> Answer:
    def answer(facts: Facts) -> bool | None:
        said = [part(facts) for part in parts]
        return False if False in said else (None if None in said else True)

    return answer


def _either(parts: list[Answer]) -> Answer:
    def answer(facts: Facts) -> bool | None:
        said = [part(facts) for part in parts]
        return True if True in said else (None if None in said else False)

    return answer
