"""Rules tried on history: `leads rules diff`.

Belongs here: what is typed and printed back. Does not belong here: replaying (`pipelines.rehearsing`).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import polars as pl
import typer
from rich.table import Table

from engine.escaping import for_terminal
from engine.journal import Damaged
from pipelines.commands.prompt import HomeOption, JsonOption, answer, console, finished, refuse
from pipelines.place import told_place

if TYPE_CHECKING:
    from pipelines.rehearsing import Rehearsed
    from qualification.rehearsal.rules_diff import RulesDiff

_TITLES = {
    "gained": "MQL by the changed rules alone",
    "lost": "MQL by today's rules alone",
    "added": "Hand-overs added",
    "withdrawn": "Hand-overs withdrawn",
}
_ROWS = 8


def diff(
    folder: Annotated[
        Path,
        typer.Argument(
            help="Changed rule files of qualification, such as scoring.toml; the home's own count for the rest.",
            exists=True,
            file_okay=False,
            metavar="FOLDER",
        ),
    ],
    *,
    days: Annotated[int, typer.Option(min=1, help="Length of the period, which ends with the last night.")] = 90,
    examples: Annotated[int, typer.Option(min=0, help="How many leads of each kind of change.")] = 10,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Try changed rules of qualification on history: who would gain or lose MQL, which hand-overs, and by which rows.

    Publishes nothing. Both sets of rules see the facts and acts of the last night.

    Example: `leads rules diff drafts/`
    """
    from pipelines.rehearsing import rehearse
    from qualification.rule_files import UnsoundRules

    try:
        found = rehearse(finished(home), folder, days)
    except (UnsoundRules, OSError, Damaged) as error:
        refuse(str(error))
    if as_json:
        told = {name: frame.to_dicts() for name, frame in found.diff._asdict().items()}
        answer({name: value for name, value in found._asdict().items() if name != "diff"} | told)
    else:
        _show(found, days, examples)


def _show(found: Rehearsed, days: int, examples: int) -> None:
    versions = f"{found.old} → {found.new}" if found.old != found.new else f"{found.old} in both"
    changed = ", ".join(found.changed) or "nothing"
    _say(f"Changed: {changed}; scoring rules {versions}; {days} days until {found.as_of:%Y-%m-%d %H:%M} UTC")
    if found.not_replayed:
        _say(f"Not tried, for they decide no MQL and no hand-over here: {', '.join(found.not_replayed)}")
    diff = found.diff
    for change in ("gained", "lost"):
        leads = diff.leads.filter(change=change)
        _title(change, leads.height)
        for lead in leads.head(examples).iter_rows(named=True):
            scores = (
                f"{name} {lead[f'{name}_old']:.2f} → {lead[f'{name}_new']:.2f}"
                for name in ("fit", "behaviour")
                if lead[f"{name}_old"] is not None and lead[f"{name}_new"] is not None
            )
            _say(f"  {lead['lead_id']} {lead['at']:%Y-%m-%d %H:%M} UTC, {lead['why']}: {', '.join(scores)}")
            for line in _rows(diff.rows.filter(lead_id=lead["lead_id"])):
                _say(f"    {line}")
    for change in ("added", "withdrawn"):
        given = diff.handovers.filter(change=change)
        _title(change, given.height)
        for why, count in given["why"].value_counts(sort=True).sort("count", "why", descending=[True, False]).rows():
            _say(f"  {count:,} {why}")
        _say_ids(given["lead_id"], examples)
    console.print()
    console.print(_sums(diff))
    unlike = diff.days.filter(pl.col("old") != pl.col("new"))
    if unlike.height:
        _say(f"Days with other hand-overs: {unlike.height:,}")
    for day, old, new in unlike.tail(examples).iter_rows():
        _say(f"  {day} {old:,} → {new:,}")


def _title(change: str, leads: int) -> None:
    console.print(f"\n[bold]{_TITLES[change]}[/bold]: {leads:,} lead{'s' * (leads != 1)}", highlight=False)


def _rows(rows: pl.DataFrame) -> Iterator[str]:
    """What the rows of a lead contribute by each set of rules."""
    for row in rows.head(_ROWS).iter_rows(named=True):
        place = told_place(row["file"], None, row["row"])
        yield f"{row['old']:+8.2f} → {row['new']:+8.2f}  {row['rule']}{f' · {place}' if place else ''}"
    if rows.height > _ROWS:
        yield f"and {rows.height - _ROWS:,} rows more"
    if rows.is_empty():
        yield "every row counts as before; a threshold decides"


def _sums(diff: RulesDiff) -> Table:
    """Both sets of rules beside each other."""
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column()
    table.add_column("today's rules", justify="right", no_wrap=True)
    table.add_column("the changed ones", justify="right", no_wrap=True)
    won = {row["of"]: row for row in diff.won.iter_rows(named=True)}
    counts = {name: [int(count) for count in diff.days[name]] for name in ("old", "new")}
    table.add_row("MQLs", *(f"{won[name]['leads']:,}" for name in counts))
    table.add_row("of them won", *(_share(won[name]) for name in counts))
    table.add_row("hand-overs", *(f"{sum(each):,}" for each in counts.values()))
    table.add_row("a day", *(f"{sum(each) / len(each):.2f}" for each in counts.values()))
    table.add_row("on the busiest day", *(f"{max(each):,}" for each in counts.values()))
    return table


def _share(row: dict[str, Any]) -> str:
    return f"{row['won']:,} ({row['share']:.0%})" if row["share"] is not None else "–"


def _say_ids(ids: pl.Series, examples: int) -> None:
    if ids.len() and examples:
        _say(f"  {', '.join(ids.head(examples))}{' …' if ids.len() > examples else ''}")


def _say(text: str) -> None:
    console.print(for_terminal(text), soft_wrap=True, highlight=False)
