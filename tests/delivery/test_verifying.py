"""Verifying: what counts as done when it is read back."""

from __future__ import annotations

import pytest

from delivery.record import Entity, Held
from delivery.step import Action, Step
from delivery.verifying import flaw
from tests.delivery.memory_target import MemoryTarget

HERE = Held("7", "L1", {"name": "Anna", "phone": "+49 711"})
ARCHIVED = Held("7", "L1", archived=True)
MERGED = Held("7", merged_into="8")


@pytest.mark.parametrize(
    ("action", "held", "said"),
    [
        (Action.CREATE, HERE, ""),
        (Action.CREATE, None, "it is not there"),
        (Action.CREATE, MERGED, "it is not there"),
        (Action.CREATE, Held("7", "L2", HERE.values), "it bears another key"),
        (Action.UPDATE, Held("7", None, {"name": "Anne", "phone": "+49711"}), "other than written: name"),
        (Action.ADOPT, Held("7", "L2"), "it bears another key"),
        (Action.ARCHIVE, ARCHIVED, ""),
        (Action.ARCHIVE, HERE, "it is there as before"),
        (Action.MERGE, MERGED, ""),
        (Action.MERGE, HERE, "it is there as before"),
        (Action.ERASE, None, ""),
        (Action.ERASE, ARCHIVED, "it is there as before"),  # it can be had back
    ],
)
def test_a_record_read_back(action: Action, held: Held | None, said: str) -> None:
    values = {"name": "Anna", "phone": "+49711"}
    step = Step(action, Entity.LEAD, "L1", "person", "7", values)
    assert flaw(MemoryTarget(), step, values, held) == said
