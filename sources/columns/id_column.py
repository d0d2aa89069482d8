"""The id column: which column, if any, identifies a record.

Belongs here: choosing among the columns whose names say or suggest it, by their values. Does not belong here: what is
the id of a record without one (`store.row_file`), ids given twice (`store.channel_records`).
"""

from __future__ import annotations

from contracts.raw import RECORD_ID
from sources.columns.context import Columns
from sources.columns.headers import MAYBE_ID, fold
from sources.columns.values import Profile


def id_column(columns: Columns) -> int | None:
    """The place of the column that identifies a record, None when no column does."""
    strong = [place for place, name in columns.meant.items() if name.field == RECORD_ID]
    maybe = [place for place, name in columns.meant.items() if name.field == MAYBE_ID]
    looks = columns.looks
    # A plain `ID` is meant as one even where updates repeat it; a number must prove itself.
    strong += [place for place in maybe if fold(columns.header[place]) == "id"]
    strong = [place for place in strong if _id_like(looks[place]) and looks[place].unique >= 0.2]
    if strong:
        return min(
            strong,
            key=lambda place: (
                columns.meant[place].field != RECORD_ID,
                -looks[place].unique,
                -looks[place].filled,
                place,
            ),
        )
    return next((place for place in maybe if _proves_itself(looks[place])), None)


def _id_like(look: Profile) -> bool:
    return look.filled > 0 and look.share("id") >= 0.95 and look.share("email") == 0 and look.share("date") < 0.5


def _proves_itself(look: Profile) -> bool:
    """Whether every row has a value, and each another."""
    return _id_like(look) and look.unique == 1 and look.filled == look.total
