"""Sending a batch: every row has an answer, whatever happens to the request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

import pytest

from delivery.record import Outcome, Status, Write
from delivery.sending import Sender
from delivery.target import UnreachableError
from tests.delivery.memory_target import MemoryTarget

ROWS = [Write(f"L{n}", None, {"name": f"Name {n}"}) for n in range(3)]


def sent(target: MemoryTarget, call=None, rows: Sequence[Write] = ROWS) -> dict[str, Status]:
    sender = Sender(target, lambda seconds: None)
    return {key: it.status for key, it in sender.send(call or target.create, sender.look_for, "person", rows).items()}


def away(*_: object) -> NoReturn:
    raise UnreachableError("nobody there")


def written(target: MemoryTarget) -> list[str | None]:
    return sorted(it.key for it in target.records["person"].values())


@pytest.mark.parametrize("fault", ["later", "lost", "down"])
def test_one_fault_costs_nothing_and_doubles_nothing(fault: str) -> None:
    target, calls = MemoryTarget(), []
    target.fault = lambda verb, keys: calls.append(verb) or (fault if len(calls) == 1 else None)
    assert set(sent(target).values()) == {Status.WRITTEN}
    assert written(target) == ["L0", "L1", "L2"]


@pytest.mark.parametrize(("fault", "status"), [("later", Status.LATER), ("lost", Status.WRITTEN)])
def test_a_fault_that_stays_is_told(fault: str, status: Status) -> None:
    target = MemoryTarget()
    target.fault = lambda verb, keys: fault
    assert set(sent(target).values()) == {status}


@pytest.mark.parametrize("breaks", [{"L3"}, {"L0", "L7"}, {"L2", "L3"}])
def test_a_row_that_breaks_the_target_stops_itself_alone(breaks: set[str]) -> None:
    rows = [Write(f"L{n}", None, {"name": f"Name {n}"}) for n in range(8)]
    target = MemoryTarget(batch=8)
    target.fault = lambda verb, keys: "down" if breaks.intersection(keys) else None
    assert {key for key, it in sent(target, rows=rows).items() if it is Status.LATER} == breaks
    assert written(target) == sorted({it.key for it in rows} - breaks)


def test_a_target_that_takes_nothing_ends_the_run_before_every_row_was_tried() -> None:
    rows = [Write(f"L{n}", None, {"name": f"Name {n}"}) for n in range(64)]
    target = MemoryTarget(batch=64, fault=lambda verb, keys: "down")
    with pytest.raises(UnreachableError, match="takes no person"):
        sent(target, rows=rows)
    assert target.calls["create"] < len(rows) / 2


def test_a_target_that_went_away_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    target = MemoryTarget(fault=lambda verb, keys: "down")
    monkeypatch.setattr(target, "find", away)
    with pytest.raises(UnreachableError, match="nobody there"):
        sent(target)


@pytest.mark.parametrize("whole", [True, False])
def test_one_bad_row_stops_one_row(whole: bool) -> None:
    target = MemoryTarget(bad={"L1"}, refuses_batches=whole)
    assert sent(target) == {"L0": Status.WRITTEN, "L1": Status.REFUSED, "L2": Status.WRITTEN}


@pytest.mark.parametrize(
    "answers",
    [
        [],
        [Outcome("L0", Status.WRITTEN, "1")] * 4,
        [Outcome(it.key, Status.WRITTEN) for it in ROWS],  # written, it says, and names no id
    ],
)
def test_a_success_that_names_nothing_is_none(answers: list[Outcome]) -> None:
    with pytest.raises(UnreachableError, match="takes no person"):
        sent(MemoryTarget(), lambda kind, writes: answers)
