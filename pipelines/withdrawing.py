"""Withdrawing: from what a person types to decisions in the log of withdrawals.

Belongs here: finding the files and records that are meant, so that nothing is written that means nothing. Does not
belong here: the log (`sources.withdrawals`), what is typed (`pipelines.commands`).
"""

from __future__ import annotations

import polars as pl

from assets.resources.home import Home
from contracts.raw import RECORD_ID
from pipelines.commands.prompt import user
from sources.lead_files import CHANNELS
from sources.settings import read_settings
from sources.store.catalogue import load_files
from sources.withdrawals import RESTORE, WITHDRAW, WITHDRAW_ABSENT, Withdrawal, read_withdrawals, record

_NAMED = 10  # of what there is, in a message


class NothingThere(LookupError):  # noqa: N818 - a plain answer, not a fault
    """What is to be withdrawn was never delivered, or was not withdrawn; the message says what there is."""


def withdraw_records(
    home: Home,
    source: str,
    because: str,
    *,
    file: str | None = None,
    record_id: str | None = None,
    absent_from: str | None = None,
    undo: bool = False,
) -> str:
    """Note that something of a source is withdrawn, or with `undo` that it is not any more.

    Args:
        home: where the source delivered.
        source: its folder.
        because: why.
        file: only this file's rows: its path below the inbox, or the end of that.
        record_id: only this record.
        absent_from: the records that are not in this file, a snapshot that has shrunk.
        undo: take such a withdrawal back.

    Returns:
        What was noted, in a sentence.

    Raises:
        NothingThere: there is no such source, snapshot, file or record, or nothing of the kind was withdrawn.
        ValueError: `because` is empty, or the log has an error.
        Unreadable: the settings of the source have one.
    """
    if not because.strip():
        raise ValueError("Say why: --because WHY")
    if undo:
        entries = _withdrawn(home, source, file or absent_from, record_id, because)
    elif named := file or absent_from:
        if absent_from and not read_settings(home.source_settings, source).snapshot:
            raise NothingThere(f"{source} is no source of snapshots; `snapshot = true` in its settings declares one")
        entries = _of_file(home, source, named, because)
    else:
        _look_for(home, source, record_id)
        entries = [Withdrawal(source, record_id=record_id, because=because)]
    decision = RESTORE if undo else WITHDRAW_ABSENT if absent_from else WITHDRAW
    record(home.match_overrides, decision, entries, user())
    what = record_id or ", ".join(sorted({entry.file or "" for entry in entries} - {""})) or "all it delivers"
    done = "is taken up again" if undo else "tells what is absent" if absent_from else "is left out"
    return f"{source}: {what} {done} from the next run on; noted in {home.match_overrides / 'withdrawn.csv'}"


def _files(home: Home, source: str) -> pl.DataFrame:
    files = load_files(home.raw_store)
    found = files.filter(pl.col("source") == source)
    if found.is_empty():
        raise NothingThere(f"No source {source!r} has delivered; there are {_some(files['source'])}")
    return found


def _of_file(home: Home, source: str, name: str, because: str) -> list[Withdrawal]:
    files = _files(home, source)
    meant = files.filter((pl.col("file") == name) | pl.col("file").str.ends_with(f"/{name}")).drop_nulls("file_hash")
    if meant.is_empty():
        raise NothingThere(f"{source} has delivered no file {name!r}; it has {_some(files['file'])}")
    pairs = meant.select("file_hash", "file").unique("file_hash", keep="first", maintain_order=True).rows()
    return [Withdrawal(source, digest, because=because, file=path) for digest, path in pairs]


def _look_for(home: Home, source: str, record_id: str | None) -> None:
    """Make sure that the source has delivered, and the record."""
    _files(home, source)
    if record_id is None:
        return
    tables = [home.lake / f"raw_{channel}_leads.parquet" for channel in CHANNELS]
    for table in (*tables, home.lake / "record_versions.parquet"):
        rows = pl.scan_parquet(table, glob=False).select("source", RECORD_ID) if table.exists() else None
        if rows is not None and rows.filter(source=source, source_record_id=record_id).head(1).collect().height:
            return
    raise NothingThere(f"{source} has no record {record_id!r}; ids are in lead_crosswalk, column source_record_id")


def _withdrawn(home: Home, source: str, name: str | None, record_id: str | None, because: str) -> list[Withdrawal]:
    """The withdrawals that are to be taken back."""
    known = read_withdrawals(home.match_overrides)
    meant = [
        entry
        for entry in (*known.of(source), *known.obeyed_of(source))
        if entry.record_id == record_id
        and (entry.file_hash is None if name is None else f"/{entry.file}".endswith(f"/{name}"))
    ]
    if not meant:
        said = {entry.record_id or entry.file or "all it delivers" for entry in known.of(source)}
        raise NothingThere(f"Nothing of the kind is withdrawn of {source}; what is: {_some(said) or 'nothing'}")
    return [Withdrawal(source, it.file_hash, it.record_id, because, it.file) for it in meant]


def _some(names: pl.Series | set[str]) -> str:
    """The first of some names, and how many more there are."""
    known = sorted(set(names))
    more = f" and {len(known) - _NAMED:,} more" if len(known) > _NAMED else ""
    return ", ".join(known[:_NAMED]) + more
