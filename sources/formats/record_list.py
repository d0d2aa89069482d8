"""Record list: where in a JSON document the records are.

Belongs here: the list inside whatever wraps it, and tables written otherwise than as a list of objects. Does not belong
here: parsing (`objects`), what is nested in a record (`flatten`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sources.columns.headers import known_names
from sources.formats.flatten import flat, is_pairs


def records(parsed: Any) -> list[Any]:
    """The list of records: the document itself, or the longest list of objects inside it."""
    if (table := _table(parsed)) is not None:
        return table
    if isinstance(parsed, list):
        return parsed
    if not isinstance(parsed, dict):
        return []
    found = [] if _is_record(parsed) else [inner for inner in _lists_in(parsed, 0) if not is_pairs(inner)]
    if found:
        return max(found, key=_rank)
    return [parsed] if parsed else []


def _rank(entries: list[Any]) -> tuple[bool, int]:
    """Lists whose objects have known names go before lists of links and the like, then the longest."""
    names = [path.rsplit(".", 1)[-1] for entry in entries[:3] if isinstance(entry, dict) for path in flat(entry)]
    return known_names(names) > 0, len(entries)


def _lists_in(value: Any, depth: int) -> Iterator[list[Any]]:
    if depth > 4 or not isinstance(value, dict):
        return
    for inner in value.values():
        if (table := _table(inner)) is not None:
            yield table
        elif isinstance(inner, list) and inner and all(isinstance(entry, dict) for entry in inner):
            yield inner
        elif isinstance(inner, dict):
            yield from _lists_in(inner, depth + 1)


def _table(value: Any) -> list[Any] | None:
    """Records written otherwise than as a list of objects: rows below their names, columns of values, objects by id."""
    if isinstance(value, list):
        rows = len(value) > 1 and all(isinstance(row, list) for row in value)
        return _below(value[0], value[1:]) if rows else None
    if not isinstance(value, dict):
        return None
    names, rows_below = value.get("columns"), value.get("data")
    if isinstance(names, list) and isinstance(rows_below, list):
        return _below(names, rows_below)
    if len(value) < 2 or not all(isinstance(entry, dict) and entry for entry in value.values()):
        return None
    known = known_names(list(value))
    if known >= 2:
        return _across(value)
    return _by_id(value) if not known else None


def _across(columns: dict[str, dict[str, Any]]) -> list[Any] | None:
    """Columns of values by row, if all have the same rows."""
    first, *others = columns.values()
    if any(column.keys() != first.keys() for column in others):
        return None
    return [{name: column[key] for name, column in columns.items()} for key in first]


def _by_id(entries: dict[str, dict[str, Any]]) -> list[Any] | None:
    """Objects by id, if they have known names."""
    if not all(known_names(list(entry)) >= 2 for entry in entries.values()):
        return None
    return [{"id": key, **entry} for key, entry in entries.items()]


def _below(names: list[Any], rows: list[Any]) -> list[Any] | None:
    """Rows of values as objects, if the names are known; a row with more values than names stays as it is."""
    if not all(isinstance(name, str) for name in names) or known_names(names) < 2 or len(set(names)) < len(names):
        return None
    return [
        dict(zip(names, row, strict=False)) if isinstance(row, list) and len(row) <= len(names) else row for row in rows
    ]


def _is_record(parsed: dict[str, Any]) -> bool:
    """Whether the object is itself a lead (its own names are known) rather than a wrapper."""
    scalars = [name for name, value in parsed.items() if not isinstance(value, dict | list)]
    return known_names(scalars) >= 3
