"""Decisions of people on who is who and what is right: `leads decide …`, `leads decisions`.

Belongs here: what is typed and printed back. Does not belong here: what is meant (`pipelines.deciding`), what follows
(`matching.decisions`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from engine.escaping import for_terminal
from engine.journal import Damaged
from pipelines.commands.prompt import HomeOption, JsonOption, answer, console, finished, refuse, user
from publishing.manifest import BrokenPublication

if TYPE_CHECKING:
    from pipelines.deciding import Desk, Why

Because = Annotated[str, typer.Option("--because", help="Why; kept in the log with your name.", metavar="WHY")]
Until = Annotated[
    datetime | None, typer.Option("--until", formats=["%Y-%m-%d"], help="The last day it holds.", metavar="YYYY-MM-DD")
]
Companies = Annotated[bool, typer.Option("--companies", help="They are companies: spellings or account ids.")]
_One = Annotated[str, typer.Argument(help="SOURCE/ID of a record, or a lead id.", metavar="RECORD")]
_Other = Annotated[str, typer.Argument(help="The other one.", metavar="RECORD")]
_Company = Annotated[str, typer.Argument(help="As a source spells it, or an account id.")]


def must_link(
    one: _One,
    other: _Other,
    *,
    because: Because,
    until: Until = None,
    companies: Companies = False,
    home: HomeOption = None,
) -> None:
    """Two records are one person, or with --companies two companies are one.

    Example: `leads decide must-link web_form/WF-7 fair/12 --because "called him"`
    """
    from pipelines import deciding

    act = deciding.link_companies if companies else deciding.link
    _do(home, because, until, lambda desk, why: act(desk, "must_link", one, other, why))


def cannot_link(
    one: _One,
    other: _Other,
    *,
    because: Because,
    until: Until = None,
    companies: Companies = False,
    home: HomeOption = None,
) -> None:
    """Two records are two persons, or with --companies two companies are two.

    A company with itself: companies of one name in different postcodes are kept apart.

    Example: `leads decide cannot-link "Huber GmbH" "Huber AG" --companies --because "two registers"`
    """
    from pipelines import deciding

    act = deciding.link_companies if companies else deciding.link
    _do(home, because, until, lambda desk, why: act(desk, "cannot_link", one, other, why))


def unmerge(
    lead_id: Annotated[str, typer.Argument(help="Published lead id, past or present.")],
    because: Because,
    records: Annotated[
        list[str] | None, typer.Argument(help="SOURCE/ID of the records that leave; default: as before its last merge.")
    ] = None,
    until: Until = None,
    home: HomeOption = None,
) -> None:
    """Take a lead apart again: ids and values come back as they were before the merge.

    Example: `leads decide unmerge LU6GRI45IKS22IUBY --because "father and son"`
    """
    from pipelines import deciding

    _do(home, because, until, lambda desk, why: deciding.unmerge(desk, lead_id, records or [], why))


def set_field(
    lead_id: Annotated[str, typer.Argument(help="Published lead id, or SOURCE/ID of one of its records.")],
    field: Annotated[str, typer.Argument(help="Column of leads.")],
    value: Annotated[str, typer.Argument(help='What it is to be; "" for none.')],
    *,
    because: Because,
    until: Until = None,
    home: HomeOption = None,
) -> None:
    """Set a field of a lead; it wins over every source, tonight's and later ones.

    Example: `leads decide set-field web_form/WF-7 job_title Einkaufsleiter --because "her card"`
    """
    from pipelines import deciding

    _do(home, because, until, lambda desk, why: deciding.set_field(desk, lead_id, field, value, why))


def rename(company: _Company, name: str, because: Because, until: Until = None, home: HomeOption = None) -> None:
    """Show a company by this name.

    Example: `leads decide rename "zf ag" "ZF Friedrichshafen AG" --because "its register"`
    """
    from pipelines import deciding

    _do(home, because, until, lambda desk, why: deciding.rename(desk, company, name, why))


def set_parent(
    company: _Company,
    parent: Annotated[str, typer.Argument(help="The company that owns it, named alike.")],
    *,
    because: Because,
    until: Until = None,
    home: HomeOption = None,
) -> None:
    """State which company owns another.

    Example: `leads decide set-parent "Rexroth AG" "Robert Bosch GmbH" --because "annual report"`
    """
    from pipelines import deciding

    _do(
        home,
        because,
        until,
        lambda desk, why: deciding.link_companies(desk, "set_parent", company, parent, why),
    )


def revoke(
    number: Annotated[str, typer.Argument(help="Number of the decision, from `leads decisions`.")],
    because: Because,
    home: HomeOption = None,
) -> None:
    """Take a decision back. The log keeps both.

    Example: `leads decide revoke 12 --because "wrong person"`
    """
    from pipelines import deciding

    _do(home, because, None, lambda desk, why: deciding.revoke(desk, number, why))


def decisions(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List all decisions, and what was withdrawn: when, who, what, why, and how each stands.

    Example: `leads decisions --json`
    """
    from sources.withdrawals import read_lines

    with at_desk(home) as desk:
        found = desk.standing()
        if as_json:
            standing = {
                "decisions": found.decisions.to_dicts(),
                "withdrawals": read_lines(desk.folder).to_dicts(),
                "unread": desk.unread(),
                "contradictions": [one.tonight for one in found.contradictions],
            }
            answer(standing)
            return
        table = Table(box=None, padding=(0, 2, 0, 0))
        for heading in ("id", "when", "who", "what", "why", "until", "state"):
            table.add_column(heading, overflow="fold")
        for _, lines in found.decisions.group_by("id", maintain_order=True):
            row = lines.row(0, named=True)
            sides = [", ".join(lines[side].drop_nulls()) for side in ("left", "right")]
            value = (
                f"{row['field'] or ''} = {row['value'] or 'none'}" if row["decision"] == "set_field" else row["value"]
            )
            what = " | ".join(filter(None, [row["decision"], *sides, value]))
            state = f"{row['state']} {row['note']}" if row["note"] else row["state"]
            when = f"{row['at']:%Y-%m-%d %H:%M}" if row["at"] else ""
            cells = (row["id"], when, row["who"], what, row["because"], row["until"], state)
            table.add_row(*("" if cell is None else for_terminal(cell) for cell in cells))
        for row in read_lines(desk.folder).iter_rows(named=True):
            what = " | ".join(filter(None, [row["decision"], row["source"], row["file"], row["source_record_id"]]))
            when = (row["at"] or "")[:16].replace("T", " ")
            state = "active" if row["holds"] else "replaced by a later line"
            cells = ("", when, row["who"], what, row["why"], None, state)
            table.add_row(*("" if cell is None else for_terminal(cell) for cell in cells))
        console.print(table)
        for what in desk.unread():
            console.print(f"[bold yellow]{for_terminal(what)}[/bold yellow]", soft_wrap=True)
        for told in found.contradictions:
            console.print(f"[bold yellow]{for_terminal(told.tonight)}[/bold yellow]", soft_wrap=True)


@contextmanager
def at_desk(home: HomeOption) -> Iterator[Desk]:
    """Where decisions about a home are taken; what cannot be is refused with a word."""
    from pipelines.deciding import Desk

    try:
        yield Desk(finished(home), user())
    except (ValueError, OSError, Damaged, BrokenPublication) as error:
        refuse(str(error))


def _do(home: HomeOption, because: str, until: datetime | None, act: Callable[[Desk, Why], str]) -> None:
    from pipelines.deciding import Why

    if not because.strip():
        refuse("Say why: --because WHY")
    with at_desk(home) as desk:
        told = act(desk, Why(because.strip(), until and until.date()))
        console.print(for_terminal(told), soft_wrap=True, highlight=False)
