"""What is known of a target, as tables: which record stands for which id, how each row fared, what users did there.

Belongs here: the tables every target has, and the words in them. Does not belong here: how they come about
(`delivery`), what is published (`contracts.published`).
"""

from __future__ import annotations

from contracts import statuses
from contracts.table import Table, text

STANDING = {
    "ours": "It is written to",
    "archived": "A user archived it; it is left alone",
    "retired": "We archived it: no source knows it any more",
    "shared": "A user merged it into the record of another of ours, which owns it",
    "deleted": "A user deleted it",
    "merged": "Its id became another, whose record it is now",
}
EVENTS = {
    "deleted": "A user deleted the record",
    "archived": "A user archived the record",
    "restored": "A user took the record out of the archive",
    "merged": "A user merged the record into another; it goes on under that one's id",
    "shared": "A user merged it into the record of another of ours: one of the two owns it, the other is not written",
    "mixed": "A user had merged a person who is erased now into the record of another of ours: clear it there by hand",
    "edited": "A user changed a field that we own; our value is written again",
    "told": "A field that is read back (stage, outcome) says something else than before",
}
_OF = (
    text("entity", "What the id stands for", nullable=False, words=statuses.ENTITY),
    text("key", "Our id: lead_id or account_id", nullable=False),
    text("kind", "Kind of record there", nullable=False),
    text("id", "Id of the record there"),
)

SYNC_IDS = Table(
    "ids",
    "Which record of the target stands for which lead and account.",
    (*_OF, text("standing", "How the record stands", nullable=False, words=STANDING), text("at", "Since when (UTC)")),
    key=("key",),
)

SYNC_ROWS = Table(
    "rows",
    "How each row of each sync fared, as the target said and as it was read back.",
    (
        text("run", "Run of the sync", nullable=False),
        text("at", "When (UTC)", nullable=False),
        text("action", "What was to be done", nullable=False),
        *_OF,
        text("status", "How it fared", nullable=False),
        text("reason", "What the target said; may hold personal data", nullable=False),
    ),
)

SYNC_EVENTS = Table(
    "events",
    "What people did in the target that concerns us: merged, deleted, archived, edits to fields we own, stages.",
    (
        text("at", "When it was seen (UTC)", nullable=False),
        text("event", "What was done", nullable=False, words=EVENTS),
        *_OF,
        text("field", "Field there, or what is read back: stage, outcome"),
        text("theirs", "What stands there; may hold personal data"),
    ),
)

SYNCED = (SYNC_IDS, SYNC_ROWS, SYNC_EVENTS)
