"""Swap: a file, folder or link takes the place of the one before it whole, or not at all.

Belongs here: the temporary name beside the target, the swap, and clearing away what failed or was killed. Does not
belong here: what is written, and who may write: whoever sweeps a folder holds the lock on it.

The temporary name is `.<name>.<random>.tmp` in the same folder, so that the swap is one rename, which POSIX makes
atomic, and two writers never share a name. A folder cannot take a place that is not free: there the two change places
in one step, which Linux can on its usual file systems. Where it cannot, a run killed between two renames leaves nothing
in place, and the next run makes it again.
"""

from __future__ import annotations

import ctypes
import errno
import os
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from engine.disk import is_full, takes_no_more

_LIBRARY = ctypes.CDLL(None, use_errno=True)
_FROM_HERE, _EXCHANGE = -100, 2  # AT_FDCWD and RENAME_EXCHANGE of renameat2(2)
_CANNOT = {errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP}
_NAMED = 200  # bytes of the target's name that the temporary one repeats: no name may be longer than 255


@contextmanager
def scratch(target: Path) -> Iterator[Path]:
    """A free name beside `target`, in a folder that is made if need be; what still bears it in the end is removed.

    Raises:
        OSError: what failed in the block did so on a disk that is full, however a library words that.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    name = os.fsdecode(os.fsencode(target.name)[:_NAMED])
    new = target.with_name(f".{name}.{secrets.token_hex(4)}.tmp")
    try:
        yield new
    except Exception as error:
        if is_full(error) or not takes_no_more(target.parent):
            raise
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target)) from error
    finally:
        with suppress(OSError):  # then a later run sweeps it away
            _remove(new)


@contextmanager
def swap(target: Path, *, durable: bool = False, private: bool = False) -> Iterator[Path]:
    """A path to write to; what is written takes the place of `target` when the block ends well.

    Args:
        target: a file, folder or link, which may exist.
        durable: whether it has to outlive a power failure from then on; it takes the disk a moment.
        private: whether the new file is for its owner's eyes only (mode 0600).

    Raises:
        OSError: the disk is full, a permission is missing; `target` is as it was.
    """
    with scratch(target) as new:
        if private:
            new.touch(0o600, exist_ok=False)
        yield new
        if durable:
            sync(new)
        put(new, target)
        if durable:
            sync(target.parent)


def put(new: Path, target: Path) -> None:
    """Let `new` take the place of `target`, whatever was there."""
    if not _is_folder(target) and not (_is_folder(new) and target.exists()):
        new.replace(target)
        return
    with scratch(target) as before:
        if _exchange(new, target):
            new.rename(before)
            return
        target.rename(before)
        try:
            new.rename(target)
        except OSError:
            before.rename(target)
            raise


def sync(path: Path) -> None:
    """Force a file or folder to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno != errno.EINVAL or not path.is_dir():  # some network file systems cannot sync folders
            raise
    finally:
        os.close(handle)


def sweep(folder: Path) -> None:
    """Remove what killed writers left anywhere below `folder`, while nobody else writes there."""
    for left in list(folder.rglob(".*.tmp")):
        _remove(left)


def _exchange(one: Path, other: Path) -> bool:
    """Let two things change places in one step; False where system or file system cannot, or one is not there."""
    rename = getattr(_LIBRARY, "renameat2", None)
    if rename is None:
        return False
    sys.audit("os.rename", one, other, -1, -1)  # as Python would, for whoever counts renames
    if not rename(_FROM_HERE, os.fsencode(one), _FROM_HERE, os.fsencode(other), _EXCHANGE):
        return True
    if (failed := ctypes.get_errno()) in {*_CANNOT, errno.ENOENT}:
        return False
    raise OSError(failed, os.strerror(failed), str(other))


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _remove(path: Path) -> None:
    if _is_folder(path):
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
