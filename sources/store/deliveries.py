"""Deliveries: the lead files of a source as the store has them, and which of them is its snapshot.

Belongs here: what is told of a file as a whole. Does not belong here: its rows (`row_file`), which of them count
(`versions`).

In a source that is declared one of snapshots (`snapshot = true`) the newest file holds all the source has. A file is
not obeyed that lacks a part, has no row, or has less than half the rows of the last that was: an export that broke off
would take everybody out. It waits until a person says that it is right (`withdrawals`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

from contracts.raw import FILES
from sources.store.row_file import COUNT, told_of
from sources.store.shelf import KINDS, committed, read, records_of
from sources.withdrawals import Withdrawals

LEAST_SHARE = 0.5  # of the rows of the snapshot before
WHOLE = 7  # deliveries of a source, the newest, of which every row is kept (`thinning`): as many as publications


@dataclass(frozen=True, order=True)
class Delivery:
    """One lead file: when it was received, its rows in the store, each content once, and how the file was declared.

    `count` is the number of its rows as delivered, also where it was thinned since.
    """

    received_at: datetime
    file_hash: str
    source: str
    name: str
    rows: Path
    count: int
    volatile: bool
    snapshot: bool
    thinned: bool

    @property
    def files(self) -> Path:
        """Its rows in the catalogue."""
        return self.rows.with_name(self.rows.stem + KINDS["files"])

    @property
    def is_whole(self) -> bool:
        """Whether all its tables could be read."""
        return "quarantined" not in pl.read_parquet(self.files, columns=["status"], glob=False)["status"]


def deliveries(store: Path, channel: str, source: str) -> list[Delivery]:
    """The lead files of a source that have rows, as they were received."""
    there = (records_of(files) for files in committed(store, channel, source))
    return sorted(_delivery(rows) for rows in there if rows.exists())


def _delivery(rows: Path) -> Delivery:
    same, count = told_of(rows)
    received = datetime.fromisoformat(same["received_at"])
    told, thinned = (same["volatile"], same["snapshot"]), COUNT in same
    return Delivery(received, rows.stem, same["source"], same["file"], rows, same.get(COUNT, count), *told, thinned)


def snapshot_of(found: list[Delivery], withdrawals: Withdrawals) -> Delivery | None:
    """The delivery that holds all the source has; None where the source is not one of snapshots.

    Raises:
        ValueError: so many were withdrawn that it would be one of which not every row is kept any more.
    """
    return _obeyed(found, withdrawals)[0]


def _obeyed(found: list[Delivery], withdrawals: Withdrawals) -> tuple[Delivery | None, list[Delivery]]:
    """The snapshot that is obeyed, and the newer ones that are not."""
    if not found[-1].snapshot:
        return None, []
    withdrawn = {entry.file_hash for entry in withdrawals.of(found[0].source)}
    right = {entry.file_hash for entry in withdrawals.obeyed_of(found[0].source)}
    last: Delivery | None = None
    refused: list[Delivery] = []
    for delivery in found:
        if delivery.file_hash in withdrawn:
            continue
        shrunken = last is not None and delivery.count < LEAST_SHARE * last.count
        if delivery.is_whole and (not shrunken or delivery.file_hash in right):
            last, refused = delivery, []
        else:
            refused.append(delivery)
    if last is not None and last.thinned:
        raise ValueError(
            f"{last.source}: the newest snapshots are withdrawn or not obeyed, and of {last.name} before them not "
            f"every row is kept ({WHOLE} snapshots are). Deliver a whole one, or take a decision back: "
            f"leads withdraw {last.source} --file NAME --because WHY --undo"
        )
    return last, refused


def refused_snapshots(store: Path, channel: str, withdrawals: Withdrawals) -> list[str]:
    """A sentence for each snapshot of a channel that is newer than the one obeyed, and what to do about it."""
    sources = sorted({path.parent.name for path in committed(store, channel)})
    return [told for source in sources for told in _of_source(store, channel, source, withdrawals)]


def _of_source(store: Path, channel: str, source: str, withdrawals: Withdrawals) -> list[str]:
    found = deliveries(store, channel, source)
    if not found or not found[-1].snapshot:
        return []
    last, refused = _obeyed(found, withdrawals)
    known = {delivery.file_hash for delivery in found}
    rowless = read([files for files in committed(store, channel, source) if records_of(files).stem not in known], FILES)
    if last is not None:
        rowless = rowless.filter(pl.col("received_at") > last.received_at)
    stays = f"what {last.name} holds" if last else "all that was delivered"
    wrong = [_why_refused(it, last) for it in refused]
    wrong += [f"{name}: no record. Deliver it whole" for name in rowless["file"]]
    return [f"The source stays {stays}; not obeyed is the snapshot {why}" for why in wrong]


def _why_refused(delivery: Delivery, last: Delivery | None) -> str:
    if not delivery.is_whole:
        return f"{delivery.name}, of which a part cannot be read. Deliver it whole"
    before = f" after {last.count:,} in {last.name}" if last else ""
    return (
        f"{delivery.name}: {delivery.count:,} records{before}. Deliver it whole; or, if it is, "
        f"leads withdraw {delivery.source} --absent-from {delivery.name} --because WHY"
    )
