"""The outcome of a night, for those who are not there: whether a person has to look, and at what.

Belongs here: reading it from the log of a run, whoever started it. Does not belong here: who is told (`alerts`), what
the terminal shows (`pipelines.night`).

An alert leaves the machine, so no text of a library goes with it: that may quote a cell. What is told is which step
broke, the kind of error, and what to do where a disk is at fault; and the sentences of our own, without contacts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import dagster as dg

from assets.damage import told
from engine.disk import remedy
from publishing.report.masking import without_contacts

FEED = "feed"
"""The step that brings a publication into PostgreSQL; nothing rests on it."""
_OURS = "Failure"  # what the code raises itself, to be read by people
_UNMET = "DagsterAssetCheckFailedError"


class Outcome(NamedTuple):
    """What to tell of a night: a subject and lines below it."""

    subject: str
    lines: list[str]


def outcome_of(instance: dg.DagsterInstance, run_id: str) -> Outcome | None:
    """What a person has to know of a run that has ended; None where all is well, or somebody stopped it.

    Raises:
        LookupError: there is no such run.
    """
    if (run := instance.get_run_by_id(run_id)) is None:
        raise LookupError(f"there is no run {run_id}")
    log = instance.all_logs(run_id)
    events = [entry.dagster_event for entry in log if entry.dagster_event is not None]
    damage = [what for what, is_lost in told(log) if is_lost]
    rules = list(_rule_failures(events))
    unmet = [check for check in map(_check, events) if check and not check.passed]
    lines = [*damage, *rules]
    if run.status is dg.DagsterRunStatus.FAILURE:
        blocking = [check for check in unmet if check.severity is dg.AssetCheckSeverity.ERROR]
        lines += [_sentence(check) for check in blocking]
        lines += _errors(events)
        held = any(check.asset_key == dg.AssetKey("published") for check in blocking)
        subject = "the night is held, not published" if held else "the night failed"
        if {event.step_key for event in events if event.is_step_failure} == {FEED}:
            subject = "published, but not into PostgreSQL"
    elif run.status is dg.DagsterRunStatus.SUCCESS and lines:
        subject = "published, but something is damaged" if damage else "published without records on which a rule broke"
    else:
        return None
    return Outcome(f"Lead Refinery: {subject}", [without_contacts(line) for line in [*lines, f"Run {run_id}"]])


def _check(event: dg.DagsterEvent) -> dg.AssetCheckEvaluation | None:
    is_check = event.event_type is dg.DagsterEventType.ASSET_CHECK_EVALUATION
    return event.asset_check_evaluation_data if is_check else None


def _sentence(check: dg.AssetCheckEvaluation) -> str:
    return f"{check.check_name} of {check.asset_key.to_user_string()} did not hold: {check.description or ''}"


def _rule_failures(events: list[dg.DagsterEvent]) -> Iterator[str]:
    for event in events:
        if event.is_step_materialization:
            failures = event.step_materialization_data.materialization.metadata.get("rule_failures")
            if isinstance(failures, dg.JsonMetadataValue) and isinstance(failures.value, list):
                yield from map(str, failures.value)


def _errors(events: list[dg.DagsterEvent]) -> Iterator[str]:
    steps = {str(event.step_key): event.step_failure_data.error for event in events if event.is_step_failure}
    whole = [event for event in events if event.event_type is dg.DagsterEventType.RUN_FAILURE]
    for what, error in steps.items():
        if error is None or error.cls_name != _UNMET:
            yield f"{what} failed: {_why(error)}"
    if not steps:
        yield from (f"the run failed: {_why(event.job_failure_data.error)}" for event in whole)


def _why(error: Any) -> str:
    """The innermost error's kind; its text only where it is ours."""
    if error is None:
        return "no more is known"
    chain = [error]
    while inner := chain[-1].cause or chain[-1].context:
        chain.append(inner)
    if ours := next((one for one in chain if one.cls_name == _OURS), None):
        return str(ours.message).strip().removeprefix("dagster._core.definitions.events.Failure: ")
    named = (error.cause or error).cls_name or "unknown"
    return "; ".join(filter(None, [named, next(filter(None, (remedy(str(one.message)) for one in chain)), None)]))
