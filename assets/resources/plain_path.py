"""A plain path: a second name for a folder whose own name Dagster takes for a pattern or the address of a database.

Belongs here: when a folder needs one, and giving it. Does not belong here: which folder (`pipelines`).
Dagster writes the path of its folder into SQLite addresses as it stands, where `?` ends a path and `%20` is a blank,
and looks for its settings by a pattern, in which `*`, `?` and `[` stand for other signs: not finding them, it turns its
telemetry on. A folder with such a name is reached by a symbolic link in the user's own cache, which is called by a hash
of the path and may be deleted at any time.
"""

from __future__ import annotations

import errno
import os
from glob import escape
from hashlib import blake2b
from pathlib import Path
from urllib.parse import unquote


def plain_path(folder: Path) -> Path:
    """The folder's path, else a link that leads to it.

    Args:
        folder: absolute.

    Raises:
        OSError: a link is needed, and the cache (`XDG_CACHE_HOME`, else `~/.cache`) cannot take one.
    """
    if _is_plain(folder):
        return folder
    cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "lead-refinery"
    if not (cache.is_absolute() and _is_plain(cache)):
        raise OSError(
            errno.EINVAL, "Dagster needs a path without *, ?, [ or %20; set XDG_CACHE_HOME to one", str(folder)
        )
    link = cache / blake2b(os.fsencode(folder), digest_size=12).hexdigest()
    if not link.is_symlink() or link.readlink() != folder:
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = link.with_suffix(f".{os.getpid()}")
        new.symlink_to(folder)
        new.replace(link)
    return link


def _is_plain(path: Path) -> bool:
    return escape(unquote(text := str(path))) == text
