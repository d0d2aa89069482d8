"""Workers: the parts of a job side by side, in several processes or threads, with their results in order.

Belongs here: spawning workers and giving back their results. Does not belong here: what a part is. Processes
are spawned, never forked (Polars hangs after a fork), use one thread each and end with the process that waits
for them, even when that is killed. Threads are for work that Polars and NumPy do outside Python.
"""

from __future__ import annotations

import atexit
import gc
import os
import pickle
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import NamedTemporaryFile
from threading import Thread
from typing import TypeVar

from engine.collector import look_away

Part = TypeVar("Part")
Result = TypeVar("Result")


def cores() -> int:
    """Processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_processes(
    job: Callable[[Part], Result],
    parts: Sequence[Part],
    *,
    weights: Sequence[int] = (),
    prepare: Callable[[], None] | None = None,
    workers: int = 0,
) -> Iterator[Result]:
    """The results of all parts, in their order.

    Args:
        job: a module-level function, or a partial of one.
        parts: what can be pickled.
        weights: how much work each part is; the heaviest is begun first. By default all are alike.
        prepare: called once in each worker before its first part.
        workers: processes, by default one per core; with 1 the job runs in this process.

    Raises:
        BrokenProcessPool: a worker was killed, and another one over the parts that were left. When the first one is,
            the results that are still to come are made again, by one worker: it may have been for want of memory.
    """
    workers = workers or cores()
    if workers == 1:
        if prepare:
            prepare()
        yield from map(job, parts)
        return
    done = 0
    try:
        for result in _in_pool(job, parts, weights, prepare, workers):
            yield result
            done += 1
    except BrokenProcessPool:
        yield from _in_pool(job, parts[done:], weights[done:], prepare, 1)


def _in_pool(
    job: Callable[[Part], Result],
    parts: Sequence[Part],
    weights: Sequence[int],
    prepare: Callable[[], None] | None,
    workers: int,
) -> Iterator[Result]:
    spawn = get_context("spawn")
    with (
        single_threads(),
        NamedTemporaryFile() as prepared,
        ProcessPoolExecutor(workers, spawn, initializer=_begin, initargs=(prepared.name,)) as pool,
    ):
        # Through a file: a pipe would hold up the next worker until this one has imported what it needs to read it.
        pickle.dump(prepare, prepared)
        prepared.flush()
        heaviest = sorted(range(len(parts)), key=lambda place: -weights[place] if weights else place)
        results = {place: pool.submit(_one_part, job, parts[place]) for place in heaviest}
        for place in range(len(parts)):
            yield results.pop(place).result()


def in_threads(job: Callable[[Part], Result], parts: Iterable[Part]) -> Iterator[Result]:
    """The results of all parts, in their order, no more than one per core ahead of who takes them."""
    with ThreadPoolExecutor(cores()) as pool:
        waiting: deque[Future[Result]] = deque()
        for part in parts:
            waiting.append(pool.submit(job, part))
            if len(waiting) > cores():
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def end_with_parent() -> None:
    """Let this process end as soon as the one that started it does, even if that is killed."""
    if (parent := parent_process()) is not None:
        Thread(target=_end_after, args=(parent,), daemon=True).start()


def _begin(prepared: str) -> None:
    end_with_parent()
    prepare: Callable[[], None] | None = pickle.loads(Path(prepared).read_bytes())
    if prepare:
        prepare()
    # A worker is not taken apart piece by piece at its end, while the parent waits.
    atexit.register(os._exit, 0)
    look_away()


def _one_part(job: Callable[[Part], Result], part: Part) -> Result:
    result = job(part)
    gc.collect()  # frames that hold each other stay for long otherwise, and their memory with them
    look_away()
    return result


def _end_after(parent: BaseProcess) -> None:
    parent.join()
    os._exit(1)


@contextmanager
def single_threads() -> Iterator[None]:
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
