"""Into the CRM: `leads sync TARGET`, `leads sync status`, `leads sync replay`.

Belongs here: what is typed and printed back. Does not belong here: the sync (`delivery`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from delivery.registry import TARGETS
from engine.escaping import for_terminal
from pipelines.commands.prompt import HomeOption, JsonOption, answer, console, finished, refuse

if TYPE_CHECKING:
    from delivery.apply import Applied
    from delivery.record import Entity
    from delivery.session import Session
    from delivery.standing import TargetStanding
    from delivery.step import Step
    from delivery.sync import Planned

DONE, FAILED, WITHOUT_SOME, HELD = 0, 1, 3, 4
_SAMPLES = 3  # steps of each kind that are shown
_LONGEST = 200  # signs of a value that are shown

_Apply = Annotated[bool, typer.Option("--apply", help="Carry out the plan that was shown last.")]
_Plan = Annotated[
    str | None, typer.Option("--plan", help="With --apply: only if the last plan is this one.", metavar="PLAN")
]
_Allow = Annotated[
    list[str] | None,
    typer.Option("--allow", help="Let this plan go beyond a limit that held it.", metavar="GUARD"),
]
_Adopt = Annotated[
    bool,
    typer.Option("--adopt", help="With --apply, on a filled target: you looked at what is adopted and what is new."),
]


def sync_of(name: str) -> Callable[..., None]:
    """The command of one target."""

    def sync(
        *,
        apply: _Apply = False,
        plan: _Plan = None,
        allow: _Allow = None,
        adopt: _Adopt = False,
        home: HomeOption = None,
        as_json: JsonOption = False,
    ) -> None:
        with _reached(home, name) as it:
            if apply and allow:
                refuse(f"--allow is for the plan: leads sync {name} --allow {allow[0]}; look at it, then --apply")
            if apply:
                _carried_out(it, plan, adopt, as_json)
            else:
                _planned(it, _known(allow), as_json)

    sync.__doc__ = f"""Show what a sync would do to {name}; with --apply, do that and nothing else.

    Exit codes: 0 done, or nothing holds the plan; 1 every row failed; 2 it could not begin; 3 done but for some rows;
    4 a limit holds the plan.

    Example: `leads sync {name}`, then `leads sync {name} --apply`
    """
    return sync


def status(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Show how each target stands: records bound, the last run, rows that failed, what users did there.

    Example: `leads sync status --json`
    """
    from delivery.session import FOLDER
    from delivery.standing import standing
    from delivery.state import UnusableState

    place = finished(home)
    try:
        found = [it for name in TARGETS if (it := standing(place.root / FOLDER / name, name))]
    except UnusableState as error:
        refuse(str(error))
    if as_json:
        answer({"targets": [it._asdict() for it in found]})
        return
    if not found:
        console.print("Nothing was synced yet; leads sync TARGET shows what a sync would do")
    for it in found:
        _show_standing(it)


def replay(
    target: Annotated[str, typer.Argument(help=f"One of {', '.join(TARGETS)}.", metavar="TARGET")],
    *,
    allow: _Allow = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Try the rows again that failed, with what is published now, whenever their next try would have been.

    Limits hold as ever. Exit codes as of `leads sync`.

    Example: `leads sync replay odoo`
    """
    with _reached(home, target) as it:
        keys = it.state.letters()["key"].unique().to_list()
        if not keys:
            console.print(f"No row failed in {it.target.name}; leads sync {it.target.name} shows what is to be done")
            return
        planned = it.plan(_known(allow), only=keys)
        _carried_out(it, planned.id, adopt=True, as_json=as_json)


@contextmanager
def _reached(home: Path | None, name: str) -> Iterator[Session]:
    """The target; what keeps one from it is said with what to do."""
    from delivery.adopting import UnsoundReview
    from delivery.mapping import UnsoundMapping
    from delivery.publication import NothingPublished
    from delivery.registry import UnknownTarget
    from delivery.session import SyncInUse, session
    from delivery.state import PlanGone
    from delivery.sync import PlanHeld
    from delivery.target import TargetError
    from publishing.manifest import BrokenPublication

    place = finished(home)
    try:
        with session(place.root, name, os.environ) as it:
            yield it
    except (
        UnsoundMapping,
        NothingPublished,
        UnknownTarget,
        SyncInUse,
        PlanHeld,
        PlanGone,
        BrokenPublication,
        UnsoundReview,
        OSError,
    ) as error:
        refuse(str(error))
    except TargetError as error:
        refuse(f"{name}: {_masked(error)}")


def _known(allowed: list[str] | None) -> list[str]:
    """The limits a person allows, if there are such."""
    from delivery.mapping import GUARDS

    if unknown := [guard for guard in allowed or [] if guard not in GUARDS]:
        refuse(f"{', '.join(unknown)} is no limit; there are {', '.join(GUARDS)}")
    return allowed or []


def _planned(it: Session, allowed: list[str], as_json: bool) -> None:
    planned = it.plan(allowed, shown=True)
    if as_json:
        answer(_told(planned, it))
    else:
        _show(planned, it, allowed)
    raise typer.Exit(HELD if planned.holds else DONE)


def _carried_out(it: Session, plan: str | None, adopt: bool, as_json: bool) -> None:
    from delivery.target import TargetError

    if (stored := it.state.plan()) and stored.summary["holds"] and plan in (None, stored.id):
        _refused(stored.summary["holds"])
    with Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=console, transient=True
    ) as progress:
        task = progress.add_task("writing", total=None)

        def shown(done: int, of: int) -> None:
            progress.update(task, completed=done, total=of)

        try:
            applied = it.apply(plan, adopting=adopt, progress=shown)
        except TargetError as error:
            _stopped(it.target.name, error)
    if as_json:
        answer({"target": it.target.name, "done": applied.done, "failed": applied.failed, "rows": _by_status(applied)})
    else:
        _show_applied(applied, it.target.name)
    raise typer.Exit(DONE if not applied.failed else WITHOUT_SOME if applied.done else FAILED)


def _masked(error: Exception) -> str:
    """What a target said, without personal data; the word lists of that are read only where they are needed."""
    from publishing.report.masking import without_contacts

    return without_contacts(str(error))


def _stopped(name: str, error: Exception) -> NoReturn:
    """The target could not be asked any more; what was done is kept."""
    why = _masked(error)
    console.print(f"[red]{for_terminal(why)}[/red]; leads sync {name} --apply goes on where it stood", soft_wrap=True)
    raise typer.Exit(FAILED)


# What is shown


def _show(planned: Planned, it: Session, allowed: list[str]) -> None:
    plan, name = planned.plan, it.target.name
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("would")
    for heading in ("of ours", "there"):
        table.add_column(heading)
    table.add_column("records", justify="right")
    for (action, entity, kind), steps in _grouped(plan.steps).items():
        table.add_row(action, entity, kind, f"{len(steps):,}")
    console.print(table if plan.steps else f"Nothing to do: {name} says what is published")
    for (action, *_), steps in _grouped(plan.steps).items():
        for step in steps[:_SAMPLES]:
            for line in _sample(action, step):
                console.print(for_terminal(line), soft_wrap=True, highlight=False)
    for entity, count in plan.staying.items():
        if count:
            why = _why_staying(entity, it)
            console.print(for_terminal(f"{count:,} {entity}s stay here: {why}"), soft_wrap=True, highlight=False)
    said = {
        "wait for their next try (leads sync replay tries them now)": plan.waiting,
        "fit no kind of record": plan.unrouted,
        f"may be there already: decide in {it.folder}/review.csv": len(plan.doubtful),
    }
    for what, count in said.items():
        if count:
            console.print(for_terminal(f"{count:,} rows {what}"), soft_wrap=True, highlight=False)
    for what, count in _events(planned).items():
        console.print(for_terminal(f"{count:,} x {what}"), soft_wrap=True, highlight=False)
    for note in plan.notes:
        console.print(for_terminal(note), soft_wrap=True, highlight=False)
    for why in planned.holds:
        console.print(f"[red]{for_terminal(why)}[/red]", soft_wrap=True, highlight=False)
    if planned.tripped and not plan.problems:
        guards = "".join(f" --allow {guard}" for guard in [*allowed, *(it.guard for it in planned.tripped)])
        console.print(f"To allow all of it, this once: leads sync {name}{guards}", soft_wrap=True, highlight=False)
    if plan.steps and not planned.holds:
        adopt = " --adopt" if plan.first else ""
        console.print(f"Plan {planned.id}. To do it: leads sync {name} --apply{adopt}", highlight=False)


def _show_applied(applied: Applied, name: str) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("what", "how it fared"):
        table.add_column(heading)
    table.add_column("records", justify="right")
    for (action, status), count in sorted(applied.counts.items()):
        table.add_row(action, status, f"{count:,}")
    console.print(table)
    if applied.failed:
        console.print(
            f"[red]{applied.failed:,} failed[/red]; leads sync status says why, leads sync replay {name} tries again",
            soft_wrap=True,
        )


def _show_standing(it: TargetStanding) -> None:
    console.print(for_terminal(it.target), style="bold")
    for what, counts in (("records", it.bindings), ("last run", it.last_run), ("users", it.events)):
        said = ", ".join(f"{count:,} {name}" for name, count in counts.items())
        console.print(for_terminal(f"  {what:10} {said or '-'}"), soft_wrap=True, highlight=False)
    for letter in it.letters:
        next_at = letter["next_at"]
        tries = f"{letter['attempts']} tries, next {next_at[:16]}" if next_at else "each sync tries it again"
        said = f"  failed     {letter['key']} {letter['action']}: {letter['reason']} ({tries})"
        console.print(for_terminal(said), soft_wrap=True, highlight=False)
    if it.more_letters:
        console.print(f"  and {it.more_letters:,} more; leads sync status --json lists them")


def _sample(action: str, step: Step) -> Iterator[str]:
    """One step with what stands there and what would."""
    yield f"  {action} {step.key} {f'in {step.kind} {step.id}' if step.id else f'as {step.kind}'}: {step.why}"
    for name, value in step.values.items():
        before, after = step.before.get(name), _short(_after(value))
        yield f"    {name}: {after}" if before is None else f"    {name}: {_short(before)} -> {after}"


def _short(text: str) -> str:
    """A text that leaves room for others; how long it is, where it is longer."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text):,} signs)"


def _after(value: object) -> str:
    """A value in words; a reference to a record that is not there yet by our id."""
    if isinstance(value, dict):
        return f"the record of {value['ref']}"
    return ", ".join(value) if isinstance(value, list) else str(value)


def _grouped(steps: list[Step]) -> Mapping[tuple[str, str, str], list[Step]]:
    found: dict[tuple[str, str, str], list[Step]] = {}
    for step in steps:
        found.setdefault((step.action.value, step.entity.value, step.kind), []).append(step)
    return found


def _why_staying(entity: Entity, it: Session) -> str:
    """Why published rows are not delivered, in the words of the mapping."""
    asked = {
        ", ".join(f"{column} = {' or '.join(sorted(texts))}" for column, texts in route.deliver.items())
        for route in it.mapping.entities[entity].to
    }
    said = " or ".join(sorted(filter(None, asked)))
    return f"the mapping delivers those with {said}" if said else "none of their leads is delivered"


def _events(planned: Planned) -> Mapping[str, int]:
    from contracts.delivery import EVENTS

    counts = {what: sum(it.event == event for it in planned.plan.events) for event, what in EVENTS.items()}
    return {what: count for what, count in counts.items() if count}


def _told(planned: Planned, it: Session) -> dict[str, Any]:
    """The keys of `leads sync TARGET --json`."""
    plan = planned.plan
    return {
        "target": it.target.name,
        "plan": planned.id,
        "counts": [
            {"action": action, "entity": entity, "kind": kind, "records": len(steps)}
            for (action, entity, kind), steps in _grouped(plan.steps).items()
        ],
        "samples": [
            {
                "action": action,
                "key": step.key,
                "kind": step.kind,
                "id": step.id,
                "before": dict(step.before),
                "after": dict(step.values),
                "why": step.why,
            }
            for (action, *_), steps in _grouped(plan.steps).items()
            for step in steps[:_SAMPLES]
        ],
        "holds": planned.holds,
        "notes": plan.notes,
        "first": plan.first,
        "waiting": plan.waiting,
        "unrouted": plan.unrouted,
        "staying": dict(plan.staying),
        "doubtful": [
            {"key": key, "kind": kind, "id": id_, "why": why} for key, (kind, id_, why) in plan.doubtful.items()
        ],
        "events": [event._asdict() | {"theirs": None} for event in plan.events],
    }


def _by_status(applied: Applied) -> list[dict[str, Any]]:
    return [
        {"action": action, "status": told, "rows": count} for (action, told), count in sorted(applied.counts.items())
    ]


def _refused(holds: list[str]) -> None:
    for why in holds:
        console.print(f"[red]{for_terminal(why)}[/red]", soft_wrap=True, highlight=False)
    raise typer.Exit(HELD)
