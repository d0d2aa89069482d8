"""Two publications, one beside the other: `leads diff`.

Belongs here: what is typed and printed back. Does not belong here: comparing (`publishing.diff`), masking
(`publishing.report.effects`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import polars as pl
import typer
from rich.table import Table

from engine.escaping import for_terminal
from pipelines.commands.prompt import HomeOption, JsonOption, answer, console, finished, refuse

if TYPE_CHECKING:
    from publishing.diff import Change, Diff, Effect

SAME, DIFFERENT = 0, 1  # as diff(1) has it; 2 is a command that could not begin
_REASONS = 3
_COUNTS = ("new", "changed", "merged", "split", "gone")


def diff(
    before: Annotated[
        str | None, typer.Argument(metavar="[RUN_A]", help="A run: its id, or how it begins. Default: before RUN_B.")
    ] = None,
    now: Annotated[str | None, typer.Argument(metavar="[RUN_B]", help="Another run. Default: what is current.")] = None,
    *,
    candidate: Annotated[
        bool, typer.Option("--candidate", help="What is current beside the newest night that is held or was run dry.")
    ] = False,
    show: Annotated[bool, typer.Option("--show", help="Show values as they stand instead of masking them.")] = False,
    examples: Annotated[int, typer.Option(min=0, help="How many examples of each kind of change.")] = 5,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Say what differs between two publications: leads merged, split, new, gone, changed by field, and why.

    Exit code 0 where both hold the same, 1 where they differ, 2 where they could not be compared.

    Example: `leads diff --candidate --examples 3`
    """
    from publishing.diff import diff as compare
    from publishing.manifest import BrokenPublication
    from publishing.release import NotPossible

    place = finished(home)
    if candidate and before is not None:
        refuse("Name runs, or --candidate alone")
    try:
        pair = _candidate(place.published) if candidate else _pair(place.published, before, now)
        found = compare(*pair, examples=examples)
    except (BrokenPublication, FileNotFoundError, NotPossible) as error:
        refuse(str(error))
    if as_json:
        answer(_told(found, pair, plain=show))
    else:
        _show(found, pair, plain=show)
    raise typer.Exit(SAME if found.none else DIFFERENT)


def _pair(published: Path, before: str | None, now: str | None) -> tuple[Path, Path]:
    """The folders of the runs named; without names what is current, and the publication before it."""
    from publishing.listing import listed
    from publishing.previous import current_folder, publication_before
    from publishing.release import find

    there = [it.folder for it in listed(published)]
    later = find(there, now, "run") if now is not None else current_folder(published)
    if later is None:
        raise FileNotFoundError(f"{published} holds no publication; leads run")
    if before is not None:
        return find(there, before, "run"), later
    older = publication_before(later)
    if older is None:
        raise FileNotFoundError(f"There is no publication before {later.name}; leads history lists what there is")
    return older[0], later


def _candidate(published: Path) -> tuple[Path, Path]:
    from publishing.listing import listed
    from publishing.previous import current_folder

    current, held = current_folder(published), [it for it in listed(published) if it.is_held]
    if current is None:
        raise FileNotFoundError(f"{published} holds no publication to compare with; leads history lists what there is")
    if not held:
        raise FileNotFoundError("No night is held; leads run --dry makes one to look at")
    return current, held[-1].folder


def _show(found: Diff, folders: Iterable[Path], *, plain: bool) -> None:
    _say(f"{for_terminal(found.before)} [dim]→[/dim] {for_terminal(found.now)}")
    _show_causes(found)
    console.print(_counts(found.rows))
    if found.none:
        console.print("Both publications hold the same.")
        return
    leads, accounts = found.of("leads"), found.of("accounts")
    _say(f"A sync job has {leads.touched:,} leads and {accounts.touched:,} accounts to see to.")
    persons = _persons(folders)
    for it in (*found.events, *found.fields):
        _show_effect(it, persons, plain=plain)


def _persons(folders: Iterable[Path]) -> frozenset[str]:
    """Names that are somebody's, to be masked."""
    from publishing.report.masking import names_of

    leads_of = [pl.scan_parquet(folder / "leads.parquet", glob=False) for folder in folders]
    return names_of(pl.concat(table.select("given_name", "family_name") for table in leads_of).collect())


def _told(found: Diff, folders: Iterable[Path], *, plain: bool) -> dict[str, Any]:
    """The keys of `leads diff --json`; values are masked unless `plain`."""
    from publishing.report.effects import shown

    persons = _persons(folders)
    return {
        "same": found.none,
        "before": found.before,
        "now": found.now,
        "causes": [asdict(cause) for cause in found.causes],
        "rows": [asdict(row) for row in found.rows],
        "effects": [
            {name: getattr(it, name) for name in ("entity", "what", "field", "count", "same")}
            | {"reasons": dict(it.reasons)}
            | {
                "examples": [
                    {name: getattr(one, name) for name in ("id", "other", "reason", "same")}
                    | shown(one, it.field, persons=persons, plain=plain)._asdict()
                    for one in it.examples
                ]
            }
            for it in (*found.events, *found.fields)
        ],
    }


def _show_causes(found: Diff) -> None:
    from publishing.gates.wording import in_short
    from publishing.versions import KINDS

    for kind, of_kind in groupby(found.causes, key=lambda cause: cause.kind):
        names = in_short([str(cause) for cause in of_kind])
        _say(f"Made with other {KINDS[kind]}: {for_terminal(names)}")


def _counts(rows: Iterable[Change]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column()
    for heading in ("before", "now", *_COUNTS, "same records"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in rows:
        counts = [getattr(row, name) for name in ("before", "now", *_COUNTS, "same")]
        table.add_row(row.what, *("" if count is None else f"{count:,}" for count in counts))
    return table


def _show_effect(it: Effect, persons: frozenset[str], *, plain: bool) -> None:
    from publishing.report.effects import TOWARD, shown

    reasons = "; ".join(f"{reason} {count:,}" for reason, count in it.reasons[:_REASONS])
    counts = f"{it.count:,}, {it.same:,} of the same records"
    _say(f"\n[bold]{it.title}[/bold]  {counts}  [dim]{for_terminal(reasons)}[/dim]")
    for one in it.examples:
        texts = shown(one, it.field, persons=persons, plain=plain)
        value = f"{texts.before or '–'} → {texts.after or '–'}" if it.field else texts.who
        toward = f"{TOWARD[it.what]} {one.other}" if one.other else ""
        parts = (one.id, value, toward, one.reason, "" if one.same else "other records")
        _say("  " + for_terminal(" · ".join(part for part in parts if part)))


def _say(text: str) -> None:
    console.print(text, soft_wrap=True, highlight=False)
