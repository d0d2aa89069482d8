"""Limits: how much memory and time a piece of work may take before it fails, or its process ends.

Belongs here: stating them to the kernel, which keeps them whatever library is at work. Does not belong here: how much
is allowed, and living on when the process ends (`mortal`).
"""

from __future__ import annotations

import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def limited(memory: int, seconds: float) -> Iterator[None]:
    """Limit what is done in the block.

    Args:
        memory: bytes of address space beside what the process has at the time: what earlier work reserved (an arena
            for each thread) is not its. What asks for more gets a MemoryError, or aborts the process where a library
            cannot bear that.
        seconds: after these SIGALRM ends the process, without a word to whoever holds the interpreter.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    if (base := _address_space()) is not None:
        stated = [limit for limit in (soft, hard) if limit != resource.RLIM_INFINITY]
        resource.setrlimit(resource.RLIMIT_AS, (min([base + memory, *stated]), hard))
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _address_space() -> int | None:
    """Bytes of address space; None where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except OSError:
        return None
    return pages * resource.getpagesize()
