"""Nights: the measures of the nights that were published, so that a home learns what is usual in it.

Belongs here: keeping and giving back. Does not belong here: what follows from them (`judging`). A night whose line a
killed run did not write, or that is damaged, is missing among the others, which does no harm; `publishing.repair` tells
of damage.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from engine.journal import Journal
from publishing.gates.judging import Finding, Known

NAME = "nights.jsonl"
REMEMBERED = 30
"""Nights that count: a month, so that what was usual last year does not."""


def known_nights(published: Path) -> Known:
    """The measures of the last nights by gate and subject, oldest first."""
    known: dict[tuple[str, str], list[float]] = {}
    for line in Journal(published / NAME).lines():
        for gate, subject, value in json.loads(line["measures"] or "[]"):
            known.setdefault((gate, subject), []).append(value)
    return known


def remember(published: Path, run_id: str, findings: Sequence[Finding]) -> None:
    """Add a night that is published; a run that is told again takes the place of what it said before."""
    journal = Journal(published / NAME)
    told = [[it.gate.name, it.subject, it.value] for it in findings]
    others = [line for line in journal.lines() if line["run"] != run_id]
    journal.replace([*others[1 - REMEMBERED :], {"run": run_id, "measures": json.dumps(told)}])
