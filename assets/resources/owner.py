"""The owner: who on this machine may read what a home holds.

Belongs here: the modes of files and folders, and the group they may be shared with. Does not belong here: who may see
the page of Dagster, what of a person is shown (`publishing/report/masking.py`).

Files are their owner's alone (0600, folders 0700) whatever the shell's umask is. `LEADS_GROUP` names a group that may
read them too (0640; folders 2750, so that new files are of the group). What others deliver into the inbox is left as
it is: the folder above it is closed.
"""

from __future__ import annotations

import grp
import os
import stat
from contextlib import suppress
from pathlib import Path


class NoSuchGroup(ValueError):  # noqa: N818 - an answer to a wrong setting, not a fault of the program
    """`LEADS_GROUP` names no group of this machine."""


def keep_private() -> None:
    """Whatever this process and those it starts write from now on is the owner's, and the group's if there is one."""
    os.umask(0o027 if os.environ.get("LEADS_GROUP") else 0o077)


def close_to_others(home: Path) -> None:
    """Take from all that lies in a home, however it came there, what others might do with it.

    Links are not followed, and a file that bears a second name or is somebody else's is not touched.

    Raises:
        NoSuchGroup: privacy is not guessed.
        PermissionError: this user is not in the group.
    """
    group = _group()
    folder_mode, file_mode = (0o700, 0o600) if group is None else (0o2750, 0o640)
    for folder, _, files in os.walk(home):
        _close(Path(folder), folder_mode, group)
        for name in files:
            _close(Path(folder, name), file_mode, group)


def _group() -> int | None:
    name = os.environ.get("LEADS_GROUP")
    if not name:
        return None
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError as error:
        raise NoSuchGroup(f"LEADS_GROUP={name} is no group of this machine") from error


def _close(path: Path, mode: int, group: int | None) -> None:
    with suppress(FileNotFoundError):  # it was a moment's file
        seen = path.lstat()
        is_ours = seen.st_uid == os.geteuid()
        if not is_ours or not (stat.S_ISDIR(seen.st_mode) or (stat.S_ISREG(seen.st_mode) and seen.st_nlink == 1)):
            return
        if group is not None and seen.st_gid != group:
            os.chown(path, -1, group, follow_symlinks=False)
        if stat.S_IMODE(seen.st_mode) != mode:
            path.chmod(mode)
