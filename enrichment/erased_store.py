"""The store without the erased: their records and what others' texts say of them leave it every night.

Belongs here: putting the judgement (`enrichment/erasure`) and the store (`sources/store/removal`) together. Does not
belong here: either of them.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import polars as pl

from enrichment.erasure import MESSAGE, REASON, speak_of_erased
from enrichment.tombstones import Erasures
from sources.activity.shelf import remove_rows
from sources.store.removal import blank_texts, remove_records

CONCEALED = "What was said here names a person who asked to be forgotten; look at the row in the file."


def conceal(store: Path, channels: tuple[str, ...], erasures: Erasures) -> int:
    """Blank texts of other records, of rejects and of the catalogue that name an erased person; how many."""
    if not erasures.tombstones:
        return 0
    return blank_texts(store, channels, partial(speak_of_erased, erasures=erasures), CONCEALED)


def take_out_acts(store: Path, erasures: Erasures) -> int:
    """Take rows of activity that name an erased person's address out of the store; how many."""
    return remove_rows(store, partial(speak_of_erased, erasures=erasures)) if erasures.tombstones else 0


def take_out(store: Path, raw: pl.LazyFrame, keys: pl.DataFrame) -> pl.DataFrame:
    """Take records out of the store; file, sheet and row of each, in all deliveries of theirs.

    Args:
        store: root of the store.
        raw: the records of both channels, contracts.raw.RAW_RECORDS with ids unique in their source.
        keys: source, source_record_id of those to take out.
    """
    there = raw.select("channel", "source", "source_record_id", "content_hash")
    gone = there.join(keys.lazy(), on=["source", "source_record_id"], how="semi").collect()
    return remove_records(store, gone.drop("source_record_id"), REASON, MESSAGE)
