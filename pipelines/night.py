"""The night, run by hand: the nightly job in this process, with progress and a funnel at the end.

Belongs here: starting the job and showing how it went. Does not belong here: the job (`pipelines.jobs`),
the figures (`publishing.funnel`) or the report page (`publishing.report`).
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import dagster as dg
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.execution.api import execute_run
from rich.columns import Columns
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from assets.damage import told
from assets.notices import notices
from assets.resources.choices import Choices, choices_from_environment
from assets.resources.home import Home
from assets.resources.lake import HomeInUse, Lake, only_run
from assets.resources.plain_path import plain_path
from engine.collector import look_away
from engine.disk import remedy
from engine.escaping import for_terminal
from pipelines.history import mend_history, open_history
from pipelines.jobs import ORIGIN
from pipelines.stages import stages
from pipelines.upkeep.after_night import BY_COMMAND, after_night
from pipelines.upkeep.old_runs import days_kept
from pipelines.upkeep.outcome import FEED
from publishing.diff import diff
from publishing.gates.wording import in_short, shown_range, shown_value
from publishing.last_night import Night, last_night
from publishing.report.masking import without_contacts
from sources.lead_files import strays
from sources.store.catalogue import load_files, load_rejects

PUBLISHED, FAILED, WITHOUT_SOME, HELD = 0, 1, 3, 4  # 2 is a command that could not begin
FILES_NAMED = 10  # when none could be read
NOTICES_NAMED = 20  # of decisions that do not count
_STOP = "DagsterExecutionInterruptedError"
_UNMET = "DagsterAssetCheckFailedError"
_RAISED = "dagster._core.definitions.events.Failure: "  # before what an asset says of itself
_BAR = 24  # columns of the longest bar of the funnel
_BESIDE = 90  # columns a terminal needs to show the funnel and the seconds side by side
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}  # the log is kept; the terminal shows progress


def run_night(home: Home, inbox: Path | None, console: Console, *, dry: bool = False) -> int:
    """Run the nightly job on `home`; returns the exit code: PUBLISHED, FAILED (also where a person has to look
    at damage), WITHOUT_SOME (or not into PostgreSQL) or HELD.

    Args:
        home: where everything lives.
        inbox: another inbox to read; None for the home's own.
        console: where progress and the funnel are shown.
        dry: hold the night, to be looked at.

    Raises:
        NotAChoice: a setting says nothing that is a choice.
        NoHistory: Dagster's history cannot be opened.
        HomeInUse: another run came first.
        OSError, SQLAlchemyError, DagsterError: nothing could begin, or the history took no more.
    """
    days_kept()  # said before the night rather than after it
    for what in mend_history(home):
        console.print(f"[yellow]Mended:[/yellow] {for_terminal(what)}", soft_wrap=True)
    os.environ |= {"LEADS_HOME": str(home.root), "DAGSTER_HOME": str(plain_path(home.dagster))}
    lake = Lake(home=str(home.root), inbox=str(inbox.resolve()) if inbox else "")
    with console.status("loading"):
        from pipelines.definitions import build_definitions

        look_away()
        choices = Choices(**(choices_from_environment().model_dump() | {"dry": dry}))
        job = build_definitions({"lake": lake, "choices": choices}).resolve_job_def("nightly")
        with only_run(home):  # two that make Dagster's storage at the same moment break each other
            history = open_history(home)
    with history as instance:
        run_id = str(uuid4())  # known before the run starts, so that progress can follow it
        with _progress(instance, run_id, job, console):
            run = instance.create_run_for_job(
                job, run_id=run_id, run_config=_QUIET, tags={BY_COMMAND: "command"}, remote_job_origin=ORIGIN
            )
            result = execute_run(InMemoryJob(job), run, instance)
        log = instance.all_logs(run_id)
        damage = told(log)
        with console.status("looking after the run"):
            undone = after_night(instance, run_id, home)
    look_away()  # the process is about to end, and what the run has loaded needs no last look
    if lost := strays(lake.inbox_folder):
        shown = without_contacts(", ".join(lost[:FILES_NAMED])) + (" …" if len(lost) > FILES_NAMED else "")
        console.print(
            f"[yellow]Not read, as they lie outside online/, offline/ and activity/:[/yellow] {for_terminal(shown)}"
        )
    for what in undone:
        console.print(f"[yellow]{for_terminal(what)}[/yellow]", soft_wrap=True)
    for what, is_lost in damage:
        color = "red" if is_lost else "yellow"
        console.print(f"[{color}]{for_terminal(what)}[/{color}]", soft_wrap=True)
    told_people = notices(log)
    for what in told_people[:NOTICES_NAMED]:
        console.print(f"[bold yellow]{for_terminal(what)}[/bold yellow]", soft_wrap=True)
    if (more := len(told_people) - NOTICES_NAMED) > 0:
        console.print(f"[bold yellow]Decisions: {more:,} more; `leads decisions` lists them[/bold yellow]")
    night = _night(home, run_id)
    if night is not None and night.state == "held" and night.verdict.wants_a_person:
        _show_held(home, night, console)
        return HELD
    unfed = _unfed(result)
    if not result.success and unfed is None:
        if came_first := _in_use(result):
            raise HomeInUse(came_first)
        said = _errors(result) or _nothing_read(home, lake.inbox_folder) or _broken_contracts(result)
        for what, why in said.items():
            console.print(f"[red]{for_terminal(what)}:[/red] {for_terminal(why)}", soft_wrap=True)
        if _succeeded(result, "published"):
            where = for_terminal(home.published / "current")
            console.print(f"Published {where}; {for_terminal(', '.join(said))}. Run again", soft_wrap=True)
        else:
            console.print("Not published; the last publication stays. Details: leads ui")
        return FAILED
    _show_funnel(home, night, console)
    for failure in (broken := _rule_failures(result)):
        console.print(f"[bold red]{for_terminal(failure)}[/bold red]", soft_wrap=True)
    if broken:
        console.print("[bold red]Published without that: report the rule that broke.[/bold red]")
    if unfed is not None:
        console.print(
            f"[bold red]Published, but not into PostgreSQL:[/bold red] {for_terminal(unfed)}. The next night makes up "
            "for it, or now: leads feed",
            soft_wrap=True,
        )
    if any(is_lost for _, is_lost in damage):
        return FAILED
    return WITHOUT_SOME if broken or unfed is not None else PUBLISHED


def _night(home: Home, run_id: str) -> Night | None:
    night = last_night(home.published)
    return night if night and night.run_id == run_id else None


def _show_held(home: Home, night: Night, console: Console) -> None:
    """What holds the night, what to look at, and the way on."""
    run, verdict = night.folder.name, night.verdict
    console.print("[bold red]Held, not published; the last publication stays.[/bold red]")
    if verdict.rolled_back:
        console.print(
            f"Somebody went back to {for_terminal(verdict.base)}, and nothing follows it unasked, until this night is "
            "released or that is ended: leads rollback --end --because WHY",
            soft_wrap=True,
        )
    _show_rules(night, console)
    for it in verdict.by_gate:
        console.print(f"[red]{it.gate.title}[/red]")
        for found in it.findings:
            measured = f"{found.subject}: {shown_value(found)}, usual {shown_range(found)} ({found.rows:,} rows)"
            console.print(f"  {for_terminal(measured)}", soft_wrap=True, highlight=False)
        samples = f" For example {', '.join(it.samples)}." if it.samples else ""
        console.print(f"  {for_terminal(it.gate.look + samples)}", soft_wrap=True, highlight=False)
    console.print(
        f"Report      {for_terminal(home.report / 'index.html')}\n"
        f"Publish it  {for_terminal(f'leads release {run} --home {home.root} --because WHY')}",
        soft_wrap=True,
        highlight=False,
    )


def _show_rules(night: Night, console: Console) -> None:
    """What changed in the rules since the publication before, and what that did."""
    if night.before is None or not (names := night.changed_rules):
        return
    leads = diff(night.before, night.folder, examples=0).of("leads")
    console.print(
        f"Rules       {for_terminal(in_short(names))} changed. Of {leads.touched:,} leads that are new, changed, "
        f"merged, split or gone, {leads.same or 0:,} are so by that alone: their records are the same\n"
        f"            leads diff{' --candidate' if night.state == 'held' else ''} shows them",
        soft_wrap=True,
        highlight=False,
    )


def _rule_failures(result: dg.JobExecutionResult) -> list[str]:
    """What the assets told of rules that broke."""
    events = [event for event in result.all_events if event.is_step_materialization]
    told = [event.step_materialization_data.materialization.metadata.get("rule_failures") for event in events]
    said = [entry.value for entry in told if isinstance(entry, dg.JsonMetadataValue)]
    return [str(failure) for failures in said if isinstance(failures, list) for failure in failures]


def _unfed(result: dg.JobExecutionResult) -> str | None:
    """Why the publication is not in PostgreSQL, where that alone failed."""
    failed = {event.step_key: event for event in result.all_events if event.is_step_failure}
    return _cause(failed[FEED].step_failure_data.error) if failed.keys() == {FEED} else None


def _succeeded(result: dg.JobExecutionResult, step: str) -> bool:
    return any(event.is_step_success and event.step_key == step for event in result.all_events)


def _errors(result: dg.JobExecutionResult) -> dict[str, str]:
    """What broke, and why: each step that did, else the run as a whole. Contracts that did not hold are no errors."""
    steps = {event.step_key: event.step_failure_data.error for event in result.all_events if event.is_step_failure}
    failed = [event for event in result.all_events if event.event_type == dg.DagsterEventType.RUN_FAILURE]
    broken = steps or {event.job_name: event.job_failure_data.error for event in failed}
    if stopped := [what for what, error in broken.items() if _class(error) == _STOP]:
        return {"Stopped": f"by you or the system, in {', '.join(map(str, stopped))}"}
    return {f"{what} failed": _cause(error) for what, error in broken.items() if _class(error) != _UNMET}


def _in_use(result: dg.JobExecutionResult) -> str | None:
    """What the lake said where another run holds the home."""
    failed = [event for event in result.all_events if event.event_type == dg.DagsterEventType.RUN_FAILURE]
    causes = (cause for event in failed for cause in _chain(event.job_failure_data.error))
    return next((str(cause.message).strip() for cause in causes if _class(cause) == HomeInUse.__name__), None)


def _class(error: Any) -> str:
    return error.cls_name if error else ""


def _broken_contracts(result: dg.JobExecutionResult) -> dict[str, str]:
    return {
        f"The contract of {check.asset_key.to_user_string()} did not hold": check.description or ""
        for check in result.get_asset_check_evaluations()
        if not check.passed
    }


def _cause(error: Any) -> str:
    """What was raised, without Dagster's wrapping, and what to do where a write failed."""
    cause = error and (error.cause or error)
    if not cause:
        return "no message"
    message = str(cause.message).strip().removeprefix(_RAISED)
    todo = next(filter(None, (remedy(str(it.message)) for it in _chain(error))), None)
    return message if todo is None or todo in message else f"{message}; {todo}"


def _chain(error: Any) -> Iterator[Any]:
    """An error and what led to it."""
    while error:
        yield error
        error = error.cause or error.context


def _nothing_read(home: Home, inbox: Path) -> dict[str, str]:
    """Why there is not one record, file by file; empty where there are records."""
    files = load_files(home.raw_store)
    if files.is_empty():
        return {"No lead files": f"put some into {inbox}/online/<source>/ or {inbox}/offline/<source>/"}
    if files["records"].sum():
        return {}
    rejects = load_rejects(home.raw_store).unique("file", keep="first", maintain_order=True).head(FILES_NAMED)
    return dict(rejects.select("file", "message").iter_rows())


@contextmanager
def _own_way(console: Console) -> Iterator[Console]:
    """The same terminal by a way of its own: what goes to stdout while steps run, Dagster takes for their log."""
    if not console.is_terminal:
        yield console
        return
    with os.fdopen(os.dup(console.file.fileno()), "w", encoding=console.encoding) as out:
        yield Console(file=out, width=console.width, emoji=False)


@contextmanager
def _progress(instance: dg.DagsterInstance, run_id: str, job: Any, console: Console) -> Iterator[None]:
    steps = len(job.graph.node_defs)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    stop = threading.Event()
    with (
        _own_way(console) as terminal,
        Progress(*columns, console=terminal, transient=True, disable=not terminal.is_terminal) as bar,
    ):
        task = bar.add_task("starting", total=steps)

        def follow() -> None:
            while not stop.wait(0.5):
                stats = instance.get_run_step_stats(run_id)
                running = [step.step_key for step in stats if step.start_time and not step.end_time]
                done = sum(1 for step in stats if step.end_time)
                bar.update(task, completed=done, description=", ".join(running) or "working")

        thread = threading.Thread(target=follow, daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()


def _show_funnel(home: Home, night: Night | None, console: Console) -> None:
    funnel = json.loads((home.report / "funnel.json").read_text(encoding="utf-8"))
    counts = funnel["counts"]
    tonight = _table("Tonight")
    for name, count in counts.items():
        of = 0 if name.startswith("files") else counts["records"]
        tonight.add_row(name, f"{count:,}", "█" * round(_BAR * count / of) if of else "")
    seconds = _table("Seconds per stage")
    for name, value in stages(funnel["seconds"]).items():
        seconds.add_row(name, f"{value:.1f}")
    if console.width >= _BESIDE:
        console.print(Columns([tonight, seconds], padding=(0, 3)))
    else:
        console.print(tonight, seconds)
    dry = night if night is not None and night.state == "held" else None
    where = f"Dry run     {dry.folder}, not published" if dry else f"Published   {home.published / 'current'}"
    took, peak = sum(funnel["seconds"].values()), funnel["peak_bytes"] / 1e6
    console.print(
        f"Took        {took:,.0f} s, peak memory {peak:,.0f} MB\n"
        f"{for_terminal(where)}\n"
        f"Report      {for_terminal(home.report / 'index.html')}",
        soft_wrap=True,
        highlight=False,
    )
    if night is not None:
        _show_rules(night, console)
    if dry is not None:
        way = f"leads release {dry.folder.name} --home {home.root} --because WHY"
        console.print(f"Publish it  {for_terminal(way)}", soft_wrap=True, highlight=False)


def _table(title: str) -> Table:
    table = Table(title=title, title_justify="left", show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    return table
