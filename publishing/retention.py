"""Retention: which publications and held nights stay, by count and by age.

Belongs here: the rule, and removing what it lets go. Does not belong here: where the numbers come from
(`assets.resources.choices`). What `current` points at always stays, and so does the publication beside it, so that its
last reader is safe and there is one to go back to.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from engine.swap import scratch
from publishing.current import current_name
from publishing.manifest import NAME, BrokenPublication, read_manifest

HELD = "held"
"""The folder of held nights, beside the publications."""
_LEAST = 2


@dataclass(frozen=True, slots=True)
class Retention:
    """How many publications stay, and as many held nights; and for how many days. What is beyond either goes."""

    publications: int = 7
    days: int = 90


def remove_old(published: Path, keep: Retention, now: datetime) -> None:
    """Remove what `keep` lets go. Only whole publications and held nights are touched."""
    current, horizon = current_name(published), now - timedelta(days=keep.days)
    for place, least in ((published, _LEAST), (published / HELD, 0)):
        newest = sorted(_dated(place), reverse=True)
        for number, (made_at, _, folder) in enumerate(newest):
            beyond = number >= max(keep.publications, least) or (made_at < horizon and number >= least)
            if beyond and (place, folder.name) != (published, current):
                with scratch(folder) as gone:  # so that it is never seen half removed
                    folder.rename(gone)


def _dated(place: Path) -> Iterator[tuple[datetime, int, Path]]:
    """Each publication, when it was made by its manifest (clocks and copies change the time of files), else by that."""
    for manifest in place.glob(f"*/{NAME}"):
        if not manifest.parent.is_symlink():
            changed = manifest.stat().st_mtime_ns
            made_at = datetime.fromtimestamp(changed / 1e9, UTC)
            with suppress(BrokenPublication):
                made_at = read_manifest(manifest.parent).created_at
            yield made_at, changed, manifest.parent
