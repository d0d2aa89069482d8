"""Questions to a finished night: `leads explain`, `review`, `evaluate`, `docs`.

Belongs here: what is typed and printed back. Does not belong here: the answers (`pipelines.inspection`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.escaping import for_terminal
from engine.journal import Damaged
from pipelines.commands.prompt import HomeOption, console, finished, refuse
from publishing.manifest import BrokenPublication


def explain(
    lead_id: Annotated[str, typer.Argument(help="Published lead id, past or present.")], home: HomeOption = None
) -> None:
    """Say why a lead is as it is: origin of each value, evidence for each merge in bits, near misses."""
    from pipelines.inspection import UnknownLead, explain_lead

    try:
        explain_lead(finished(home), lead_id, console)
    except (UnknownLead, FileNotFoundError, Damaged, BrokenPublication) as error:
        refuse(str(error))


def review(home: HomeOption = None, top: Annotated[int, typer.Option(help="How many pairs to show.")] = 20) -> None:
    """List the pairs of records that a person should decide, those that change most first."""
    from pipelines.inspection import show_review

    try:
        show_review(finished(home), top, console)
    except (FileNotFoundError, Damaged) as error:
        refuse(str(error))


def evaluate(
    truth: Annotated[
        Path | None, typer.Argument(help="Parquet or CSV with source, source_record_id, person_id.", exists=True)
    ] = None,
    home: HomeOption = None,
    plot: Annotated[Path | None, typer.Option(help="Write the calibration plot there, as SVG.")] = None,
) -> None:
    """Measure the last matching against a truth file; without one, say what the model expects of itself."""
    from pipelines.inspection import show_evaluation

    try:
        show_evaluation(finished(home), truth, plot, console)
    except (FileNotFoundError, ValueError, Damaged) as error:
        refuse(str(error))


def docs(home: HomeOption = None) -> None:
    """Write what the last night's tables promise and how it held, with Great Expectations' Data Docs behind it.

    The pages hold no personal data and ask the network for nothing.
    """
    from assets.resources.lake import Lake
    from expectations.data_docs import write_data_docs
    from expectations.suites import SUITES

    place = finished(home)
    lake = Lake(home=str(place.root))
    try:
        with console.status("Checking all tables …"):
            page = write_data_docs({name: lake.scan(name) for name in SUITES}, place.report / "data_docs")
    except (FileNotFoundError, Damaged) as error:
        refuse(str(error))
    console.print(f"Data Docs {for_terminal(page)}", soft_wrap=True)
