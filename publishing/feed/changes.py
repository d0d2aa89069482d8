"""Changes: what happened to leads and accounts between two states, in the order in which it has to be carried out.

Belongs here: the kinds of change, their order, the payload. Does not belong here: where the states lie
(`publishing.feed.file`, `publishing.feed.postgres`), since when a row says what it says (`publishing.stamp`).

The order is right for whoever carries out one change after the other: the erased go first; an account is there before
its leads; who wins a merge is there before it, and is brought up to date after it, so that what moved along with the
loser does not win; a lead goes before its account does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime

import polars as pl

from contracts.changes import CHANGES
from contracts.published import ACCOUNTS, LEAD_CROSSWALK, LEADS, REDIRECTS, TOMBSTONES
from contracts.table import Table, given_or_null
from publishing.stamp import CHANGE_COLUMNS, texts

State = Mapping[str, pl.LazyFrame]
"""leads, accounts, lead_crosswalk, redirects, tombstones; what both states have as it is may be missing in both."""

ENTITIES: Mapping[str, Table] = {"account": ACCOUNTS, "lead": LEADS}
ORDER = (
    "lead erase",
    *("account insert", "account split", "account merge", "account update"),
    *("lead insert", "lead split", "lead merge", "lead update"),
    *("lead delete", "account delete"),
)
_ISO = "%Y-%m-%dT%H:%M:%S%.6fZ"


def changes(
    before: State,
    now: State,
    *,
    at: datetime,
    run_id: str,
    erased: Collection[str] = frozenset(),
    rewritten_since: datetime | None = None,
) -> pl.DataFrame:
    """What leads from one state to the other.

    A row of which only volatile columns moved did not change. A lead that is there again after its erasure is erased,
    then inserted.

    Args:
        before, now: the states; redirects and tombstones are read of `now` alone.
        at: when `now` was published.
        run_id: the run that published it.
        erased: ids of leads that were erased since `before`, whether or not one of the states knows them.
        rewritten_since: when `before` was published, if it may have been rewritten since because somebody was erased.
            What it said until then is not known: its rows that are dated later are updated in all their columns, and
            what ended later is deleted, even where it knows no such id.

    Returns:
        `contracts.changes.CHANGES`, with `seq` from 1 on.
    """
    gone = pl.Series("id", sorted(erased), dtype=pl.String)
    told = [gone.to_frame().with_columns(entity=pl.lit("lead"), kind=pl.lit("erase"))]
    before = {**before, LEADS.name: before[LEADS.name].filter(~pl.col("lead_id").is_in(gone.implode()))}
    for entity, table in ENTITIES.items():
        told += [part.with_columns(entity=pl.lit(entity)) for part in _of(entity, table, before, now, rewritten_since)]
    told = [part.filter(~pl.col("id").is_in(gone.implode()) | (pl.col("kind") != "delete")) for part in told]
    place = pl.concat_str("entity", "kind", separator=" ").replace_strict(
        {step: number for number, step in enumerate(ORDER)}, return_dtype=pl.UInt8
    )
    rows = pl.concat([CHANGES.conform(part) for part in told]).sort(place, "id")
    return rows.with_columns(
        seq=pl.int_range(1, pl.len() + 1, dtype=pl.Int64),
        changed_fields=pl.col("changed_fields").fill_null([]),
        at=pl.lit(at, CHANGES.schema["at"]),
        run_id=pl.lit(run_id),
    )


def payload(table: Table, rows: pl.DataFrame) -> pl.Series:
    """Each row of a table as one JSON object: lists are arrays, timestamps ISO 8601 in UTC, nothing is left out."""
    times = [pl.col(name).dt.strftime(_ISO) for name, dtype in table.schema.items() if dtype == pl.Datetime]
    whole = rows.select(given_or_null(rows, table.schema)).with_columns(times)
    return whole.select(payload=pl.struct(table.names).struct.json_encode()).to_series()


def _of(
    entity: str, table: Table, before: State, now: State, rewritten_since: datetime | None
) -> Iterator[pl.DataFrame]:
    """The changes of accounts or of leads: id, kind, and what else of `CHANGES` a kind has."""
    key, old, new = table.key[0], before[table.name], now[table.name]
    same = [key, "content_hash"]
    if rewritten_since is not None:
        known = pl.col("updated_at") <= rewritten_since
        old = old.with_columns(pl.when(known).then("content_hash"))  # null is like no other hash
    was = old.join(new.select(same), on=same, how="anti").collect(engine="streaming")
    rows = _told(table, new.join(old.select(same), on=same, how="anti"))

    fresh, lost = rows.join(was, on=key, how="anti"), was.join(rows, on=key, how="anti").select(id=key)
    origin = _origins(key, fresh["id"], lost["id"], before, now)
    came = fresh.select("id", "payload").join(origin, on="id", how="left")
    yield came.with_columns(kind=_either("split_from", "split", "insert"))

    kept = rows.join(was, on=key, how="semi").sort(key)
    fields = _changed(table, was.join(kept, on=key, how="semi").sort(key), kept)
    updated = kept.select("id", "payload", changed_fields=fields, kind=pl.lit("update"))
    yield updated.filter(pl.col("changed_fields").list.len() > 0)  # else the hash alone is another, of a newer version

    if rewritten_since is not None:
        ended = _of_entity(now[TOMBSTONES.name], entity).filter(pl.col("at") > rewritten_since).select(id="old_id")
        lost = pl.concat([lost, ended.join(new.select(id=key), on="id", how="anti").collect()]).unique("id")

    led = _of_entity(now[REDIRECTS.name], entity).select(id="old_id", merged_into="new_id").collect()
    yield lost.join(led, on="id", how="left").with_columns(kind=_either("merged_into", "merge", "delete"))


def _told(table: Table, rows: pl.LazyFrame) -> pl.DataFrame:
    """Rows of a table with id and payload."""
    whole = rows.collect(engine="streaming")
    whole = whole.select(given_or_null(whole, table.schema))
    return whole.with_columns(payload(table, whole), id=table.key[0])


def _of_entity(trail: pl.LazyFrame, entity: str) -> pl.LazyFrame:
    return trail.filter(pl.col("entity") == entity)


def _either(column: str, given: str, missing: str) -> pl.Expr:
    return pl.when(pl.col(column).is_null()).then(pl.lit(missing)).otherwise(pl.lit(given))


def _origins(key: str, fresh: pl.Series, lost: pl.Series, before: State, now: State) -> pl.DataFrame:
    """id, split_from: of the fresh ids whose records were another's that stays; the first of several."""
    record = [*LEAD_CROSSWALK.key]
    if fresh.is_empty():
        return pl.DataFrame(schema={"id": pl.String, "split_from": pl.String})
    records = now[LEAD_CROSSWALK.name].filter(pl.col(key).is_in(fresh.implode())).select(*record, id=key)
    were = before[LEAD_CROSSWALK.name].select(*record, split_from=key).drop_nulls("split_from")
    moved = records.join(were, on=record).filter(~pl.col("split_from").is_in(lost.implode()))
    return (
        moved.filter(~pl.col("split_from").is_in(fresh.implode()))
        .group_by("id")
        .agg(pl.col("split_from").min())
        .collect()
    )


def _changed(table: Table, was: pl.DataFrame, rows: pl.DataFrame) -> pl.Series:
    """The columns in which rows of the same ids, in the same order, say something else."""
    names = _names(table)
    old = texts(was.select(given_or_null(was, table.schema)), names).rename(lambda name: f"{name} before")
    both = pl.concat([texts(rows, names), old, was.select("content_hash")], how="horizontal")
    unknown = pl.col("content_hash").is_null()
    differs = (
        pl.when(unknown | pl.col(name).ne_missing(pl.col(f"{name} before"))).then(pl.lit(name)) for name in names
    )
    return both.select(changed_fields=pl.concat_list(differs).list.drop_nulls()).to_series()


def _names(table: Table) -> list[str]:
    return [column.name for column in table.columns if not column.volatile and column.name not in CHANGE_COLUMNS]
