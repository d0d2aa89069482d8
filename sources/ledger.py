"""Ledger: what became of every row of a lead file, as the catalogue and the rejects tell it.

Belongs here: the reconciliation of every count, drift against the source's last file, the rows of both tables. Does not
belong here: reading (`loading`), where the tables lie (`store`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from contracts.raw import DEFAULT_DATE_ORDER, FILES, REJECTS, UNKNOWN_DATE_ORDER
from contracts.table import Table
from sources.addresses import cut
from sources.columns.date_order import DateOrders
from sources.columns.mapping import Mapping
from sources.lead_files import LeadFile
from sources.problems import Problem, Unreadable
from sources.reading import Reading
from sources.store.row_file import Mask


@dataclass
class Part:
    """One table's outcome: its rows among those of the whole file run from `start` to `stop`, `blank` were dropped."""

    reading: Reading
    mapping: Mapping
    start: int = 0
    stop: int = 0
    blank: int = 0
    date_order: str = DEFAULT_DATE_ORDER
    dates: DateOrders = field(init=False)

    def __post_init__(self) -> None:
        self.dates = DateOrders(self.mapping.fields)

    def columns(self) -> dict[str, object]:
        """Canonical field to header as written, and under `extra` the headers without a field."""
        named: dict[str, object] = dict(self.mapping.headers(self.reading.header))
        return named | ({"extra": list(self.mapping.extra)} if self.mapping.extra else {})


@dataclass
class ActivityPart:
    """One table of activity: its shape and rows; `alone` where none of them is a lead as well."""

    reading: Reading
    shape: str
    alone: bool
    rows: int = 0


def account_for(
    file: LeadFile,
    parts: Sequence[Part],
    failed: Sequence[tuple[str | None, Unreadable]],
    new: Mask,
    before: dict[str, object] | None,
    *,
    activity: Sequence[ActivityPart] = (),
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What became of every row of a file.

    Args:
        file: the file.
        parts: its tables.
        failed: its tables that cannot be read.
        new: which of the rows of all tables are new to the store.
        before: the columns of the source's last file.
        activity: its tables of activity.

    Returns:
        Catalogue rows (contracts.raw.FILES) and rejects (contracts.raw.REJECTS).

    Raises:
        Unreadable: not_reconciled when rows are missing, or why a table cannot be read if a later run may read it.
    """
    files, rejects = [], [REJECTS.empty()]
    for part in parts:
        files.append(_file_row(file, part.reading.member) | _told(part, new, before))
        rejects.append(_rejects(file, part.reading.problems, part.reading.member, _objections(part)))
    for told in activity:
        if told.alone:
            files.append(_file_row(file, told.reading.member) | _of_activity(told))
            rejects.append(_rejects(file, told.reading.problems, told.reading.member))
    for member, problem in failed:
        if problem.passing:
            raise problem
        files.append(_file_row(file, member) | {"status": "quarantined"})
        rejects.append(_rejects(file, [_of_all(problem)], member))
    return _frame(FILES, files), pl.concat(rejects)


def held_back(file: LeadFile, problem: Unreadable) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Catalogue row and reject of a file that is held back as a whole."""
    rejects = _rejects(file, [_of_all(problem)], None)
    return _frame(FILES, [_file_row(file, None) | {"status": "quarantined"}]), rejects


def _told(part: Part, new: Mask, before: dict[str, object] | None) -> dict[str, object]:
    """What the catalogue says of a table; its rows are counted twice, by two means."""
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
    warnings = [*sorted(reading.warnings), *part.mapping.warnings, *_dated(part), *_drift(before, part)]
    if not expected:
        warnings.append("There is a header but no row below it")
    return {
        "format": reading.format,
        "encoding": reading.encoding,
        "dialect": reading.dialect,
        "columns": json.dumps(part.columns(), ensure_ascii=False),
        "status": "loaded" if records or not duplicates else "already_loaded",
        "rows": expected,
        "records": records,
        "duplicates": duplicates,
        "rejected": rejected,
        "warnings": json.dumps(warnings, ensure_ascii=False) if warnings else None,
    }


def _of_activity(part: ActivityPart) -> dict[str, object]:
    """What the catalogue says of a table of activity; its rows are counted twice, by two means."""
    reading, rejected = part.reading, len(part.reading.problems)
    if (expected := reading.rows_in_file()) != part.rows + rejected:
        raise Unreadable(
            "not_reconciled", f"{expected:,} rows in the file, but {part.rows:,} acts and {rejected:,} rejects"
        )
    return {
        "format": reading.format,
        "encoding": reading.encoding,
        "dialect": f"{reading.dialect}, {part.shape}",
        "status": "activity",
        "rows": expected,
        "records": 0,
        "duplicates": 0,
        "rejected": rejected,
    }


def _of_all(problem: Unreadable) -> Problem:
    return Problem(None, problem.reason, problem.message, problem.raw)


def _dated(part: Part) -> list[str]:
    """What is said of the order in which dates are written, where it is not day first."""
    if UNKNOWN_DATE_ORDER in part.date_order:
        return ["Some dates are written day first, others month first: those that may be either count as unknown"]
    if part.date_order != DEFAULT_DATE_ORDER:
        return [f"Dates were read by the order that their cells tell: {part.date_order}"]
    return []


def _drift(before: dict[str, object] | None, part: Part) -> list[str]:
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


def _file_row(file: LeadFile, member: str | None) -> dict[str, object]:
    return {
        "source": file.source,
        "channel": file.channel,
        "file": file.name,
        "sheet": member,
        "file_hash": file.hash,
        "received_at": file.state.received_at,
    }


def _rejects(
    file: LeadFile, problems: Sequence[Problem], member: str | None, objections: Sequence[str | None] = ()
) -> pl.DataFrame:
    """Rejects of a table, column by column: a file may have a million. `objections` as `_objections` has them."""
    told = cut if file.settings.truncate_ips else str
    columns = {
        "row": [problem.row for problem in problems],
        "field": [problem.field for problem in problems],
        "reason_code": [problem.reason for problem in problems],
        "message": [told(problem.message) for problem in problems],
        "raw": [problem.raw and told(problem.raw) for problem in problems],
        "consent": [said and told(said) for said in objections] or [None] * len(problems),
    }
    rows = pl.DataFrame(columns, schema={name: REJECTS.schema[name] for name in columns})
    of_row = pl.col("raw").fill_null("") != ""
    return REJECTS.conform(
        rows.with_columns(
            source=pl.lit(file.source),
            channel=pl.lit(file.channel),
            file=pl.lit(file.name),
            sheet=pl.lit(member, pl.String),
            default_country=pl.when(of_row).then(pl.lit(file.settings.country)) if objections else None,
        )
    )


def _objections(part: Part) -> list[str | None]:
    """What each row of which no record could be made says against contact, as JSON: that holds although it is held
    back."""
    problems, mapping = part.reading.problems, part.mapping
    if not mapping.may_object:
        return [None] * len(problems)
    said = (mapping.objection_in(part.reading.cells_of(problem.raw)) if problem.raw else None for problem in problems)
    return [json.dumps(objection, ensure_ascii=False) if objection else None for objection in said]


def _frame(table: Table, rows: Sequence[dict[str, object]]) -> pl.DataFrame:
    return (
        table.conform(pl.DataFrame(rows, schema_overrides=table.schema, infer_schema_length=None))
        if rows
        else table.empty()
    )
