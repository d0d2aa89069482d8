"""Understood: whatever a target answers, the engine gets what the protocol promises, or hears that it was nonsense.

Belongs here: what stands around every adapter. Does not belong here: what an answer means (`delivery.targets`).

An adapter reads answers as their documentation has them. A missing key or a value of another sort then raises in the
middle of it: nothing was understood, so nothing counts as done, and what was being written is looked for. Texts lose
halves of signs, which no file and no database takes; a list that comes round again ends.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from math import isfinite
from typing import TypeVar

from delivery.record import FieldShape, Held, Outcome, Status, Suppression, Value, Write
from delivery.target import Ability, Target, UnreachableError

_Answer = TypeVar("_Answer")
_MOST_REPEATED = 10_000  # records of a list that were in it before: more are a list that does not end


class Understood:
    """A target whose answers are as `delivery.target.Target` says."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self.name: str = target.name
        self.abilities: frozenset[Ability] = target.abilities
        self.kinds: tuple[str, ...] = target.kinds
        self.batch: int = target.batch

    def fields(self, kind: str) -> Mapping[str, FieldShape]:
        """As the target has them."""
        with self._understanding():
            return self._target.fields(kind)

    def find(self, kind: str, fields: Sequence[str], keys: Sequence[str] | None = None) -> Iterator[Held]:
        """Each record once a key, however often it is listed."""
        seen: set[tuple[str, str | None]] = set()
        repeated = 0
        with self._understanding():
            for it in map(_held, self._target.find(kind, fields, keys)):
                if (it.id, it.key) not in seen:
                    seen.add((it.id, it.key))
                    yield it
                elif (repeated := repeated + 1) > _MOST_REPEATED:
                    raise UnreachableError(f"{self.name}: its list of {kind} does not end")

    def read(self, kind: str, ids: Sequence[str], fields: Sequence[str]) -> list[Held]:
        """As the target has them."""
        with self._understanding():
            return [_held(it) for it in self._target.read(kind, ids, fields)]

    def create(self, kind: str, writes: Sequence[Write]) -> list[Outcome]:
        """As the target answers."""
        return self._told(lambda: self._target.create(kind, writes))

    def update(self, kind: str, writes: Sequence[Write]) -> list[Outcome]:
        """As the target answers."""
        return self._told(lambda: self._target.update(kind, writes))

    def bind(self, kind: str, writes: Sequence[Write]) -> list[Outcome]:
        """As the target answers."""
        return self._told(lambda: self._target.bind(kind, writes))

    def merge(self, kind: str, winner: str, loser: str) -> Outcome:
        """As the target answers."""
        return self._told(lambda: [self._target.merge(kind, winner, loser)])[0]

    def archive(self, kind: str, ids: Sequence[str]) -> list[Outcome]:
        """As the target answers."""
        return self._told(lambda: self._target.archive(kind, ids))

    def delete(self, kind: str, ids: Sequence[str]) -> list[Outcome]:
        """As the target answers."""
        return self._told(lambda: self._target.delete(kind, ids))

    def suppress(self, suppressions: Sequence[Suppression]) -> list[Outcome]:
        """As the target answers."""
        return self._told(lambda: self._target.suppress(suppressions))

    def written(self, kind: str, field: str, value: Value) -> Value:
        """As the target shows it."""
        return self._target.written(kind, field, value)

    def close(self) -> None:
        """End sessions."""
        self._target.close()

    def _told(self, ask: Callable[[], list[Outcome]]) -> list[Outcome]:
        with self._understanding():
            return [_outcome(it) for it in ask()]

    @contextmanager
    def _understanding(self) -> Iterator[None]:
        try:
            yield
        except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
            raise UnreachableError(
                f"{self.name} answered what its documentation does not know ({type(error).__name__}); nothing of it "
                "counts as done. Is something between, or is this another version of it?"
            ) from error


def _held(it: Held) -> Held:
    values = {name: _value(value) for name, value in it.values.items()}
    return replace(it, id=_id(it.id), key=_text(it.key) if it.key else None, values=values, archived=bool(it.archived))


def _outcome(it: Outcome) -> Outcome:
    return Outcome(it.key, Status(it.status), _id(it.id) if it.id else None, _text(it.reason or ""))


def _id(said: object) -> str:
    if not said:
        raise ValueError("a record without an id")
    return _text(said)


def _text(said: object) -> str:
    return str(said).encode("utf-8", "replace").decode()


def _value(said: object) -> Value:
    """A value of theirs as one of ours; what is of no such sort is its JSON as text."""
    if said is None or isinstance(said, bool):
        return said
    if isinstance(said, int | float):
        return said if isinstance(said, int) or isfinite(said) else str(said)
    if isinstance(said, list):
        return [_text(one) for one in said if one is not None]
    return _text(said if isinstance(said, str) else json.dumps(said, default=str))
