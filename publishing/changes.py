"""Changes: a publication beside the one before it.

Belongs here: counting what is new, changed, merged and gone. Does not belong here: finding the earlier publication
(`publishing.previous`) or showing the counts (the report does). Ids and contents are compared by 64-bit hashes, which
is exact enough to count; values are read for the leads that changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

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
    records_before, records = _records(before), _records(folder)
    leads, accounts = _pair("lead", folder, before, "publishable"), _pair("account", folder, before)
    changed = leads.both.filter(pl.col("content") != pl.col("content_before"))["id"]
    return Changes(
        since=since,
        rows=(
            Change("records", sum(records_before.values()), sum(records.values())),
            Change("held back", _height(before, "quarantine"), _height(folder, "quarantine")),
            _change("lead", leads, folder),
            _ready(leads),
            _change("account", accounts, folder),
        ),
        fields=_fields(changed, folder, before)[:fields] if len(changed) else (),
        records_before=records_before,
    )


class _Pair(NamedTuple):
    """One table in both publications: id and content as hashes; `both` has the rows whose id is in both."""

    old: pl.DataFrame
    now: pl.DataFrame
    both: pl.DataFrame


def _pair(entity: str, folder: Path, before: Path, *more: str) -> _Pair:
    columns = [_id(entity), pl.col("content_hash").hash().alias("content"), *map(pl.col, more)]
    old, now = (
        pl.scan_parquet(place / f"{entity}s.parquet", glob=False).select(columns).collect()
        for place in (before, folder)
    )
    return _Pair(old, now, now.join(old, on="id", suffix="_before"))


def _id(entity: str) -> pl.Expr:
    return pl.col(f"{entity}_id").hash().alias("id")


def _records(folder: Path) -> dict[str, int]:
    """Records that became part of a lead, by source."""
    counted = pl.scan_parquet(folder / "lead_crosswalk.parquet", glob=False).group_by("source").len().sort("source")
    return dict(counted.collect().iter_rows())


def _height(folder: Path, table: str) -> int:
    return int(pl.scan_parquet(folder / f"{table}.parquet", glob=False).select(pl.len()).collect().item())


def _change(entity: str, pair: _Pair, folder: Path) -> Change:
    redirects = pl.scan_parquet(folder / "redirects.parquet", glob=False).filter(pl.col("entity") == entity)
    followed = redirects.select(id=pl.col("old_id").hash()).collect()["id"]
    lost = pair.old.join(pair.now, on="id", how="anti")["id"]
    merged = int(lost.is_in(followed.implode()).sum())
    return Change(
        f"{entity}s",
        before=pair.old.height,
        now=pair.now.height,
        new=pair.now.height - pair.both.height,
        changed=int((pair.both["content"] != pair.both["content_before"]).sum()),
        merged=merged,
        gone=len(lost) - merged,
    )


def _ready(leads: _Pair) -> Change:
    """Leads that may go to sales; gone are those that were ready and are so no longer, for whatever reason."""
    old, now = (int(side["publishable"].sum()) for side in (leads.old, leads.now))
    stayed = int((leads.both["publishable"] & leads.both["publishable_before"]).sum())
    return Change("ready for sales", old, now, new=now - stayed, gone=old - stayed)


def _fields(changed: pl.Series, folder: Path, before: Path) -> tuple[tuple[str, int], ...]:
    """Columns of the changed leads, by the number of values that differ."""
    old, now = (
        pl.scan_parquet(place / "leads.parquet", glob=False)
        .filter(_id("lead").is_in(changed.implode()))
        .collect(engine="streaming")
        for place in (before, folder)
    )
    names = [name for name in LEADS.names if name not in _NOT_VALUES and name in old.columns]
    counted = (
        now.join(old, on="lead_id", suffix="_before")
        .select(pl.col(name).ne_missing(pl.col(f"{name}_before")).sum() for name in names)
        .row(0, named=True)
    )
    return tuple(sorted(((name, n) for name, n in counted.items() if n), key=lambda entry: (-entry[1], entry[0])))
