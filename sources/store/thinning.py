"""Thinning: an old delivery keeps the rows that no other delivery keeps as well, so that nightly exports do not add up.

Belongs here: which deliveries and rows that is. Does not belong here: what the rows that are kept mean (`versions`).

Of a content under one key only the first and the last delivery tell anything: where it began, and what its volatile
cells say now. So a row that came before and comes again leaves a delivery, once that is older than the `WHOLE` newest
ones of its source and is not the snapshot that is obeyed. A delivery that is thinned still says how many rows it had,
and counts as read; read anew, it is whole again until the next thinning. Withdrawing files therefore reaches `WHOLE`
deliveries back: what was thinned stands in for none of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from shutil import copyfile

import polars as pl

from contracts.raw import FILES, RECORD_ID
from engine.swap import scratch
from sources.store.deliveries import WHOLE, Delivery, deliveries, snapshot_of
from sources.store.row_file import keep_rows, scan_rows
from sources.store.shelf import KEY, KINDS, SIZE, Shelf, committed, read, rejects_of
from sources.withdrawals import Withdrawals

_CONTENT = ["content_hash", RECORD_ID]


def thin(store: Path, channel: str, withdrawals: Withdrawals) -> int:
    """Take the rows out of a channel's old deliveries that an earlier and a later one have; the number of rows.

    Args:
        store: root of the store; nobody else may be writing there.
        channel: online or offline.
        withdrawals: which snapshots are obeyed depends on them.

    Raises:
        OSError: the disk is full or fails.
    """
    sources = sorted({path.parent.name for path in committed(store, channel)})
    return sum(_thin_source(store, deliveries(store, channel, source), withdrawals) for source in sources)


def _thin_source(store: Path, found: list[Delivery], withdrawals: Withdrawals) -> int:
    if not (due := _due(found, withdrawals)):
        return 0
    places = {delivery.file_hash: place for place, delivery in enumerate(found)}
    place = pl.col("file_hash").replace_strict(places, return_dtype=pl.UInt32)
    rows = scan_rows([delivery.rows for delivery in found]).select(*_CONTENT, _at=place)
    spans = rows.group_by(_CONTENT).agg(_first=pl.col("_at").min(), _last=pl.col("_at").max())
    apart = spans.filter(pl.col("_last") - pl.col("_first") > 1).collect(engine="streaming")
    return sum(_thin_delivery(store, delivery, apart, places[delivery.file_hash]) for delivery in due)


def _due(found: Sequence[Delivery], withdrawals: Withdrawals) -> list[Delivery]:
    """The deliveries that are old, not thinned yet, and have rows that came before."""
    old = [delivery for delivery in found[:-WHOLE] if not delivery.thinned]
    if not old:
        return []
    obeyed = snapshot_of(list(found), withdrawals)
    told = read([delivery.files for delivery in old], FILES).filter(pl.col("duplicates") > 0)
    repeating = set(told["file_hash"])
    return [delivery for delivery in old if delivery.file_hash in repeating and delivery != obeyed]


def _thin_delivery(store: Path, delivery: Delivery, spans: pl.DataFrame, place: int) -> int:
    between = spans.filter(pl.col("_first") < place, pl.col("_last") > place)
    own = scan_rows([delivery.rows]).select(_CONTENT).collect()
    again = own.join(between.select(*_CONTENT, _again=True), on=_CONTENT, how="left", maintain_order="left")["_again"]
    metadata, catalogue = pl.read_parquet_metadata(delivery.files), pl.read_parquet(delivery.files, glob=False)
    name = delivery.files.name.removesuffix(KINDS["files"])
    shelf = Shelf(store, catalogue["channel"][0], catalogue["source"][0], name, int(metadata[SIZE]))
    with scratch(delivery.rows) as new:
        copyfile(delivery.rows, new)
        keep_rows(new, again.is_null().to_numpy(), count=delivery.count)
        shelf.commit(new, pl.read_parquet(rejects_of(delivery.files), glob=False), catalogue, metadata[KEY])
    return len(again) - again.null_count()
