"""A mortal process: for work that may end the process that does it, and is not to end this one.

Belongs here: replacing the process when it is gone. Does not belong here: what may end it (`limits`), the process
itself (`beside`). It is started by the first question, or ahead of it, and kept for the next ones, so that many small
ones do not each pay for a start; it ends when nobody has asked for a while.
"""

from __future__ import annotations

import atexit
import signal
from collections.abc import Callable
from contextlib import ExitStack
from threading import Lock
from typing import Any

from engine.beside import Ask, EndedBeside, beside

_IDLE = 10.0  # seconds without a question


def _nothing() -> None:
    """Nothing to prepare."""


class Mortal:
    """One process at a time, for questions one after the other.

    Args:
        prepare: called there at its start, a module-level function.
    """

    def __init__(self, prepare: Callable[[], None] = _nothing) -> None:
        self._prepare = prepare
        self._stack = ExitStack()
        self._ask: Ask | None = None
        self._lock = Lock()
        atexit.register(self.close)

    def start(self) -> None:
        """Let the process prepare itself while this one does other things."""
        with self._lock:
            self._started()

    def ask(self, job: Callable[..., Any], *arguments: object) -> Any:
        """What `job(*arguments)` returns there.

        A process that did other work before and is gone for another reason than time is replaced and asked once more:
        it may have ended for want of questions, or because of what that work had left behind.

        Raises:
            EndedBeside: the process ended over this question.
            Exception: whatever the job raised.
        """
        with self._lock:
            return self._answer(job, *arguments)

    def _answer(self, job: Callable[..., Any], *arguments: object) -> Any:
        fresh = self._ask is None
        try:
            return self._started()(job, *arguments)
        except EndedBeside as end:
            self.close()
            if fresh or end.exitcode == -signal.SIGALRM:
                raise
        return self._answer(job, *arguments)

    def _started(self) -> Ask:
        if self._ask is None:
            self._ask = self._stack.enter_context(beside(self._prepare, idle=_IDLE))
        return self._ask

    def close(self) -> None:
        """End the process, if there is one; the next question starts another."""
        self._ask = None
        self._stack.close()
