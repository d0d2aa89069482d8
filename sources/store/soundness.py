"""Soundness: is what lies in the store what was written?

Belongs here: holding the store's files against its journals, setting aside what differs, and saying what no delivery
brings back. Does not belong here: writing (`shelf`), reading lead files again (`sources.intake`).

A set of files that is not sound is set aside (`<name>.damaged`), as if its lead file had never been read. Where that
still lies in the inbox, the run reads it again and the set is whole; where not, its records are lost, and the run stops
rather than publish without them, until the file is delivered again or its line is taken out of the journal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import polars as pl

from engine.journal import Damaged, Journal, Line, digest_of
from sources.store.row_file import hashes_of
from sources.store.shelf import (
    JOURNALS,
    KINDS,
    LINES,
    journal_of,
    journal_of_pending,
    line_of,
    pending_files,
    pending_rejects,
    places,
)

_ASIDE = ".damaged"
_NAMED = 10  # lead files in a message


@dataclass(frozen=True)
class Unsound:
    """A lead file whose set in the store is not what was written."""

    folder: Path
    file_hash: str
    name: str | None

    @property
    def is_whole_again(self) -> bool:
        return places(self.folder, self.file_hash)["files"].exists()

    def __str__(self) -> str:
        return self.name or f"{self.folder.name}/{self.file_hash[:12]}"


def set_unsound_aside(store: Path, channels: Sequence[str]) -> list[Unsound]:
    """Hold every file of the store against its journal; what differs no longer counts as read.

    Returns:
        The lead files whose sets are not what was written, or are not there any more.
    """
    pending = journal_of_pending(store)
    lines = pending.lines()
    for path in (pending_files(store), pending_rejects(store)):  # every run writes them anew
        told = [line["digest"] for line in lines if line["file"] == path.name]
        if path.exists() and told and digest_of(path) not in told:
            path.unlink()
    if lines:
        pending.replace([])
    judged = [_judged(folder) for channel in channels for folder in _sources(store, channel)]
    for it in judged:
        for unsound in it.unsound:
            for path in filter(Path.exists, places(unsound.folder, unsound.file_hash).values()):
                path.replace(path.with_name(path.name + _ASIDE))
        if it.kept != it.lines:
            it.journal.replace(it.kept)
    return [unsound for it in judged for unsound in it.unsound]


def unsound_in(store: Path, channels: Sequence[str]) -> list[Unsound]:
    """The lead files whose sets are not what was written, or are not there any more; all is left as it lies."""
    return [
        unsound for channel in channels for folder in _sources(store, channel) for unsound in _judged(folder).unsound
    ]


def settle(unsound: Sequence[Unsound]) -> list[str]:
    """After the inbox was read: drop what was set aside and is whole again.

    Returns:
        The names of the lead files that were read again.

    Raises:
        Damaged: records are lost, because a lead file does not lie in the inbox any more.
    """
    whole = [entry for entry in unsound if entry.is_whole_again]
    for entry in whole:
        for path in places(entry.folder, entry.file_hash).values():
            path.with_name(path.name + _ASIDE).unlink(missing_ok=True)
    if lost := [entry for entry in unsound if not entry.is_whole_again]:
        names = ", ".join(map(str, lost[:_NAMED])) + (f" and {len(lost) - _NAMED:,} more" if len(lost) > _NAMED else "")
        journals = ", ".join(sorted({str(journal_of(entry.folder).path) for entry in lost}))
        hashes = ", ".join(entry.file_hash[:12] for entry in lost[:_NAMED])
        raise Damaged(
            f"What was read from {names} is damaged or gone in the store, and the file does not lie in the inbox any "
            f"more. Put it there again; or, to go on without its records, delete its line ({hashes}) from {journals}"
        )
    return [str(entry) for entry in whole]


def _sources(store: Path, channel: str) -> list[Path]:
    """The folders of all sources that were ever read; one may be gone."""
    there = [folder for folder in (store / channel).glob("*") if folder.is_dir()]
    told = [store / channel / path.parent.name for path in (store / JOURNALS / channel).glob(f"*/{LINES}")]
    return sorted({*there, *told})


class _Judged(NamedTuple):
    """The folder of a source against its journal: the lines there are, those that stand, what is not sound."""

    journal: Journal
    lines: list[Line]
    kept: list[Line]
    unsound: list[Unsound]


def _judged(folder: Path) -> _Judged:
    journal = journal_of(folder)
    it = _Judged(journal, journal.lines(), [], [])
    told: dict[str, list[Line]] = {}
    for line in it.lines:
        told.setdefault(str(line["file_hash"]), []).append(line)
    found = {path.name.removesuffix(KINDS["files"]) for path in folder.glob(f"*{KINDS['files']}")}
    for file_hash in sorted(found | set(told)):
        there = places(folder, file_hash)
        digests = {kind: digest_of(path) for kind, path in there.items()}
        lines_here = told.get(file_hash, [])
        if not lines_here and (name := _name(there)) is not None:  # its line was lost: it is taken as it lies
            it.kept.append(line_of(file_hash, name, **digests))
            continue
        name = next((line["file"] for line in reversed(lines_here) if line["file"]), None)
        # The line before the last counts where a run was killed between saying and doing.
        if any(all(line[kind] == digest for kind, digest in digests.items()) for line in lines_here[-2:]):
            if digests["files"] is not None:
                it.kept.append(line_of(file_hash, name, **digests))
            continue
        it.kept.append((lines_here or [line_of(file_hash, name, **digests)])[-1] | {"file": name})
        it.unsound.append(Unsound(folder, file_hash, name))
    return it


def _name(there: Mapping[str, Path]) -> str | None:
    """The lead file's name by its catalogue rows; None where the set cannot be read or lacks records they tell of."""
    try:
        pl.read_parquet(there["rejects"], glob=False)
        rows = pl.read_parquet(there["files"], columns=["file", "records"], glob=False)
        if rows["records"].sum() or there["records"].exists():
            hashes_of(there["records"])
        return str(rows["file"][0])
    except Exception:  # whatever Polars or Arrow say of it
        return None
