"""Loading one lead file: from its bytes to records, rejects and catalogue rows in the store.

Belongs here: the steps for one file, the hashes of its records, drift against the source's last file, the
reconciliation of every count. Does not belong here: which files there are (`inbox`), how formats are read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import chain
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

from contracts.raw import FILES, RAW_RECORDS, RECORD_ID, REJECTS
from contracts.table import Table
from engine.ahead import ahead
from engine.row_hash import Halves, lower
from engine.swap import scratch
from sources.columns.assemble import Namer, Watch, mended, trimmed
from sources.columns.mapping import Mapping, map_columns
from sources.content import Content
from sources.formats.choose import read_content
from sources.problems import Problem, Unreadable
from sources.reading import ROW, Batch, Reading, batch_of
from sources.settings import Override
from sources.store import shelf as stores
from sources.store.history import History
from sources.store.rows import Mask, RowsWriter, keep_rows

SAMPLE_ROWS = 5_000  # from which the columns are told


@dataclass(frozen=True)
class Lead:
    """A lead file in the inbox: where it is and who delivered it.

    `file` is the path below the inbox, `received_at` the modification time in UTC. The SHA-256 of its bytes may
    still be under way.
    """

    path: Path
    file: str
    channel: str
    source: str
    size: int
    received_at: datetime
    override: Override
    hashing: Future[str] | None = None

    @property
    def file_hash(self) -> str | None:
        return self.hashing.result() if self.hashing else None

    def shelf(self, store: Path) -> stores.Shelf:
        return stores.Shelf(store, self.channel, self.source, self.file_hash or "", self.size)


@dataclass
class _Part:
    """One reading's outcome: its rows in the file run from `start` to `stop`."""

    reading: Reading
    mapping: Mapping
    start: int = 0
    stop: int = 0
    blank: int = 0


@dataclass
class _Written:
    parts: list[_Part] = field(default_factory=list)
    failed: list[tuple[str | None, Unreadable]] = field(default_factory=list)
    hashes: list[pl.Series] = field(default_factory=list)
    rows: int = 0
    writer: RowsWriter | None = None

    @cached_property
    def halves(self) -> Halves:
        return np.concatenate([np.empty(0, np.uint64), *map(lower, self.hashes)])

    @cached_property
    def ordered(self) -> Halves:
        return np.sort(self.halves)


def load_file(lead: Lead, store: Path, key: str, history: History) -> pl.DataFrame:
    """Read one file and commit what came of it to the store.

    Args:
        lead: the file.
        store: root of the store.
        key: reader and settings under which it is read (`stores.Shelf.reading`).
        history: what the store knows of the source; the file is added to it.

    Returns:
        The file's catalogue rows, contracts.raw.FILES.

    Raises:
        Unreadable: with `passing` set, when a later run may read the file; nothing is committed then.
        OSError: the file cannot be opened.
    """
    with scratch(store / lead.channel / lead.source / "records") as rows:  # the file's hash is not known yet
        try:
            written = _write_records(lead, rows)
            new = _first_rows(written, rows) & ~history.knows(written.halves)
            files, rejects = _account(lead, written, new, history)
            lead.shelf(store).commit(rows if written.rows else None, rejects, files, key)
            history.add(written.ordered, _columns(written.parts[-1]) if written.parts else None)
        except Unreadable as problem:
            if problem.passing:
                raise
            files, rejects = held_back(lead, problem)
            lead.shelf(store).commit(None, rejects, files, key)
    return files


def _write_records(lead: Lead, target: Path) -> _Written:
    """Read all tables of the file into one file of rows, with their hashes."""
    written = _Written()
    try:
        for outcome in read_content(Content.of_file(lead.path), lead.override):
            if isinstance(outcome, tuple):
                written.failed.append(outcome)
                continue
            try:
                _write_part(lead, outcome, written, target)
            except Unreadable as problem:
                written.failed.append((outcome.member, problem))
    finally:
        if written.writer is not None:
            written.writer.close()
    return written


def _write_part(lead: Lead, reading: Reading, written: _Written, target: Path) -> None:
    with closing(ahead(reading.batches)) as batches:
        first = next(batches, batch_of([], [], len(reading.header)))
        sample = Watch(reading.header, []).clean(trimmed(first.frame(SAMPLE_ROWS), first.cells.column_names))
        mapping = map_columns(reading.header, sample, lead.override, reading.fields)
        _check(reading, mapping, lead.override)
        part = _Part(reading, mapping, start=written.rows)
        with closing(ahead(_assembled(chain([first], batches), part))) as frames:
            for records, hashes in frames:
                if written.writer is None:
                    written.writer = _opened(lead, reading, mapping, target)
                written.hashes.append(hashes)
                written.writer.write(records, hashes, _told(reading))
                written.rows += records.num_rows
    part.stop = written.rows
    written.parts.append(part)


def _assembled(batches: Iterable[Batch], part: _Part) -> Iterator[tuple[pa.Table, pl.Series]]:
    """Records with the hashes of their content, batch by batch."""
    reading = part.reading
    watch = Watch(reading.header, reading.problems)
    namer = Namer(part.mapping)
    for batch in batches:
        read = batch.frame()
        frame = trimmed(read, batch.untidy())
        part.blank += read.height - frame.height
        frame = watch.clean(frame)
        if frame.height:
            frame, notes = mended(frame, reading.header, batch.doubtful)
            hashes = namer.hashes(frame)
            yield namer.named(frame, notes, batch.cells if frame is read else None), hashes


def _check(reading: Reading, mapping: Mapping, override: Override) -> None:
    if not mapping.fields:
        if not any(name.strip() for name in reading.header):
            raise Unreadable(
                "no_header", "There is no header row, and the values alone do not say what the columns are"
            )
        raise Unreadable("no_known_column", f"None of the columns is known: {', '.join(reading.header)[:300]}")
    missing = [name for name in override.required if name not in mapping.fields]
    if missing:
        raise Unreadable("required_missing", f"The settings require {', '.join(missing)}; the file has no such column")


def _opened(lead: Lead, reading: Reading, mapping: Mapping, target: Path) -> RowsWriter:
    """The file for the rows; tables that share one have all columns and say what they are in each row."""
    override = lead.override
    same: dict[str, str | datetime | None] = {
        "source": lead.source,
        "channel": lead.channel,
        "file": lead.file,
        "default_country": override.country,
        "date_order": override.date_order,
        "timezone": override.timezone,
        "consent_basis": override.consent_basis,
        "received_at": lead.received_at,
    }
    if reading.member is not None:
        names = set(RAW_RECORDS.names) - {*same, "content_hash", "file_hash"}
    else:
        same |= _told(reading)
        names = {ROW, RECORD_ID, "extra", *mapping.fields, *(["consent_purpose"] if mapping.agreed_to else [])}
    return RowsWriter(target, names, same, compress=reading.member is not None)


def _told(reading: Reading) -> dict[str, str | None]:
    return {"sheet": reading.member, "encoding": reading.encoding, "dialect": reading.dialect}


def _first_rows(written: _Written, target: Path) -> Mask:
    """Which rows are the first of their content in the file; the others leave the store."""
    if (written.ordered[1:] != written.ordered[:-1]).all():
        return np.ones(written.rows, bool)
    first = pl.concat(written.hashes).is_first_distinct().to_numpy()
    if not first.all():
        keep_rows(target, first)
    return first


def _account(lead: Lead, written: _Written, new: Mask, history: History) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Catalogue rows and rejects of the file; every count reconciled."""
    files, rejects = [], []
    for part in written.parts:
        reading = part.reading
        expected = reading.rows_in_file() - part.blank
        records = int(new[part.start : part.stop].sum())
        duplicates = part.stop - part.start - records
        rejected = len(reading.problems)
        if expected != records + duplicates + rejected:
            raise Unreadable(
                "not_reconciled",
                f"{expected:,} rows in the file, but {records:,} records, {duplicates:,} duplicates "
                f"and {rejected:,} rejects",
            )
        warnings = [*sorted(reading.warnings), *part.mapping.warnings, *_drift(history.columns, part)]
        if not expected:
            warnings.append("There is a header but no row below it")
        files.append(
            _file_row(lead, reading.member)
            | {
                "format": reading.format,
                "encoding": reading.encoding,
                "dialect": reading.dialect,
                "columns": json.dumps(_columns(part), ensure_ascii=False),
                "status": "loaded" if records or not duplicates else "already_loaded",
                "rows": expected,
                "records": records,
                "duplicates": duplicates,
                "rejected": rejected,
                "warnings": json.dumps(warnings, ensure_ascii=False) if warnings else None,
            }
        )
        rejects += [_reject_row(lead, problem, reading.member) for problem in reading.problems]
    for member, problem in written.failed:
        if problem.passing:
            raise problem
        files.append(_file_row(lead, member) | {"status": "quarantined"})
        rejects.append(_reject_row(lead, Problem(None, problem.reason, problem.message, problem.raw), member))
    return _frame(FILES, files), _frame(REJECTS, rejects)


def _columns(part: _Part) -> dict[str, object]:
    """Canonical field to header as written, and under `extra` the headers without a field."""
    named: dict[str, object] = dict(part.mapping.headers(part.reading.header))
    return named | ({"extra": list(part.mapping.extra)} if part.mapping.extra else {})


def _drift(before: dict[str, object] | None, part: _Part) -> list[str]:
    """What changed against the columns of the source's last file."""
    if before is None:
        return []
    then = {str(name) for key, name in before.items() if key != "extra"} | set(_texts(before.get("extra")))
    now = {name.strip() for name in part.reading.header if name.strip()}
    then = {name.strip() for name in then}
    found = []
    if new := sorted(now - then):
        found.append(f"Schema drift: new columns {', '.join(new)}")
    if gone := sorted(then - now):
        found.append(f"Schema drift: missing columns {', '.join(gone)}")
    return found


def _texts(value: object) -> list[str]:
    return [str(entry) for entry in value] if isinstance(value, list) else []


def held_back(lead: Lead, problem: Unreadable) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Catalogue row and reject of a file that is held back as a whole."""
    rejects = [_reject_row(lead, Problem(None, problem.reason, problem.message, problem.raw), None)]
    return _frame(FILES, [_file_row(lead, None) | {"status": "quarantined"}]), _frame(REJECTS, rejects)


def _file_row(lead: Lead, member: str | None) -> dict[str, object]:
    return {
        "source": lead.source,
        "channel": lead.channel,
        "file": lead.file,
        "sheet": member,
        "file_hash": lead.file_hash,
        "received_at": lead.received_at,
    }


def _reject_row(lead: Lead, problem: Problem, member: str | None) -> dict[str, object]:
    return {
        "source": lead.source,
        "channel": lead.channel,
        "file": lead.file,
        "sheet": member,
        "row": problem.row,
        "field": problem.field,
        "reason_code": problem.reason,
        "message": problem.message,
        "raw": problem.raw,
    }


def _frame(table: Table, rows: Sequence[dict[str, object]]) -> pl.DataFrame:
    return (
        table.conform(pl.DataFrame(rows, schema_overrides=table.schema, infer_schema_length=None))
        if rows
        else table.empty()
    )
