"""Erasures: the ids whose person was erased, for everybody who holds copies.

Belongs here: the list beside the publications. Does not belong here: taking the person out of these
(`publishing.erasing`), who is erased (`enrichment/erasure`).

    published/erasures.csv      entity,id,at,kind     a line for each id whose person was erased; only ever added to
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from engine.swap import swap
from engine.table_file import only_writer

FILE = "erasures.csv"
_HEADER = "entity,id,at,kind\n"


def tell_consumers(published: Path, ids: Iterable[str], at: datetime | None = None) -> int:
    """Add a line to the list for each lead id that is not in it yet, on the disk when this returns; how many."""
    path = published / FILE
    stamp = (at or datetime.now(UTC)).isoformat(timespec="seconds")
    with only_writer(path):
        text = path.read_text(encoding="utf-8") if path.exists() else _HEADER
        text = text[: text.rfind("\n") + 1] or _HEADER  # what a killed writer began
        new = sorted(set(ids) - told_ids(published))
        with swap(path, durable=True) as written:
            written.write_text(text + "".join(f"lead,{lead_id},{stamp},erased\n" for lead_id in new), encoding="utf-8")
    return len(new)


def told_ids(published: Path, since: datetime | None = None) -> frozenset[str]:
    """The ids in the list; with `since` those told from that second on."""
    path = published / FILE
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    told = (cells for line in lines[1:] if len(cells := line.split(",")) == len(_HEADER.split(",")))
    return frozenset(
        cells[1] for cells in told if since is None or datetime.fromisoformat(cells[2]) >= since.replace(microsecond=0)
    )
