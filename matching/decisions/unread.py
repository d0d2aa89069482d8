"""Unread: what lies in `overrides/` beside the files that are read, so that nobody waits for what no night sees.

Belongs here: telling it. Does not belong here: reading what is known, lines that say nothing (`log`), files that came
back (`dropped`).
"""

from __future__ import annotations

from pathlib import Path

READ = ("decisions.csv", "leads.csv", "accounts.csv", "competitors.csv", "withdrawn.csv", "erased.csv", "erased.key")
FOLDER = "decided"


def unread(folder: Path) -> list[str]:
    """A sentence for each file or folder that nobody reads; not the marks that programs leave beside a file.

    Raises:
        OSError: the folder cannot be read.
    """
    there = sorted(path.name for path in folder.iterdir() if path.name[0] not in ".~") if folder.is_dir() else []
    return [
        f"overrides/{name} is not read: decisions are read from {', '.join(READ[:3])}, reviews that came back from "
        f"overrides/{FOLDER}/; put its lines there, or take it away"
        for name in there
        if name not in (*READ, FOLDER)
    ]
