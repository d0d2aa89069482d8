"""Decisions of tonight: what came back is taken into the log, then the log is read once for all that obeys it.

Belongs here: the order of that. Does not belong here: the steps (`dropped`, `log`, `standing`).
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import polars as pl

from matching.decisions.dropped import take_dropped
from matching.decisions.log import FILE, read_decisions, torn
from matching.decisions.standing import standing


class Tonight(NamedTuple):
    """`decisions`: `contracts.matched.DECISIONS`. `notices`: what those who decide have to know, a sentence each."""

    decisions: pl.DataFrame
    notices: list[str]


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
    notices = take_dropped(folder, keys, names, at)
    if torn(folder):
        notices.append(f"overrides/{FILE} ends within a line, which does not count; decide that again")
    found = standing(read_decisions(folder), keys, names, at.date())
    notices += [told.tonight for told in found.contradictions]
    if unused := found.decisions.filter(state="unused")["id"].n_unique():
        notices.append(f"{unused:,} name a record or company that was not read tonight; `leads decisions` lists them")
    return Tonight(found.decisions, notices)
