"""Written: the journal beside the publications, which says of each what was written and what its gates found.

Belongs here: its lines. Does not belong here: holding the files against them (`publishing.repair`). A line is written
before its folder takes its place; each carries a check of its own, and one that fails it says nothing.
"""

from __future__ import annotations

from pathlib import Path

from engine.journal import Journal, Line
from publishing.manifest import Manifest

NAME = ".written.jsonl"


def tell(folder: Path, manifest: Manifest, verdict: str) -> None:
    """Note what a publication's manifest says and, as JSON, what its gates found.

    Lines of folders that are gone leave the journal.
    """
    place, journal = folder.parent, Journal(folder.parent / NAME)
    there = [
        line for line in journal.lines() if line["folder"] != folder.name and (place / str(line["folder"])).is_dir()
    ]
    journal.replace([*there, {"folder": folder.name, "manifest": manifest.to_json(), "verdict": verdict}])


def told(folder: Path) -> Line:
    """The line of a publication; empty where there is none that can be trusted."""
    lines = Journal(folder.parent / NAME).lines()
    return next((line for line in reversed(lines) if line["folder"] == folder.name), {})
