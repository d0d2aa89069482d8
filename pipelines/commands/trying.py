"""To try it: `leads sample`.

Belongs here: what is typed and printed back. Does not belong here: making leads (`samples`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from engine.escaping import for_terminal
from engine.fence import walk
from pipelines.commands.prompt import console, refuse


def sample(
    folder: Annotated[
        Path, typer.Argument(help="Home to write into: DIR/inbox/… and DIR/truth.parquet.", metavar="DIR")
    ],
    leads: Annotated[int, typer.Option(min=10, max=10_000_000, help="Number of source records.")] = 5000,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same bytes.")] = 1,
    activity: Annotated[bool, typer.Option("--activity", help="With what people did, orders and costs.")] = False,
) -> None:
    """Write an inbox of realistic synthetic leads with known truth.

    Example: `leads sample try --leads 500 --seed 7`
    """
    from samples.activity import write_activity
    from samples.generate import write_sample

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    try:
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
            task = bar.add_task(f"Writing {leads:,} synthetic leads", total=leads)
            written = write_sample(folder.resolve(), leads, seed, lambda rows: bar.advance(task, rows))
        did = write_activity(written.home, written.truth, seed) if activity else None
    except OSError as error:
        where = error.filename or folder
        refuse(f"No sample could be written: {error.strerror or error} ({where}); name another folder")
    console.print(
        f"{written.leads:,} leads of {written.people:,} people at {written.companies:,} companies in {written.files} "
        f"files ({written.bytes / 1e6:,.1f} MB) below {for_terminal(written.home / 'inbox')}.\n"
        f"Truth {for_terminal(written.truth)}\n"
        f"Next  leads run --home {for_terminal(written.home)}",
        soft_wrap=True,
    )
    if did:
        console.print(f"{did.acts:,} acts and {did.orders:,} orders; truth {for_terminal(did.truth)}", soft_wrap=True)
    lying = sum(1 for _ in walk(written.home / "inbox", (), bool))
    if others := lying - written.files - (did.files if did else 0):
        console.print(
            f"[yellow]{others:,} other files lie in the inbox too and will be read with them; the truth does not know "
            "them.[/yellow]"
        )
