"""Temporary: a folder of this run's own for everything that libraries and workers put into the temporary folder.

Belongs here: making it, and removing what killed runs left. Does not belong here: files beside their target, which a
swap puts in place (`engine.swap`). The folder lies in `lead-refinery-<user>` below the temporary folder; its owner
holds a lock on it, so that only what nobody holds any more, and nobody else's, is removed.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_LOCK = ".lock"


@contextmanager
def own_temporary_folder() -> Iterator[Path]:
    """A folder that `tempfile` uses in this process, and what it spawns, while the block lasts.

    Raises:
        OSError: the temporary folder cannot be written.
    """
    top = _top()
    _clear(top)
    with (
        tempfile.TemporaryDirectory(dir=top, ignore_cleanup_errors=True) as name,
        (Path(name) / _LOCK).open("w") as lock,
    ):
        fcntl.flock(lock, fcntl.LOCK_EX)
        before, default = os.environ.get("TMPDIR"), tempfile.tempdir
        put_temporary_files(name)
        try:
            yield Path(name)
        finally:
            tempfile.tempdir = default
            if before is None:
                del os.environ["TMPDIR"]
            else:
                os.environ["TMPDIR"] = before


def put_temporary_files(folder: str) -> None:
    """Let `tempfile` use a folder in this process, and in what it starts from now on."""
    os.environ["TMPDIR"] = tempfile.tempdir = folder


def _top() -> Path:
    """The folder of this user, who alone may look into it; another one where somebody else took the name."""
    top = Path(tempfile.gettempdir()) / f"lead-refinery-{os.getuid()}"
    with suppress(FileExistsError):
        top.mkdir(mode=0o700)
    found = top.lstat()
    if stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid():
        return top
    return Path(tempfile.mkdtemp(prefix=f"{top.name}-"))


def _clear(top: Path) -> None:
    """Remove the folders of runs that have ended; a run that is just beginning holds no lock yet but is empty."""
    for folder in top.iterdir():
        with suppress(OSError), (folder / _LOCK).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
