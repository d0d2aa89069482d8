"""Publications: `leads history`, `release`, `rollback`.

Belongs here: what is typed and printed back. Does not belong here: carrying it out (`publishing.release`), what there
is (`publishing.listing`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from engine.escaping import for_terminal
from pipelines.commands.feeding import feed_after
from pipelines.commands.prompt import HomeOption, JsonOption, answer, console, finished, refuse, user

if TYPE_CHECKING:
    from assets.resources.home import Home
    from publishing.decisions import Event
    from publishing.listing import Listed

_Because = Annotated[str, typer.Option("--because", help="Why; it is kept in the log with your name.", metavar="WHY")]
_DID: Mapping[Event, str] = {
    "released": "released",
    "rolled back": "went back to",
    "resumed": "ended the rollback to",
}


def history(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List the publications and held nights there are: what each changed, how it stands, who decided what and why.

    Example: `leads history --json`
    """
    from publishing.decisions import rolled_back
    from publishing.listing import listed

    place = finished(home)
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("run", "made (UTC)", "rules", "stands"):
        table.add_column(heading, overflow="fold")
    for heading in ("leads", "accounts", "new", "changed", "merged", "gone", "MB"):
        table.add_column(heading, justify="right", no_wrap=True)
    entries, stays = listed(place.published), rolled_back(place.published)
    if as_json:
        answer({"publications": list(map(_told, entries)), "rolled_back_to": stays and stays.run})
        return
    for it in entries:
        table.add_row(*map(for_terminal, _cells(it)))
    console.print(table)
    for it in entries:
        for said in it.decisions:
            what = f"{said.at:%Y-%m-%d %H:%M}  {said.who} {_DID[said.event]} {it.name}: {said.why}"
            console.print(for_terminal(what), soft_wrap=True, highlight=False)
    if stays is not None:
        console.print(f"[bold]{_until(stays.run)}[/bold]", soft_wrap=True, highlight=False)


def release(
    run: Annotated[str, typer.Argument(help="The held night: its run id, or how it begins.")],
    because: _Because,
    home: HomeOption = None,
) -> None:
    """Publish a night that a gate held. It has to be of the publication that is current; else run again.

    Example: `leads release 05267b20 --because "the fair's list is that long"`
    """
    from publishing.release import release as publish_held

    with _deciding(home, because) as (place, at):
        folder = publish_held(place.published, run, who=user(), why=because, at=at)
        console.print(
            f"Published {for_terminal(folder)}. What was measured that night counts as usual from now on.",
            soft_wrap=True,
            highlight=False,
        )
        feed_after(place)


def rollback(
    because: _Because,
    run: Annotated[
        str | None, typer.Argument(help="The publication to go back to: its run id, or how it begins.")
    ] = None,
    end: Annotated[bool, typer.Option("--end", help="End a rollback: the next night is published again.")] = False,
    home: HomeOption = None,
) -> None:
    """Go back to an earlier publication as a whole. It holds until you release a later night or end it.

    Nights go on being computed on top of it, and are held. Ids of the publications that were undone are never given
    to other persons or companies.

    Example: `leads rollback 05267b20 --because "wrong list delivered"`
    """
    from publishing.release import resume, roll_back

    if (run is None) != end:
        refuse("Name the publication to go back to (leads history lists them), or --end alone")
    with _deciding(home, because) as (place, at):
        if run is None:
            stands = resume(place.published, who=user(), why=because, at=at)
            said = f"Ended. The next night follows {stands} and is published again, unless a gate holds it."
        else:
            folder = roll_back(place.published, run, who=user(), why=because, at=at)
            said = f"Published {folder}. {_until(folder.name)}"
        console.print(for_terminal(said), soft_wrap=True, highlight=False)
        feed_after(place)


@contextmanager
def _deciding(home: Path | None, because: str) -> Iterator[tuple[Home, datetime]]:
    """The home, while no run is at work in it; what cannot be done is told."""
    from assets.resources.lake import HomeInUse, only_run
    from publishing.current import PublishError
    from publishing.release import NotPossible

    place = finished(home)
    if not because.strip():
        refuse("Say why: --because WHY. It is kept in the log")
    try:
        with only_run(place):
            yield place, datetime.now(UTC)
    except (HomeInUse, NotPossible, PublishError) as error:
        refuse(str(error))


def _until(run: str) -> str:
    return (
        f"The home stays on {run} until you end that: nights are computed and held. "
        "To publish one of them: leads release RUN. To let the next one be published: leads rollback --end."
    )


def _told(it: Listed) -> dict[str, Any]:
    """A publication as `leads history --json` has it."""
    from publishing.versions import made_with

    return {
        "run": it.name,
        "made_at": it.made_at,
        "rules": made_with(it.manifest.versions) or None,
        "stands": "held" if it.is_held else _stands(it) or "past",
        "held_by": _held_by(it),
        "rows": {name: entry.rows for name, entry in it.manifest.tables.items()},
        "tally": dict(it.verdict.tally or {}),
        "bytes": it.bytes,
        "decisions": [asdict(said) for said in it.decisions],
    }


def _cells(it: Listed) -> list[str]:
    from publishing.versions import made_with

    tally = it.verdict.tally or {}
    counts = [f"{tally[name]:,}" if name in tally else "" for name in ("new", "changed", "merged", "gone")]
    tables = it.manifest.tables
    return [
        it.name,
        f"{it.made_at:%Y-%m-%d %H:%M}",
        made_with(it.manifest.versions),
        _stands(it),
        f"{tables['leads'].rows:,}",
        f"{tables['accounts'].rows:,}",
        *counts,
        f"{it.bytes / 1e6:.1f}",
    ]


def _held_by(it: Listed) -> list[str]:
    """What holds a night, gates by their names; nothing for a publication."""
    if not it.is_held:
        return []
    verdict = it.verdict
    marks = {"rolled back": verdict.rolled_back, "rules": verdict.rules, "dry run": verdict.dry}
    gates = {finding.gate.name: None for finding in verdict.tripped}
    return [*(name for name, marked in marks.items() if marked), *gates]


def _stands(it: Listed) -> str:
    if it.is_held:
        return "held: " + ", ".join(_held_by(it))
    return "current" if it.is_current else "undone" if it.is_undone else ""
