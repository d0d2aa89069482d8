"""The contract of the change feed: what happened to leads and accounts from one publication to the next.

Belongs here: the table `changes`, and all that readers are promised, tables and feed. Does not belong here: how changes
are found (`publishing.feed`). The words are those of change data capture; merge, split and erase are ours, for a
person's id can go in three ways that call for different acts.
"""

from __future__ import annotations

import polars as pl

from contracts import statuses
from contracts.published import PUBLISHED
from contracts.table import TIMESTAMP, Column, Table, text

KINDS = {
    "insert": "The id is there, and was not before",
    "split": "So, and its records were another's that stays: its values and what hangs on them were not the other's",
    "update": "The row says something else",
    "merge": "The id was merged away: what hangs on it belongs to merged_into",
    "delete": "The person or company is gone, or the publication that brought it was undone",
    "erase": "The person was erased (Art. 17 GDPR): remove all that is kept of the id, whatever it was",
}

CHANGES = Table(
    "changes",
    "What happened to leads and accounts since the publication before, in the order in which it has to be carried out.",
    (
        Column("seq", pl.Int64, "Place in the order", nullable=False, least=1),
        text("entity", "What the id stands for", nullable=False, words=statuses.ENTITY),
        text("kind", "What happened", nullable=False, words=KINDS),
        text("id", "Lead or account it happened to", nullable=False),
        text("merged_into", "For merge: the id to use now"),
        text("split_from", "For split: the id that had its records before, and stays"),
        Column(
            "changed_fields",
            pl.List(pl.String),
            "For update: columns that say something else, in the order of the table; else empty",
            nullable=False,
        ),
        text("payload", "For insert, split and update: the row as JSON, by the names of the table; else null"),
        Column("at", TIMESTAMP, "When it was published", nullable=False),
        text("run_id", "Run that published it", nullable=False),
    ),
    key=("seq",),
)

PROMISED = (*PUBLISHED, CHANGES)
