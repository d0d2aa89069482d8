"""The prompt: what every command shares.

Belongs here: the console, the option that names the home, a home that is ready or has seen a night, refusing with a
word, answering in JSON. Does not belong here: any command.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import date
from functools import wraps
from getpass import getuser
from pathlib import Path
from typing import Annotated, Any, NoReturn, ParamSpec

import typer
from rich.console import Console

from assets.resources.home import Home, resolve_home
from assets.resources.home_version import UnknownHome, version_of
from assets.resources.owner import NoSuchGroup, close_to_others
from engine.disk import remedy
from engine.escaping import for_terminal

HomeOption = Annotated[
    Path | None,
    typer.Option(
        "--home",
        help="Folder everything lives under. Default: $LEADS_HOME, else var/ of a checkout or your folder for data.",
    ),
]
Said = ParamSpec("Said")

for stream in (sys.stdout, sys.stderr):
    with suppress(AttributeError):  # a stand-in for the terminal, in tests
        stream.reconfigure(errors="replace")  # type: ignore[union-attr] # a terminal without umlauts shows a ?
console = Console(width=None if sys.stdout.isatty() else 160, emoji=False)


def aside(given: bool) -> bool:
    """Leave stdout to the JSON that is asked for: what else is said goes to stderr."""
    console.stderr = given
    return given


JsonOption = Annotated[
    bool, typer.Option("--json", help="Answer in JSON, for scripts; other words go to stderr.", callback=aside)
]


def answer(told: dict[str, Any]) -> None:
    """Print an answer as JSON; dates are ISO 8601, what is not known is null."""
    typer.echo(json.dumps(told, ensure_ascii=False, indent=2, default=_plain))


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def at_work(command: Callable[Said, None]) -> Callable[Said, None]:
    """The command with a sign of life beside it in a terminal; not for one that asks something back."""

    @wraps(command)
    def shown(*arguments: Said.args, **options: Said.kwargs) -> None:
        with console.status("working"):
            command(*arguments, **options)

    return shown


def prepared(home: Path | None) -> Home:
    """The home, made where there was none; exits with code 2 where it cannot be used."""
    place = _known(home)
    try:
        place.prepare()
        close_to_others(place.root)
    except NoSuchGroup as error:
        refuse(str(error))
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        todo = "".join(f"{what}, or " for what in [remedy(error)] if what)
        refuse(f"The home {place.root} cannot be used: {error.strerror}{where}; {todo}name another with --home")
    return place


def current(home: Home) -> str | None:
    """What `published/current` points at, to tell whether something was published meanwhile."""
    link = home.published / "current"
    return str(link.readlink()) if link.is_symlink() else None


def finished(home: Path | None) -> Home:
    """A home that has seen a night; exits with code 2 where it has not."""
    place = _known(home)
    if not place.lake.is_dir():
        refuse(f"{place.root} has seen no night yet; leads run --home {place.root}")
    return place


def _known(home: Path | None) -> Home:
    """The home, of a version this code can read and write."""
    place = resolve_home(home)
    if place.root.exists() and not place.root.is_dir():
        refuse(f"{place.root} is not a folder, so it is no home; name one with --home")
    try:
        version_of(place)
    except UnknownHome as error:
        refuse(str(error))
    except OSError:
        pass  # whoever uses the home says why it cannot be read
    return place


def to_write(path: Path | None) -> None:
    """Refuse a file to be written whose folder is not there: it is a slip more often than a wish."""
    if path is not None and not path.absolute().parent.is_dir():
        refuse(f"{path} cannot be written: there is no folder {path.parent}")


def user() -> str:
    """Who is at work: $LEADS_USER, else as the system knows them."""
    try:
        return os.environ.get("LEADS_USER", "").strip() or getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def refuse(message: str, choices: Iterable[str] = ()) -> NoReturn:
    """Say why and what to do, and what there is to choose from, and exit with code 2: the command could not begin."""
    console.print(f"[red]{for_terminal(message)}[/red]", soft_wrap=True)
    for choice in choices:
        console.print(f"  {for_terminal(choice)}", soft_wrap=True, highlight=False)
    raise typer.Exit(2)
