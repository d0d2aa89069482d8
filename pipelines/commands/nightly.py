"""The night and the page beside it: `leads run`, `leads ui`.

Belongs here: what is typed and printed back. Does not belong here: the night (`pipelines.night`), the page
(`pipelines.ui`).
"""

from __future__ import annotations

import os
import secrets
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from socket import gaierror
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from assets.resources.plain_path import plain_path
from engine.disk import remedy
from engine.escaping import for_terminal
from pipelines.commands.prompt import HomeOption, JsonOption, answer, console, current, prepared, refuse

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from assets.resources.home import Home
    from publishing.last_night import Night


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
    dry: Annotated[
        bool, typer.Option("--dry", help="Publish nothing: leave the night to be looked at, and released or not.")
    ] = False,
    as_of: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            help="Make the tables of a past day in `<home>/as_of/DATE`, from the files received until then.",
            metavar="DATE",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Run the nightly job now: read the inbox, clean, match, merge, publish.

    Exit codes: 0 published whole, or the night changed nothing, or it was run dry and nothing holds it; 1 something
    failed or is damaged; 2 it could not begin; 3 published without the records on which a rule broke, or not into
    PostgreSQL; 4 held by a gate, see `leads history`.

    With --as-of nothing of the home changes: the past day gets a home of its own, with today's rules and decisions.

    The run shows in the Dagster UI (`leads ui`).

    Example: `leads run --home var --dry`
    """
    with console.status("loading"):
        from sources.apart import load_ahead

        load_ahead()
        from dagster import DagsterError, DagsterInvalidConfigError, DagsterInvalidDefinitionError
        from sqlalchemy.exc import SQLAlchemyError

        from assets.resources.choices import NotAChoice
        from assets.resources.lake import HomeInUse, only_run
        from engine.rules_folder import UnsoundRules, check
        from pipelines.as_of import home_as_of
        from pipelines.history import NoHistory
        from pipelines.night import run_night
        from pipelines.upkeep.alerts import alert
        from publishing.last_night import last_night
        from publishing.report.masking import without_contacts

    def give_up(why: str) -> NoReturn:
        for unsaid in alert("Lead Refinery: the night could not begin", [without_contacts(why)]):
            console.print(f"[yellow]{for_terminal(unsaid)}[/yellow]", soft_wrap=True)
        refuse(why)

    place = prepared(home)
    before = current(place)
    try:
        check(place.root)
        if as_of is not None:
            if as_of > datetime.now():
                refuse(f"{as_of:%Y-%m-%d} has not come yet; --as-of takes a past day")
            place, inbox = prepared(home_as_of(place, inbox or place.inbox, as_of.date()).root), None
            if not any(path.is_file() for path in place.inbox.rglob("*")):
                refuse(f"No file had been received by {as_of:%Y-%m-%d}")
        earlier = last_night(place.published)
        with only_run(place):
            pass  # asked here too, before Dagster notes a run that cannot do anything
        code = run_night(place, inbox, console, dry=dry)
    except (NotAChoice, NoHistory, HomeInUse, UnsoundRules) as error:
        give_up(str(error))
    except DagsterInvalidDefinitionError as error:
        give_up(f"{error} Correct LEADS_SCHEDULE or LEADS_TIMEZONE, or unset them.")
    except DagsterInvalidConfigError as error:
        give_up(f"{error} Correct {place.dagster_settings}, or delete it to have it made anew.")
    except (OSError, SQLAlchemyError, DagsterError) as error:  # Dagster's history lies in SQLite
        stands = "Not published; the last publication stays" if current(place) == before else "Published, but"
        why = f"{stands}: {getattr(error, 'orig', error)}"
        give_up("; ".join(filter(None, [why, remedy(error) or remedy(why)])))
    if as_json:
        night = last_night(place.published)
        answer(_told(place, code, None if night == earlier else night))
    raise typer.Exit(code)


def _told(home: Home, code: int, night: Night | None) -> dict[str, Any]:
    """The keys of `leads run --json`; without a night it failed before there was anything to publish."""
    return {
        "exit_code": code,
        "state": night.state if night else "failed",
        "run_id": night.run_id if night else None,
        "folder": night and night.folder,
        "rows": {name: entry.rows for name, entry in night.manifest.tables.items()} if night else {},
        "current": current(home),
        "report": home.report / "index.html",
    }


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

    Example: `leads ui --port 3001`
    """
    from pipelines.ui.address import Address, UiIsUp, authorities, is_private, only_one
    from pipelines.ui.login import TOKEN_SIGNS, Login

    place, address = prepared(home), Address(host, port)
    token = os.environ.pop("LEADS_UI_TOKEN", "")  # nothing that is started has a use for it
    if token and len(token) < TOKEN_SIGNS:
        refuse(f"LEADS_UI_TOKEN can be guessed; it needs {TOKEN_SIGNS} signs or more")
    os.environ |= {"LEADS_HOME": str(place.root), "DAGSTER_HOME": str(plain_path(place.dagster))}
    with ExitStack() as held:
        try:
            held.enter_context(only_one(place.dagster / "ui.lock", address))
            bound = held.enter_context(address.listen())
        except UiIsUp as error:
            refuse(f"The page of this home is up already, on {error}; open it there, or stop that first")
        except gaierror as error:
            refuse(f"{host} is no address of this machine ({error.strerror}); name another with --host")
        except OSError as error:
            refuse(f"Port {port} cannot be used ({error.strerror}); another one: leads ui --port {port % 65_535 + 1}")
        status = held.enter_context(console.status("starting Dagster"))
        from pipelines.history import NoHistory
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

        try:
            raise typer.Exit(serve(place, bound, guarded, ready))
        except NoHistory as error:
            status.stop()
            refuse(str(error))
