"""Decisions of people: `leads forget`.

Belongs here: what is typed and printed back. Does not belong here: what follows from a decision.
"""

from __future__ import annotations

from typing import Annotated

import typer

from engine.journal import Damaged
from pipelines.commands.prompt import HomeOption, console, finished, refuse
from publishing.manifest import BrokenPublication


def forget(
    lead_id: Annotated[str, typer.Argument(help="Published lead id, past or present.")], home: HomeOption = None
) -> None:
    """Erase a person: from the next run on no record of them goes further, whichever list brings it.

    Only keyed hashes are kept. Delivered files and lake/raw keep what was received until you delete it there.
    """
    from pipelines.inspection import UnknownLead, forget_lead

    try:
        forget_lead(finished(home), lead_id, console)
    except (UnknownLead, FileNotFoundError, Damaged, BrokenPublication) as error:
        refuse(str(error))
