"""Decisions of people: `leads forget`.

Belongs here: what is typed, and what is refused. Does not belong here: erasing (`pipelines.forgetting`).
"""

from __future__ import annotations

from typing import Annotated

import typer

from engine.journal import Damaged
from pipelines.commands.prompt import HomeOption, console, finished, refuse
from publishing.manifest import BrokenPublication


def forget(
    who: Annotated[
        list[str],
        typer.Argument(help="E-mail addresses and published lead ids, past or present.", metavar="EMAIL|LEAD_ID..."),
    ],
    home: HomeOption = None,
) -> None:
    """Erase people: from the store, every publication, the lake and the report; and no later list brings them back.

    What stays are keyed hashes (overrides/erased.csv and its key) by which the next nights know the person under other
    spellings and hold the records back as `erased`. Consumers find the id in published/erasures.csv.

    Delivered files stay as they are: the command lists the rows in them, and what else is out of its reach.

    An address that nobody bears yet is held back from now on. No night may be running meanwhile.
    """
    from assets.resources.lake import HomeInUse
    from pipelines.forgetting import NobodyKnown
    from pipelines.forgetting import forget as forget_people
    from publishing.current import PublishError

    try:
        forget_people(finished(home), who, console)
    except (NobodyKnown, HomeInUse, ValueError, Damaged, BrokenPublication, PublishError) as error:
        refuse(str(error))
