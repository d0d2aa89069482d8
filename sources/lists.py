"""Lists: every cell of the files in a folder, whatever their format, with nothing left out in silence.

Belongs here: reading files that are lists of values and no leads, all or none. Does not belong here: what a cell is
(`enrichment.suppression`), lead files (`inbox`), which keep a store and go on where a file cannot be read.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import polars as pl

from engine.fence import NotAFile, Place, walk
from sources.budget import Budget, limits_of_environment
from sources.content import Content
from sources.encoding import find_encoding
from sources.formats.choose import read_content
from sources.problems import Unreadable
from sources.reading import ROW, Reading
from sources.settings import SourceSettings

_HEAD = 1 << 20  # bytes that tell the encoding of a text


class Rows(NamedTuple):
    """Rows of a list as lists of their filled cells; `file` is where they stand, below the folder."""

    file: str
    cells: pl.Series


class BrokenList(ValueError):  # noqa: N818 - says what is the matter with it
    """A list cannot be read whole; the message names the file and what to do."""


def read_lists(folder: Path) -> Iterator[Rows]:
    """The rows of all files below a folder, those that do not fit their header and the header itself included.

    Hidden files are left out; a folder that is not there holds nothing.

    Raises:
        BrokenList: a file is a link, locked, damaged, no table, or cannot be read to its end.
    """
    if folder.is_symlink() and not folder.exists():
        raise BrokenList(f"{folder} leads nowhere; mend or remove the link")
    if folder.exists() and not folder.is_dir():
        raise BrokenList(f"{folder} is no folder; put the list into a folder of this name")
    for found in walk(folder, (), lambda name: not name.startswith(".")):
        yield from _rows(found.place)


def _rows(place: Place) -> Iterator[Rows]:
    file = "/".join(place.steps) or str(place.top)
    try:
        place.open().close()  # what is no file says so
        content = Content.of_file(place, Budget(limits_of_environment(), place.status().st_size))
        for outcome in read_content(content, SourceSettings()):
            if isinstance(outcome, Reading):
                yield from _of_reading(file, outcome)
            elif outcome[0] is None and outcome[1].reason == "no_table":
                yield Rows(file, _lines(content))
            else:
                raise outcome[1]
    except Unreadable as problem:
        raise BrokenList(f"{file}: {problem.message} ({problem.reason}); deliver it again or take it away") from problem
    except NotAFile as problem:
        raise BrokenList(f"{file} is {problem.strerror}; put the file itself in its place") from problem
    except OSError as error:
        raise BrokenList(f"{file} cannot be read: {error.strerror}; mend it or take it away") from error


def _lines(content: Content) -> pl.Series:
    """The lines of a text without columns, such as hashes or numbers below each other."""
    text = content.whole()
    encoding = "utf-8-sig" if text.isascii() else find_encoding(text[:_HEAD], len(text) <= _HEAD)
    lines = pl.Series(text.decode(encoding, errors="replace").splitlines(), dtype=pl.String)
    return lines.reshape((-1, 1)).arr.to_list()


def _of_reading(file: str, reading: Reading) -> Iterator[Rows]:
    count = 0
    for batch in reading.batches:
        frame = batch.frame().drop(ROW)
        count += frame.height
        yield Rows(file, frame.select(pl.concat_list(pl.all()).list.drop_nulls()).to_series())
    odd = [reading.cells_of(problem.raw) for problem in reading.problems if problem.raw is not None]
    yield Rows(file, pl.Series([reading.header, *odd], dtype=pl.List(pl.String)))
    if count + len(reading.problems) != reading.rows_in_file():
        raise Unreadable("not_reconciled", "Some of its rows were not read")
