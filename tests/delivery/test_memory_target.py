"""The target in memory, on which the engine is tested, keeps to the contract that real ones keep to."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from delivery.record import Held
from tests.delivery.adapter_contract import CONTRACT, Bench
from tests.delivery.memory_target import MemoryTarget


class Someone:
    def __init__(self, target: MemoryTarget) -> None:
        self.target = target

    def add(self, kind: str, values: Mapping[str, str]) -> str:
        record_id = f"u{len(self.target.records[kind])}"
        self.target.records[kind][record_id] = Held(record_id, None, values)
        return record_id

    def archive(self, kind: str, record_id: str) -> None:
        self.target.user_archives(kind, record_id)

    def drop(self, kind: str, record_id: str) -> None:
        self.target.user_deletes(kind, record_id)

    def merge(self, kind: str, winner: str, loser: str) -> str:
        self.target.user_merges(kind, winner, loser)
        return winner


# What the engine never does is an assertion of the target in memory, not an answer; rows are wrong there by their key.
NEVER_DONE = {
    "a_key_that_is_there_is_refused_and_changes_nothing",
    "a_key_twice_in_one_call_is_never_doubled",
    "one_bad_row_stops_one_row_and_says_why",
    "a_field_that_is_not_there_is_refused_not_dropped",
    "a_kind_that_is_not_there_is_told",
}


@pytest.mark.parametrize("holds", [it for it in CONTRACT if it.__name__ not in NEVER_DONE], ids=lambda it: it.__name__)
def test_contract(holds: Callable[[Bench], None]) -> None:
    target = MemoryTarget(batch=100)
    holds(
        Bench(
            target=target,
            user=Someone(target),
            kind="person",
            values=lambda number: {"name": f"Klein {number}"},
            text="function",
            other="note",
            bad={},
            reference=("company", "company", {"name": "Klein Pumpen GmbH"}),
            texts=[("phone", "+497111234567"), ("tags", ["buyer"])],
        )
    )
