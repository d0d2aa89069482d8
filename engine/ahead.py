"""Working ahead: one step of a stream prepares the next batch while the following step uses the last.

Belongs here: running an iterator in a thread with a bounded queue. It pays because the libraries that parse,
hash and write let go of the interpreter while they work. Does not belong here: what the steps do.
"""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable
from queue import Full, Queue
from typing import TypeVar

T = TypeVar("T")

_DEPTH = 2  # batches that wait at most
_POLL = 0.1  # seconds after which a producer looks whether anybody still waits for it


class _End:
    def __init__(self, error: BaseException | None) -> None:
        self.error = error


def ahead(items: Iterable[T]) -> Generator[T, None, None]:
    """The same items, produced in a thread up to `_DEPTH` ahead; errors arrive where the items would."""
    queue: Queue[T | _End] = Queue(_DEPTH)
    stopped = threading.Event()

    def offer(item: T | _End) -> bool:
        while not stopped.is_set():
            try:
                queue.put(item, timeout=_POLL)
                return True
            except Full:
                continue
        return False

    def produce() -> None:
        error: BaseException | None = None
        try:
            for item in items:
                if not offer(item):
                    return
        except BaseException as caught:
            error = caught
        offer(_End(error))

    worker = threading.Thread(target=produce, name="reading-ahead", daemon=True)
    worker.start()
    try:
        while not isinstance(item := queue.get(), _End):
            yield item
        if item.error is not None:
            raise item.error
    finally:
        stopped.set()
        worker.join()
