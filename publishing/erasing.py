"""Erasing: a person leaves every publication and held night, and what these say of changes.

Belongs here: publications without some records. Does not belong here: who is erased (`enrichment/erasure`), the lake,
the store, telling consumers (`publishing.feed.erasures`). A publication from which somebody left takes the place of the
one before it, the current one under a name of its own, so that a reader sees one of them whole. Accounts at which
nobody else is known leave too; counts of other accounts are put right, free text of other leads that speaks of the
person is blanked, all else is what it was until the next night. Its file of changes is made again, of what is left, and
says who was erased.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from contracts.published import PUBLISHED, SCHEMA_VERSION, TOMBSTONES
from engine.swap import put, scratch, sync
from matching.identity import PREFIX
from publishing.current import CURRENT, free_name, only_publisher, point
from publishing.integrity import check
from publishing.manifest import NAME, BrokenPublication, describe, read_manifest
from publishing.publish import IntegrityError, twins, with_changes
from publishing.repair import ASIDE
from publishing.retention import HELD
from publishing.stamp import stamped
from publishing.written import tell, told
from sources.store.removal import FREE_TEXTS

_KEY = ["source", "source_record_id"]

Marks = Callable[[pl.Series], pl.Series]
Tables = dict[str, pl.DataFrame]


def erase_published(
    published: Path, records: pl.DataFrame, lead_ids: Iterable[str], speaks: Marks, instead: str
) -> tuple[list[str], pl.DataFrame]:
    """Take people out of every publication and every held night.

    Args:
        published: the folder of publications.
        records: source, source_record_id of all their records.
        lead_ids: ids known to be theirs.
        speaks: which texts of quarantine, and which free texts of leads, name them.
        instead: what stands in place of a message that does.

    Returns:
        The publications that were rewritten; and the leads that left with how much of each was theirs: lead_id, whole
        (whether nobody else's record stood behind it).

    Raises:
        PublishError: another run is publishing, or a table does not hold its contract afterwards.
        BrokenPublication: the current publication is damaged; `leads run` mends it.
    """
    rewritten: list[str] = []
    left = [pl.DataFrame(schema={"lead_id": pl.String, "whole": pl.Boolean})]
    with only_publisher(published):
        for aside in published.glob(f"{ASIDE}*"):
            shutil.rmtree(aside)  # nobody can search it
        for path in sorted([*published.glob(f"[!.]*/{NAME}"), *published.glob(f"{HELD}/[!.]*/{NAME}")]):
            folder = path.parent
            if folder.is_symlink():
                continue
            if (tables := _read(folder)) is None:
                continue
            leads = _leaving(tables["lead_crosswalk"], records, lead_ids)
            changed = _without(tables, records, leads["lead_id"], speaks, instead)
            if any(not changed[name].equals(tables[name]) for name in tables):
                erased = {*lead_ids, *leads.filter("whole")["lead_id"]}
                _replace(published, folder, changed, tables, erased)
                rewritten.append(folder.name)
                left.append(leads)
    return rewritten, pl.concat(left).group_by("lead_id", maintain_order=True).agg(pl.col("whole").all())


def _read(folder: Path) -> Tables | None:
    """The tables of a publication; an older one that is damaged goes, for nobody can search it."""
    try:
        manifest = read_manifest(folder)
        return {name: pl.read_parquet(folder / entry.file, glob=False) for name, entry in manifest.tables.items()}
    except (BrokenPublication, pl.exceptions.PolarsError) as error:
        if (folder.parent / CURRENT).resolve() == folder.resolve():
            raise BrokenPublication(f"{error}; `leads run` mends it") from error
        shutil.rmtree(folder)
        return None


def _leaving(crosswalk: pl.DataFrame, records: pl.DataFrame, lead_ids: Iterable[str]) -> pl.DataFrame:
    """The leads behind which a record stands: lead_id, whole. A lead that was more than one person is made again."""
    mine = crosswalk.join(records.with_columns(mine=True), on=_KEY, how="left", maintain_order="left")
    mine = mine.with_columns(mine=pl.col("mine").fill_null(False) | pl.col("lead_id").is_in([*lead_ids]))
    return mine.group_by("lead_id").agg(pl.col("mine").any(), whole=pl.col("mine").all()).filter("mine").drop("mine")


def _without(tables: Tables, records: pl.DataFrame, leads: pl.Series, speaks: Marks, instead: str) -> Tables:
    gone = pl.col("lead_id").is_in(leads.implode())
    kept = {name: table.filter(~gone) if "lead_id" in table.columns else table for name, table in tables.items()}
    quarantine = tables["quarantine"].join(records, on=_KEY, how="anti", maintain_order="left")
    raw, message = speaks(quarantine["raw"]), speaks(quarantine["message"])
    kept["quarantine"] = quarantine.with_columns(
        raw=pl.when(~raw).then("raw"), message=pl.when(message).then(pl.lit(instead)).otherwise("message")
    )
    there = kept["lead_crosswalk"]["account_id"].drop_nulls().unique()
    lost = tables["lead_crosswalk"].filter(gone)["account_id"].drop_nulls().unique()
    orphans = lost.filter(~lost.is_in(there.implode())).implode()
    fewer = tables["leads"].filter(gone).group_by("account_id").agg(_gone=pl.len().cast(pl.UInt32))
    accounts = tables["accounts"].filter(~pl.col("account_id").is_in(orphans))
    accounts = accounts.join(fewer, on="account_id", how="left", maintain_order="left").with_columns(
        lead_count=pl.col("lead_count") - pl.col("_gone").fill_null(0),
        parent_account_id=pl.when(~pl.col("parent_account_id").is_in(orphans)).then("parent_account_id"),
    )
    kept["accounts"] = accounts.select(tables["accounts"].columns)
    ended = pl.concat([leads, lost.filter(lost.is_in(orphans))])
    kept["redirects"] = tables["redirects"].filter(~pl.col("new_id").is_in(ended.implode()))
    if TOMBSTONES.name in tables:  # older publications have none
        gone_ids = _tombstones(ended, tables["redirects"]).select(tables[TOMBSTONES.name].columns)
        kept[TOMBSTONES.name] = pl.concat([tables[TOMBSTONES.name], gone_ids]).sort(TOMBSTONES.key)
    return kept | _blanked(kept["leads"], kept["field_provenance"], speaks)


def _blanked(leads: pl.DataFrame, provenance: pl.DataFrame, speaks: Marks) -> Tables:
    """Leads, and where their values come from, without the free texts that speak of the person."""
    names = [name for name in FREE_TEXTS if name in leads.columns]
    marked = {name: speaks(leads[name]) for name in names if leads[name].null_count() < leads.height}
    texts = provenance.filter(pl.col("field").is_in(names))
    told = texts.filter(speaks(texts["value"])).select("lead_id", "field")
    return {
        "leads": leads.with_columns(pl.when(~marks).then(name).alias(name) for name, marks in marked.items()),
        "field_provenance": provenance.join(told, on=["lead_id", "field"], how="anti", maintain_order="left"),
    }


def _tombstones(ended: pl.Series, redirects: pl.DataFrame) -> pl.DataFrame:
    """Where the trails of ids that leave end: theirs, and those that led to them."""
    ids = pl.concat([ended, redirects.filter(pl.col("new_id").is_in(ended.implode()))["old_id"]])
    entities = {prefix: entity for entity, prefix in PREFIX.items()}
    entity = pl.col("old_id").str.head(1).replace_strict(entities, default=None)
    return TOMBSTONES.conform(ids.to_frame("old_id").with_columns(entity=entity, at=pl.lit(datetime.now(UTC))))


def _replace(published: Path, folder: Path, tables: Tables, there: Tables, erased: Collection[str]) -> None:
    """Put `tables` in the place of those that were `there`; rows that say something else now are dated today."""
    before = read_manifest(folder)
    is_todays = (before.schema_version, before.schema_minor_version) == SCHEMA_VERSION
    if is_todays:
        run_id, at = before.run_id, datetime.now(UTC)
        tables = {
            table.name: stamped(table, tables[table.name], run_id=run_id, at=at, previous=there[table.name])
            for table in PUBLISHED
        }
    is_current = (published / CURRENT).resolve() == folder.resolve()
    place = free_name(folder) if is_current else folder
    with scratch(place) as new:
        new.mkdir()
        files = {name: new / f"{name}.parquet" for name in tables}
        for name, path in files.items():
            tables[name].write_parquet(path)
            sync(path)
        if is_todays and (problems := check(files)):
            raise IntegrityError(problems)
        entries = {name: describe(path, new) for name, path in files.items()}
        manifest = replace(before, tables=entries, flat=twins(files, new) if before.flat else {})
        manifest = with_changes(manifest, _whole(published, before.changes_since), new, erased)
        (new / NAME).write_text(manifest.to_json(), encoding="utf-8")
        sync(new / NAME)
        line = told(folder)
        tell(place, manifest, line.get("verdict") or "", line.get("versions") or "")
        put(new, place)
    sync(place.parent)
    if is_current:
        point(published, place)
        with scratch(folder) as gone:
            folder.rename(gone)


def _whole(published: Path, name: str | None) -> Path | None:
    """The folder of a publication, where it is still there and whole."""
    with suppress(BrokenPublication):
        if name is not None and read_manifest(published / name):
            return published / name
    return None
