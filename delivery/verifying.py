"""Verifying: whether a record is as a step left it, read back.

Belongs here: holding one record against one step. Does not belong here: reading records back (`delivery.apply`).
"""

from __future__ import annotations

from collections.abc import Mapping

from delivery.record import Held, Value
from delivery.sending import differing
from delivery.step import WRITING, Action, Step
from delivery.target import Target


def ended(action: Action, held: Held | None) -> bool:
    """Whether a record that was to be erased, archived or merged away is.

    What is archived is not erased: it can be had back.
    """
    if held is None:
        return True
    if action is Action.ERASE:
        return False
    return held.archived or held.merged_into is not None


def flaw(target: Target, step: Step, values: Mapping[str, Value], held: Held | None) -> str:
    """What is not as it was written, in words without values; empty where all is.

    Args:
        target: says how it shows values.
        step: that was taken.
        values: of the step, with references as ids.
        held: the record now; None where there is none.
    """
    if step.action in (Action.ERASE, Action.MERGE, Action.ARCHIVE):
        return "" if ended(step.action, held) else "it is there as before"
    if held is None or held.merged_into:
        return "it is not there"
    if step.action in (Action.CREATE, Action.ADOPT, Action.REBIND) and held.key not in (None, step.key):
        return "it bears another key"
    if step.action not in WRITING:
        return ""
    missing = [name for name in step.values if name not in values]
    wrong = [*missing, *differing(target, step.kind, values, held)]
    return f"other than written: {', '.join(wrong)}" if wrong else ""
