"""Compatibility: what a change of the published schema means to those who read it.

Belongs here: comparing two schemas, and the version number the difference asks for. Does not belong here: the schema
(`contracts.published`) or where it is pinned (`contracts.published_schema`).
Source: Semantic Versioning 2.0.0, seen from the reader: *breaking* is what a sync job written against the schema
before may stumble over; *compatible* is more of the same, or a stronger promise. A new word of a closed vocabulary is
compatible, because readers are told to take a word they do not know for `unknown`.

A schema is a mapping of table names to {"key": [column, …], "columns": {name: {"type", "nullable"} and, where promised,
"words", "pattern", "least", "most"}}.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

Schema = Mapping[str, Mapping[str, Any]]
PinnedColumn = Mapping[str, Any]


class Version(NamedTuple):
    """A schema version: readers of one `major` can read every `minor` of it."""

    major: int
    minor: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"


class Change(NamedTuple):
    """One difference: the table or `table.column`, what became of it, and whether readers may stumble over it."""

    where: str
    what: str
    breaking: bool


def version_due(version: Version, changes: Sequence[Change]) -> Version:
    """The lowest version a schema may bear that differs by `changes` from the one of `version`."""
    if any(change.breaking for change in changes):
        return Version(version.major + 1, 0)
    return Version(version.major, version.minor + 1) if changes else version


def compare(before: Schema, after: Schema) -> list[Change]:
    """Every difference between two schemas, in the order of the tables and columns; a renamed one is gone and new."""
    found = [Change(name, "the table is gone", True) for name in before if name not in after]
    for name, table in after.items():
        if name in before:
            found += _table(name, before[name], table)
        else:
            found.append(Change(name, "the table is new", False))
    return found


def _table(name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    if before["key"] != after["key"]:
        yield Change(name, f"the key is {_listed(after['key'])} instead of {_listed(before['key'])}", True)
    old, new = before["columns"], after["columns"]
    yield from (Change(f"{name}.{column}", "is gone", True) for column in old if column not in new)
    yield from (Change(f"{name}.{column}", "is new", False) for column in new if column not in old)
    kept = [column for column in old if column in new]
    if kept != [column for column in new if column in old]:
        yield Change(name, "the columns stand in another order", False)
    for column in kept:
        for what, breaking in _column(old[column], new[column]):
            yield Change(f"{name}.{column}", what, breaking)


def _column(before: PinnedColumn, after: PinnedColumn) -> Iterator[tuple[str, bool]]:
    if before["type"] != after["type"]:
        yield f"is {after['type']} instead of {before['type']}", True
    if before["nullable"] != after["nullable"]:
        yield ("may be null", True) if after["nullable"] else ("is never null", False)
    yield from _words(before.get("words"), after.get("words"))
    if before.get("pattern") != after.get("pattern"):
        yield f"is written as {after.get('pattern')} instead of {before.get('pattern')}", "pattern" in before
    for bound, sign in (("least", 1), ("most", -1)):
        old, new = before.get(bound), after.get(bound)
        if old != new:
            weaker = old is not None and (new is None or sign * new < sign * old)
            yield f"is at {bound} {new} instead of {old}", weaker


def _words(before: Sequence[str] | None, after: Sequence[str] | None) -> Iterator[tuple[str, bool]]:
    if before is None and after is not None:
        yield "has a closed vocabulary", False
    elif before is not None and after is None:
        yield "has no closed vocabulary any more", True
    elif before is not None and after is not None:
        if gone := [word for word in before if word not in after]:
            yield f"no longer says {_listed(gone)}", True
        if new := [word for word in after if word not in before]:
            yield f"may say {_listed(new)}", False


def _listed(words: Sequence[str]) -> str:
    return ", ".join(words) or "none"
