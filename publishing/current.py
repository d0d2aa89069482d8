"""Current: the link that says which publication readers read, and who may move it.

Belongs here: the lock of the folder of publications, and moving the link. Does not belong here: deciding where it
points (`publishing.publish`, `publishing.release`, `publishing.repair`), following it (`publishing.previous`).
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.swap import swap

CURRENT = "current"
_LOCK = ".lock"


class PublishError(Exception):
    """Nothing was published and `current` is as it was; the message says why and what to do."""


@contextmanager
def only_publisher(published: Path) -> Iterator[None]:
    """Hold the folder's lock; the kernel releases it however the process ends.

    Raises:
        PublishError: another run holds it.
    """
    with (published / _LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise PublishError(f"another run is publishing to {published}; wait for it and run again") from error
        yield


def point(published: Path, folder: Path) -> None:
    """Let `current` be this folder; a reader finds the one before or this one, never anything else."""
    with swap(published / CURRENT, durable=True) as link:
        link.symlink_to(folder.name, target_is_directory=True)


def current_name(published: Path) -> str | None:
    """The name of the folder `current` points at; None before the first publication."""
    link = published / CURRENT
    return link.readlink().name if link.is_symlink() else None


def free_name(folder: Path) -> Path:
    """Beside a folder that is being read: the same run published other tables before."""
    attempts = (folder.with_name(f"{folder.name}.{number}") for number in range(2, 1_000))
    return next(path for path in attempts if not path.exists())
