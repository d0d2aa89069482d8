"""Versions: what a record was over time, which version is the current one, and what was withdrawn.

Belongs here: telling contents apart and putting those of one key in order; what of older versions still counts. Does
not belong here: giving keys (`keys`), the decisions to withdraw (`sources.withdrawals`), reading moments and consents,
which is lent by those who know how (`OverTime`).

Of several versions the newest counts: that with the latest evidence (`collected_at`, where it has none `received_at`),
then that received last, whichever way it came. Content that is delivered again is no new version and does not become
newer. In a source of snapshots only what the snapshot holds counts. A refusal of an older version holds (as
`refused_before`) until a newer one agrees.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import polars as pl

from contracts.raw import FIELDS, RECORD_ID, RECORD_VERSIONS
from contracts.table import TIMESTAMP
from sources.store.deliveries import Delivery
from sources.withdrawals import Withdrawal, Withdrawals

PLACE = "_place"

_ARRIVAL = ["received_at", "file_hash", "sheet", "row"]
OF_FIRST = [RECORD_ID, "file", "sheet", "row", "encoding", "dialect", "file_hash", "received_at"]
_DATED = ["collected_at", "date_order", "timezone", "received_at"]
_STATED = [*(column.name for column in FIELDS), "extra"]  # a refusal may stand in any remark
_CHANNELS = {"email": ["_consent_email", "_consent_doi_at"], "phone": ["_consent_phone"]}  # their cells as received
_CELLS = [pl.col(name).alias(f"_{name}") for name in ("consent_email", "consent_doi_at", "consent_phone")]


def _unknown(rows: pl.DataFrame) -> pl.Series:
    return pl.Series("collected_at", [None] * rows.height, dtype=TIMESTAMP)


def _silent(rows: pl.DataFrame) -> pl.DataFrame:
    stated = {"consent_email": pl.String, "consent_phone": pl.String, "opt_out": pl.Boolean}
    return pl.DataFrame({name: pl.Series([None] * rows.height, dtype=dtype) for name, dtype in stated.items()})


@dataclass(frozen=True)
class OverTime:
    """What decides which records and versions count.

    `moments` reads `collected_at` of raw records, UTC; `consents` what they state: consent_email, consent_phone,
    opt_out of contracts.clean.
    """

    withdrawals: Withdrawals = field(default_factory=Withdrawals)
    moments: Callable[[pl.DataFrame], pl.Series] = _unknown
    consents: Callable[[pl.DataFrame], pl.DataFrame] = _silent


class Versions(NamedTuple):
    """What became of a source's rows.

    `left_out` are the places of rows that are no current version. `changed` has, by place, what is to be said otherwise
    of current ones: where their content was delivered first (`<column>_first`), and refused_before. `table` is
    contracts.raw.RECORD_VERSIONS.
    """

    left_out: pl.Series
    changed: pl.DataFrame
    table: pl.DataFrame


def versions_of(
    rows: pl.LazyFrame,
    found: Sequence[Delivery],
    withdrawn: Sequence[Withdrawal],
    snapshot: Delivery | None,
    over_time: OverTime,
) -> Versions:
    """What became of rows of a source.

    Args:
        rows: with their place, those that may be no current version.
        found: all deliveries of the source.
        withdrawn: what was withdrawn of the source.
        snapshot: the delivery that holds all the source has, if it is a source of snapshots.
        over_time: how moments and consents are read.
    """
    seen = rows.select(PLACE, "content_hash", *OF_FIRST).collect(engine="streaming")
    contents = _contents(seen, withdrawn, snapshot)
    if not any(delivery.volatile for delivery in found):  # what comes again says the same
        contents = contents.with_columns(_last=PLACE)
    # A change of what makes a content (a setting, the reader) may make one of two records: one key is history then.
    merged = seen.sort(_ARRIVAL).unique(["content_hash", RECORD_ID], keep="first", maintain_order=True)
    merged = merged.join(contents, on=["content_hash", RECORD_ID], how="anti")
    several = (pl.len().over([RECORD_ID]) > 1) | ~pl.col("live")
    several |= pl.col("content_hash").is_in(merged["content_hash"].implode())
    told = contents.filter(several)
    told = told.join(_moments(rows, told, over_time), on="content_hash", maintain_order="left")
    told = told.sort("_at", *_ARRIVAL, maintain_order=True)
    newest = told.filter("live").unique(RECORD_ID, keep="last")["content_hash"]
    told = told.with_columns(current=pl.col("content_hash").is_in(newest.implode()))
    kept = pl.concat([contents.filter(~several), told.filter("current").select(contents.columns)])
    before = _refused(rows, told.filter(pl.col("why").is_null()), over_time)
    changed = kept.join(before, on=RECORD_ID, how="left").filter(
        (pl.col("_last") != pl.col(PLACE)) | pl.col("refused_before").is_not_null()
    )
    merged = merged.select("content_hash", RECORD_ID, "file").join(
        told.select("content_hash", "why", "first_seen_at", "last_seen_at"), on="content_hash", maintain_order="left"
    )
    shown = ["content_hash", RECORD_ID, "file", "why", "first_seen_at", "last_seen_at", "current"]
    told = pl.concat([told.select(shown), merged.with_columns(current=pl.lit(False)).select(shown)])
    return Versions(
        left_out=seen.filter(~pl.col(PLACE).is_in(kept["_last"].implode()))[PLACE],
        changed=changed.select(pl.col("_last").alias(PLACE), pl.col(OF_FIRST).name.suffix("_first"), "refused_before"),
        table=RECORD_VERSIONS.conform(
            told.select(
                pl.lit(found[0].source).alias("source"),
                *(RECORD_ID, "content_hash", "first_seen_at", "last_seen_at", "file", "current"),
                withdrawn_because="why",
            )
        ),
    )


def _contents(seen: pl.DataFrame, withdrawn: Sequence[Withdrawal], snapshot: Delivery | None) -> pl.DataFrame:
    """Each content once: where it came first, where last (`_last`), whether it counts (`live`), why not (`why`)."""
    files = {entry.file_hash: entry.because for entry in withdrawn if entry.file_hash}
    ids = {entry.record_id: entry.because for entry in withdrawn if entry.record_id}
    whole = next((entry.because for entry in withdrawn if not (entry.file_hash or entry.record_id)), None)
    of_file = pl.col("file_hash").replace_strict(files, default=None, return_dtype=pl.String)
    seen = seen.with_columns(why=of_file).sort(pl.col("why").is_not_null(), *_ARRIVAL)
    contents = seen.group_by("content_hash", maintain_order=True).agg(
        pl.exclude("content_hash").first(),
        _last=pl.coalesce(pl.col(PLACE).filter(pl.col("why").is_null()).last(), pl.col(PLACE).first()),
        _held=(pl.col("file_hash") == (snapshot.file_hash if snapshot else "")).any(),
    )
    of_id = pl.col(RECORD_ID).replace_strict(ids, default=None, return_dtype=pl.String)
    contents = contents.with_columns(why=pl.coalesce(pl.lit(whole, pl.String), of_id, "why"))
    contents = contents.with_columns(live=pl.col("why").is_null() & (pl.col("_held") | pl.lit(snapshot is None)))
    if snapshot is not None:
        absent = pl.col("why").is_null() & ~pl.col("_held").any().over([RECORD_ID])
        said = pl.when(absent).then(pl.lit(f"not in the snapshot {snapshot.name}")).otherwise("why")
        contents = contents.with_columns(why=said)
    return contents.drop("_held")


def _moments(rows: pl.LazyFrame, told: pl.DataFrame, over_time: OverTime) -> pl.DataFrame:
    """first_seen_at and last_seen_at of contents by their own evidence, and `_at`, by which versions are in order."""
    places = pl.concat([told.select("content_hash", PLACE), told.select("content_hash", pl.col("_last").alias(PLACE))])
    read = rows.filter(pl.col(PLACE).is_in(places[PLACE].unique().implode())).select(PLACE, *_DATED).collect()
    read = read.with_columns(over_time.moments(read).alias("_moment"))
    found = places.join(read.select(PLACE, "_moment", "received_at"), on=PLACE).group_by("content_hash")
    dated = found.agg(
        pl.col("_moment").min().alias("first_seen_at"),
        pl.col("_moment").max().alias("last_seen_at"),
        _received=pl.col("received_at").min(),
    )
    return dated.select(pl.exclude("_received"), pl.coalesce("last_seen_at", "_received").alias("_at"))


def _refused(rows: pl.LazyFrame, told: pl.DataFrame, over_time: OverTime) -> pl.DataFrame:
    """The records of which an older version refuses something that none after it agrees to: id, refused_before.

    A consent that stood beside the refusal already is not given anew by standing there still.
    """
    read = rows.filter(pl.col(PLACE).is_in(told[PLACE].implode())).select(PLACE, *_STATED).collect()
    read = pl.concat([read.select(PLACE, *_CELLS), over_time.consents(read)], how="horizontal")
    stated = told.select(PLACE, RECORD_ID, "current").with_row_index("_turn").join(read, on=PLACE).sort("_turn")
    held = [_held(stated, channel) for channel in _CHANNELS]
    found = held[0].join(held[1], on=RECORD_ID, how="full", coalesce=True)
    email, phone = (pl.col(channel).is_not_null() for channel in _CHANNELS)
    word = (
        pl.when(email & phone)
        .then(pl.when(pl.col("email") & pl.col("phone")).then(pl.lit("all")).otherwise(pl.lit("email_and_phone")))
        .otherwise(pl.when(email).then(pl.lit("email")).otherwise(pl.lit("phone")))
    )
    return found.select(RECORD_ID, refused_before=word)


def _held(stated: pl.DataFrame, channel: str) -> pl.DataFrame:
    """The records whose last refusal for a channel, in an older version, holds: id, whether it is an objection."""
    said = pl.col(f"consent_{channel}")
    cells = pl.concat_str(_CHANNELS[channel], separator="\0", ignore_nulls=True)
    stated = stated.select(RECORD_ID, "_turn", "current", "opt_out", said=said, cells=cells)
    refusals = stated.filter((pl.col("said") == "refused") & ~pl.col("current")).unique(RECORD_ID, keep="last")
    later = stated.join(refusals.select(RECORD_ID, "_turn", "cells"), on=RECORD_ID, suffix="_then")
    agreed = later.filter(
        pl.col("_turn") > pl.col("_turn_then"),
        pl.col("said").is_in(["confirmed", "granted"]),
        pl.col("cells") != pl.col("cells_then"),
    )
    return refusals.join(agreed, on=RECORD_ID, how="anti").select(RECORD_ID, pl.col("opt_out").alias(channel))
