"""Batches: a record function over records of any number in flat memory, on every core.

Belongs here: cutting the records into batches and putting the results together in order. Does not belong here:
what happens to a batch, how workers run (`engine/workers`). Workers get the files by reference and read their own
rows: pickling a slice costs its whole buffer.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from tempfile import mkdtemp

import polars as pl

from contracts.clean import CLEAN_RECORDS
from contracts.raw import REJECTS
from engine.parts import ROW_GROUP, sink_parts
from engine.workers import in_processes
from enrichment.records import Context, ContextSource, clean_batch

BATCH_ROWS = ROW_GROUP
SMALL = 2 * BATCH_ROWS  # below this, starting workers costs more than they save

Split = Callable[[pl.DataFrame], tuple[pl.DataFrame, pl.DataFrame]]
Progress = Callable[[int, int], None]

_context: Context | None = None


def clean_file(
    raw: pl.LazyFrame,
    clean: Path,
    rejects: Path,
    source: ContextSource,
    hold_back: Split,
    *,
    workers: int | None = None,
    progress: Progress | None = None,
) -> tuple[int, int]:
    """Clean raw records of Parquet files into a file of clean records and one of rejects, order kept.

    Args:
        raw: contracts.raw.RAW_RECORDS, scanned; every worker scans it again for its own rows.
        clean: where contracts.clean.CLEAN_RECORDS goes.
        rejects: where contracts.raw.REJECTS of the rows held back go.
        source: reference data for the rules.
        hold_back: splits a clean batch into the rows kept and the rejects; a module-level function or a partial of one.
        workers: processes; by default one per core, one for few records.
        progress: called with rows done and rows in all.

    Returns:
        Rows kept and rows held back.
    """
    total = int(raw.select(pl.len()).collect().item())
    folder = Path(mkdtemp(prefix=".parts-", dir=clean.parent))
    job = partial(_clean_part, raw, folder, hold_back)
    count = workers or int(total <= SMALL)
    held = [REJECTS.empty()]
    kept = 0

    def parts() -> Iterator[pl.DataFrame]:
        nonlocal kept
        done = 0
        for part, held_back in in_processes(job, offsets(total), prepare=partial(_open, source), workers=count):
            frame = pl.read_ipc(part)
            part.unlink()
            held.append(held_back)
            kept += frame.height
            done += frame.height + held_back.height
            if progress:
                progress(done, total)
            yield frame

    try:
        sink_parts(parts(), CLEAN_RECORDS.schema, clean)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    rejected = pl.concat(held)
    rejected.write_parquet(rejects)
    return kept, rejected.height


def offsets(total: int) -> range:
    """Where the batches of so many records begin."""
    return range(0, max(total, 1), BATCH_ROWS)


def _open(source: ContextSource) -> None:
    global _context  # noqa: PLW0603 - a worker's one and only context, set by its initializer
    _context = source.open()


def _clean_part(raw: pl.LazyFrame, folder: Path, hold_back: Split, offset: int) -> tuple[Path, pl.DataFrame]:
    assert _context is not None, "the worker's initializer opens the context"
    kept, held = hold_back(clean_batch(raw.slice(offset, BATCH_ROWS).collect(), _context))
    part = folder / f"{offset}.arrow"
    kept.write_ipc(part)
    return part, held
