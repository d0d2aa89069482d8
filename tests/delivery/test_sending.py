"""Sending a batch: every row has an answer, whatever happens to the request."""

from __future__ import annotations

import pytest

from delivery.record import Outcome, Status, Write
from delivery.sending import Sender
from tests.delivery.memory_target import MemoryTarget

ROWS = [Write(f"L{n}", None, {"name": f"Name {n}"}) for n in range(3)]


def sent(target: MemoryTarget, call=None) -> dict[str, Status]:
    sender = Sender(target, lambda seconds: None)
    return {key: it.status for key, it in sender.send(call or target.create, sender.look_for, "person", ROWS).items()}


def written(target: MemoryTarget) -> list[str | None]:
    return sorted(it.key for it in target.records["person"].values())


@pytest.mark.parametrize("fault", ["later", "lost", "down"])
def test_one_fault_costs_nothing_and_doubles_nothing(fault: str) -> None:
    target, calls = MemoryTarget(), []
    target.fault = lambda verb, keys: calls.append(verb) or (fault if len(calls) == 1 else None)
    assert set(sent(target).values()) == {Status.WRITTEN}
    assert written(target) == ["L0", "L1", "L2"]


@pytest.mark.parametrize(
    ("fault", "status"), [("later", Status.LATER), ("down", Status.LATER), ("lost", Status.WRITTEN)]
)
def test_a_fault_that_stays_is_told(fault: str, status: Status) -> None:
    target = MemoryTarget()
    target.fault = lambda verb, keys: fault
    assert set(sent(target).values()) == {status}


@pytest.mark.parametrize("whole", [True, False])
def test_one_bad_row_stops_one_row(whole: bool) -> None:
    target = MemoryTarget(bad={"L1"}, refuses_batches=whole)
    assert sent(target) == {"L0": Status.WRITTEN, "L1": Status.REFUSED, "L2": Status.WRITTEN}


@pytest.mark.parametrize(
    "answers",
    [
        [],
        [Outcome("L0", Status.WRITTEN, "1")],
        [Outcome(it.key, Status.WRITTEN) for it in ROWS],  # written, it says, and names no id
    ],
)
def test_a_success_that_names_nothing_is_none(answers: list[Outcome]) -> None:
    assert set(sent(MemoryTarget(), lambda kind, writes: answers).values()) == {Status.LATER}
