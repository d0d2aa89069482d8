"""Sending: a batch goes to a target, and each row of it gets an answer, whatever happens on the way.

Belongs here: halving a batch that was refused whole, waiting for what is locked or limited, looking for what got no
answer. Does not belong here: which rows are sent (`delivery.apply`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from delivery.plain import plain
from delivery.record import Held, Outcome, Status, Value, Write
from delivery.target import RefusedError, Target, UnreachableError

WAITS = (1.0, 4.0, 16.0)  # seconds before rows that were to come later are sent again; the adapter has waited itself

Row = TypeVar("Row")
Call = Callable[[str, Sequence[Write]], list[Outcome]]
Look = Callable[[str, Sequence[Write]], dict[str, Outcome]]


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends rows of one kind. `sleep` waits that many seconds."""

    target: Target
    sleep: Callable[[float], None] = time.sleep

    def send(self, call: Call, look: Look, kind: str, writes: Sequence[Write]) -> dict[str, Outcome]:
        """Send at most `target.batch` rows, again where they may go through later; the answer to each by its key.

        Args:
            call: sends rows of a kind.
            look: asks the target what became of rows without an answer (`written`, or `later` where nothing did).
            kind: of their records.
            writes: each with a key of its own.

        Raises:
            UnauthorisedError: the target lets nobody in.
            UnreachableError: it is away, or takes no row at all: what was sent has to be looked for.
        """
        answers = self._once(call, kind, writes)
        for wait in WAITS:
            if not (open_ := _of(writes, answers, Status.LATER, Status.UNKNOWN)):
                break
            self.sleep(wait)
            answers |= _answered(look, kind, _of(open_, answers, Status.UNKNOWN))
            answers |= self._once(call, kind, _of(open_, answers, Status.LATER, Status.UNKNOWN))
        if lost := _of(writes, answers, Status.UNKNOWN):
            answers |= look(kind, lost)
            answers |= self._apart(call, look, kind, _of(lost, answers, Status.LATER))
        return answers

    def _apart(self, call: Call, look: Look, kind: str, writes: Sequence[Write]) -> dict[str, Outcome]:
        """Rows that got no answer together go in ever smaller portions, for one of them may be what breaks the target.

        More portions in a row than lead down to one row are the fault of none: the target takes nothing.
        """
        answers: dict[str, Outcome] = {}
        portions, misses = _halves(writes), 0
        while portions:
            part = portions.pop()
            told = self._once(call, kind, part)
            told |= look(kind, lost) if (lost := _of(part, told, Status.UNKNOWN)) else {}
            answers |= told
            open_ = _of(lost, told, Status.LATER)
            misses = misses + 1 if len(open_) == len(part) else 0
            if misses > len(writes).bit_length() + 1:
                raise UnreachableError(f"{self.target.name} answers, and takes no {kind}; run again later")
            portions += _halves(open_)
        return answers

    def _once(self, call: Call, kind: str, writes: Sequence[Write]) -> dict[str, Outcome]:
        answers = {it.key: it for it in _halved(call, kind, writes)}
        refused = [it for it in writes if it.id is None and answers[it.key].status is Status.REFUSED]
        found = _answered(self.look_for, kind, refused)  # an earlier try, whose answer was lost, may have made it
        return answers | {key: it for key, it in found.items() if it.status is Status.WRITTEN}

    def look_for(self, kind: str, writes: Sequence[Write]) -> dict[str, Outcome]:
        """Records by their key where they were to be created, by their id and values where they were to be updated."""
        names = sorted({name for it in writes for name in it.values})
        new, known = [it.key for it in writes if it.id is None], [it.id for it in writes if it.id is not None]
        by_key = {it.key: it for it in self.target.find(kind, names, new)} if new else {}
        by_id = {it.id: it for it in self.target.read(kind, known, names)} if known else {}
        answers = {}
        for it in writes:
            held = by_id.get(it.id) if it.id else by_key.get(it.key)
            is_there = held is not None and (it.id is None or not differing(self.target, kind, it.values, held))
            status = Status.WRITTEN if is_there else Status.LATER
            answers[it.key] = Outcome(it.key, status, held.id if held else it.id, "" if is_there else "not there yet")
        return answers


def _of(writes: Sequence[Write], answers: Mapping[str, Outcome], *statuses: Status) -> list[Write]:
    return [it for it in writes if answers[it.key].status in statuses]


def _halves(writes: Sequence[Write]) -> list[Sequence[Write]]:
    """Both halves, the first on top; none of a single row."""
    middle = len(writes) // 2
    return [writes[middle:], writes[:middle]] if middle else []


def _answered(look: Look, kind: str, writes: Sequence[Write]) -> dict[str, Outcome]:
    """What looking tells; rows stay without an answer while the target gives none."""
    try:
        return look(kind, writes) if writes else {}
    except UnreachableError as error:
        return {it.key: Outcome(it.key, Status.UNKNOWN, it.id, str(error)) for it in writes}


def differing(target: Target, kind: str, values: Mapping[str, Value], held: Held) -> list[str]:
    """The fields that do not say what was written, after the target's own formatting."""
    return [
        name
        for name, value in values.items()
        if plain(held.values.get(name)) not in (plain(value), plain(target.written(kind, name, value)))
    ]


def batches(rows: Sequence[Row], size: int) -> Iterator[Sequence[Row]]:
    """Rows in portions of at most `size`."""
    return (rows[first : first + size] for first in range(0, len(rows), size))


def _halved(call: Call, kind: str, writes: Sequence[Write]) -> list[Outcome]:
    """One answer a row, in order; a refused batch is halved until the row that is wrong stands alone."""
    if not writes:
        return []
    try:
        answers = call(kind, writes)
    except RefusedError as error:
        if len(writes) == 1:
            return [Outcome(writes[0].key, Status.REFUSED, writes[0].id, str(error)[:500])]
        middle = len(writes) // 2
        return _halved(call, kind, writes[:middle]) + _halved(call, kind, writes[middle:])
    except UnreachableError as error:
        return [Outcome(it.key, Status.UNKNOWN, it.id, str(error)[:500]) for it in writes]
    if len(answers) != len(writes):
        return [
            Outcome(it.key, Status.UNKNOWN, it.id, f"{len(answers)} answers to {len(writes)} rows") for it in writes
        ]
    return [_believed(it, answer) for it, answer in zip(writes, answers, strict=True)]


def _believed(write: Write, answer: Outcome) -> Outcome:
    """A record that is said to be created, and bears no id, is looked for."""
    if answer.status is Status.WRITTEN and not (answer.id or write.id):
        return Outcome(write.key, Status.UNKNOWN, None, "the answer names no id")
    return Outcome(write.key, answer.status, answer.id or write.id, answer.reason[:500])
