"""Loading one lead file: from its bytes to records, rejects and catalogue rows in the store.

Belongs here: the steps for one file, the hashes of its records. Does not belong here: which files there are
(`lead_files`), how formats are read (`formats`), what the catalogue says of a file (`ledger`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from itertools import chain
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

from contracts.raw import DEFAULT_DATE_ORDER, RAW_RECORDS, RECORD_ID
from engine.ahead import ahead
from engine.faults import lacks_memory
from engine.row_hash import Halves, lower
from engine.swap import scratch, swap
from sources.activity.report import find_report, read_report
from sources.activity.shapes import Shape, recognised, shapes
from sources.activity.shelf import ActivityFile, ActivityWriter, keep_parts, place_of
from sources.addresses import cut, cut_field
from sources.budget import Budget, OverBudget, out_of_memory
from sources.columns.data_rows import Watch, trimmed, without_legends
from sources.columns.headers import fold
from sources.columns.list_names import list_channel
from sources.columns.mapping import Mapping, map_columns
from sources.columns.mending import mended
from sources.columns.naming import Namer
from sources.columns.states import in_words
from sources.content import Content
from sources.formats.choose import Outcome, read_content
from sources.lead_files import ACTIVITY, LeadFile
from sources.ledger import ActivityPart, Part, account_for, held_back
from sources.problems import Unreadable
from sources.reading import ROW, Batch, Reading, as_cells, batch_of
from sources.settings import SourceSettings
from sources.store.history import History
from sources.store.keys import Registry, give_keys
from sources.store.row_file import Mask, RowsWriter, keep_rows, put_date_orders
from sources.store.shelf import folder_of

SAMPLE_ROWS = 5_000  # from which the columns are told


@dataclass
class _Written:
    parts: list[Part] = field(default_factory=list)
    activity: list[ActivityPart] = field(default_factory=list)
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


def load_file(file: LeadFile, store: Path, key: str, history: History, registry: Registry) -> pl.DataFrame:
    """Read one file and commit what came of it to the store.

    Args:
        file: the lead file.
        store: root of the store.
        key: reader and settings under which it is read (`Shelf.reading`).
        history: what the store knows of the source; the file is added to it.
        registry: the keys of the source's records; those of the file are added to it.

    Returns:
        The file's catalogue rows, contracts.raw.FILES.

    Raises:
        Unreadable: with `passing` set, when a later run may read the file; nothing is committed then.
        OSError: the file cannot be opened.
    """
    with scratch(folder_of(store, file.channel, file.source) / "records") as rows:  # the file's hash is not known yet
        try:
            written = _write_records(file, rows, store)
            first = _first_rows(written, rows)
            new = first & ~history.knows(written.halves)
            files, rejects = account_for(
                file, written.parts, written.failed, new, history.columns, activity=written.activity
            )
            shelf = file.shelf(store)
            if written.rows:
                give_keys(rows, shelf.records, registry, new[first], file.settings.record_ids)
            shelf.commit(rows if written.rows else None, rejects, files, key)
            keep_parts(store, file.channel, file.source, file.hash or "", len(written.activity))
            if written.rows:
                registry.add(shelf.records)
            history.add(written.ordered, written.parts[-1].columns() if written.parts else None)
            return files
        except Exception as error:
            if not isinstance(error, Unreadable) and not lacks_memory(error):
                raise
            problem = error if isinstance(error, Unreadable) else out_of_memory(file.settings.budget)
            if problem.passing:
                raise
    # Not while the error is handled: its traceback holds on to whatever memory was too much.
    files, rejects = held_back(file, problem.with_traceback(None))
    file.shelf(store).commit(None, rejects, files, key)
    return files


def _write_records(file: LeadFile, target: Path, store: Path) -> _Written:
    """Read all tables of the file into one file of rows, with their hashes; what is activity goes to its own shelf."""
    written = _Written()
    try:
        budget = Budget(file.settings.budget, file.state.size)
        for outcome, said in _outcomes(Content.of_file(file.place, budget), file):
            if isinstance(outcome, tuple):
                written.failed.append(outcome)
                continue
            try:
                if (shape := _shape(file, outcome)) is not None:
                    outcome.batches = _put_aside(file, outcome, shape, said, written=written, store=store)
                if shape is None or _are_leads(file, shape):
                    _write_part(file, outcome, written, target, budget)
                else:
                    _take_all(outcome, budget)
            except OverBudget:
                raise
            except Unreadable as problem:
                written.failed.append((outcome.member, problem))
    finally:
        if written.writer is not None:
            written.writer.close()
    put_date_orders(target, [(part.stop - part.start, part.date_order) for part in written.parts])
    return written


def _outcomes(content: Content, file: LeadFile) -> Iterator[tuple[Outcome, dict[str, str]]]:
    """Everything in a file, and what a report says above its table."""
    settings = file.settings
    report = find_report(content, settings.encoding) if settings.skip_rows is None else None
    if report is not None and report.shape.section and not _stays_as_it_is(file, ()):
        yield read_report(content, report)
        return
    if report is not None and not _are_leads(file, report.shape):
        settings = replace(settings, skip_rows=report.above, delimiter=report.delimiter)
    for outcome in read_content(content, settings):
        yield outcome, {}


def _shape(file: LeadFile, reading: Reading) -> Shape | None:
    """What a table is, if it is activity: as the settings state of files in that folder, else by its columns.

    Raises:
        Unreadable: unknown_activity, of a file in the folder of activity.
    """
    stated = file.settings.activity.shape if file.channel == ACTIVITY else None
    if stated is not None and stated not in shapes():
        known = ", ".join(shapes())
        raise Unreadable("bad_override", f"{file.source}.toml: [activity] shape must be one of {known}", passing=True)
    if stated:
        return shapes()[stated]
    shape = None if _stays_as_it_is(file, reading.header) else recognised(reading.header)
    if shape is None and file.channel == ACTIVITY:
        raise Unreadable("unknown_activity", _unknown(file, reading.header))
    return shape


def _unknown(file: LeadFile, header: Sequence[str]) -> str:
    first = next((name for name in header if name.strip()), "Datum")
    return (
        f"No kind of activity has these columns: {', '.join(header)[:300]}. Write into sources/{file.source}.toml what "
        f'they are, for example: [activity] shape = "plain" columns = {{ "{first[:40]}" = "occurred_at" }}'
    )


def _are_leads(file: LeadFile, shape: Shape) -> bool:
    """Whether the rows of a table of activity are people who become leads as well."""
    return shape.people and file.channel != ACTIVITY


def _stays_as_it_is(file: LeadFile, header: Sequence[str]) -> bool:
    """Whether a file in a folder of leads is a list of objections, or has columns of which the settings say what they
    are to leads: then it stays what it is, whatever else it looks like."""
    stated = {fold(name) for name in file.settings.columns}
    return file.channel != ACTIVITY and (
        list_channel(file.name) is not None or any(fold(name) in stated for name in header)
    )


def _put_aside(
    file: LeadFile, reading: Reading, shape: Shape, said: dict[str, str], *, written: _Written, store: Path
) -> Iterator[Batch]:
    """The batches of a table of activity, each written to its shelf as it passes."""
    settings = file.settings
    told = ActivityFile(
        shape=shape.name,
        header=list(reading.header),
        source=file.source,
        file=file.name,
        file_hash=file.hash or "",
        received_at=file.state.received_at,
        timezone=settings.timezone,
        date_order=settings.date_order,
        country=settings.country,
        currency=settings.activity.currency,
        crm_source=settings.activity.crm_source,
        sheet=reading.member,
        said=said,
        columns=settings.activity.columns,
        kinds=settings.activity.kinds,
    )
    batches = map(_cut, reading.batches) if settings.truncate_ips else reading.batches
    part = ActivityPart(reading, shape.name, alone=not _are_leads(file, shape))
    path = place_of(store, file.channel, file.source, told.file_hash, len(written.activity))
    written.activity.append(part)
    return _written(batches, path, told, part)


def _written(batches: Iterable[Batch], path: Path, told: ActivityFile, part: ActivityPart) -> Iterator[Batch]:
    with swap(path) as new, closing(ActivityWriter(new, told)) as writer:
        for batch in batches:
            writer.write(batch)
            part.rows = writer.rows
            yield batch


def _cut(batch: Batch) -> Batch:
    """A batch with networks in place of IP addresses."""
    frame = batch.frame()
    cells = [name for name in frame.columns if name != ROW]
    return Batch(batch.rows, as_cells(frame.select(cut_field("extra")(pl.col(cell)).alias(cell) for cell in cells)))


def _take_all(reading: Reading, budget: Budget) -> None:
    """Read a table to its end, within what a file may take."""
    budget.names(reading.header)
    for _ in _within(budget, reading.batches):
        pass


def _write_part(file: LeadFile, reading: Reading, written: _Written, target: Path, budget: Budget) -> None:
    budget.names(reading.header)
    if file.settings.truncate_ips:
        reading.header = [cut(name) for name in reading.header]
    with closing(ahead(_within(budget, reading.batches))) as batches:
        first = next(batches, batch_of([], [], len(reading.header)))
        sample = Watch(reading.header, []).clean(trimmed(first.frame(SAMPLE_ROWS), first.cells.column_names))
        sample = without_legends(sample, reading.legends)
        listed = list_channel(file.name, reading.member)
        mapping = map_columns(reading.header, sample, file.settings, reading.fields, listed, legends=reading.legends)
        _check(reading, mapping, file.settings)
        part = Part(reading, mapping, start=written.rows)
        with closing(ahead(_assembled(chain([first], batches), part, file.settings))) as frames:
            for records, hashes in frames:
                if written.writer is None:
                    written.writer = _opened(file, reading, mapping, target)
                written.hashes.append(hashes)
                written.writer.write(records, hashes, _told(reading))
                written.rows += records.num_rows
    part.stop = written.rows
    if file.settings.date_order is None:
        part.date_order = part.dates.text()
    written.parts.append(part)


def _within(budget: Budget, batches: Iterable[Batch]) -> Iterator[Batch]:
    """The batches, counted."""
    for batch in batches:
        budget.cells(batch.cells.num_rows * batch.cells.num_columns)
        budget.cell(batch.largest())
        yield batch


def _networks(frame: pl.DataFrame, mapping: Mapping) -> pl.DataFrame:
    """Networks in place of IP addresses, in whatever column they stand."""
    fields = {str(place): name for name, place in mapping.fields.items()}
    cells = [name for name in frame.columns if name != ROW]
    return frame.with_columns(cut_field(fields.get(cell, "extra"))(pl.col(cell)).alias(cell) for cell in cells)


def _assembled(batches: Iterable[Batch], part: Part, settings: SourceSettings) -> Iterator[tuple[pa.Table, pl.Series]]:
    """Records with the hashes of their content, batch by batch."""
    reading = part.reading
    watch = Watch(reading.header, reading.problems)
    namer = Namer(part.mapping)
    for batch in batches:
        read = batch.frame()
        frame = trimmed(read, batch.untidy())
        frame = without_legends(frame, reading.legends)
        part.blank += read.height - frame.height
        frame = in_words(watch.clean(frame), part.mapping.states)
        part.dates.look_at(frame)
        if settings.truncate_ips:
            frame = _networks(frame, part.mapping)
        if frame.height:
            frame, notes = mended(frame, reading.header, batch.doubtful)
            hashes = namer.hashes(frame)
            yield namer.named(frame, notes, batch.cells if frame is read else None), hashes


def _check(reading: Reading, mapping: Mapping, settings: SourceSettings) -> None:
    if not mapping.fields:
        if not any(name.strip() for name in reading.header):
            raise Unreadable(
                "no_header", "There is no header row, and the values alone do not say what the columns are"
            )
        raise Unreadable("no_known_column", f"None of the columns is known: {', '.join(reading.header)[:300]}")
    missing = [name for name in settings.required if name not in mapping.fields]
    if missing:
        raise Unreadable("required_missing", f"The settings require {', '.join(missing)}; the file has no such column")


def _opened(file: LeadFile, reading: Reading, mapping: Mapping, target: Path) -> RowsWriter:
    """The file for the rows; tables that share one have all columns and say what they are in each row."""
    settings = file.settings
    same: dict[str, str | bool | datetime | None] = {
        "source": file.source,
        "channel": file.channel,
        "file": file.name,
        "default_country": settings.country,
        "date_order": settings.date_order or DEFAULT_DATE_ORDER,
        "timezone": settings.timezone,
        "consent_basis": settings.consent_basis,
        "received_at": file.state.received_at,
        "snapshot": settings.snapshot,
        "volatile": bool(mapping.volatile) or reading.member is not None,  # another table may have such columns
    }
    if reading.member is not None:
        names = set(RAW_RECORDS.names) - {*same, "content_hash", "file_hash", "refused_before"}
    else:
        same |= _told(reading)
        names = {ROW, RECORD_ID, "extra", *mapping.fields, *(["consent_purpose"] if mapping.agreed_to else [])}
        names |= {"opt_out"} if mapping.listed else set()
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
