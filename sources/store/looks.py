"""Looks: which hash each file of the inbox had when a run looked at it, so that an unchanged one is not hashed again.

Belongs here: keeping the looks of a channel from night to night. Does not belong here: what was read of a file
(`shelf`): a hash from here counts only where the store has it.

As in git's index, a file is unchanged while its size, inode and both times are what they were: its own, and the one the
kernel sets whenever anything about it changes (ctime), which no copy carries along. One that changed so shortly before
the look that a later change may bear the same time is hashed again. Whoever doubts a look may delete its journal.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from engine.journal import Journal, Line
from sources.store.shelf import JOURNALS

if TYPE_CHECKING:  # `lead_files` rests on the store
    from sources.lead_files import FileState

_CLOCKS = 3_000_000_000  # nanoseconds by which the clocks of disks and networks are coarse or go ahead


class Looks:
    """The looks of the last run and of this one.

    Args:
        store: root of the store.
        channel: online or offline.
    """

    def __init__(self, store: Path, channel: str) -> None:
        self._journal = Journal(store / JOURNALS / f"{channel}.looks.jsonl")
        self._last = {str(line["file"]): line for line in self._journal.lines()}
        self._now: dict[str, Line] = {}
        self._before = time.time_ns() - _CLOCKS

    def hash_of(self, name: str, state: FileState) -> str | None:
        """The hash of a file that is as it was; None where it may be another."""
        line = self._last.get(name)
        return line["hash"] if line and line["state"] == _text(state) else None

    def note(self, name: str, state: FileState, digest: str) -> None:
        """Remember the state a file was in before it was hashed, unless it had changed shortly before."""
        if max(state.modified, state.changed) < self._before:
            self._now[name] = {"file": name, "state": _text(state), "hash": digest}

    def keep(self) -> None:
        """Only this run's looks from now on."""
        if self._now != self._last:
            self._journal.replace(self._now.values())


def _text(state: FileState) -> str:
    return " ".join(map(str, state))
