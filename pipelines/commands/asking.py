"""Questions to a finished night: `leads explain`, `review`, `evaluate`, `docs`.

Belongs here: what is typed and printed back. Does not belong here: the answers (`pipelines.inspection`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.escaping import for_terminal
from engine.journal import Damaged
from pipelines.commands.decide import at_desk
from pipelines.commands.prompt import HomeOption, JsonOption, answer, console, finished, refuse, to_write
from publishing.manifest import BrokenPublication

WITHOUT_SOME = 3  # as of `leads run`


def explain(
    who: Annotated[
        str,
        typer.Argument(
            help="E-mail address, name (with company or town), record, customer number, or lead id, past or present.",
            metavar="EMAIL|NAME|ID",
        ),
    ],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say why a lead is as it is: may it be contacted, score and stage, origin of values, evidence, near misses.

    Where several leads are meant, they are listed with their ids.

    Example: `leads explain "Anna Klein Nord GmbH"`
    """
    from pipelines.explaining import explain_lead, tell
    from pipelines.finding import NobodyMeant, SeveralMeant

    try:
        found = explain_lead(finished(home), who)
    except SeveralMeant as error:
        refuse(str(error), error.leads)
    except (NobodyMeant, FileNotFoundError, ValueError, Damaged, BrokenPublication) as error:
        refuse(str(error))
    if as_json:
        answer(found.to_json())
    else:
        tell(found, console)


def review(
    home: HomeOption = None,
    top: Annotated[int, typer.Option(min=1, help="How many pairs of each kind to show.")] = 20,
    csv: Annotated[
        Path | None,
        typer.Option(help="Write all of them to FILE, to be decided in Excel.", dir_okay=False, metavar="FILE"),
    ] = None,
    read: Annotated[
        Path | None,
        typer.Option(help="Take the decisions of such a file.", exists=True, dir_okay=False, metavar="FILE"),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List the pairs of records and companies that a person should decide, those that change most first.

    Or decide them in Excel: --csv writes them, --read takes what was filled into the column `decision`. Exit code 3
    where a row of it could not be taken.

    Example: `leads review --csv monday.csv`
    """
    from pipelines.inspection import show_review, waiting

    if (csv is not None) + (read is not None) + as_json > 1:
        refuse("--csv, --read and --json exclude each other")
    to_write(csv)
    if csv or read:
        _by_file(home, csv, read)
        return
    try:
        found = waiting(finished(home), top)
    except (FileNotFoundError, Damaged) as error:
        refuse(str(error))
    if as_json:
        answer(found)
    else:
        show_review(found, console)


def _by_file(home: Path | None, written: Path | None, read: Path | None) -> None:
    from pipelines.deciding import read_review_file, write_review_file
    from pipelines.inspection import told_waiting

    with at_desk(home) as desk:
        if written:
            pairs = told_waiting(*write_review_file(desk, written))
            console.print(
                f"{pairs} in {for_terminal(written)}. Fill in decision (must_link, cannot_link; for companies "
                "set_parent too) and because, save, then  leads review --read FILE",
                soft_wrap=True,
            )
        if read:
            noted, problems = read_review_file(desk, read)
            for problem in problems:
                console.print(f"[red]{for_terminal(problem)}[/red]", soft_wrap=True)
            console.print(for_terminal(noted), soft_wrap=True, highlight=False)
            if problems:
                raise typer.Exit(WITHOUT_SOME)


def evaluate(
    truth: Annotated[
        Path | None,
        typer.Argument(help="Parquet or CSV with source, source_record_id, person_id.", exists=True, dir_okay=False),
    ] = None,
    home: HomeOption = None,
    plot: Annotated[Path | None, typer.Option(help="Write the calibration plot there, as SVG.", dir_okay=False)] = None,
    as_json: JsonOption = False,
) -> None:
    """Measure the last matching against a truth file; without one, say what the model expects of itself.

    Example: `leads evaluate var/truth.parquet`
    """
    from pipelines import inspection

    if plot and (truth is None or as_json):
        refuse("--plot draws the calibration against a truth file, and goes without --json")
    to_write(plot)
    place = finished(home)
    try:
        if truth is None:
            guess = inspection.expected(place)
            if as_json:
                answer(inspection.estimate_as_json(*guess))
            else:
                inspection.show_estimate(*guess, console)
            return
        found = inspection.measured(place, truth)
        if as_json:
            answer(inspection.evaluation_as_json(*found))
        else:
            inspection.show_evaluation(*found, plot, console)
    except (ValueError, OSError, Damaged) as error:
        refuse(str(error))


def docs(home: HomeOption = None) -> None:
    """Write what the last night's tables promise and how it held, with Great Expectations' Data Docs behind it.

    The pages hold no personal data and ask the network for nothing.

    Example: `leads docs --home var`
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
