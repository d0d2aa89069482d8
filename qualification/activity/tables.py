"""Tables: one table of activity as received, and what it gives.

Belongs here: which builder reads which shape. Does not belong here: the builders, putting tables together (`gathered`).
"""

from __future__ import annotations

import polars as pl

from qualification.activity.attendance import read_attendance
from qualification.activity.costs import read_costs
from qualification.activity.deals import read_deal_merges, read_deal_people, read_deal_stages, read_deals
from qualification.activity.events import read_events
from qualification.activity.feedback import read_feedback
from qualification.activity.parts import Parts
from qualification.activity.taken import Taken
from sources.activity.shapes import shapes
from sources.activity.shelf import ActivityFile

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
