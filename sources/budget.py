"""Budget: how big one delivered file may turn out to be, whatever is packed in it and however deeply.

Belongs here: the limits, where they are stated (`[budget]` of a source's settings, or the environment), what a file has
spent of them. Does not belong here: how a format is read within them, the process that ends at the last two (`apart`).

A file that goes over one of them is held back as a whole; nothing of it is kept. The table in docs/sources.md is kept
in step with `Limits` by a test.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from sources.problems import Unreadable

PREFIX = "LEADS_BUDGET_"  # of the variables of the environment: LEADS_BUDGET_COLUMNS
_RATIO = 200  # beyond this many times its own size what unpacks is taken for a bomb, once it is more than _SMALL
_SMALL = 256 << 20
_SECONDS_PER_MEGABYTE = 2


@dataclass(frozen=True)
class Limits:
    """Limits for one delivered file; a test keeps docs/sources.md in step."""

    bytes: int = 8 << 30  # unpacked, over all members
    cells: int = 500_000_000
    cell: int = 4 << 20  # bytes of a single one
    columns: int = 1_000
    members: int = 1_000
    depth: int = 3  # archives within each other
    memory: int = 3 << 30  # bytes
    seconds: int = 120  # and two more for each megabyte

    def seconds_for(self, size: int) -> float:
        """Seconds for a file of so many bytes."""
        return self.seconds + _SECONDS_PER_MEGABYTE * size / 1e6


def limits_of_environment() -> Limits:
    """The limits with what the environment states.

    Raises:
        Unreadable: bad_override, a variable is no whole number above 0.
    """
    stated = {entry.name: value for entry in fields(Limits) if (value := os.environ.get(PREFIX + entry.name.upper()))}
    try:
        return limits_from({name: int(value) for name, value in stated.items()})
    except ValueError as error:
        raise Unreadable(
            "bad_override", f"{PREFIX}* in the environment: a limit must be a whole number above 0", passing=True
        ) from error


def limits_from(stated: Any, others: Limits | None = None) -> Limits:
    """Limits as stated by a table of settings; what is not stated is as in `others`.

    Raises:
        ValueError: what is wrong, as the end of a sentence.
    """
    known = [entry.name for entry in fields(Limits)]
    if not isinstance(stated, Mapping) or not stated.keys() <= set(known):
        raise ValueError(f"must be a table of {', '.join(known)}")
    for name, value in stated.items():
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise ValueError(f"must state a whole number above 0 for {name}, not {value!r}")
    return replace(others or Limits(), **stated)


class OverBudget(Unreadable):
    """A file that is bigger than it may be: it is held back as a whole."""


def over(reason: str, what: str, limit: str, limits: Limits) -> OverBudget:
    """The judgement on a file: what it has, and which limit to raise if it is an honest one."""
    allowed = getattr(limits, limit)
    return OverBudget(reason, f"{what}; the limit is {allowed:,} (`{limit}` in [budget] of the source's settings)")


@dataclass
class Budget:
    """What one delivered file may spend and has spent; every content unpacked from it shares it.

    Each method raises OverBudget when there is no more.
    """

    limits: Limits = field(default_factory=Limits)
    size: int = 0  # bytes as delivered
    _bytes: int = 0
    _cells: int = 0
    _members: int = 0

    def unpack(self, size: int) -> None:
        """Count bytes that were unpacked, or are about to be."""
        self._bytes += size
        if self._bytes > self.limits.bytes:
            raise over("archive_too_large", f"The file unpacks to {self._bytes:,} bytes or more", "bytes", self.limits)
        if self._bytes > max(_SMALL, self.size * _RATIO):
            raise OverBudget(
                "archive_too_large",
                f"The file of {self.size:,} bytes unpacks to {self._bytes:,} bytes or more: over {_RATIO} times its "
                "size it is taken for a bomb",
            )

    def open_members(self, count: int) -> None:
        """Count the members of an archive, or the tables of a page."""
        self._members += count
        if self._members > self.limits.members:
            what = f"There are {self._members:,} files or tables in it"
            raise over("too_many_members", what, "members", self.limits)

    def go_down(self, depth: int) -> None:
        """Enter an archive that lies within so many others."""
        if depth >= self.limits.depth:
            raise over("archive_too_deep", "There are archives within archives", "depth", self.limits)

    def columns(self, count: int) -> None:
        """Look at the width of a table, before any work for a single column of it."""
        if count > self.limits.columns:
            raise over("too_many_columns", f"A table has {count:,} columns or more", "columns", self.limits)

    def names(self, names: Collection[str]) -> None:
        """Look at the names of a table's columns: how many there are, and what all of them take as one cell."""
        self.columns(len(names))
        size = sum(len(name.encode(errors="replace")) for name in names)
        if size > self.limits.cell:
            raise over("cell_too_large", f"The names of a table's columns have {size:,} bytes", "cell", self.limits)

    def add_names(self, names: dict[str, None], of_row: Iterable[str]) -> None:
        """Put the names a row brings among those of its table, and look at them where there are new ones."""
        known = len(names)
        names |= dict.fromkeys(of_row)
        if len(names) > known:
            self.names(names)

    def cells(self, count: int) -> None:
        """Count cells."""
        self._cells += count
        if self._cells > self.limits.cells:
            raise over("too_many_cells", f"The file has {self._cells:,} cells or more", "cells", self.limits)

    def cell(self, size: int, row: int | None = None) -> None:
        """Look at the bytes of a cell."""
        if size > self.limits.cell:
            where = "A cell" if row is None else f"A cell of row {row:,}"
            raise over("cell_too_large", f"{where} has {size:,} bytes", "cell", self.limits)

    def whole(self, size: int) -> None:
        """Look at the bytes of what has to stand in memory in one piece."""
        if size > self.limits.memory:
            what = f"{size:,} bytes of a format that is read in one piece"
            raise over("too_much_memory", what, "memory", self.limits)


def out_of_memory(limits: Limits) -> OverBudget:
    """The judgement on a file for which there was no memory left."""
    return over("too_much_memory", "Reading the file takes more memory than it may", "memory", limits)


def out_of_time(limits: Limits, size: int) -> OverBudget:
    """The judgement on a file of so many bytes that was not read in time."""
    what = f"The file was not read within {limits.seconds_for(size):,.0f} seconds"
    return over("too_slow", what, "seconds", limits)
