"""Flattening: an object with whatever is nested in it as one row of text.

Belongs here: paths as names, lists of name-value pairs as Facebook, LinkedIn, Google, Typeform and HubSpot send them.
Does not belong here: finding the objects (`record_list`), what a name means.
"""

from __future__ import annotations

from typing import Any

from engine.caches import keep_words
from sources.budget import Budget
from sources.columns.headers import look_up
from sources.columns.nested import KINDS, NOTHING, field_below, is_contact
from sources.formats.free_names import FreeNames

_NAMES = ("name", "column_id", "column_name", "key", "field", "label", "question", "id", "property")
_VALUES = ("value", "values", "string_value", "answer", "answers", "text")
_WRAPPERS = frozenset(
    {"value", "values", "properties", "field_data", "fields", "user_column_data", "attributes", "data"}
)

_PLACES = frozenset({"address", "addresses", "adressen", "postaladdresses"})
_KIND_KEYS = ("type", "label", "kind", "rel", "location")

Row = dict[str, str | None]


def is_pairs(value: list[Any]) -> bool:
    """Whether a list holds nothing but names with their values, as `{"name": "email", "values": [...]}`."""
    return all(isinstance(entry, dict) and _pair(entry) is not None for entry in value)


def _pair(entry: dict[str, Any]) -> tuple[str, Any] | None:
    """The name and value of an object that holds just these, in any of the ways they are written."""
    asked, kind = entry.get("field"), entry.get("type")
    if isinstance(asked, dict) and kind in entry:
        return _answer(asked, entry[kind])
    name = next((entry[key] for key in _NAMES if isinstance(entry.get(key), str)), None)
    value_key = next((key for key in _VALUES if key in entry), None)
    return (name, entry[value_key]) if name is not None and value_key is not None and len(entry) <= 5 else None


def _answer(asked: dict[str, Any], value: Any) -> tuple[str, Any] | None:
    """As Typeform answers: the field asked for, and its value below the name of its type."""
    name = next((asked[key] for key in ("title", "ref", "id") if isinstance(asked.get(key), str)), None)
    return (name, value.get("label", value) if isinstance(value, dict) else value) if name else None


def flat(entry: dict[str, Any], budget: Budget | None = None) -> Row:
    """An object as one row of text, nested values by their path: `address.zip`.

    Raises:
        OverBudget: it has more values than a row may have.
    """
    row = _Row(budget or Budget())
    for name, value in entry.items():
        _flatten(row, (name,), value)
    return row


class _Row(dict[str, str | None]):
    def __init__(self, budget: Budget) -> None:
        super().__init__()
        self.budget = budget
        self.free = FreeNames(self)


def _flatten(row: _Row, path: tuple[str, ...], value: Any) -> None:
    if isinstance(value, dict):
        for name, inner in value.items():
            _flatten(row, (*path, name), inner)
    elif isinstance(value, list):
        _flatten_list(row, path, value)
    else:
        _put(row, path, _text(value))


def _flatten_list(row: _Row, path: tuple[str, ...], values: list[Any]) -> None:
    """Pairs by their names, objects and lists numbered from the second on, plain values as one text.

    Several addresses or numbers of a kind each (`phones`) stay below their parent: a pair there is named by its kind.
    """
    objects = bool(values and path) and all(isinstance(entry, dict) for entry in values)
    if objects and path[-1].lower() in _PLACES:
        for place, entry in enumerate(values, 1):
            kind = next((entry[key] for key in _KIND_KEYS if isinstance(entry.get(key), str)), "").lower()
            numbered = f"{path[-1]}{place}" if place > 1 and kind not in KINDS else path[-1]
            _flatten(row, (*path[:-1], numbered, *([kind] if kind in KINDS else [])), entry)
    elif objects and is_contact(path[-1]):
        for place, entry in enumerate(values, 1):
            _flatten_contact(row, path, place, entry)
    elif values and is_pairs(values):
        for entry in values:
            if pair := _pair(entry):
                _flatten(row, (pair[0],), pair[1])
    elif any(isinstance(entry, dict | list) for entry in values):
        for place, inner in enumerate(values, 1):
            _flatten(row, (*path[:-1], f"{path[-1]}{place}") if place > 1 else path, inner)
    else:
        _put(row, path, "; ".join(text for entry in values if (text := _text(entry))))


def _flatten_contact(row: _Row, path: tuple[str, ...], place: int, entry: dict[str, Any]) -> None:
    """One of several addresses or numbers: below its kind where it tells one, else below its number."""
    value_key = next((key for key in entry if field_below(path[-1], key) not in (None, NOTHING)), None)
    kind = next((entry[key] for key in _KIND_KEYS if isinstance(entry.get(key), str) and entry[key]), None)
    numbered = (*path[:-1], f"{path[-1]}{place}") if place > 1 else path
    named = kind is not None and (kind.lower() in KINDS or look_up(kind).field is not None)
    for name, value in entry.items():
        if name == value_key and named and not isinstance(value, dict | list):
            _put(row, (*numbered, kind or ""), _text(value))
        elif name not in _KIND_KEYS or not named:
            _flatten(row, (*numbered, name), value)


def _put(row: _Row, path: tuple[str, ...], text: str | None) -> None:
    row.budget.columns(len(row))
    name = _name(path)
    known = row.get(name)
    if known is None:
        row[name] = text
    elif text is not None and known != text:
        whole = ".".join(path)
        row[whole if whole not in row else row.free.of(name)] = text


@keep_words
def _name(path: tuple[str, ...]) -> str:
    """The name of a nested value: its path without the words that only wrap it."""
    return ".".join([part for part in path if part.lower() not in _WRAPPERS] or path)


def _text(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
