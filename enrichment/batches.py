"""Batches: a record function over a Parquet file of any length in flat memory, on every core.

Belongs here: cutting a file into batches, spawning workers, putting the parts together in order.
Does not belong here: what happens to a batch. Workers are spawned, never forked (Polars hangs after
a fork), get file and offset by reference (pickling a slice costs its whole buffer) and use one thread.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from tempfile import mkdtemp

import polars as pl

from enrichment.records import Context, ContextSource, clean_batch, enrich_batch

BATCH_ROWS = 50_000
SMALL = 2 * BATCH_ROWS  # below this, starting workers costs more than they save

Split = Callable[[pl.DataFrame], tuple[pl.DataFrame, pl.DataFrame]]
Progress = Callable[[int, int], None]

_context: Context | None = None


def clean_file(
    raw: Path,
    clean: Path,
    rejects: Path,
    source: ContextSource,
    hold_back: Split,
    *,
    workers: int | None = None,
    progress: Progress | None = None,
) -> tuple[int, int]:
    """Clean a Parquet file of raw records into a file of clean records and one of rejects, order kept.

    Args:
        raw: contracts.raw.RAW_RECORDS.
        clean: where contracts.clean.CLEAN_RECORDS goes.
        rejects: where contracts.raw.REJECTS of the rows held back go.
        source: reference data for the rules.
        hold_back: splits a clean batch into the rows kept and the rejects; a module-level function.
        workers: processes; by default one per core, none for a small file.
        progress: called with rows done and rows in all.

    Returns:
        Rows kept and rows held back.
    """
    total = pl.scan_parquet(raw).select(pl.len()).collect().item()
    offsets = range(0, max(total, 1), BATCH_ROWS)
    folder = Path(mkdtemp(prefix=".parts-", dir=clean.parent))
    try:
        job = partial(_clean_part, raw, folder, hold_back)
        kept = held = done = 0
        for rows_kept, rows_held in _map(job, offsets, total, workers, source):
            kept, held, done = kept + rows_kept, held + rows_held, done + rows_kept + rows_held
            if progress:
                progress(done, total)
        pl.scan_parquet(folder / "clean-*.parquet").sink_parquet(clean, compression="lz4")
        pl.scan_parquet(folder / "rejects-*.parquet").sink_parquet(rejects, compression="lz4")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return kept, held


def enrich_file(clean: Path, enriched: Path, mail_evidence: pl.DataFrame | None = None) -> None:
    """Enrich a Parquet file of clean records into one of enriched records, batch by batch, order kept."""
    total = pl.scan_parquet(clean).select(pl.len()).collect().item()
    folder = Path(mkdtemp(prefix=".parts-", dir=enriched.parent))
    try:
        for offset in range(0, max(total, 1), BATCH_ROWS):
            batch = pl.scan_parquet(clean).slice(offset, BATCH_ROWS).collect()
            enrich_batch(batch, mail_evidence).write_parquet(folder / f"{offset:012d}.parquet")
        pl.scan_parquet(folder / "*.parquet").sink_parquet(enriched)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _map(
    job: Callable[[int], tuple[int, int]],
    offsets: Iterable[int],
    total: int,
    workers: int | None,
    source: ContextSource,
) -> Iterator[tuple[int, int]]:
    count = workers if workers is not None else (len(os.sched_getaffinity(0)) if total > SMALL else 0)
    if count <= 1:
        _open(source)
        yield from map(job, offsets)
        return
    threads = os.environ.get("POLARS_MAX_THREADS")
    os.environ["POLARS_MAX_THREADS"] = "1"
    try:
        pool = ProcessPoolExecutor(count, mp_context=get_context("spawn"), initializer=_open, initargs=(source,))
        with pool:
            yield from pool.map(job, offsets)
    finally:
        if threads is None:
            del os.environ["POLARS_MAX_THREADS"]
        else:
            os.environ["POLARS_MAX_THREADS"] = threads


def _open(source: ContextSource) -> None:
    global _context  # noqa: PLW0603 - a worker's one and only context, set by its initializer
    _context = source.open()


def _clean_part(raw: Path, folder: Path, hold_back: Split, offset: int) -> tuple[int, int]:
    assert _context is not None, "the worker's initializer opens the context"
    batch = pl.scan_parquet(raw).slice(offset, BATCH_ROWS).collect()
    kept, held = hold_back(clean_batch(batch, _context))
    kept.write_parquet(folder / f"clean-{offset:012d}.parquet", compression="lz4")
    held.write_parquet(folder / f"rejects-{offset:012d}.parquet", compression="lz4")
    return kept.height, held.height
