"""A process beside this one, for work with a library that takes seconds to load.

Belongs here: starting it ahead of the work, asking it, ending it. Does not belong here: what it is asked, or many
processes that share work (`workers`). It loads while this process does other things, and the memory the library
leaves behind goes with it.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

from engine.collector import look_away
from engine.workers import end_with_parent

Ask = Callable[..., Any]

_PATIENCE = 1.0  # seconds


class EndedBeside(RuntimeError):  # noqa: N818 - named for what happened
    """The process beside this one is gone: it was killed, or there was no memory left for it.

    Attributes:
        exitcode: as `multiprocessing` tells it: the number of a signal is negative.
    """

    def __init__(self, exitcode: int | None) -> None:
        super().__init__("A process of this run was ended from outside; is there memory enough?")
        self.exitcode = exitcode


@contextmanager
def beside(prepare: Callable[[], None], idle: float | None = None) -> Iterator[Ask]:
    """A process that lives as long as the block: `ask(job, *arguments)` gives what `job(*arguments)` returns there.

    Args:
        prepare: called there at once, a module-level function.
        idle: seconds without a question after which it ends by itself.

    Raises:
        EndedBeside: by `ask`, when there is no answer to come.
        Exception: by `ask`, whatever the job raised.
    """
    spawn = get_context("spawn")
    here, there = spawn.Pipe()
    process = spawn.Process(target=_serve, args=(there, prepare, idle), daemon=True, name="beside")
    process.start()
    there.close()

    def ask(job: Callable[..., Any], *arguments: object) -> Any:
        try:
            here.send((job, arguments))
            answer, error = here.recv()
        except (EOFError, BrokenPipeError, ConnectionResetError) as gone:
            process.join(_PATIENCE)
            raise EndedBeside(process.exitcode) from gone
        if error is not None:
            raise error
        return answer

    try:
        yield ask
    finally:
        here.close()  # then the process ends by itself, unless it is still loading
        process.join(_PATIENCE)
        process.kill()
        process.join(_PATIENCE)  # no dead process is left behind


def _serve(questions: Connection, prepare: Callable[[], None], idle: float | None) -> None:
    end_with_parent()
    look_away()
    prepare()
    look_away()
    while questions.poll(idle) and (question := _next(questions)) is not None:
        job, arguments = question
        try:
            questions.send((job(*arguments), None))
        except Exception as error:
            questions.send((None, error))
    # Not taken apart piece by piece, while the other waits; but only after `multiprocessing` has given back the locks
    # that libraries took (every progress bar has one): it would tell of them as leaked.
    atexit.register(os._exit, 0)


def _next(questions: Connection) -> Any:
    try:
        return questions.recv()
    except EOFError:
        return None
