"""Notices: what a run has to tell the people who decide, though nothing is broken.

Belongs here: the word for it in a run's log, and finding it there again. Does not belong here: damage
(`assets.damage`).
"""

from __future__ import annotations

from collections.abc import Iterable

import dagster as dg

_NOTICE = "Decisions: "


def notice(log: dg.DagsterLogManager, what: str) -> None:
    """Something people decided could not be obeyed as it stands; the run goes on."""
    log.warning(_NOTICE + what)


def notices(log: Iterable[dg.EventLogEntry]) -> list[str]:
    """What the log of a run tells those who decide."""
    own = [entry for entry in log if entry.dagster_event is None]
    return [entry.user_message for entry in own if entry.user_message.startswith(_NOTICE)]
