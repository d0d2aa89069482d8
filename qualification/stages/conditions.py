"""Conditions: when a lead enters a stage, in the small language of `rules/stages/README.md`.

Belongs here: reading a condition, and from when it holds given the signals it names. Does not belong here: where
signals come from (`signals`), which stages there are (`models`). Nothing of it is ever run as code.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

import polars as pl

from contracts.table import TIMESTAMP, Dtype

SIGNALS: dict[str, Dtype] = {
    "lead_id": pl.String,
    "signal": pl.String,
    "at": TIMESTAMP,
    "known_at": TIMESTAMP,
    "begun_at": TIMESTAMP,
    "reason": pl.String,
    "evidence": pl.String,
}
"""signal: as a condition writes it. at: from when it holds. begun_at: of an order, when its deal began. evidence: rule
and version, or source and record."""

PLAIN: Final = {
    "anonymous": "rule",
    "identified": "rule",
    "interest": "rule",
    "consented": "rule",
    "qualified": "rule",
    "disqualified": "rule",
    "sales_activity": "crm",
    "acceptance_missed": "crm",
    "opportunity open": "crm",
    "opportunity valued": "crm",
    "opportunity lost": "crm",
    "order": "order",
}
"""Signals of fixed names, and who may give them."""

_TOKEN = re.compile(r"\s*(?:(?P<sign>[()])|(?P<at_least>>=)|(?P<number>-?\d+(?:\.\d+)?)|(?P<word>\w+))")
_SPACE = re.compile(r"\s*\Z")


class Unreadable(ValueError):  # noqa: N818 - says what was found
    """A condition cannot be read: says what stands where something else is meant to."""


class Atom(NamedTuple):
    """One signal."""

    signal: str


@dataclass(frozen=True, slots=True)
class Joined:
    """Conditions joined by `and` or `or`."""

    word: str
    parts: tuple[Condition, ...]


Condition = Atom | Joined


def condition(text: str) -> Condition:
    """The condition a text says.

    Raises:
        Unreadable: it is none; names the place and what may stand there.

    Example:
        >>> condition("identified and (consented or behaviour >= 10)").parts[0]
        Atom(signal='identified')
    """
    tokens = _tokens(text)
    found = _any(tokens)
    if tokens:
        raise Unreadable(f"`{tokens[0]}` stands where `and`, `or` or the end is meant to")
    return found


def atoms(of: Condition) -> Iterator[str]:
    """The signals a condition names."""
    if isinstance(of, Atom):
        yield of.signal
    else:
        for part in of.parts:
            yield from atoms(part)


def holds(of: Condition, signals: pl.DataFrame) -> pl.DataFrame:
    """From when it holds: for each lead every signal that makes or renews it.

    Args:
        signals: `SIGNALS`.

    Returns:
        `SIGNALS`.
    """
    if isinstance(of, Atom):
        return signals.filter(pl.col("signal") == of.signal)
    parts = [holds(part, signals) for part in of.parts]
    if of.word == "or":
        return pl.concat(parts)
    return _both(parts)


def _both(parts: list[pl.DataFrame]) -> pl.DataFrame:
    """Every signal of a part, not before the first of each other part."""
    firsts = [
        part.sort("at", "known_at").group_by("lead_id", maintain_order=True).agg(pl.col("at", "known_at").first())
        for part in parts
    ]
    made = []
    for number, part in enumerate(parts):
        rows = part
        for other, first in enumerate(firsts):
            if other != number:
                rows = (
                    rows.join(first, on="lead_id", how="inner", suffix="_of_other")
                    .with_columns(
                        pl.max_horizontal(name, f"{name}_of_other").alias(name) for name in ("at", "known_at")
                    )
                    .drop("at_of_other", "known_at_of_other")
                )
        made.append(rows)
    return (
        pl.concat(made)
        .sort("lead_id", "at", "known_at", "signal")
        .unique(["lead_id", "at"], keep="first", maintain_order=True)
    )


def _tokens(text: str) -> list[str]:
    found, place = [], 0
    while not _SPACE.match(text, place):
        if (token := _TOKEN.match(text, place)) is None:
            raise Unreadable(f"`{text[place:].strip()[0]}` has no meaning; a condition has words, numbers, >= and ( )")
        found.append(token[0].strip())
        place = token.end()
    return found


def _any(tokens: list[str]) -> Condition:
    return _joined(tokens, "or", lambda: _joined(tokens, "and", lambda: _one(tokens)))


def _joined(tokens: list[str], word: str, read: Callable[[], Condition]) -> Condition:
    parts = [read()]
    while tokens and tokens[0] == word:
        tokens.pop(0)
        parts.append(read())
    return parts[0] if len(parts) == 1 else Joined(word, tuple(parts))


def _one(tokens: list[str]) -> Condition:
    if not tokens:
        raise Unreadable("it ends where a condition is meant to stand")
    word = tokens.pop(0)
    if word == "(":
        found = _any(tokens)
        if not tokens or tokens.pop(0) != ")":
            raise Unreadable("a `(` is not closed; add `)`")
        return found
    if word == "behaviour":
        if len(tokens) < 2 or tokens[0] != ">=" or not _is_number(tokens[1]):
            raise Unreadable("behind `behaviour` stands `>=` and a number, such as behaviour >= 25")
        tokens.pop(0)
        return Atom(f"behaviour >= {float(tokens.pop(0)):g}")
    if word in ("crm", "activity", "opportunity") and tokens and re.fullmatch(r"[^\W\d]\w*", tokens[0]):
        return Atom(f"{word} {tokens.pop(0)}")
    return Atom(word)


def _is_number(token: str) -> bool:
    return re.fullmatch(r"-?\d+(?:\.\d+)?", token) is not None
