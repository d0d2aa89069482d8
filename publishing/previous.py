"""The previous publication: what the next run needs of it, and how any reader finds it.

Belongs here: resolving `published/current` once, and reading ids, hashes and redirects from it.
Does not belong here: using them (`matching.identity`, `publishing.tables`).
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from contracts.matched import RETIRED
from contracts.published import ACCOUNTS, LEAD_CROSSWALK, REDIRECTS, TOMBSTONES
from contracts.table import Table
from publishing.current import CURRENT
from publishing.decisions import undone
from publishing.manifest import NAME, BrokenPublication, FileEntry, Manifest, read_manifest
from publishing.stamp import nothing_before


@dataclass(frozen=True, slots=True)
class Previous:
    """The columns of the last publication that carry over to the next run.

    `lead_ids` and `account_ids`: source, source_record_id, id; `lead_ids` with match_reason. `account_names`:
    account_id, name. `retired`: `contracts.matched.RETIRED`. `rules`: digest of the rules it was made with
    (`publishing.versions`), None where it is not known.
    """

    rules: str | None
    lead_ids: pl.DataFrame
    account_ids: pl.DataFrame
    account_names: pl.DataFrame
    retired: pl.DataFrame


def current_folder(published: Path) -> Path | None:
    """The folder `published/current` points at, or None before the first publication.

    A reader that resolves it once and reads below the answer sees one consistent set of tables, whatever is
    published meanwhile; the folder stays while `publishing.retention` keeps it.

    Raises:
        BrokenPublication: `current` points at a folder that is not there.
    """
    link = published / CURRENT
    if not link.is_symlink() and not link.exists():
        return None
    folder = link.resolve()
    if not folder.is_dir():
        raise BrokenPublication(
            f"{link} points at {folder.name}, which does not exist; point it at an older run folder beside it, "
            "or remove it to publish from scratch"
        )
    return folder


def moment(published: Path) -> datetime:
    """Now (UTC), or just after the last publication where the clock has gone back: dates never run backwards."""
    return later(datetime.now(UTC), published)


def later(at: datetime, published: Path) -> datetime:
    """`at`, or just after the publication that is current where that is later."""
    with suppress(BrokenPublication):
        folder = current_folder(published)
        if folder is not None and (before := read_manifest(folder).created_at) > at:
            return before + timedelta(microseconds=1)
    return at


def publication_before(folder: Path) -> tuple[Path, Manifest] | None:
    """The newest whole publication beside `folder` that is older than it and was not undone; None without one."""
    folder = folder.resolve()
    if not (folder / NAME).exists():
        return None
    at = read_manifest(folder).created_at
    older, left_behind = [], undone(folder.parent)
    for path in folder.parent.glob(f"[!.]*/{NAME}"):
        with suppress(BrokenPublication):  # it can be left aside: nothing but a comparison rests on it
            manifest = read_manifest(path.parent)
            aside = path.parent.is_symlink() or path.parent.name in left_behind
            if not aside and manifest.created_at < at:
                older.append((manifest.created_at, path.parent, manifest))
    return max(older, key=lambda entry: entry[:2])[1:] if older else None


def load_previous(published: Path) -> Previous:
    """What the last publication says of ids, hashes and redirects; nothing before the first one.

    Raises:
        BrokenPublication: its manifest is damaged or a table is missing, cut short or unreadable.
    """
    folder = current_folder(published)
    manifest = None if folder is None else read_manifest(folder)
    held = {} if manifest is None else manifest.tables
    crosswalk = _read(folder, LEAD_CROSSWALK, "source", "source_record_id", "lead_id", "account_id", "match_reason")
    trail = ("entity", "old_id", "at")
    gone = _read(folder if TOMBSTONES.name in held else None, TOMBSTONES, *trail)  # none before 1.1
    return Previous(
        rules=None if manifest is None else manifest.versions.get("rules"),
        lead_ids=crosswalk.select("source", "source_record_id", "match_reason", id="lead_id"),
        account_ids=crosswalk.select("source", "source_record_id", id="account_id").drop_nulls("id"),
        account_names=_read(folder, ACCOUNTS, "account_id", "name"),
        retired=pl.concat([_read(folder, REDIRECTS, *RETIRED.names), RETIRED.conform(gone)]),
    )


def changes_before(published: Path, table: Table, frame: pl.DataFrame) -> pl.DataFrame:
    """When rows of a table changed, as the last publication says (`publishing.stamp.Changes`).

    Args:
        published: the folder of publications.
        table: whose rows they are.
        frame: rows of tonight; of a table that is made in slices only what lies in the range of their keys is read.

    Raises:
        BrokenPublication: as `load_previous`.
    """
    folder, before = current_folder(published), nothing_before(table)
    held = {} if folder is None else read_manifest(folder).tables
    if folder is None or not _columns(held, table) >= set(before.columns):
        return before  # only leads and accounts tell it before 1.3
    rows = _scan(folder, table)
    if table.key and frame.height:
        first = frame[table.key[0]]
        rows = rows.filter(pl.col(table.key[0]).is_between(pl.lit(first.min()), pl.lit(first.max())))
    return _collected(folder, rows.select(before.columns))


def _columns(held: Mapping[str, FileEntry], table: Table) -> set[str]:
    return set(held[table.name].columns) if table.name in held else set()


def _read(folder: Path | None, table: Table, *columns: str) -> pl.DataFrame:
    if folder is None:
        return table.empty().select(columns)
    return _collected(folder, _scan(folder, table).select(columns))


def _scan(folder: Path, table: Table) -> pl.LazyFrame:
    return pl.scan_parquet(folder / f"{table.name}.parquet", glob=False)


def _collected(folder: Path, rows: pl.LazyFrame) -> pl.DataFrame:
    try:
        return rows.collect()
    except (OSError, pl.exceptions.PolarsError) as error:
        raise BrokenPublication(
            f"a table in {folder} cannot be read ({error}); point `current` at an older run folder beside it"
        ) from error
