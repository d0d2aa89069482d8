"""Decisions of people: `leads forget`, `leads withdraw`.

Belongs here: what is typed, and what is refused. Does not belong here: erasing (`pipelines.forgetting`).
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from engine.escaping import for_terminal
from engine.journal import Damaged
from pipelines.commands.feeding import feed_after
from pipelines.commands.prompt import HomeOption, console, finished, refuse
from publishing.manifest import BrokenPublication


def forget(
    who: Annotated[
        list[str],
        typer.Argument(
            help="E-mail addresses, names, records, customer numbers, lead ids, past or present.",
            metavar="EMAIL|NAME|ID...",
        ),
    ],
    home: HomeOption = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask; for scripts.")] = False,
) -> None:
    """Erase people: from the store, every publication, the lake and the report; and no later list brings them back.

    What stays are keyed hashes (overrides/erased.csv and its key) by which the next nights know the person under other
    spellings and hold the records back as `erased`. Consumers find the id in published/erasures.csv.

    Delivered files stay as they are: the command lists the rows in them, and what else is out of its reach.

    It shows what it will erase and asks. An address that nobody bears yet is held back from now on. No night may be
    running meanwhile. A name of several leads erases nobody: their ids are listed.

    Example: `leads forget anna.klein@nord.de`
    """
    from assets.resources.lake import HomeInUse
    from pipelines.finding import NobodyMeant, SeveralMeant
    from pipelines.forgetting import forget as forget_people
    from publishing.current import PublishError

    place = finished(home)
    try:
        forget_people(place, who, console, lambda: yes or _agreed())
    except SeveralMeant as error:
        refuse(f"Nothing was erased: {error}", error.leads)
    except (NobodyMeant, HomeInUse, ValueError, Damaged, BrokenPublication, PublishError) as error:
        refuse(str(error))
    feed_after(place)


def _agreed() -> bool:
    if not sys.stdin.isatty():
        refuse("Nothing was erased: nobody is there to agree; give --yes where a script asks for it")
    return typer.confirm("Erase this for good?")


def withdraw(
    source: Annotated[str, typer.Argument(help="Folder of the source, below inbox/online or inbox/offline.")],
    *,
    because: Annotated[str, typer.Option(help="Why, for those who ask later.")],
    file: Annotated[str | None, typer.Option(help="Only what this file delivered.")] = None,
    record_id: Annotated[str | None, typer.Option("--id", help="Only the record of this source_record_id.")] = None,
    absent_from: Annotated[
        str | None, typer.Option(help="The records that are not in this file, the source's new snapshot.")
    ] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Take such a withdrawal back.")] = False,
    home: HomeOption = None,
) -> None:
    """Leave records out from the next run on: all a source delivers, a file's, or one.

    Nothing is erased (`leads forget` does that); what is withdrawn stays in the store, and --undo brings it back.

    Example: `leads withdraw partner_list --file leads_may.csv --because "bought list"`
    """
    from pipelines.withdrawing import NothingThere, withdraw_records
    from sources.problems import Unreadable

    if (file is not None) + (record_id is not None) + (absent_from is not None) > 1:
        refuse("--file, --id and --absent-from exclude each other; give one of them")
    try:
        told = withdraw_records(
            finished(home), source, because, file=file, record_id=record_id, absent_from=absent_from, undo=undo
        )
    except (NothingThere, Unreadable, ValueError, OSError) as error:
        refuse(str(error))
    console.print(for_terminal(told), soft_wrap=True)
