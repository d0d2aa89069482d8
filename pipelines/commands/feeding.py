"""The feed in PostgreSQL: `leads feed`, and what other commands bring there at once.

Belongs here: what is typed and printed back. Does not belong here: loading (`publishing.feed.postgres`), how consumers
read (`publishing.feed.consumers`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer
from rich.table import Table

from engine.escaping import for_terminal
from pipelines.commands.prompt import HomeOption, JsonOption, answer, console, current, finished, refuse
from publishing.feed.connection import DSN, FeedError, dsn
from publishing.manifest import BrokenPublication

if TYPE_CHECKING:
    from assets.resources.home import Home
    from publishing.feed.consumers import Lag
    from publishing.feed.postgres import Loaded

UNFED = 3  # done, but not that


def feed(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Bring the publication that is current into PostgreSQL now, and list who reads its changes and how far they are.

    $LEADS_CRM_DSN names the database. `leads run`, `release`, `rollback` and `forget` do this by themselves; the same
    publication again changes nothing.

    Example: `leads feed --json`
    """
    place = finished(home)
    if not dsn():
        refuse(f"{DSN} names no database; set it to postgresql://USER:PASSWORD@HOST:5432/DATABASE")
    try:
        done = _load(place)
    except (FeedError, BrokenPublication) as error:
        console.print(f"Not loaded: {for_terminal(str(error))}", soft_wrap=True, highlight=False)
        raise typer.Exit(1) from None
    if as_json:
        answer(asdict(done))
        return
    console.print(for_terminal(_in_words(done)), soft_wrap=True, highlight=False)
    console.print(_listed(done.consumers) if done.consumers else "No consumer has begun to read the changes yet.")


def feed_after(place: Home) -> None:
    """What a command changed is brought into PostgreSQL, where a database is named; else the next night does it."""
    if not dsn() or current(place) is None:
        return
    try:
        console.print(for_terminal(_in_words(_load(place))), soft_wrap=True, highlight=False)
    except (FeedError, BrokenPublication) as error:
        console.print(
            f"[bold red]Done, but not in PostgreSQL:[/bold red] {for_terminal(str(error))}. The next night makes up "
            "for it, or now: leads feed",
            soft_wrap=True,
            highlight=False,
        )
        raise typer.Exit(UNFED) from None


def _load(place: Home) -> Loaded:
    from assets.resources.choices import NotAChoice, choices_from_environment
    from publishing.feed.postgres import load

    try:
        return load(place.published, dsn(), keep_days=choices_from_environment().keep_days)
    except NotAChoice as error:
        raise FeedError(str(error)) from None


def _in_words(done: Loaded) -> str:
    changes = ", ".join(f"{count:,} {kind}" for kind, count in done.changes.items()) or "no changes"
    return f"PostgreSQL holds {done.folder}: {sum(done.rows.values()):,} rows written, {changes}"


def _listed(consumers: Sequence[Lag]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("consumer", "last read (UTC)", "oldest unread (UTC)"):
        table.add_column(heading, overflow="fold")
    table.add_column("unread", justify="right")
    for it in consumers:
        times = (f"{at:%Y-%m-%d %H:%M}" if at else "" for at in (it.read_at, it.since))
        table.add_row(for_terminal(it.name), *times, f"{it.changes:,}" if it.begun else "has to begin with the tables")
    return table
