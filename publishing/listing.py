"""The list of publications: what there is, what it changed, and what people decided about it.

Belongs here: gathering it for `leads history`. Does not belong here: showing it (`pipelines.commands`).
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from publishing.current import current_name
from publishing.decisions import Decision, decisions, undone
from publishing.gates.verdict import Verdict, read_verdict
from publishing.manifest import NAME, BrokenPublication, Manifest, read_manifest
from publishing.retention import HELD


@dataclass(frozen=True, slots=True)
class Listed:
    """A publication or a held night: its folder, its manifest and verdict, how it stands, its size in bytes."""

    folder: Path
    manifest: Manifest
    verdict: Verdict
    is_current: bool
    is_held: bool
    is_undone: bool
    decisions: tuple[Decision, ...]

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def made_at(self) -> datetime:
        return self.manifest.created_at

    @property
    def bytes(self) -> int:
        return sum(entry.bytes for entry in self.manifest.files)


def listed(published: Path) -> list[Listed]:
    """All publications and held nights, oldest first; what cannot be read is left out."""
    current, behind, told = current_name(published), undone(published), decisions(published)
    found = []
    for place in (published, published / HELD):
        for path in place.glob(f"[!.]*/{NAME}"):
            folder = path.parent
            with suppress(BrokenPublication):
                if not folder.is_symlink():
                    found.append(
                        Listed(
                            folder=folder,
                            manifest=read_manifest(folder),
                            verdict=read_verdict(folder) or Verdict(),
                            is_current=place == published and folder.name == current,
                            is_held=place != published,
                            is_undone=folder.name in behind,
                            decisions=tuple(it for it in told if it.run == folder.name),
                        )
                    )
    return sorted(found, key=lambda it: (it.made_at, it.name))
