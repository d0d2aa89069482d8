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
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from pipelines.home import Home
from pipelines.lake import Lake

_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}  # the log is kept; the terminal shows progress


def run_night(home: Home, inbox: Path | None, console: Console) -> bool:
    """Run the nightly job on `home`; true when it published.

    Args:
        home: where everything lives.
        inbox: another inbox to read; None for the home's own.
        console: where progress and the funnel are shown.
    """
    os.environ |= {"LEADS_HOME": str(home.root), "DAGSTER_HOME": str(home.dagster)}
    from pipelines.definitions import build_definitions

    lake = Lake(home=str(home.root), inbox=str(inbox.resolve()) if inbox else "")
    definitions = build_definitions({"lake": lake})
    with dg.DagsterInstance.from_config(str(home.dagster)) as instance:
        job = definitions.resolve_job_def("nightly")
        run_id = str(uuid4())  # known before the run starts, so that progress can follow it
        with _progress(instance, run_id, job, console):
            result = job.execute_in_process(instance=instance, run_id=run_id, raise_on_error=False, run_config=_QUIET)
        failures = [event for event in result.all_events if event.is_step_failure]
        for event in failures:
            if (event.step_key or "").endswith("_contract"):
                continue  # said below, in words
            error = event.step_failure_data.error
            cause = error.cause or error if error else None
            console.print(f"[red]{event.step_key} failed:[/red] {cause.message.strip() if cause else 'no message'}")
        for check in result.get_asset_check_evaluations():
            if not check.passed:
                name = check.asset_key.to_user_string()
                console.print(f"[red]The contract of {name} did not hold:[/red] {check.description}")
    if not result.success:
        console.print("Not published; the last publication stays. Details: leads ui")
        return False
    _show_funnel(home, console)
    return True


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
    with Progress(*columns, console=console, transient=True) as bar:
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


def _show_funnel(home: Home, console: Console) -> None:
    funnel = json.loads((home.report / "funnel.json").read_text(encoding="utf-8"))
    table = Table(title="Tonight", show_header=False, box=None, padding=(0, 2))
    for name, count in funnel["counts"].items():
        table.add_row(name, f"{count:,}")
    console.print(table)
    seconds = Table(title="Seconds per stage", show_header=False, box=None, padding=(0, 2))
    for name, value in funnel["seconds"].items():
        seconds.add_row(name, f"{value:.1f}")
    console.print(seconds)
    console.print(f"Peak memory {funnel['peak_bytes'] / 1e6:,.0f} MB")
    console.print(f"Published   {home.published / 'current'}")
    console.print(f"Report      {home.report / 'index.html'}", soft_wrap=True)
