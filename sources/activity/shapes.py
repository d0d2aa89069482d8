"""Shapes: which export of activity a table is, by its columns.

Belongs here: reading `shapes.toml`, telling a shape, finding a column by its names. Does not belong here: what a row
means (`qualification.activity`), where a header stands (`report`).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from engine.caches import keep_words
from sources.columns.headers import fold

FILE = Path(__file__).with_name("shapes.toml")
IN_JSON = " > "  # between a column and the key in its cells
# A zone behind a name, as HubSpot writes it: `Last Activity Date (GMT+1)`. Units such as `(minutes)` stay.
ZONE = re.compile(
    r"[(\[]\s*((?:GMT|UTC)\s*(?:[+-]\s*\d{1,2}(?::?\d\d)?)?|[A-Z][A-Za-z]+/[A-Za-z_/]+|CES?T|MES?Z|[ECMP][SD]T)\s*[)\]]"
)


@dataclass(frozen=True)
class Shape:
    """One shape, as `shapes.toml` explains its keys."""

    name: str
    system: str
    makes: str
    needs: tuple[str, ...]
    without: tuple[str, ...] = ()
    people: bool = False
    zone: str = "UTC"
    dates: str | None = None
    numbers: str | None = None
    section: tuple[str, ...] = ()
    staff: tuple[str, ...] = ()
    take: Mapping[str, Sequence[str]] = field(default_factory=dict)
    report: Mapping[str, Sequence[str]] = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)
    kind_from: tuple[str, ...] = ()
    kinds: Mapping[str, str] = field(default_factory=dict)
    other: str = "-"
    outcomes: Mapping[str, str] = field(default_factory=dict)
    each: tuple[str, ...] = ()

    @property
    def keys(self) -> list[list[str]]:
        """The needed columns as keys, each with what it may be called."""
        return [[name_key(name) for name in need.split("|")] for need in self.needs]

    def fits(self, names: set[str]) -> bool:
        """Whether a table with these names (as keys) has this shape."""
        if any(name_key(name) in names for name in self.without):
            return False
        stages = [fold(prefix) for prefix in self.each]
        if stages and any(name.startswith(stage) for name in names for stage in stages):
            return all(any(name in names for name in need) for need in self.keys[:-1])
        return all(any(name in names for name in need) for need in self.keys)


@cache
def shapes() -> dict[str, Shape]:
    """All shapes by name, in the order in which they are tried."""
    told = tomllib.loads(FILE.read_text(encoding="utf-8"))["shape"]
    return {entry["name"]: _shape(entry) for entry in told}


def _shape(entry: Mapping[str, Any]) -> Shape:
    keys: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in entry.items()}
    return Shape(**keys)


def recognised(header: Sequence[str]) -> Shape | None:
    """The shape of a table with these columns' names; None where it has none."""
    names = {name_key(name) for name in header}
    if not names & _first_names():
        return None
    return next((shape for shape in shapes().values() if shape.fits(names)), None)


@cache
def _first_names() -> set[str]:
    """Names of which each shape needs one: a table with none of them has no shape."""
    return {name for shape in shapes().values() for name in shape.keys[0]}


@keep_words
def name_key(name: str) -> str:
    """A column's name for comparing: letters and digits, without a zone in brackets."""
    return fold(ZONE.sub(" ", name))


def column_of(header: Sequence[str], names: Sequence[str]) -> list[int]:
    """The places of the columns with one of these names, in the order of the names."""
    keys = [name_key(name) for name in header]
    wanted = [name_key(name) for name in names]
    return [place for name in wanted for place, key in enumerate(keys) if key == name]
