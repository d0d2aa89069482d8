"""Decisions of tonight: what came back is taken into the log, then the log is read once for all that obeys it.

Belongs here: the order of that. Does not belong here: the steps (`dropped`, `log`, `standing`).
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import polars as pl

from contracts.matched import DECISION_NOTICES
from matching.decisions.dropped import take_dropped
from matching.decisions.log import FILE, mistakes, read_decisions, torn
from matching.decisions.standing import standing
from matching.decisions.unread import unread


class Tonight(NamedTuple):
    """`decisions`: `contracts.matched.DECISIONS`. `notices`: `contracts.matched.DECISION_NOTICES`."""

    decisions: pl.DataFrame
    notices: pl.DataFrame


def decisions_of_tonight(folder: Path, keys: pl.DataFrame, names: pl.DataFrame, at: datetime) -> Tonight:
    """Read what people decided.

    Args:
        folder: the folder of the log.
        keys: source, source_record_id of tonight's records; row position = record.
        names: `contracts.matched.COMPANY_NAMES`, at least name, company, company_key and postcode.
        at: time of the run (UTC).

    Raises:
        ValueError, OSError: a file cannot be read; names file, row and remedy.
    """
    said = take_dropped(folder, keys, names, at) + unread(folder) + mistakes(folder)
    if torn(folder):
        said.append(f"overrides/{FILE} ends within a line, which does not count; decide that again")
    found = standing(read_decisions(folder), keys, names, at.date())
    notices = [("unread", what) for what in said]
    notices += [("contradicted", told.tonight) for told in found.contradictions]
    unused = found.decisions.filter(state="unused").unique("id", keep="first", maintain_order=True)
    notices += [
        ("unused", f"overrides/{place}: {decision} matches nothing and waits: {note}")
        for place, decision, note in unused.select("place", "decision", "note").iter_rows()
    ]
    return Tonight(found.decisions, pl.DataFrame(notices, schema=DECISION_NOTICES.schema, orient="row"))
