"""Batches: a record function over records of any number in flat memory, on every core.

Belongs here: cutting the records into batches and laying the results down in order. Does not belong here:
what happens to a batch, how workers run (`engine/workers`). Workers read their own rows and write their own part
of the table: rows that pass from process to process cost more than many a rule.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import ceil
from pathlib import Path

import polars as pl

from contracts.raw import REJECTS
from engine.parts import write_part
from engine.workers import cores, in_processes
from enrichment.clean_records import Context, ContextSource, clean_batch
from enrichment.rule_failures import Split, rule, without_failures

BATCH_ROWS = 170_000  # at most: a batch has a price of its own, and a place in memory
SMALL = 100_000  # up to here, starting workers costs more than they save

Progress = Callable[[int, int], None]

_context: Context | None = None


def clean_table(
    raw: pl.LazyFrame,
    clean: Path,
    rejects: Path,
    source: ContextSource,
    hold_back: Split,
    *,
    workers: int | None = None,
    progress: Progress | None = None,
) -> tuple[int, int]:
    """Clean raw records of Parquet files into a table of clean records and a file of rejects, order kept.

    Args:
        raw: contracts.raw.RAW_RECORDS, scanned; every worker scans it again for its own rows.
        clean: the folder made for contracts.clean.CLEAN_RECORDS, a Parquet file per batch, in the order of their names.
        rejects: where contracts.raw.REJECTS of the rows held back go.
        source: reference data for the rules.
        hold_back: splits a clean batch into the rows kept and the rejects; a module-level function or a partial of one.
        workers: processes; by default one per core, one for few records.
        progress: called with rows done and rows in all.

    Returns:
        Rows kept and rows held back, among them those on which a rule broke.
    """
    total = int(raw.select(pl.len()).collect().item())
    count = workers or (1 if total <= SMALL else cores())
    clean.mkdir()
    job = partial(_clean_part, raw, clean, hold_back)
    held = [REJECTS.empty()]
    kept = 0
    for rows, held_back in in_processes(job, _batches(total, count), prepare=partial(_open, source), workers=count):
        held.append(held_back)
        kept += rows
        if progress:
            progress(kept + sum(map(len, held)), total)
    rejected = pl.concat(held)
    rejected.write_parquet(rejects)
    return kept, rejected.height


def _batches(total: int, workers: int) -> list[tuple[int, int]]:
    """First row and number of rows of each batch: as few batches as give every worker as much as the others."""
    count = workers * max(ceil(total / (workers * BATCH_ROWS)), 1)
    rows = max(ceil(total / count), 1)
    return [(start, rows) for start in range(0, max(total, 1), rows)]


def _open(source: ContextSource) -> None:
    global _context  # noqa: PLW0603 - a worker's one and only context, set by its initializer
    _context = source.open()


def _clean_part(raw: pl.LazyFrame, clean: Path, hold_back: Split, batch: tuple[int, int]) -> tuple[int, pl.DataFrame]:
    assert _context is not None, "the worker's initializer opens the context"
    kept, held = without_failures(raw.slice(*batch).collect(), partial(_split, hold_back, _context))
    write_part(kept, clean / f"{batch[0]:012}.parquet")
    return kept.height, held


def _split(hold_back: Split, context: Context, raw: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    clean = clean_batch(raw, context)
    with rule("record"):
        return hold_back(clean)
