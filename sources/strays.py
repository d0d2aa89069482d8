"""Strays: files that were dropped into the inbox where no source lies, so that nobody waits for them in vain.

Belongs here: finding them. Does not belong here: reading; which channel such a file is meant for is not guessed.
"""

from __future__ import annotations

from pathlib import Path

from sources.inbox import CHANNELS


def strays(inbox: Path) -> list[str]:
    """Files below `inbox` that are in none of its channel folders, as paths below it; hidden ones do not count."""
    if not inbox.is_dir():
        return []
    others = (entry for entry in inbox.iterdir() if entry.name not in CHANNELS)
    files = (path for entry in others for path in (entry.rglob("*") if entry.is_dir() else (entry,)) if path.is_file())
    names = (path.relative_to(inbox) for path in files)
    return sorted(name.as_posix() for name in names if not any(part.startswith(".") for part in name.parts))
