"""Decisions: who released which held night or went back to which publication, when and why.

Belongs here: the log of a home's publications, to which lines are only added, and what follows from it: whether the
home stands on an earlier publication, and which were undone. Does not belong here: carrying a decision out
(`publishing.release`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from engine.journal import Journal

LOG = "log.jsonl"
Event = Literal["released", "rolled back", "resumed"]


@dataclass(frozen=True, slots=True)
class Decision:
    """One line: what was done to which run, when (UTC), by whom, why; and which publications it undid."""

    event: Event
    run: str
    at: datetime
    who: str
    why: str
    undone: tuple[str, ...] = ()


def decide(published: Path, decision: Decision) -> None:
    """Add a line to the log."""
    Journal(published / LOG).append(
        {
            "event": decision.event,
            "run": decision.run,
            "at": decision.at.isoformat(),
            "who": decision.who,
            "why": decision.why,
            "undone": "/".join(decision.undone),  # no folder has it in its name
        }
    )


def decisions(published: Path) -> list[Decision]:
    """All lines that are what was written, oldest first."""
    return [
        Decision(
            event=line["event"],  # type: ignore[arg-type] # the lines are checked
            run=str(line["run"]),
            at=datetime.fromisoformat(str(line["at"])),
            who=str(line["who"]),
            why=str(line["why"]),
            undone=tuple(filter(None, str(line["undone"]).split("/"))),
        )
        for line in Journal(published / LOG).lines()
    ]


def rolled_back(published: Path) -> Decision | None:
    """The rollback this home stands on; None where the last word was another."""
    last = next(reversed(decisions(published)), None)
    return last if last and last.event == "rolled back" else None


def undone(published: Path) -> frozenset[str]:
    """Names of publications that somebody went back behind, and not back to."""
    names: set[str] = set()
    for decision in decisions(published):
        names = (names | set(decision.undone)) - {decision.run}
    return frozenset(names)
