"""A sync in a process of its own that is killed right after a write: `python -m tests.delivery.killed FOLDER VERB AT`.

The target outlives it in `FOLDER/target`, as a real one would.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from delivery.record import Outcome, Write
from tests.delivery.memory_target import MemoryTarget
from tests.delivery.publications import account, lead
from tests.delivery.syncing import Syncing

LEADS = [lead(f"L{n}", account_id="A1", job_title="CEO") for n in range(7)]
ACCOUNTS = [account("A1")]


class Outliving(MemoryTarget):
    """Keeps its records on disk, and ends the process after the write that is named."""

    def keep_in(self, path: Path, verb: str, at: int) -> None:
        self.path, self.verb, self.at = path, verb, at

    def _written(self, verb: str, kind: str, writes: Sequence[Write], one: Callable[[Write], Outcome]) -> list[Outcome]:
        answers = super()._written(verb, kind, writes, one)
        self.path.write_bytes(pickle.dumps(self.records))
        if verb == self.verb and self.calls[verb] == self.at:
            os.kill(os.getpid(), signal.SIGKILL)
        return answers


if __name__ == "__main__":
    folder, verb, at = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    syncing = Syncing(folder)
    syncing.target = Outliving()
    syncing.target.keep_in(folder / "target", verb, at)
    syncing.night(leads=LEADS, accounts=ACCOUNTS).sync()
