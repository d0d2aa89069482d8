"""Integrity: may these tables be published together?

Belongs here: the promises that hold within and between the published tables: columns and types, keys, nulls, no
empty strings, every reference answered, redirects flat and acyclic, each record in the crosswalk or in
quarantine but not both. Does not belong here: judging values (`expectations`). Works on files, a column at a
time, so memory stays flat.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import polars as pl

from contracts.published import PUBLISHED
from contracts.table import Table

Frames = Mapping[str, pl.LazyFrame]


class Problem(NamedTuple):
    """A broken promise: the table, a sentence, and how many rows break it."""

    table: str
    message: str
    rows: int


def check(tables: Mapping[str, pl.DataFrame | pl.LazyFrame | Path]) -> list[Problem]:
    """Every broken promise of the published tables; an empty list when they may be published.

    Args:
        tables: all tables of `contracts.published.PUBLISHED` by name, as frames or Parquet files.
    """
    frames = {name: pl.scan_parquet(t, glob=False) if isinstance(t, Path) else t.lazy() for name, t in tables.items()}
    promised = {table.name for table in PUBLISHED}
    problems = [Problem(name, "the table is missing", 0) for name in sorted(promised - set(frames))]
    problems += [Problem(name, "the contract knows no such table", 0) for name in sorted(set(frames) - promised)]
    for table in PUBLISHED:
        if table.name in frames:
            problems += _columns(table, frames[table.name])
    if problems:
        return problems  # what follows relies on names and types
    for table in PUBLISHED:
        problems += _rows(table, frames[table.name])
    return problems + _references(frames) + _exclusive(frames) + _consents(frames) + _trails(frames)


def check_alone(table: Table, frame: pl.LazyFrame) -> list[Problem]:
    """Every broken promise of one table by itself: columns and types, nulls, empty strings, its key."""
    return _columns(table, frame) or _rows(table, frame)


def _rows(table: Table, frame: pl.LazyFrame) -> list[Problem]:
    return _values(table, frame) + _keys(table, frame)


def _columns(table: Table, frame: pl.LazyFrame) -> list[Problem]:
    found = dict(frame.collect_schema())
    if found == table.schema and list(found) == table.names:
        return []
    wrong = [f"{name} is missing" for name in table.names if name not in found]
    wrong += [f"{name} is not in the contract" for name in found if name not in table.schema]
    wrong += [
        f"{name} is {found[name]} instead of {dtype}"
        for name, dtype in table.schema.items()
        if name in found and found[name] != dtype
    ]
    return [Problem(table.name, "; ".join(wrong) or "the columns are in another order", 0)]


def _values(table: Table, frame: pl.LazyFrame) -> list[Problem]:
    """No nulls where none are allowed, and never an empty string."""
    checks = {
        f"{column.name} is null": pl.col(column.name).is_null().sum() for column in table.columns if not column.nullable
    }
    checks |= {
        f"{column.name} is an empty string, which must be null": (pl.col(column.name) == "").sum()
        for column in table.columns
        if column.dtype == pl.String
    }
    counts = frame.select(expression.alias(name) for name, expression in checks.items()).collect(engine="streaming")
    return [Problem(table.name, name, rows) for name, rows in counts.row(0, named=True).items() if rows]


def _keys(table: Table, frame: pl.LazyFrame) -> list[Problem]:
    if not table.key:
        return []
    # The hash settles almost every case in a fraction of the memory; only a clash is looked at exactly.
    hashes = frame.select(key=pl.struct(table.key).hash()).collect().to_series()
    if hashes.n_unique() == len(hashes):
        return []
    keys = frame.select(table.key).collect()
    twice = keys.height - keys.n_unique()
    return [Problem(table.name, f"{', '.join(table.key)} is not unique", twice)] if twice else []


_REFERENCES = (
    ("leads", "account_id", "accounts"),
    ("accounts", "parent_account_id", "accounts"),
    ("buying_centers", "account_id", "accounts"),
    ("buying_centers", "lead_id", "leads"),
    ("lead_crosswalk", "account_id", "accounts"),
    ("lead_crosswalk", "lead_id", "leads"),
    ("field_provenance", "lead_id", "leads"),
    ("consents", "lead_id", "leads"),
)


def _references(frames: Frames) -> list[Problem]:
    problems = []
    for table, column, target in _REFERENCES:
        key = "lead_id" if target == "leads" else "account_id"
        used = frames[table].select(pl.col(column).alias(key)).drop_nulls().unique()
        dangling = used.join(frames[target].select(key), on=key, how="anti").select(pl.len()).collect().item()
        if dangling:
            problems.append(Problem(table, f"{column} names rows that {target} does not have", dangling))
    leads = frames["leads"].select("lead_id")
    orphans = leads.join(frames["lead_crosswalk"], on="lead_id", how="anti").select(pl.len()).collect().item()
    if orphans:
        problems.append(Problem("leads", "no source record stands behind the lead", orphans))
    return problems


def _exclusive(frames: Frames) -> list[Problem]:
    """A record held back as a whole must not have become a lead."""
    key = ["source", "source_record_id"]
    held = frames["quarantine"].filter(pl.col("field").is_null()).drop_nulls(key).select(key).unique()
    both = held.join(frames["lead_crosswalk"].select(key), on=key, how="semi").select(pl.len()).collect().item()
    return [Problem("quarantine", "the record is in lead_crosswalk as well", both)] if both else []


def _consents(frames: Frames) -> list[Problem]:
    """What leads and consents say of a channel is the same, and no consent stands in leads without its proof."""
    stated = pl.concat(
        frames["leads"].select("lead_id", channel=pl.lit(channel), stated=f"consent_{channel}")
        for channel in ("email", "phone")
    )
    key = ["lead_id", "channel"]
    said = stated.filter(pl.col("stated") != "unknown")
    bare = said.join(frames["consents"].select(key), on=key, how="anti")
    other = frames["consents"].join(stated, on=key).filter(pl.col("status").ne_missing(pl.col("stated")))
    counts = [rows.select(pl.len()).collect(engine="streaming").item() for rows in (bare, other)]
    told = ("no row says what a consent in leads rests on", "status is not what leads says")
    return [Problem("consents", message, count) for message, count in zip(told, counts, strict=True) if count]


def _trails(frames: Frames) -> list[Problem]:
    """Every redirect ends, in one step, at an id in use, and starts at one that is not; no tombstone is in use."""
    redirects, tombstones = frames["redirects"], frames["tombstones"]
    in_use = pl.concat(
        frames[table].select(pl.lit(entity).alias("entity"), pl.col(f"{entity}_id").alias("id"))
        for entity, table in (("lead", "leads"), ("account", "accounts"))
    )
    ends = redirects.join(in_use, left_on=["entity", "new_id"], right_on=["entity", "id"], how="anti")
    starts = redirects.join(in_use, left_on=["entity", "old_id"], right_on=["entity", "id"], how="semi")
    targets = redirects.select("entity", pl.col("new_id").alias("old_id")).unique()
    chained = redirects.join(targets, on=["entity", "old_id"], how="semi")
    risen = tombstones.join(in_use, left_on=["entity", "old_id"], right_on=["entity", "id"], how="semi")
    both = tombstones.join(redirects, on=["entity", "old_id"], how="semi")
    found = {
        ("redirects", "new_id is not an id in use"): ends,
        ("redirects", "old_id is still in use"): starts,
        ("redirects", "old_id is the target of another redirect: a chain or a circle"): chained,
        ("tombstones", "old_id is still in use"): risen,
        ("tombstones", "old_id redirects as well"): both,
    }
    counts = pl.collect_all([rows.select(pl.len()) for rows in found.values()])
    return [
        Problem(table, message, count.item())
        for (table, message), count in zip(found, counts, strict=True)
        if count.item()
    ]
