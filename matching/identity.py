"""Stable ids: the same person or company keeps its id from run to run.

Belongs here: minting ids, carrying them over from the previous publication, the trail of ids no longer in use.
Does not belong here: deciding who is the same (`matching` clustering) or reading the previous
publication (`publishing.previous`).

The rules:

* An id is the hash of its *founding record* (earliest evidence, then source, then record id), so it is opaque,
  says nothing about e-mail or domain, and is the same on any machine and for any order of the input.
* Split: the part that holds the founding record keeps the id; without it, the part with the earliest record.
* Merge: the id with the earliest founding record survives, the others redirect to it.
* Retired ids are never forgotten: each points straight at an id in use (flattened, earlier ones follow along), or at
  none, a tombstone, where no record of its person is left; those that redirected to it end there as well.
* A retired id is never given to another person. It comes back only with its founding record: taken apart from the
  survivor again (an unmerge), or delivered again after its person was gone; a CRM finds its own records under their
  own ids. Where that record is part of somebody else by then, the tombstone becomes a redirect to them.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import blake2b

import numpy as np
import polars as pl

from contracts.matched import RETIRED

PREFIX = {"lead": "L", "account": "A"}
_ALPHABET = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", dtype=np.uint8)  # RFC 4648 base32
_BYTES = 10  # 80 bits, 16 characters: ten million ids collide with a probability of 4e-11
_GONE = ("old_id", pl.lit(None, pl.String).alias("new_id"))
KEYS = ["observed_at", "source", "source_record_id"]
"""What makes a record the founding one, first key first, and what ids are minted from."""


def mint(entity: str, keys: pl.DataFrame, attempt: int = 0) -> pl.Series:
    """Ids for founding records: the entity's prefix and 16 base32 characters.

    Args:
        entity: `lead` or `account`.
        keys: source and source_record_id, one row per id wanted.
        attempt: counts up when an id is already taken by somebody else.
    """
    person = f"{entity}{attempt or ''}".encode()
    joined = keys.select(pl.concat_str("source", pl.lit("\x1f"), "source_record_id")).to_series()
    digests = b"".join([blake2b(key.encode(), digest_size=_BYTES, person=person).digest() for key in joined])
    bits = np.unpackbits(np.frombuffer(digests, dtype=np.uint8).reshape(-1, _BYTES), axis=1)
    letters = _ALPHABET[bits.reshape(-1, 16, 5) @ np.array([16, 8, 4, 2, 1], dtype=np.uint8)]
    texts = np.ascontiguousarray(letters).view("S16").ravel().astype(str)
    return PREFIX[entity] + pl.Series("id", texts, dtype=pl.String)


def assign_ids(
    clusters: pl.DataFrame,
    keys: pl.DataFrame,
    previous: pl.DataFrame | None,
    entity: str,
    *,
    retired: pl.DataFrame | None = None,
    at: datetime | None = None,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Give every cluster its id, old ones where it had one.

    Args:
        clusters: record, cluster. Records without a cluster (private persons, for accounts) are left out.
        keys: record, source, source_record_id, observed_at; at least the records of `clusters`.
        previous: source, source_record_id, id as last published; None on the first run.
        entity: `lead` or `account`.
        retired: the trail last published (`contracts.matched.RETIRED`); other entities are ignored.
        at: time of this run, stamped on what is retired now; needed once anything was published before.

    Returns:
        ids (cluster, id), one row per cluster, sorted by cluster; and the trail to publish for this entity
        (`contracts.matched.RETIRED`), sorted by old_id.

    Raises:
        ValueError: `at` is missing although there was a previous publication.
    """
    if previous is not None and at is None:
        raise ValueError("assign_ids needs the time of the run (`at`) to date what it retires")
    members = clusters.select("record", "cluster").join(keys.select("record", *KEYS), on="record", how="inner")
    known = _known(members, previous)
    trail = _of_entity(retired, entity)

    settled = _settled(known)
    owners = _owners(known.join(settled, on="id", how="anti"), entity)
    kept = pl.concat([settled, _oldest(owners, group="cluster")])
    revived = _revived(members, kept, trail, entity)
    taken = pl.concat([kept, revived])
    before = trail["old_id"].clear() if previous is None else previous["id"].drop_nulls().unique()
    ids = pl.concat([taken, _fresh(members, taken, pl.concat([before, trail["old_id"]]), entity)]).sort("cluster")

    merged = owners.join(kept, on="id", how="anti").join(kept.rename({"id": "new_id"}), on="cluster")
    new = pl.concat(
        [
            merged.select(old_id="id", new_id="new_id"),
            _returned(members, known, trail, entity).join(ids, on="cluster").select("old_id", new_id="id"),
            before.to_frame("old_id").join(known, left_on="old_id", right_on="id", how="anti").select(_GONE),
        ]
    )
    return ids, _continued(trail, new, ids["id"], entity, at)


def _known(members: pl.DataFrame, previous: pl.DataFrame | None) -> pl.DataFrame:
    """The members that had an id: record, cluster, id and the age columns."""
    if previous is None:
        return members.clear().with_columns(id=pl.lit(None, pl.String))
    previous = previous.select("source", "source_record_id", "id").drop_nulls("id")
    return members.join(previous, on=["source", "source_record_id"], how="inner")


def _settled(known: pl.DataFrame) -> pl.DataFrame:
    """Clusters and earlier ids that have no other but each other, nearly all of them: cluster and id."""
    return known.select("cluster", "id").unique().filter(pl.col("cluster").is_unique() & pl.col("id").is_unique())


def _owners(known: pl.DataFrame, entity: str) -> pl.DataFrame:
    """Each earlier id once, with the cluster that owns it and the age of its founding record."""
    founder = pl.col("id") == pl.Series(mint(entity, known)) if known.height else pl.lit(True)
    return (
        known.with_columns(_not_founder=~founder)
        .sort("id", "_not_founder", *KEYS)
        .unique("id", keep="first", maintain_order=True)
        .select("cluster", "id", *KEYS)
    )


def _oldest(owners: pl.DataFrame, group: str) -> pl.DataFrame:
    return owners.sort(group, *KEYS, "id").unique(group, keep="first", maintain_order=True).select("cluster", "id")


def _revived(members: pl.DataFrame, kept: pl.DataFrame, retired: pl.DataFrame, entity: str) -> pl.DataFrame:
    """Clusters without an id that hold the founding record of a retired one: an unmerge."""
    if retired.is_empty():
        return kept.clear()
    without = members.join(kept, on="cluster", how="anti")
    founders = without.with_columns(id=mint(entity, without)).join(retired, left_on="id", right_on="old_id", how="semi")
    return _oldest(founders, group="cluster")


def _fresh(members: pl.DataFrame, taken: pl.DataFrame, spent: pl.Series, entity: str) -> pl.DataFrame:
    """New ids for the clusters that have none, minted again while one was somebody else's before."""
    left = (
        members.join(taken, on="cluster", how="anti")
        .sort("cluster", *KEYS)
        .unique("cluster", keep="first", maintain_order=True)
    )
    found = [taken.clear()]
    attempt = 0
    while left.height:
        minted = left.with_columns(id=mint(entity, left, attempt))
        free = ~pl.col("id").is_in(spent.implode()) & pl.col("id").is_first_distinct()
        found.append(minted.filter(free).select("cluster", "id"))
        left = minted.filter(~free).drop("id")
        spent = pl.concat([spent, found[-1]["id"]])
        attempt += 1
    return pl.concat(found)


def _returned(members: pl.DataFrame, known: pl.DataFrame, trail: pl.DataFrame, entity: str) -> pl.DataFrame:
    """Tombstones (`old_id`) whose founding record is delivered again, and its cluster."""
    tombstones = trail.filter(pl.col("new_id").is_null())
    if tombstones.is_empty():
        return tombstones.select("old_id", cluster=pl.lit(None, members.schema["cluster"]))
    key = ["source", "source_record_id"]
    unknown = members.join(known, on=key, how="anti")
    founders = unknown.select("cluster", old_id=mint(entity, unknown))
    return founders.join(tombstones, on="old_id", how="semi").select("old_id", "cluster")


def _of_entity(retired: pl.DataFrame | None, entity: str) -> pl.DataFrame:
    table = RETIRED.empty() if retired is None else RETIRED.conform(retired)
    return table.filter(pl.col("entity") == entity).select("old_id", "new_id", "at")


def _continued(
    trail: pl.DataFrame, new: pl.DataFrame, in_use: pl.Series, entity: str, at: datetime | None
) -> pl.DataFrame:
    """The trail with what this run retires, each pointing straight at an id in use, or at none."""
    step = new.select(new_id="old_id", last_id="new_id")
    earlier = trail.join(step, on="new_id", how="left").with_columns(new_id=pl.coalesce("last_id", "new_id"))
    live = in_use.to_frame("new_id").with_columns(_live=True)
    ends = pl.col("new_id").is_null() | pl.col("_live")
    stamped = pl.lit(at, RETIRED.schema["at"])
    return (
        pl.concat([new.with_columns(at=stamped), earlier.select("old_id", "new_id", "at")])
        .unique("old_id", keep="first", maintain_order=True)
        .filter(~pl.col("old_id").is_in(in_use.implode()))
        .join(live, on="new_id", how="left", maintain_order="left")
        .with_columns(at=pl.when(ends).then("at").otherwise(stamped), new_id=pl.when(pl.col("_live")).then("new_id"))
        .select(pl.lit(entity).alias("entity"), "old_id", "new_id", "at")
        .pipe(RETIRED.conform)
        .sort("old_id")
    )
