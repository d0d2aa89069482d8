"""A target in memory: the protocol in full, with a user who merges, deletes, archives and edits, and faults on demand.

It keeps to what the protocol promises, in the ways real systems do: it shows some values in a form of its own, refuses
a whole batch for one row, loses answers after the write, and forgets nothing it was told.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from delivery.record import FieldShape, Held, Outcome, Status, Suppression, Value, Write
from delivery.target import Ability, RefusedError, UnreachableError


class Killed(BaseException):
    """The process ends here, as by SIGKILL: nothing that could be caught."""


Fault = Callable[
    [str, Sequence[str]], str | None
]  # verb and keys of a call to `later`, `lost`, `killed`, `down` or None


def no_fault(verb: str, keys: Sequence[str]) -> str | None:
    return None


@dataclass
class MemoryTarget:
    """Companies and people. `bad` are keys whose rows are refused; `refuses_batches` says whether whole batches are."""

    name: str = "memory"
    abilities: frozenset[Ability] = frozenset(Ability)
    kinds: tuple[str, ...] = ("company", "person")
    batch: int = 3
    shapes: Mapping[str, Mapping[str, FieldShape]] = field(
        default_factory=lambda: {
            "company": {name: FieldShape("text") for name in ("name", "city", "owner", "parent")},
            "person": {
                **{
                    name: FieldShape("text")
                    for name in ("name", "email", "phone", "function", "note", "owner", "company")
                },
                "stage": FieldShape("text"),
                "outcome": FieldShape("text"),
                "tags": FieldShape("tags"),
                "language": FieldShape("text", choices=frozenset({"de", "en"})),
            },
        }
    )
    records: dict[str, dict[str, Held]] = field(default_factory=lambda: {"company": {}, "person": {}})
    merged: dict[str, str] = field(default_factory=dict)
    defaults: Mapping[str, Value] = field(default_factory=dict)  # what it gives each new record by itself
    typed: dict[str, dict[str, Value]] = field(
        default_factory=lambda: defaultdict(dict)
    )  # by users, by record and field
    suppressions: list[Suppression] = field(default_factory=list)
    bad: set[str] = field(default_factory=set)
    refuses_batches: bool = False
    fault: Fault = no_fault
    calls: Counter[str] = field(default_factory=Counter)
    _ids: Iterator[int] = field(default_factory=lambda: count(1))

    def fields(self, kind: str) -> Mapping[str, FieldShape]:
        return self.shapes[kind]

    def find(self, kind: str, fields: Sequence[str], keys: Sequence[str] | None = None) -> Iterator[Held]:
        self.calls["find"] += 1
        found = [it for it in self.records[kind].values() if keys is None or it.key in keys]
        return iter([self._seen(it, fields) for it in found])

    def read(self, kind: str, ids: Sequence[str], fields: Sequence[str]) -> list[Held]:
        self.calls["read"] += 1
        there = [self._seen(it, fields) for id_ in ids if (it := self.records[kind].get(id_))]
        return there + [Held(id_, merged_into=self.merged[id_]) for id_ in ids if id_ in self.merged]

    def create(self, kind: str, writes: Sequence[Write]) -> list[Outcome]:
        def one(write: Write) -> Outcome:
            if any(it.key == write.key for it in self.records[kind].values()):
                return Outcome(write.key, Status.REFUSED, reason="a record with this key is there already")
            id_ = str(next(self._ids))
            self.records[kind][id_] = Held(id_, write.key, {**self.defaults, **self._formatted(kind, write.values)})
            return Outcome(write.key, Status.WRITTEN, id_)

        return self._written("create", kind, writes, one)

    def update(self, kind: str, writes: Sequence[Write]) -> list[Outcome]:
        def one(write: Write) -> Outcome:
            it = self.records[kind].get(write.id or "")
            if it is None:
                return Outcome(write.key, Status.GONE, write.id)
            self.records[kind][it.id] = replace(it, values={**it.values, **self._formatted(kind, write.values)})
            return Outcome(write.key, Status.WRITTEN, it.id)

        return self._written("update", kind, writes, one)

    def bind(self, kind: str, writes: Sequence[Write]) -> list[Outcome]:
        def one(write: Write) -> Outcome:
            it = self.records[kind].get(write.id or "")
            if it is None:
                return Outcome(write.key, Status.GONE, write.id)
            self.records[kind][it.id] = replace(it, key=write.key)
            return Outcome(write.key, Status.WRITTEN, it.id)

        return self._written("bind", kind, writes, one)

    def merge(self, kind: str, winner: str, loser: str) -> Outcome:
        def one(write: Write) -> Outcome:
            if not {winner, loser} <= self.records[kind].keys():
                return Outcome(winner, Status.GONE, winner)
            self.user_merges(kind, winner, loser)
            return Outcome(winner, Status.WRITTEN, winner)

        return self._written("merge", kind, [Write(winner, winner, {})], one)[0]

    def archive(self, kind: str, ids: Sequence[str]) -> list[Outcome]:
        def one(write: Write) -> Outcome:
            if write.key not in self.records[kind]:
                return Outcome(write.key, Status.GONE, write.key)
            self.user_archives(kind, write.key)
            return Outcome(write.key, Status.WRITTEN, write.key)

        return self._written("archive", kind, [Write(id_, id_, {}) for id_ in ids], one)

    def delete(self, kind: str, ids: Sequence[str]) -> list[Outcome]:
        def one(write: Write) -> Outcome:
            there = self.records[kind].pop(write.key, None)
            return Outcome(write.key, Status.WRITTEN if there else Status.GONE, write.key)

        return self._written("delete", kind, [Write(id_, id_, {}) for id_ in ids], one)

    def suppress(self, suppressions: Sequence[Suppression]) -> list[Outcome]:
        told = iter(suppressions)

        def one(write: Write) -> Outcome:
            self.suppressions.append(next(told))
            return Outcome(write.key, Status.WRITTEN, write.id)

        return self._written("suppress", "person", [Write(it.key, it.id, {}) for it in suppressions], one)

    def written(self, kind: str, field: str, value: Value) -> Value:
        """Phones are shown with spaces, texts without those around them."""
        if field == "phone" and isinstance(value, str):
            return " ".join([value[:3], value[3:]])
        return value.strip() if isinstance(value, str) else value

    def close(self) -> None:
        """Nothing to end."""

    def start_at(self, number: int) -> None:
        """Ids go on from a number."""
        self._ids = count(number)

    # What a user does

    def user_creates(self, kind: str, **values: Value) -> str:
        id_ = str(next(self._ids))
        self.records[kind][id_] = Held(id_, None, values)
        self.typed[id_].update(values)
        return id_

    def user_edits(self, kind: str, id_: str, **values: Value) -> None:
        it = self.records[kind][id_]
        self.records[kind][id_] = replace(it, values={**it.values, **values})
        self.typed[id_].update(values)

    def user_deletes(self, kind: str, id_: str) -> None:
        del self.records[kind][id_]
        self.typed.pop(id_, None)

    def user_archives(self, kind: str, id_: str) -> None:
        self.records[kind][id_] = replace(self.records[kind][id_], archived=True)

    def user_merges(self, kind: str, winner: str, loser: str) -> None:
        lost = self.records[kind].pop(loser)
        self.merged[loser] = winner
        kept = self.records[kind][winner]
        empty = {name for name in lost.values if kept.values.get(name) in (None, [])}
        self.typed[winner].update({name: it for name, it in self.typed.pop(loser, {}).items() if name in empty})
        filled = {**lost.values, **{name: it for name, it in kept.values.items() if it not in (None, [])}}
        self.records[kind][winner] = replace(kept, values=filled)

    def by_key(self, key: str) -> Held:
        """The one record that bears a key."""
        (held,) = [it for kind in self.kinds for it in self.records[kind].values() if it.key == key]
        return held

    # How it answers

    def _written(self, verb: str, kind: str, writes: Sequence[Write], one: Callable[[Write], Outcome]) -> list[Outcome]:
        assert len(writes) <= self.batch, "more rows than a call takes"
        assert len({it.key for it in writes}) == len(writes) or verb == "suppress", "the same key twice in a batch"
        self.calls[verb] += 1
        fault = self.fault(verb, [it.key for it in writes])
        if fault == "down":
            raise UnreachableError("no answer after all retries")
        if fault == "later":
            return [Outcome(it.key, Status.LATER, it.id, "locked") for it in writes]
        wrong = [it for it in writes if it.key in self.bad]
        if wrong and self.refuses_batches:
            raise RefusedError(f"{len(wrong)} rows are wrong")
        answers = [Outcome(it.key, Status.REFUSED, it.id, "wrong") if it in wrong else one(it) for it in writes]
        if fault == "killed":
            raise Killed
        if fault == "lost":
            raise UnreachableError("the connection broke after the request")
        return answers

    def _formatted(self, kind: str, values: Mapping[str, Value]) -> dict[str, Value]:
        unknown = values.keys() - self.shapes[kind].keys()
        assert not unknown, f"no such fields: {unknown}"
        return {name: self.written(kind, name, it) for name, it in values.items()}

    def _seen(self, it: Held, fields: Sequence[str]) -> Held:
        return replace(it, values={name: it.values.get(name) for name in fields})
