"""Reading apart: lead files are read in processes that may end over one of them, while the run goes on.

Belongs here: which process reads which file, the kernel's limits around each file, why a process ended. Does not belong
here: how a process is replaced (`engine.mortal`), taking a file (`intake`), what else is limited (`budget`).

Some parsers abort the process when memory runs out (Excel, Parquet, Polars itself), and none can be stopped from
within. So a file is read under limits of memory and time that the kernel keeps, and what is over them costs itself
only. The processes stay for the next files and runs until nobody has asked for a while.
"""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import cache, partial
from itertools import count
from pathlib import Path
from queue import LifoQueue
from typing import NamedTuple

from engine.beside import EndedBeside
from engine.caches import keep_few
from engine.faults import is_fault
from engine.limits import limited
from engine.mortal import Mortal
from engine.temporary import put_temporary_files
from engine.workers import cores, in_threads, single_threads
from sources.budget import Limits, out_of_memory, out_of_time
from sources.intake import Intake, Taken
from sources.lead_files import LeadFile, as_received
from sources.problems import Unreadable

SPREAD_BYTES = 16 << 20  # of files beside the largest source's: from here on several processes pay
# How a process ends that cannot bear to get none; 127 where it is the C library, for the data of a thread.
_NO_MEMORY = (-signal.SIGABRT, -signal.SIGKILL, 127)


class _Run(NamedTuple):
    """What a process has to know of a run; `number` tells it from others over the same folders."""

    number: int
    store: Path
    settings: Path
    truncate_ips: bool
    version: str
    temporary: str  # folder; what a process leaves there when it ends goes with the run


_numbers = count()


def load_ahead() -> None:
    """Start the first process: it loads what reading needs while this one does other things."""
    reader = _readers().get()
    with suppress(OSError):  # whoever asks it will be told
        reader.start()
    _readers().put(reader)


def read_apart(intake: Intake, files: Iterable[LeadFile]) -> None:
    """Read files into the store, each source's one after the other as they were received: keys depend on it.

    A file over which its process ends is held back; the source's next ones go on in another process.
    """
    by_source: dict[tuple[str, str], list[LeadFile]] = {}
    for file in files:
        by_source.setdefault((file.channel, file.source), []).append(file)
    sources = [as_received(files) for files in by_source.values()]
    run = _Run(next(_numbers), intake.store, intake.folder, intake.truncate_ips, intake.version, tempfile.gettempdir())
    job = partial(_read_source, run, intake)
    sizes = sorted(map(_size, sources))
    if cores() > 1 and sum(sizes[:-1]) >= SPREAD_BYTES:
        with single_threads():
            for taken in in_threads(job, sorted(sources, key=_size, reverse=True)):
                intake.add(taken)
    else:
        for files_of_one in sources:
            intake.add(job(files_of_one))


def _size(files: Sequence[LeadFile]) -> int:
    return sum(max(file.state.size, 0) for file in files)


def _read_source(run: _Run, intake: Intake, files: Sequence[LeadFile]) -> Taken:
    """Let a process that is free read the files, and hold back those over which one ends."""
    taken = Taken()
    reader = _readers().get()
    try:
        for file in files:
            try:
                taken.add(reader.ask(_read_one, run, file))
            except EndedBeside as end:
                taken.add(intake.held_back(file, _judgement(end, intake.limits_of(file), file.state.size)))
    finally:
        _readers().put(reader)
    return taken


@cache
def _readers() -> LifoQueue[Mortal]:
    """The processes that are free, that which was used last in front."""
    queue: LifoQueue[Mortal] = LifoQueue()
    for _ in range(cores()):
        queue.put(Mortal(_load))
    return queue


def _load() -> None:
    """Whoever finds this function has loaded what reading needs."""


def _judgement(end: EndedBeside, limits: Limits, size: int) -> Unreadable:
    """Why a process ended over a file of so many bytes."""
    if end.exitcode == -signal.SIGALRM:
        return out_of_time(limits, size)
    if end.exitcode in _NO_MEMORY:
        return out_of_memory(limits)
    return Unreadable("reader_crashed", f"The process that read the file ended with code {end.exitcode}")


def _read_one(run: _Run, file: LeadFile) -> Taken:
    """Read a file in a process of its own."""
    put_temporary_files(run.temporary)
    intake = _intake_of(run)
    limits = intake.limits_of(file)
    try:
        with limited(limits.memory, limits.seconds_for(file.state.size)):
            intake.read(file)
    except BaseException as error:
        # Not even the word on the file could be written: a library that panicked for want of memory is broken from
        # then on, and so is this process.
        if isinstance(error, Exception) or not is_fault(error):
            raise
        os.abort()
    taken, intake.taken = intake.taken, Taken()
    return taken


@keep_few
def _intake_of(run: _Run) -> Intake:
    """What this process knows of the run."""
    return Intake(run.store, run.settings, truncate_ips=run.truncate_ips, version=run.version)
