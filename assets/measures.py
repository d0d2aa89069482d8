"""Measures: the numbers by which the Dagster page draws each table over time, made from the table itself.

Belongs here: which numbers, table by table. Does not belong here: tables to read (`assets.summaries`) or numbers that
the table does not hold, which its asset adds.

A number keeps its key from night to night, for the page draws a line for each: the measure, then the field or word,
then the source, parted by slashes, in the words of the contracts. A word of a closed vocabulary that nothing bears is
0; a share of nothing is not told. Shares are percent. Completeness and validity are meant as in ISO/IEC 25012: the
share of records that have a value, and of these values the share judged sound.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import polars as pl

from contracts import delivery, statuses
from engine.escaping import for_log
from matching.decisions.values import RULE as DECIDED
from publishing.report.concepts import CONCEPTS, Concept
from publishing.report.masking import without_contacts

Measure = Callable[[pl.LazyFrame], dict[str, float]]

SOURCES = 40  # of which each has lines of its own, those with most records


def _number(name: str, of: pl.Expr) -> Measure:
    return lambda table: {name: table.select(of).collect().item() or 0}


def _percent(name: str, of: pl.Expr) -> Measure:
    """The share of rows for which `of` is true."""
    return lambda table: _shares({name: table.select(of.sum(), rows=pl.len()).collect().row(0)})


def _each(name: str, column: pl.Expr, words: Iterable[str]) -> Measure:
    """How many rows have each word of a closed vocabulary."""

    def measure(table: pl.LazyFrame) -> dict[str, float]:
        found = dict(table.select(word=column).group_by("word").len().collect().iter_rows())
        return {f"{name}/{word}": found.get(word, 0) for word in words}

    return measure


def _found(name: str, column: pl.Expr) -> Measure:
    """How many rows have each value of an open vocabulary, the most frequent ones."""

    def measure(table: pl.LazyFrame) -> dict[str, float]:
        counted = table.select(value=column).drop_nulls().group_by("value").len()
        most = counted.sort("len", "value", descending=[True, False]).head(SOURCES).collect()
        return {f"{name}/{_shown(value)}": rows for value, rows in most.iter_rows()}

    return measure


def quality(table: pl.LazyFrame) -> dict[str, float]:
    """Completeness and validity of each field with a verdict, over all rows."""
    fields = _fields(table)
    return dict(_told(table.select(pl.len().alias("rows"), *_sums(fields)).collect(), fields))


def quality_by_source(table: pl.LazyFrame) -> dict[str, float]:
    """The same for each of the largest sources."""
    fields = _fields(table)
    per_source = table.group_by("source").agg(pl.len().alias("rows"), *_sums(fields))
    return dict(_told(per_source.sort("rows", "source", descending=[True, False]).head(SOURCES).collect(), fields))


def _fields(table: pl.LazyFrame) -> list[Concept]:
    there = table.collect_schema()
    return [concept for concept in CONCEPTS if concept.status in there]


def _sums(fields: Iterable[Concept]) -> Iterator[pl.Expr]:
    for it in fields:
        status = pl.col(it.status)
        is_filled = status.is_not_null() & ~status.is_in(it.missing)
        yield is_filled.sum().alias(f"filled {it.status}")
        yield (is_filled & ~status.is_in([*it.suspected, *it.invalid])).sum().alias(f"sound {it.status}")


def _told(counted: pl.DataFrame, fields: Iterable[Concept]) -> Iterator[tuple[str, float]]:
    for row in counted.iter_rows(named=True):
        source = f"/{_shown(row['source'])}" if "source" in row else ""
        for it in fields:
            name, filled = it.status.removesuffix("_status"), row[f"filled {it.status}"]
            counts = {f"completeness/{name}{source}": (filled, row["rows"])}
            counts[f"validity/{name}{source}"] = (row[f"sound {it.status}"], filled)
            yield from _shares(counts).items()


def _shares(counts: dict[str, tuple[int, int]]) -> dict[str, float]:
    return {name: round(100 * some / all_, 2) for name, (some, all_) in counts.items() if all_}


def _shown(value: str) -> str:
    """A source is named by whoever delivers it."""
    return for_log(without_contacts(value))


_SIZE = pl.len().over("cluster")
_IS_FIRST = pl.col("cluster").is_first_distinct()

MEASURES: dict[str, tuple[Measure, ...]] = {
    "raw_online_leads": (_found("records", pl.col("source")),),
    "raw_offline_leads": (_found("records", pl.col("source")),),
    "clean_records": (quality, _number("repairs", pl.col("repairs").list.len().sum())),
    "held_back": (_found("reason", pl.col("reason_code")),),
    "quarantine": (_found("source", pl.col("source")), _found("reason", pl.col("reason_code"))),
    "enriched_records": (quality, quality_by_source),
    "match_decisions": (_each("pairs", pl.col("outcome"), statuses.MATCH),),
    "lead_clusters": (
        _number("leads", pl.col("cluster").n_unique()),
        _number("merged_leads", (_IS_FIRST & (_SIZE > 1)).sum()),
        _number("merged_records", pl.len() - pl.col("cluster").n_unique()),
        _number("records_of_largest_lead", _SIZE.max()),
    ),
    "lead_review": (_number("review", pl.len()),),
    "decisions": (
        _each("decisions", pl.when(pl.col("id").is_first_distinct()).then("state"), statuses.DECISION_STATE),
    ),
    "decision_notices": (_each("notices", pl.col("kind"), statuses.DECISION_NOTICE),),
    "company_names": (
        _number("keys", pl.col("company_key").n_unique()),
        _number("domains", pl.col("domain").drop_nulls().n_unique()),
    ),
    "account_clusters": (
        _number("accounts", pl.col("account_id").n_unique()),
        _number("merged_spellings", pl.len() - pl.col("account_id").n_unique()),
    ),
    "record_accounts": (_each("records", pl.col("outcome"), statuses.EMPLOYMENT),),
    "account_review": (_number("review", pl.len()),),
    "leads": (
        _number("publishable", pl.col("publishable").sum()),
        _percent("publishable_percent", pl.col("publishable")),
        _number("merged", (pl.col("source_count") > 1).sum()),
        _number("may_email", pl.col("may_email").sum()),
        _number("may_call", pl.col("may_call").sum()),
        _number("with_account", pl.col("account_id").count()),
        quality,
        _found("blocked", pl.col("block_reasons").explode()),
    ),
    "field_provenance": (_number("decided_by_people", (pl.col("rule") == DECIDED).sum()),),
    "consents": (_each("status", pl.col("status"), statuses.CONSENT),),
    "buying_centers": (_each("role", pl.col("role"), statuses.ROLE),),
    "accounts": (
        _number("with_leads", (pl.col("lead_count") > 0).sum()),
        _number("with_parent", pl.col("parent_account_id").count()),
        _number("with_decider", pl.col("roles_present").list.contains("decider").sum()),
    ),
    "redirects": (_each("ids", pl.col("entity"), statuses.ENTITY),),
    "tombstones": (_each("ids", pl.col("entity"), statuses.ENTITY),),
    "sync_ids": (
        _each("bound", pl.col("entity"), statuses.ENTITY),
        _each("standing", pl.col("standing"), delivery.STANDING),
    ),
    "sync_events": (_each("event", pl.col("event"), delivery.EVENTS),),
}


def measured(name: str, table: pl.LazyFrame) -> dict[str, float]:
    """The numbers of a table by its name; none where it has none but its rows."""
    return {key: value for measure in MEASURES.get(name, ()) for key, value in measure(table).items()}
