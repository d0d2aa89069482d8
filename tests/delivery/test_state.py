"""The state: whole steps or none, its owner's alone, and a person can be forgotten."""

from __future__ import annotations

import sqlite3
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from delivery.record import Entity
from delivery.state import FILE, Answered, State, UnusableState, forget_everywhere, opened
from delivery.step import Action, Binding, Event, Standing, Step

ANNA = Step(Action.CREATE, Entity.LEAD, "L1", "person", values={"name": "Anna Klein"}, before={"name": "A. Klein"})
EDITS = [Event("edited", Entity.LEAD, key, "person", "7", "name", "Klein, Anna") for key in ("L1", "L2")]
BERND = Step(Action.UPDATE, Entity.LEAD, "L2", "person", "8", {"function": "assistant to Anna Klein"})
BOUND = Binding(Entity.LEAD, "L1", "person", "7", shown={"name": "0a1b2c3d4e5f6071"})


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path / "sync" / "memory")


def test_it_is_its_owners_alone(state: State) -> None:
    assert stat.S_IMODE(state.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(state.path.parent.stat().st_mode) == 0o700


def test_a_plan_comes_back_as_it_was_kept(state: State) -> None:
    state.keep_plan("p", {"published": "run"}, {"holds": []}, [ANNA])
    assert [step for _, step, _ in state.steps()] == [ANNA]
    assert state.plan().basis == {"published": "run"}


def test_the_log_tells_of_ninety_days(state: State) -> None:
    rows = [((datetime.now(UTC) - timedelta(days=days)).isoformat(), f"L{days}") for days in (89, 91)]
    with sqlite3.connect(state.path) as base:
        base.executemany("insert into log values ('run', ?, 'create', 'lead', ?, 'person', '7', 'written', '')", rows)
    state.keep_plan("p", {}, {}, [])
    assert state.table("log")["key"].to_list() == ["L89"]


def test_one_record_has_one_owner(state: State) -> None:
    state.learn([BOUND], [], {})
    with pytest.raises(sqlite3.IntegrityError):
        state.learn([BOUND._replace(key="L2")], [], {})
    assert state.bindings() == {"L1": BOUND}, "nothing of a step that failed is kept"
    state.learn([BOUND._replace(key="L2", standing=Standing.SHARED)], [], {})


def test_two_records_may_change_places(state: State) -> None:
    other = BOUND._replace(key="L2", id="8")
    state.learn([BOUND, other], [], {})
    state.learn([BOUND._replace(id="8"), other._replace(id="7")], [], {})
    assert {key: it.id for key, it in state.bindings().items()} == {"L1": "8", "L2": "7"}


def test_each_further_failure_waits_longer(state: State) -> None:
    waits = []
    for _ in range(3):
        state.bury([(ANNA, "wrong")])
        waits.append(state.letters()["next_at"][0])
    assert waits == sorted(waits)
    assert state.letters().row(0, named=True)["attempts"] == 3
    state.raise_letters([("L1", "create")])
    assert state.letters().is_empty()


def test_a_person_is_forgotten_to_the_last_byte_and_their_record_can_still_be_erased(state: State) -> None:
    state.learn([BOUND], EDITS, {("L1", "stage"): "Anna"})
    state.keep_plan("p", {}, {}, [ANNA])
    state.answer("run", [Answered(1, ANNA, "refused", None, "Anna Klein is wrong")])
    state.bury([(ANNA, "Anna Klein is wrong"), (BERND, "assistant to Anna Klein is no title")])
    state.answer("run", [Answered(1, BERND, "refused", None, "assistant to Anna Klein is no title")])
    state.suppress([("L1", "email", "0a")])
    state.close()
    assert forget_everywhere(state.path.parents[1], ["L1"]) == 6
    for path in state.path.parent.glob(f"{FILE}*"):
        assert b"Anna" not in path.read_bytes()
    again = State(state.path.parent)
    assert again.bindings() == {"L1": BOUND._replace(shown={})}
    assert again.letters()["key"].to_list() == ["L2"]


def test_what_is_no_state_is_said_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"no database" * 1_000)
    with pytest.raises(UnusableState, match="may be moved away"), opened(tmp_path):
        pass
