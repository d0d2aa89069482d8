"""Workers: independent parts of a job in several processes, since parsing objects, cards and sheets is Python's work.

Belongs here: spawning workers and giving back their results in order. Does not belong here: what a part is.
Workers are spawned, never forked (Polars hangs after a fork), and use one thread each.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from multiprocessing.process import BaseProcess
from threading import Thread
from typing import TypeVar

Part = TypeVar("Part")
Result = TypeVar("Result")


def spread(job: Callable[[Part], Result], parts: Sequence[Part], weights: Sequence[int]) -> Iterator[Result]:
    """The results of all parts, in their order; the heaviest part is begun first.

    Args:
        job: a module-level function, or a partial of one.
        parts: what can be pickled.
        weights: how much work each part is.
    """
    spawn = get_context("spawn")
    with _single_threads(), ProcessPoolExecutor(_cores(), mp_context=spawn, initializer=_end_with_parent) as pool:
        heaviest = sorted(range(len(parts)), key=lambda place: -weights[place])
        results = {place: pool.submit(job, parts[place]) for place in heaviest}
        for place in range(len(parts)):
            yield results[place].result()


def worth_spreading(weights: Sequence[int], least: int) -> bool:
    """Whether there are cores and parts enough, and at least as much work besides the heaviest part as `least`."""
    return _cores() > 1 and sum(weights) - max(weights, default=0) >= least


def _end_with_parent() -> None:
    """Let a worker end when the process that waits for it was killed."""
    if (parent := parent_process()) is not None:
        Thread(target=_end_after, args=(parent,), daemon=True).start()


def _end_after(parent: BaseProcess) -> None:
    parent.join()
    os._exit(1)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def _single_threads() -> Iterator[None]:
    """What is spawned meanwhile runs Polars on one thread."""
    before = os.environ.get("POLARS_MAX_THREADS")
    os.environ["POLARS_MAX_THREADS"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["POLARS_MAX_THREADS"]
        else:
            os.environ["POLARS_MAX_THREADS"] = before
