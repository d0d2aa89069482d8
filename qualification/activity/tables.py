"""Tables: one table of activity as received, and what it gives.

Belongs here: which builder reads which shape. Does not belong here: the builders, putting tables together (`gathered`).
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import polars as pl

from contracts.raw import REJECTS
from qualification.activity.attendance import read_attendance
from qualification.activity.costs import read_costs
from qualification.activity.deals import read_deal_merges, read_deal_people, read_deal_stages, read_deals
from qualification.activity.events import read_events
from qualification.activity.feedback import read_feedback
from qualification.activity.parts import Parts
from qualification.activity.taken import Taken
from sources.activity.shapes import shapes
from sources.activity.shelf import ActivityFile, activity_files

_READERS = {
    "activities": read_events,
    "attendance": read_attendance,
    "feedback": read_feedback,
    "deals": read_deals,
    "deal_stages": read_deal_stages,
    "deal_people": read_deal_people,
    "deal_merges": read_deal_merges,
    "costs": read_costs,
}


def read_table(told: ActivityFile, rows: pl.DataFrame) -> Parts:
    """What one table gives.

    Args:
        told: where it came from and how it is read.
        rows: `row` (Int64) and the cells as text columns "0", "1", ... in the order of the header.
    """
    shape = shapes()[told.shape]
    return _READERS[shape.makes](Taken(shape, told, rows))


ACTS = frozenset({"activities", "attendance"})
REST = frozenset(_READERS) - ACTS


def read_store(store: Path, makes: Collection[str]) -> Parts:
    """What all tables of activity in a store give whose shape makes one of these, in the order they were received."""
    found = ((told, rows) for told, rows in activity_files(store) if shapes()[told.shape].makes in makes)
    return Parts().extend(read_table(told, rows.collect()) for told, rows in found)


def acting_files(store: Path) -> list[str]:
    """Files whose rows are acts: what lead records of the same rows say was done is there already."""
    return sorted({told.file for told, _ in activity_files(store) if shapes()[told.shape].makes in ACTS})


def rejects_table(parts: Parts) -> pl.DataFrame:
    """Rows of which nothing could be told, contracts.raw.REJECTS, sorted."""
    held = parts.of("rejects").with_columns(channel=pl.col("file").str.extract(r"^([^/]+)/", 1).fill_null("activity"))
    return REJECTS.conform(held).sort("source", "file", "row", "reason_code")
