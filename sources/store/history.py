"""History: what the store already knows of one source while a run goes over its files.

Belongs here: the hashes of rows read before (to say what is new) and the columns of the file received last
(to see drift). Kept over a run, so that many small files do not read the whole store again and again.
Does not belong here: the store's layout (`shelf`); which duplicates leave the records (`channel_records`).
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl

from engine.row_hash import Halves
from sources.store.row_file import Mask, hashes_of
from sources.store.shelf import KEY, committed, records_of


class History:
    """What the store knows of a source.

    Args:
        store: root of the store.
        channel: online or offline.
        source: name of the source.
        key: reader and settings of this run; files read under others are about to be read anew.
    """

    def __init__(self, store: Path, channel: str, source: str, key: str) -> None:
        self.columns: dict[str, object] | None = None
        self._seen: Halves = np.empty(0, np.uint64)
        latest = None
        for files in committed(store, channel, source):
            if pl.read_parquet_metadata(files).get(KEY) != key:
                continue
            for columns, received in pl.read_parquet(files, columns=["columns", "received_at"], glob=False).iter_rows():
                if columns is not None and (latest is None or received >= latest):
                    latest, self.columns = received, json.loads(columns)
            if (records := records_of(files)).exists():
                self._seen = np.append(self._seen, hashes_of(records))
        self._seen = _once(np.sort(self._seen))

    def knows(self, halves: Halves) -> Mask:
        """Which rows a file before this one had. Half the hash decides: this is a count, it drops nothing."""
        if not len(self._seen):
            return np.zeros(len(halves), bool)
        places = np.searchsorted(self._seen, halves)
        known: Mask = self._seen[np.minimum(places, len(self._seen) - 1)] == halves
        return known

    def add(self, ordered: Halves, columns: dict[str, object] | None) -> None:
        """Remember a file's rows, in the order of their numbers, and its columns."""
        new = _once(ordered)
        new = new[~self.knows(new)]
        self._seen = np.insert(self._seen, np.searchsorted(self._seen, new), new) if len(self._seen) else new
        self.columns = columns or self.columns


def _once(ordered: Halves) -> Halves:
    """Each number once; np.unique goes over a hash table and takes ten times as long."""
    first = np.ones(len(ordered), bool)
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    return ordered[first]
