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
from typing import Any

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
_PLACE = pl.concat_str("entity", "kind", separator=" ").replace_strict(
    {step: number for number, step in enumerate(ORDER)}, return_dtype=pl.UInt8
)
_WRITTEN = ("insert", "split", "update")
_SLICE = 50_000  # changes whose rows are in memory at a time
_ISO = "%Y-%m-%dT%H:%M:%S%.6fZ"


def changes(before: State, now: State, *, at: datetime, run_id: str, **more: Any) -> pl.DataFrame:
    """What leads from one state to the other, as `changes_in_parts` has it, in one frame."""
    return pl.concat(changes_in_parts(before, now, at=at, run_id=run_id, **more))


def changes_in_parts(
    before: State,
    now: State,
    *,
    at: datetime,
    run_id: str,
    erased: Collection[str] = frozenset(),
    rewritten_since: datetime | None = None,
) -> Iterator[pl.DataFrame]:
    """What leads from one state to the other, in order, a part in memory at a time.

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

    Yields:
        `contracts.changes.CHANGES`, with `seq` from 1 on; one empty part where nothing changed.
    """
    gone = pl.Series("id", sorted(erased), dtype=pl.String)
    then = {**before, LEADS.name: before[LEADS.name].filter(~pl.col("lead_id").is_in(gone.implode()))}
    if rewritten_since is not None:
        known = pl.when(pl.col("updated_at") <= rewritten_since)
        then |= {table.name: then[table.name].with_columns(known.then("content_hash")) for table in ENTITIES.values()}
    events = [gone.to_frame().with_columns(entity=pl.lit("lead"), kind=pl.lit("erase"))]
    for entity, table in ENTITIES.items():
        found = pl.concat(_events(entity, table, then, now, rewritten_since), how="diagonal")
        events.append(found.with_columns(entity=pl.lit(entity)))
    whole = CHANGES.conform(pl.concat(events, how="diagonal").with_columns(at=pl.lit(at), run_id=pl.lit(run_id)))
    told = ~pl.col("id").is_in(gone.implode()) | (pl.col("kind") != "delete")
    seq = 1
    for part in whole.filter(told).sort(_PLACE, "id").iter_slices(_SLICE):
        filled = _filled(part, then, now)
        yield filled.with_columns(seq=pl.int_range(seq, seq + pl.len(), dtype=pl.Int64))
        seq += filled.height
    if seq == 1:
        yield CHANGES.empty()


def payload(table: Table, rows: pl.DataFrame) -> pl.Series:
    """Each row of a table as one JSON object: lists are arrays, timestamps ISO 8601 in UTC, nothing is left out."""
    times = [pl.col(name).dt.strftime(_ISO) for name, dtype in table.schema.items() if dtype == pl.Datetime]
    whole = rows.select(given_or_null(rows, table.schema)).with_columns(times)
    return whole.select(payload=pl.struct(table.names).struct.json_encode()).to_series()


def _events(
    entity: str, table: Table, before: State, now: State, rewritten_since: datetime | None
) -> Iterator[pl.DataFrame]:
    """What happened to accounts or to leads: id, kind, merged_into, split_from. An update may turn out to be none."""
    key = table.key[0]
    old = before[table.name].select(id=key, old="content_hash").with_columns(was=True)
    new = now[table.name].select(id=key, new="content_hash").with_columns(stays=True)
    other = pl.col("old").is_null() | pl.col("old").ne_missing(pl.col("new"))
    both = old.join(new, on="id", how="full", coalesce=True).filter(other).collect(engine="streaming")

    fresh, lost = (both.filter(pl.col(side).is_null()).select("id") for side in ("was", "stays"))
    origins = _origins(key, fresh["id"], lost["id"], before, now)
    yield fresh.join(origins, on="id", how="left").with_columns(kind=_either("split_from", "split", "insert"))
    yield both.filter(pl.col("was") & pl.col("stays")).select("id", kind=pl.lit("update"))

    if rewritten_since is not None:
        ended = _of_entity(now[TOMBSTONES.name], entity).filter(pl.col("at") > rewritten_since).select(id="old_id")
        lost = pl.concat([lost, ended.join(new, on="id", how="anti").collect()]).unique("id")
    led = _of_entity(now[REDIRECTS.name], entity).select(id="old_id", merged_into="new_id").collect()
    yield lost.join(led, on="id", how="left").with_columns(kind=_either("merged_into", "merge", "delete"))


def _filled(part: pl.DataFrame, before: State, now: State) -> pl.DataFrame:
    """Events with their payloads and changed fields; an update without any is none."""
    values = pl.concat(
        _values(table, part.filter(pl.col("entity") == entity), before, now) for entity, table in ENTITIES.items()
    )
    on = ["entity", "kind", "id"]
    whole = part.drop("payload", "changed_fields").join(values, on=on, how="left", maintain_order="left")
    whole = whole.with_columns(pl.col("changed_fields").fill_null([]))
    return CHANGES.conform(whole.filter((pl.col("kind") != "update") | (pl.col("changed_fields").list.len() > 0)))


def _values(table: Table, part: pl.DataFrame, before: State, now: State) -> pl.DataFrame:
    """entity, kind, id, payload, changed_fields of the events of one entity that have them."""
    key = table.key[0]
    due = part.filter(pl.col("kind").is_in(_WRITTEN)).select("entity", "kind", "id")
    rows = _rows(table, now, due["id"])
    kept = due.filter(pl.col("kind") == "update")["id"]
    fields = pl.DataFrame({"id": kept.sort()}).with_columns(
        _changed(table, _rows(table, before, kept), rows.filter(pl.col(key).is_in(kept.implode())))
    )
    told = rows.select(payload(table, rows), id=key)
    return due.join(told, on="id", how="left").join(fields, on="id", how="left")


def _rows(table: Table, state: State, ids: pl.Series) -> pl.DataFrame:
    """The rows of some ids, sorted by them."""
    key = table.key[0]
    if ids.is_empty():
        return table.empty()
    rows = state[table.name].filter(pl.col(key).is_in(ids.implode())).collect(engine="streaming")
    return rows.select(given_or_null(rows, table.schema)).sort(key)


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
