"""Damage: what a run found that is not what was written, told so that nobody overlooks it.

Belongs here: the two words for it in a run's log, and finding them there again. Does not belong here: finding or
mending the damage (`sources.store.soundness`, `publishing.repair`, `assets.resources.lake`).
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

import dagster as dg

from engine.escaping import for_log
from publishing.report.masking import without_contacts

_MENDED, _LOST = "Mended: ", "Damaged: "


def mended(log: dg.DagsterLogManager, what: str) -> None:
    """Something was damaged and is whole again; the tables come out as if nothing had been."""
    log.warning(_MENDED + _line(what))


def lost(log: dg.DagsterLogManager, what: str) -> None:
    """Something was damaged and could not be made whole; a person has to look, and the run exits non-zero."""
    log.error(_LOST + _line(what))


def _line(what: str) -> str:
    """As one line of a log, in which a file may be named for a person."""
    return for_log(without_contacts(what))


def told(log: Iterable[dg.EventLogEntry]) -> list[tuple[str, bool]]:
    """What the log of a run says of damage: each message, and whether something was lost."""
    own = [entry for entry in log if entry.dagster_event is None]
    return [
        (entry.user_message, entry.level == logging.ERROR)
        for entry in own
        if entry.user_message.startswith((_MENDED, _LOST))
    ]
