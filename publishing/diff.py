"""Diff: one publication beside another as wholes: what is new, changed, merged, split and gone, with examples.

Belongs here: counting, choosing examples, and telling what came of other records from what came of other rules. Does
not belong here: finding the publications (`publishing.previous`), masking and showing (the report, `leads diff`).

A lead's records are *the same* where none came or went and none brought later evidence; a record that was read before
but held back, or is held back now, came or went by the rules. What changed in such a lead is owed to the rules, data,
settings, statements or model that are others (`publishing.versions`), among which nothing tells apart. Ids and contents
are compared by 64-bit hashes, which is exact enough to count; texts are read for the examples.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from contracts.published import ACCOUNTS, LEADS
from publishing.manifest import read_manifest
from publishing.versions import Cause, causes, read_versions

EXAMPLES = 5
# What changes with every run, and what follows from the values that are counted.
_NOT_VALUES = frozenset(
    (
        *("lead_id", "account_id", "content_hash", "updated_at", "run_id", "first_seen_at", "last_seen_at"),
        *("source_count", "lead_count"),
    )
)
_VALUES = {
    "lead": [name for name in LEADS.names if name not in _NOT_VALUES - {"account_id"}],
    "account": [name for name in ACCOUNTS.names if name not in _NOT_VALUES],
}
_WHO = {"lead": ("given_name", "family_name", "email"), "account": ("name", "city")}


@dataclass(frozen=True, slots=True)
class Change:
    """One kind of thing, before and now; what does not apply to it is None.

    `same` is how many of those that are new, changed, merged, split or gone have the same records as before.
    """

    what: str
    before: int
    now: int
    new: int | None = None
    changed: int | None = None
    merged: int | None = None
    split: int | None = None
    gone: int | None = None
    same: int | None = None

    @property
    def touched(self) -> int:
        """Ids that a sync job has something to do about."""
        return sum(filter(None, (self.new, self.changed, self.merged, self.split, self.gone)))


@dataclass(frozen=True, slots=True)
class Example:
    """One id in which something changed; values as text, unmasked.

    Attributes:
        id: of a lead or an account.
        other: the id it is merged into, or was split off from.
        who: who or what it is, as columns with their values.
        before, after: of the value that changed.
        reason: the match reason, or the survivorship rules before and now.
        same: whether its records are the same.
    """

    id: str
    other: str = ""
    who: tuple[tuple[str, str], ...] = ()
    before: str = ""
    after: str = ""
    reason: str = ""
    same: bool = False


@dataclass(frozen=True, slots=True)
class Effect:
    """What happened to leads or accounts: `what` is merged, split, gone, new, or changed, then in `field`.

    It happened to `count`, `same` of which have the same records. `reasons` are counted: why records of merged leads
    belong together now, and those of split ones did before; reason codes of what was or is held back; the survivorship
    rules of a value, before and now.
    """

    entity: str
    what: str
    field: str
    count: int
    same: int
    reasons: tuple[tuple[str, int], ...]
    examples: tuple[Example, ...]

    @property
    def title(self) -> str:
        """`leads merged`, `leads changed in job_title`."""
        return f"{self.entity}s {self.what}" + (f" in {self.field}" if self.field else "")


@dataclass(frozen=True, slots=True)
class Diff:
    """Two publications, one beside the other.

    Attributes:
        before, now: names of their folders.
        since: when the one before was made.
        rows: records, held back, leads, ready for sales, accounts.
        events: of leads, then of accounts; only what happened.
        fields: of leads, then of accounts, those that changed most often first.
        causes: what both were made with, where it is another.
        records_before: records of each source that were part of a lead before.
    """

    before: str
    now: str
    since: datetime
    rows: tuple[Change, ...]
    events: tuple[Effect, ...]
    fields: tuple[Effect, ...]
    causes: tuple[Cause, ...]
    records_before: Mapping[str, int]

    @property
    def none(self) -> bool:
        """Both publications hold the same."""
        return all(row.before == row.now and not row.touched for row in self.rows)

    @property
    def rules(self) -> tuple[Cause, ...]:
        """The causes that are changes of the rules."""
        return tuple(cause for cause in self.causes if cause.is_rule_change)

    def of(self, what: str) -> Change:
        return next(row for row in self.rows if row.what == what)


def diff(before: Path, now: Path, *, examples: int = EXAMPLES) -> Diff:
    """Compare two publications.

    Args:
        before, now: their folders, with a manifest.
        examples: at most so many for each kind of change, those with the same records first.

    Raises:
        BrokenPublication: the manifest before is damaged, or a table is missing or cut short.
    """
    since = read_manifest(before).created_at
    both = _Both(before, now)
    leads, accounts = _Things("lead", both), _Things("account", both)
    records_before, records = _by_source(before), _by_source(now)
    return Diff(
        before=before.resolve().name,
        now=now.resolve().name,
        since=since,
        rows=(
            Change("records", sum(records_before.values()), sum(records.values())),
            Change("held back", _height(before, "quarantine"), _height(now, "quarantine")),
            leads.change,
            _ready(leads),
            accounts.change,
        ),
        events=(*leads.events(examples), *accounts.events(examples)),
        fields=(*leads.fields(examples), *accounts.fields(examples)),
        causes=causes(read_versions(before), read_versions(now)),
        records_before=records_before,
    )


class _Both:
    """Both folders, and the records of both: record, lead, account, why (all but the last as hashes)."""

    def __init__(self, before: Path, now: Path) -> None:
        self.before, self.now = before, now
        self.old, self.new = _records(before), _records(now)
        self.held_before, self.held_now = _held(before), _held(now)
        self.alive = self.new.join(self.old, on="record", suffix="_before")

    @cached_property
    def news(self) -> pl.DataFrame:
        """lead, account: of the records that came, went, or belong to a lead with later evidence."""
        came = self.new.join(self.old, on="record", how="anti").join(self.held_before, on="record", how="anti")
        went = self.old.join(self.new, on="record", how="anti").join(self.held_now, on="record", how="anti")
        old, now = (
            _scan(place, "leads").select(_hash("lead_id", "lead"), "last_seen_at") for place in (self.before, self.now)
        )
        later = now.join(old, on="lead", suffix="_before").filter(
            pl.col("last_seen_at") > pl.col("last_seen_at_before")
        )
        joined = self.alive.filter(pl.col("lead") != pl.col("lead_before"))  # brought what was known elsewhere
        told = self.new.join(later.collect(), on="lead", how="semi").join(joined, on="lead", how="anti")
        return pl.concat([part.select("lead", "account") for part in (came, went, told)])


class _Things:
    """Leads or accounts of both publications.

    Attributes:
        old, now: id, content; of leads publishable too.
        known: both, side by side, those before ending in `_before`.
        changed: id of those in both whose content differs.
        merged, split, new, gone: id, other (into which, from which), place (the folder that knows it), reason.
    """

    def __init__(self, entity: str, both: _Both) -> None:
        self.entity, self._both = entity, both
        more = ["publishable"] if entity == "lead" else []
        columns = [_hash(f"{entity}_id", "id"), pl.col("content_hash").hash().alias("content"), *more]
        self.old, self.now = (_scan(place, f"{entity}s").select(columns).collect() for place in (both.before, both.now))
        self.known = self.now.join(self.old, on="id", suffix="_before")
        self.changed = self.known.filter(pl.col("content") != pl.col("content_before")).select("id")
        fresh, lost = self.now.join(self.old, on="id", how="anti"), self.old.join(self.now, on="id", how="anti")
        moved = (
            both.alive.select("why", "why_before", id=pl.col(entity), other=pl.col(f"{entity}_before"))
            .drop_nulls(["id", "other"])
            .unique(["id", "other"], keep="first", maintain_order=True)
        )
        split = moved.join(fresh, on="id", how="semi").join(self.now, left_on="other", right_on="id", how="semi")
        self.split = split.unique("id", keep="first", maintain_order=True).rename({"why_before": "reason"})
        redirects = _scan(both.now, "redirects").filter(pl.col("entity") == entity)
        led = redirects.select(_hash("old_id", "id"), _hash("new_id", "other")).collect()
        merged = lost.select("id").join(led, on="id")
        why = moved.select(id="other", other="id", reason="why")
        self.merged = merged.join(why, on=["id", "other"], how="left")
        self.new = self._owed(fresh.join(self.split, on="id", how="anti"), both.new, both.held_before)
        self.gone = self._owed(lost.join(led, on="id", how="anti"), both.old, both.held_now)

    @cached_property
    def stirred(self) -> pl.Series:
        """Ids whose records are not the same."""
        return self._both.news[self.entity].drop_nulls().unique()

    @property
    def change(self) -> Change:
        parts = {name: getattr(self, name) for name in ("new", "changed", "merged", "split", "gone")}
        counts = {name: part.height for name, part in parts.items()}
        same = sum(self._same(part).height for part in parts.values())
        return Change(f"{self.entity}s", self.old.height, self.now.height, **counts, same=same)

    def events(self, examples: int) -> Iterator[Effect]:
        """What happened to whole leads or accounts."""
        for what in ("merged", "split", "gone", "new"):
            part: pl.DataFrame = getattr(self, what)
            if part.height:
                same, reasons = self._same(part), _counted(part)
                shown = self._examples(what, part, same["id"], examples)
                yield Effect(self.entity, what, "", part.height, same.height, reasons, shown)

    def fields(self, examples: int) -> Iterator[Effect]:
        """Columns in which those in both differ, by the number of values."""
        key, ids = f"{self.entity}_id", self.changed["id"]
        old, now = (self._rows(place, ids) for place in (self._both.before, self._both.now))
        names = [name for name in _VALUES[self.entity] if name in old.columns and name in now.columns]
        sides = now.join(old, on=key, suffix="_before").with_columns(same=~pl.col("id").is_in(self.stirred.implode()))
        sides = sides.sort("same", key, descending=[True, False])
        differs = {name: pl.col(name).ne_missing(pl.col(f"{name}_before")) for name in names}
        counts = sides.select(differ.sum().alias(name) for name, differ in differs.items()).row(0, named=True)
        rules = self._rules(ids)
        for name in sorted(filter(counts.get, names), key=lambda name: (-counts[name], name)):
            rows = sides.filter(differs[name]).select("id", "same", own=key, after=name, before=f"{name}_before")
            rows = rows.join(rules.filter(pl.col("field") == name), on="id", how="left", maintain_order="left")
            yield Effect(
                self.entity,
                "changed",
                name,
                count=rows.height,
                same=int(rows["same"].sum()),
                reasons=_counted(rows),
                examples=tuple(
                    Example(
                        row["own"],
                        before=_text(row["before"]),
                        after=_text(row["after"]),
                        reason=row["reason"] or "",
                        same=row["same"],
                    )
                    for row in rows.head(examples).iter_rows(named=True)
                ),
            )

    def _same(self, part: pl.DataFrame) -> pl.DataFrame:
        """Those whose records are the same, on both ends where there are two."""
        ends = [pl.col(end) for end in ("id", "other") if end in part.columns]
        return part.filter(~pl.any_horizontal(end.is_in(self.stirred.implode()).fill_null(False) for end in ends))

    def _owed(self, part: pl.DataFrame, records: pl.DataFrame, held: pl.DataFrame) -> pl.DataFrame:
        """id, reason: why they came or went, where their records are held back on the other side."""
        told = (
            records.select("record", id=self.entity)
            .join(held, on="record")
            .unique("id", keep="first", maintain_order=True)
        )
        return part.select("id").join(told.select("id", reason="code"), on="id", how="left")

    def _examples(self, what: str, part: pl.DataFrame, same: pl.Series, number: int) -> tuple[Example, ...]:
        chosen = part.with_columns(same=pl.col("id").is_in(same.implode())).sort("same", "id", descending=[True, False])
        chosen = chosen.head(number)
        gone, there = self._named(self._both.before, chosen), self._named(self._both.now, chosen)
        known = gone if what in ("merged", "gone") else there
        return tuple(
            Example(
                str(known[row["id"]][f"{self.entity}_id"]),
                other=str(there.get(row.get("other", 0), {}).get(f"{self.entity}_id", "")),
                who=tuple((name, known[row["id"]][name]) for name in _WHO[self.entity] if known[row["id"]][name]),
                reason=row["reason"] or "",
                same=row["same"],
            )
            for row in chosen.iter_rows(named=True)
        )

    def _named(self, place: Path, part: pl.DataFrame) -> dict[int, dict[str, Any]]:
        """The rows behind the hashes of a few, id and other."""
        ids = pl.concat([part[end] for end in ("id", "other") if end in part.columns])
        return {row["id"]: row for row in self._rows(place, ids).iter_rows(named=True)}

    def _rows(self, place: Path, ids: pl.Series) -> pl.DataFrame:
        table = _scan(place, f"{self.entity}s").with_columns(_hash(f"{self.entity}_id", "id"))
        return table.filter(pl.col("id").is_in(ids.implode())).collect(engine="streaming")

    def _rules(self, ids: pl.Series) -> pl.DataFrame:
        """id, field, reason: the survivorship rules that chose values of these leads, before and now."""
        if self.entity != "lead":
            return pl.DataFrame(schema={"id": pl.UInt64, "field": pl.String, "reason": pl.String})
        old, now = (
            _scan(place, "field_provenance")
            .select(_hash("lead_id", "id"), "field", "rule")
            .filter(pl.col("id").is_in(ids.implode()))
            .collect(engine="streaming")
            for place in (self._both.before, self._both.now)
        )
        sides = now.join(old, on=["id", "field"], how="full", coalesce=True, suffix="_before")
        rule, before = pl.col("rule").fill_null("no value"), pl.col("rule_before").fill_null("no value")
        return sides.select("id", "field", reason=pl.when(rule == before).then(rule).otherwise(before + " → " + rule))


def _scan(folder: Path, table: str) -> pl.LazyFrame:
    return pl.scan_parquet(folder / f"{table}.parquet", glob=False)


def _hash(column: str, name: str) -> pl.Expr:
    return pl.when(pl.col(column).is_not_null()).then(pl.col(column).hash()).alias(name)


_RECORD = pl.struct("source", "source_record_id").hash().alias("record")


def _records(folder: Path) -> pl.DataFrame:
    columns = (_RECORD, _hash("lead_id", "lead"), _hash("account_id", "account"), pl.col("match_reason").alias("why"))
    return _scan(folder, "lead_crosswalk").select(columns).collect()


def _held(folder: Path) -> pl.DataFrame:
    """record, code: of whole records held back by rules; who was erased asked to be."""
    whole = _scan(folder, "quarantine").filter(
        pl.col("source_record_id").is_not_null() & (pl.col("reason_code") != "erased")
    )
    return whole.select(_RECORD, code="reason_code").unique("record", keep="first", maintain_order=True).collect()


def _by_source(folder: Path) -> dict[str, int]:
    """Records that became part of a lead, by source."""
    return dict(_scan(folder, "lead_crosswalk").group_by("source").len().sort("source").collect().iter_rows())


def _height(folder: Path, table: str) -> int:
    return int(_scan(folder, table).select(pl.len()).collect().item())


def _ready(leads: _Things) -> Change:
    """Leads that may go to sales; gone are those that were ready and are so no longer, for whatever reason."""
    old, now = (int(side["publishable"].sum()) for side in (leads.old, leads.now))
    stayed = int((leads.known["publishable"] & leads.known["publishable_before"]).sum())
    return Change("ready for sales", old, now, new=now - stayed, gone=old - stayed)


def _counted(part: pl.DataFrame) -> tuple[tuple[str, int], ...]:
    """The reasons told, the most frequent first."""
    counted = part.drop_nulls("reason").group_by("reason").len().sort("len", "reason", descending=[True, False])
    return tuple(counted.iter_rows())


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    if isinstance(value, dict):
        return " ".join(map(_text, value.values()))
    return "" if value is None else str(value)
