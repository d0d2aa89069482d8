"""A sync: read what the target holds, plan, keep the plan, carry it out when told to.

Belongs here: the course of these, and what keeps a plan from being applied. Does not belong here: each of them, or what
is typed and printed (`pipelines.commands.sync`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from delivery.apply import Applied, apply_plan
from delivery.fitting import misfits
from delivery.following import follow
from delivery.holdings import read_holdings
from delivery.limits import Tripped, tripped
from delivery.mapping import TargetMapping
from delivery.plan import Adopt, Plan, adopt_none, make_plan
from delivery.publication import Publication
from delivery.state import State, StoredPlan
from delivery.target import Target


class PlanHeld(ValueError):  # noqa: N818 - says what was found
    """A plan that must not be applied as it is; says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan that was kept: its id, what it would do, and what holds it."""

    id: str
    plan: Plan
    tripped: list[Tripped]

    @property
    def holds(self) -> list[str]:
        """Why it cannot be applied; empty where it can, once somebody says so."""
        return [*self.plan.problems, *(it.why for it in self.tripped)]


def prepare(
    mapping: TargetMapping,
    publication: Publication,
    target: Target,
    state: State,
    *,
    allowed: Collection[str] = (),
    adopt: Adopt = adopt_none,
    only: Collection[str] | None = None,
    shown: bool = True,
) -> Planned:
    """Plan a sync and keep the plan. Nothing is written to the target.

    What reading the target showed (records users merged, deleted, archived) is kept, unless so much is missing that it
    looks like another database.

    Args:
        mapping: of the target.
        publication: what is published.
        target: to plan for.
        state: of the target.
        allowed: guards that a person allows this time.
        adopt: which records there are ours already.
        only: keys to plan for, whether or not they are to be tried again yet; all with None.
        shown: a person sees it. One that nobody saw is applied only by its id.

    Raises:
        TargetError: the target cannot be read.
    """
    if problems := misfits(mapping, target):
        plan = Plan(problems=problems)
    else:
        plan = _planned(mapping, publication, target, state, adopt=adopt, only=only)
    held = tripped(plan.counts, plan.known, mapping.limits, allowed)
    if not problems and not any(it.guard == "missing" for it in held):
        state.learn(plan.learnt, plan.events, plan.told)
        state.unbind(plan.unbound)
    basis = _basis(mapping, publication, state)
    planned = Planned(plan.id(basis), plan, held)
    summary = {"holds": planned.holds, "first": plan.first, "counts": dict(_counts(plan)), "shown": shown}
    state.keep_plan(planned.id, basis, summary, plan.steps)
    return planned


def carry_out(
    mapping: TargetMapping,
    publication: Publication,
    target: Target,
    state: State,
    plan_id: str | None = None,
    *,
    adopting: bool = False,
    progress: Callable[[int, int], None] = lambda done, of: None,
    **waiting: Any,
) -> Applied:
    """Apply the plan that was shown last.

    Args:
        mapping: of the target.
        publication: what is published now.
        target: to write to.
        state: of the target; holds the plan.
        plan_id: the plan that is meant; with None the last one, if somebody saw it or it was begun.
        adopting: a person looked at what would be adopted of a target that was filled before us.
        progress: told how many steps of how many are done.
        waiting: `sleep` of `delivery.apply.apply_plan`.

    Raises:
        PlanHeld: there is no such plan, something holds it, or what it rests on is not what it was.
        TargetError: the target cannot be reached; given again, it goes on.
    """
    plan = state.plan()
    if plan is None or (plan_id is not None and plan.id != plan_id):
        last = f"; the last one is {plan.id}" if plan else ""
        raise PlanHeld(f"there is no plan {plan_id or ''} of {target.name}{last}: leads sync {target.name} shows one")
    if plan_id is None and not (plan.summary.get("shown") or plan.begun_at):
        raise PlanHeld(f"nobody has seen the last plan yet, {plan.id}; leads sync {target.name} shows one")
    if plan.summary["holds"]:
        raise PlanHeld("; ".join(plan.summary["holds"]))
    if plan.summary["first"] and not adopting:
        raise PlanHeld(
            f"{target.name} is filled already and we know none of its records; look at what the plan takes for ours "
            "and what it makes new, then give --adopt"
        )
    if moved := _moved(plan, _basis(mapping, publication, state)):
        raise PlanHeld(f"{moved} since the plan was made; plan again with leads sync {target.name}")
    return apply_plan(
        mapping, target, state, f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{plan.id}", progress=progress, **waiting
    )


def _planned(
    mapping: TargetMapping,
    publication: Publication,
    target: Target,
    state: State,
    *,
    adopt: Adopt,
    only: Collection[str] | None,
) -> Plan:
    holdings = read_holdings(target, {kind: mapping.fields(kind) for kind in mapping.kinds})
    followed = follow(state.bindings(), holdings, publication, target)
    letters = state.letters()
    waiting = state.waiting() if only is None else set()
    plan = make_plan(
        *(mapping, publication, followed, holdings, target),
        suppressed=state.suppressed(),
        told=state.told(),
        waiting=waiting,
        adopt=adopt,
        only=only,
    )
    meant = {(step.key, step.action.value) for step in plan.steps}
    state.raise_letters(
        (key, action)
        for key, action in letters.select("key", "action").iter_rows()
        if (key, action) not in meant and key not in waiting and (only is None or key in only)
    )
    return plan


def _counts(plan: Plan) -> Mapping[str, int]:
    return Counter(f"{step.action} {step.entity}" for step in plan.steps)


def _basis(mapping: TargetMapping, publication: Publication, state: State) -> dict[str, Any]:
    return {"published": publication.run_id, "mapping": mapping.fingerprint, "state": state.revision}


_MOVED: Sequence[tuple[str, str]] = (
    ("published", "another night was published"),
    ("mapping", "the mapping was changed"),
    ("state", "the target was written to"),
)


def _moved(plan: StoredPlan, basis: Mapping[str, Any]) -> str:
    """What a plan rests on and is not as it was; a plan that was begun changes the state itself."""
    return " and ".join(
        said for name, said in _MOVED if plan.basis[name] != basis[name] and not (name == "state" and plan.begun_at)
    )
