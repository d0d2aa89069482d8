"""Trends: how the figures moved over the nights that are kept, as small lines.

Belongs here: reading them from the publications, and the line. Does not belong here: which publications are kept
(`publishing.retention`). Nothing is noted beside the publications, so that what is erased from them leaves the trends.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import polars as pl

from publishing.decisions import undone
from publishing.manifest import NAME, BrokenPublication, Manifest, read_manifest
from publishing.retention import HELD

NIGHTS = 14
WIDTH, HEIGHT = 120, 28
_EDGE = 3  # so that the line is not cut


class Trend(NamedTuple):
    """One figure over the nights, the oldest first."""

    name: str
    values: tuple[int, ...]
    since: datetime

    @property
    def points(self) -> str:
        """The points of a line in a box of `WIDTH` to `HEIGHT`; flat in the middle where nothing moves."""
        low, high = min(self.values), max(self.values)
        step = (WIDTH - 2 * _EDGE) / (len(self.values) - 1)
        rise = (HEIGHT - 2 * _EDGE) / (high - low) if high > low else 0.0
        return " ".join(
            f"{_EDGE + step * at:.1f},{HEIGHT - _EDGE - rise * (value - low) if rise else HEIGHT / 2:.1f}"
            for at, value in enumerate(self.values)
        )

    @property
    def end(self) -> str:
        """The last of the points."""
        return self.points.rpartition(" ")[2]


def trends(folder: Path) -> list[Trend]:
    """The figures up to a publication or held night: none where it is the first one, or has no manifest."""
    nights = list(_nights(folder.resolve()))[-NIGHTS:]
    if len(nights) < 2:
        return []
    told = [_figures(path, manifest) for path, manifest in nights]
    return [Trend(name, tuple(figures[name] for figures in told), nights[0][1].created_at) for name in told[0]]


def _nights(folder: Path) -> Iterator[tuple[Path, Manifest]]:
    """The whole publications until this one, and it, oldest first; those that were undone left out."""
    if not (folder / NAME).exists():
        return
    mine = read_manifest(folder)
    published = folder.parent.parent if folder.parent.name == HELD else folder.parent
    left, found = undone(published), []
    for path in published.glob(f"[!.]*/{NAME}"):
        with suppress(BrokenPublication):
            manifest = read_manifest(path.parent)
            if not path.parent.is_symlink() and path.parent.name not in left and manifest.created_at < mine.created_at:
                found.append((path.parent, manifest))
    yield from sorted(found, key=lambda night: (night[1].created_at, night[0]))
    yield folder, mine


def _figures(folder: Path, manifest: Manifest) -> dict[str, int]:
    rows = {name: entry.rows for name, entry in manifest.tables.items()}
    leads, held = (pl.scan_parquet(folder / f"{name}.parquet", glob=False) for name in ("leads", "quarantine"))
    ready, held_rows = pl.collect_all([leads.select(pl.col("publishable").sum()), held.select(pl.col("row").count())])
    return {
        "records": rows["lead_crosswalk"],
        "leads": rows["leads"],
        "ready": int(ready.item() or 0),
        "accounts": rows["accounts"],
        "held_back": int(held_rows.item()),
    }
