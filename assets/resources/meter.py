"""The meter: peak memory of the run, workers included.

Belongs here: sampling the process tree. Does not belong here: showing it (the report does).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import dagster as dg
import psutil


class Meter(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Samples the resident memory of this process and its children while a run lasts."""

    every_seconds: float = 0.2
    _peak: int = 0

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[Meter]:
        stop = threading.Event()
        thread = threading.Thread(target=self._sample, args=(stop,), name="memory-meter", daemon=True)
        thread.start()
        try:
            yield self
        finally:
            stop.set()
            thread.join()

    @property
    def peak_bytes(self) -> int:
        """Highest resident memory seen since the run started, in bytes."""
        self._peak = max(self._peak, _resident())
        return self._peak

    def _sample(self, stop: threading.Event) -> None:
        while not stop.wait(self.every_seconds):
            self._peak = max(self._peak, _resident())


def _resident() -> int:
    process = psutil.Process()
    total = process.memory_info().rss
    for child in process.children(recursive=True):
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            total += child.memory_info().rss
    return total
