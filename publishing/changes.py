"""Changes: a publication beside the one before it.

Belongs here: counting what is new, changed, merged and gone. Does not belong here: finding the earlier publication
(`publishing.previous`) or showing the counts (the report does). Only ids, hashes and flags are read in full; values
are read for the leads that changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

from contracts.published import LEADS

# What changes with every run, and what follows from the values that are counted.
_NOT_VALUES = frozenset(
    ("lead_id", "content_hash", "updated_at", "run_id", "first_seen_at", "last_seen_at", "source_count")
)


@dataclass(frozen=True, slots=True)
class Change:
    """One kind of thing, before and now; what does not apply to it is None."""

    what: str
    before: int
    now: int
    new: int | None = None
    changed: int | None = None
    merged: int | None = None
    gone: int | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """What came of a night, beside the publication of `since`."""

    since: datetime
    rows: tuple[Change, ...]
    fields: tuple[tuple[str, int], ...]
    records_before: Mapping[str, int]

    @property
    def none(self) -> bool:
        """Both publications hold the same."""
        return all(row.before == row.now and not (row.new or row.changed) for row in self.rows)


def changes(folder: Path, before: Path, since: datetime, *, fields: int = 6) -> Changes:
    """Compare two publications.

    Args:
        folder: the new one.
        before: the one before it, published at `since`.
        fields: how many columns of leads are named, those that changed most often first.
    """
    counts = {name: _records(place) for name, place in (("before", before), ("now", folder))}
    leads, accounts = _change("lead", folder, before), _change("account", folder, before)
    return Changes(
        since=since,
        rows=(
            Change("records", sum(counts["before"].values()), sum(counts["now"].values())),
            Change("held back", _height(before, "quarantine"), _height(folder, "quarantine")),
            leads,
            _ready(folder, before),
            accounts,
        ),
        fields=_fields(folder, before)[:fields] if leads.changed else (),
        records_before=counts["before"],
    )


def _records(folder: Path) -> dict[str, int]:
    """Records that became part of a lead, by source."""
    counted = pl.scan_parquet(folder / "lead_crosswalk.parquet").group_by("source").len().sort("source")
    return dict(counted.collect().iter_rows())


def _height(folder: Path, table: str) -> int:
    return int(pl.scan_parquet(folder / f"{table}.parquet").select(pl.len()).collect().item())


def _change(entity: str, folder: Path, before: Path) -> Change:
    key = f"{entity}_id"
    old, now = (
        pl.scan_parquet(place / f"{entity}s.parquet").select(key, "content_hash").collect()
        for place in (before, folder)
    )
    both = now.join(old, on=key, suffix="_before")
    lost = old.join(now, on=key, how="anti")
    redirects = pl.scan_parquet(folder / "redirects.parquet").filter(pl.col("entity") == entity)
    merged = lost.join(redirects.select("old_id").collect(), left_on=key, right_on="old_id", how="semi").height
    return Change(
        f"{entity}s",
        before=old.height,
        now=now.height,
        new=now.height - both.height,
        changed=int((both["content_hash"] != both["content_hash_before"]).sum()),
        merged=merged,
        gone=lost.height - merged,
    )


def _ready(folder: Path, before: Path) -> Change:
    """Leads that may go to sales; gone are those that were ready and are so no longer, for whatever reason."""
    old, now = (
        pl.scan_parquet(place / "leads.parquet").filter("publishable").select("lead_id").collect()
        for place in (before, folder)
    )
    stayed = now.join(old, on="lead_id", how="semi").height
    return Change("ready for sales", old.height, now.height, new=now.height - stayed, gone=old.height - stayed)


def _fields(folder: Path, before: Path) -> tuple[tuple[str, int], ...]:
    """Columns of the leads in both publications, by the number of values that differ."""
    names = [name for name in LEADS.names if name not in _NOT_VALUES]
    old, now = (pl.scan_parquet(place / "leads.parquet") for place in (before, folder))
    both = now.join(old, on="lead_id", suffix="_before").filter(pl.col("content_hash") != pl.col("content_hash_before"))
    known = set(old.collect_schema().names())
    differ = [pl.col(name).ne_missing(pl.col(f"{name}_before")).sum().alias(name) for name in names if name in known]
    counted = both.select(differ).collect().row(0, named=True)
    return tuple(sorted(((name, n) for name, n in counted.items() if n), key=lambda entry: (-entry[1], entry[0])))
