"""Withdrawals: what people took back of what sources delivered, in `<home>/overrides/withdrawn.csv`.

Belongs here: reading and adding to that log. Does not belong here: what follows for the records (`store.versions`).

Each line is a decision, the later one holds: `withdraw` (or `restore`, which takes that back) a file by its file_hash,
a record by its source_record_id, or, with neither, all that a source ever delivers; `withdraw_absent` the records that
are not in a snapshot, whatever it shrank by. `file`, who, at and why are for people. Lines are only ever added.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from engine.escaping import for_csv, from_csv
from engine.fence import read_regular
from engine.swap import swap
from engine.table_file import decoded, only_writer, read_table, with_rows

FILE = "withdrawn.csv"
COLUMNS = ("decision", "source", "file", "file_hash", "source_record_id", "who", "at", "why")
WITHDRAW, RESTORE, WITHDRAW_ABSENT = "withdraw", "restore", "withdraw_absent"
_DECISIONS = (WITHDRAW, RESTORE, WITHDRAW_ABSENT)


@dataclass(frozen=True)
class Withdrawal:
    """Something a source delivered: a file, a record, or where neither is named all of it."""

    source: str
    file_hash: str | None = None
    record_id: str | None = None
    because: str = ""
    file: str | None = None


@dataclass(frozen=True)
class Withdrawals:
    """What is withdrawn now, by source, and the snapshots that are obeyed whatever they shrank by."""

    by_source: Mapping[str, Sequence[Withdrawal]] = field(default_factory=dict)
    obeyed: Sequence[Withdrawal] = ()

    def of(self, source: str) -> Sequence[Withdrawal]:
        """What is withdrawn of a source."""
        return self.by_source.get(source, ())

    def obeyed_of(self, source: str) -> Sequence[Withdrawal]:
        """The snapshots of a source of which a person said that they are right."""
        return [entry for entry in self.obeyed if entry.source == source]


def read_withdrawals(folder: Path) -> Withdrawals:
    """What is withdrawn by `withdrawn.csv` in `folder`; nothing where there is no file.

    Raises:
        ValueError: a column or a needed cell is missing, or a decision is not known; names file, row and remedy.
        OSError: the file cannot be read.
    """
    path = folder / FILE
    state: dict[tuple[str, str | None, str | None], tuple[str, Withdrawal]] = {}
    for number, row in enumerate(read_table(path, COLUMNS).iter_rows(named=True), start=2):
        decision, source = (row["decision"] or "").lower(), row["source"]
        if decision not in _DECISIONS:
            raise ValueError(f"{path}, row {number}: {decision!r} is not a decision; use {', '.join(_DECISIONS)}")
        if not source:
            raise ValueError(f"{path}, row {number}: `source` is empty; name the folder of the source")
        if not row["file_hash"] and (row["file"] or decision == WITHDRAW_ABSENT):
            raise ValueError(
                f"{path}, row {number}: `file_hash` is empty; `leads withdraw {source} --file NAME` writes it"
            )
        entry = Withdrawal(source, row["file_hash"], row["source_record_id"], row["why"] or "withdrawn", row["file"])
        state[(source, entry.file_hash, entry.record_id)] = (decision, entry)
    withdrawn: dict[str, list[Withdrawal]] = {}
    for decision, entry in state.values():
        if decision == WITHDRAW:
            withdrawn.setdefault(entry.source, []).append(entry)
    return Withdrawals(withdrawn, [entry for decision, entry in state.values() if decision == WITHDRAW_ABSENT])


def read_lines(folder: Path) -> pl.DataFrame:
    """All lines of `withdrawn.csv` in `folder`, oldest first: `COLUMNS`, and `holds`: none after it is about the same.

    Raises:
        ValueError, OSError: as `read_withdrawals`.
    """
    read_withdrawals(folder)
    lines = read_table(folder / FILE, COLUMNS).with_columns(map(from_csv, ("file", "who", "why")))
    return lines.with_columns(holds=pl.struct("source", "file_hash", "source_record_id").is_last_distinct())


def record(folder: Path, decision: str, entries: Iterable[Withdrawal], who: str | None) -> None:
    """Add decisions to `withdrawn.csv`: it has all of them or none, and those before stand as they are.

    Raises:
        ValueError, OSError: as `read_withdrawals`; nothing is added to a file that cannot be read.
    """
    path = folder / FILE
    at = datetime.now(UTC).isoformat(timespec="seconds")
    rows = [(decision, it.source, it.file, it.file_hash, it.record_id, who, at, it.because) for it in entries]
    frame = pl.DataFrame(rows, schema=dict.fromkeys(COLUMNS, pl.String), orient="row")
    frame = frame.with_columns(for_csv(frame.select("file", "who", "why")))
    with only_writer(path):
        read_withdrawals(folder)
        try:
            before = decoded(read_regular(path)).rstrip("\r\n") + "\n"
        except FileNotFoundError:
            before = ",".join(COLUMNS) + "\n"
        with swap(path, durable=True) as new:
            new.write_text(with_rows(before, frame), encoding="utf-8", newline="")
