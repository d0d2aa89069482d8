"""JSON and JSON Lines: objects as rows.

Belongs here: finding the list of records inside whatever wraps it, flattening nested objects, lists of
name-value pairs as Facebook, LinkedIn, Google and HubSpot send them. Does not belong here: what a name means.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from engine.caches import keep_words
from sources.columns.headers import known_names
from sources.content import Content
from sources.problems import RAW_LIMIT, Problem, Unreadable
from sources.reading import BATCH_ROWS, Batch, Reading, batch_of

_NAMES = ("name", "column_id", "column_name", "key", "field", "label", "question", "id", "property")
_VALUES = ("value", "values", "string_value", "answer", "answers", "text")
_WRAPPERS = frozenset(
    {"value", "values", "properties", "field_data", "fields", "user_column_data", "attributes", "data"}
)

Row = dict[str, str | None]

# Half a character beyond the first plane, written as an escape: nothing can be made of it.
_HALF = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
_BETWEEN = re.compile(r"[\s,\x1e]*")  # what stands between documents in one file


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; a key that comes again is numbered (`Telefon 2`), so that no value is lost."""
    whole = dict(pairs)
    if len(whole) == len(pairs):
        return whole
    whole = {}
    for key, value in pairs:
        name, count = key, 1
        while name in whole and whole[name] != value:
            count += 1
            name = f"{key} {count}"
        whole[name] = value
    return whole


# Numbers as they are written; NaN and Infinity, which only some writers know, are nothing.
_DECODER = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=lambda _: None, object_pairs_hook=_object)


def read_json(content: Content, encoding: str, member: str | None = None) -> Reading:
    """Read a JSON document: a list of objects, one object, or a list somewhere inside.

    Raises:
        Unreadable: truncated_file or damaged_file when it is not JSON; no_table when no object is in it.
    """
    document = _HALF.sub("\ufffd", content.whole().decode(encoding, errors="replace").lstrip("\ufeff"))
    try:
        parsed = _documents(document)
    except RecursionError as error:
        raise Unreadable("damaged_file", "The JSON is nested too deeply") from error
    except json.JSONDecodeError as error:
        at_end = error.pos >= len(document.rstrip()) or "Unterminated" in error.msg
        code, what = ("truncated_file", "ends in the middle") if at_end else ("damaged_file", "is not valid")
        raise Unreadable(code, f"The JSON {what}: line {error.lineno}, {error.msg}") from error
    entries = _records(parsed[0]) if len(parsed) == 1 else [entry for part in parsed for entry in _records(part)]
    if not entries:
        raise Unreadable("empty_file" if not any(parsed) else "no_table", "There is no list of leads in the JSON")
    problems: list[Problem] = []
    header = _header(_flat(entry) for entry in entries if isinstance(entry, dict))
    if not header:
        raise Unreadable("no_table", "The JSON holds values but no objects", document[:RAW_LIMIT])

    def numbered() -> Iterator[tuple[int, Row]]:
        for number, entry in enumerate(entries, 1):
            if isinstance(entry, dict):
                yield number, _flat(entry)
            else:
                problems.append(
                    Problem(number, "not_an_object", "A value where a record was expected", _dump(entry)[:RAW_LIMIT])
                )

    return _reading("json", header, numbered, lambda: len(entries), encoding=encoding, member=member, problems=problems)


def _documents(text: str) -> list[Any]:
    """All documents of a file: some writers put one behind the other, with or without a comma."""
    found = []
    place = _BETWEEN.match(text).end()  # type: ignore[union-attr]
    while place < len(text):
        document, place = _DECODER.raw_decode(text, place)
        found.append(document)
        place = _BETWEEN.match(text, place).end()  # type: ignore[union-attr]
    return found


def read_json_lines(content: Content, encoding: str, member: str | None = None) -> Reading:
    """Read JSON Lines; a broken line costs itself only. `row` is the line in the file."""
    problems: list[Problem] = []

    def parsed(problems: list[Problem]) -> Iterator[tuple[int, Row]]:
        for number, line in _lines(content, encoding):
            try:
                entry = _DECODER.decode(_HALF.sub("\ufffd", line).rstrip(","))
            except (json.JSONDecodeError, RecursionError) as error:
                problems.append(
                    Problem(number, "broken_object", f"The line is not valid JSON: {error}", line[:RAW_LIMIT])
                )
                continue
            if isinstance(entry, dict):
                yield number, _flat(entry)
            else:
                problems.append(
                    Problem(number, "not_an_object", "A value where a record was expected", line[:RAW_LIMIT])
                )

    header = _header(row for _, row in parsed([]))
    if not header:
        raise Unreadable("damaged_file", "No line of the file is a JSON object")
    return _reading(
        "jsonl",
        header,
        lambda: parsed(problems),
        lambda: _count_lines(content, encoding),
        encoding=encoding,
        member=member,
        problems=problems,
    )


def _count_lines(content: Content, encoding: str) -> int:
    return sum(1 for _ in _lines(content, encoding))


def _lines(content: Content, encoding: str) -> Iterator[tuple[int, str]]:
    with content.open() as stream, io.TextIOWrapper(stream, encoding=encoding, errors="replace") as lines:
        for number, line in enumerate(lines, 1):
            if bare := line.strip().strip("\ufeff\0\x1e").strip():
                yield number, bare


def _reading(
    kind: str,
    header: list[str],
    rows: Callable[[], Iterator[tuple[int, Row]]],
    count: Callable[[], int],
    *,
    encoding: str,
    member: str | None,
    problems: list[Problem],
) -> Reading:
    def batches() -> Iterator[Batch]:
        numbers: list[int] = []
        cells: list[list[str | None]] = []
        for number, row in rows():
            numbers.append(number)
            cells.append([row.get(name) for name in header])
            if len(numbers) >= BATCH_ROWS:
                yield batch_of(numbers, cells, len(header))
                numbers, cells = [], []
        if numbers:
            yield batch_of(numbers, cells, len(header))

    return Reading(kind, header, batches(), count, kind, encoding, member, problems=problems)


def _header(rows: Iterable[Row]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def _records(parsed: Any) -> list[Any]:
    """The list of records: the document itself, or the longest list of objects inside it."""
    if (table := _table(parsed)) is not None:
        return table
    if isinstance(parsed, list):
        return parsed
    if not isinstance(parsed, dict):
        return []
    found = [inner for inner in _lists_in(parsed, 0) if not _is_pairs(inner)]
    return max(found, key=_rank) if found and not _is_record(parsed) else [parsed] if parsed else []


def _rank(entries: list[Any]) -> tuple[bool, int]:
    """Lists whose objects have known names go before lists of links and the like, then the longest."""
    names = [path.rsplit(".", 1)[-1] for entry in entries[:3] if isinstance(entry, dict) for path in _flat(entry)]
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
        rows = value if len(value) > 1 and all(isinstance(row, list) for row in value) else []
        return _below(rows[0], rows[1:]) if rows else None
    if not isinstance(value, dict):
        return None
    columns, data = value.get("columns"), value.get("data")
    if isinstance(columns, list) and isinstance(data, list):
        return _below(columns, data)
    entries = list(value.values())
    if len(entries) < 2 or not all(isinstance(entry, dict) and entry for entry in entries):
        return None
    if known_names(list(value)) >= 2:
        alike = all(entry.keys() == entries[0].keys() for entry in entries)
        return [{name: column[key] for name, column in value.items()} for key in entries[0]] if alike else None
    by_id = not known_names(list(value)) and all(known_names(list(entry)) >= 2 for entry in entries)
    return [{"id": key, **entry} for key, entry in value.items()] if by_id else None


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


def _is_pairs(value: list[Any]) -> bool:
    return all(isinstance(entry, dict) and _pair(entry) is not None for entry in value)


def _pair(entry: dict[str, Any]) -> tuple[str, Any] | None:
    if isinstance(asked := entry.get("field"), dict) and (kind := entry.get("type")) in entry:  # as Typeform answers
        name = next((asked[key] for key in ("title", "ref", "id") if isinstance(asked.get(key), str)), None)
        value = entry[kind]
        return (name, value.get("label", value) if isinstance(value, dict) else value) if name else None
    name = next((entry[key] for key in _NAMES if isinstance(entry.get(key), str)), None)
    value_key = next((key for key in _VALUES if key in entry), None)
    return (name, entry[value_key]) if name is not None and value_key is not None and len(entry) <= 5 else None


def _flat(entry: dict[str, Any]) -> Row:
    row: Row = {}
    for name, value in entry.items():
        _flatten(row, (name,), value)
    return row


def _flatten(row: Row, path: tuple[str, ...], value: Any) -> None:
    if value is None or isinstance(value, str):
        _put(row, path, value or None)
    elif isinstance(value, dict):
        for name, inner in value.items():
            _flatten(row, (*path, name), inner)
    elif isinstance(value, list) and value and _is_pairs(value):
        for entry in value:
            pair = _pair(entry)
            assert pair is not None
            _flatten(row, (pair[0],), pair[1])
    elif isinstance(value, list) and any(isinstance(entry, dict | list) for entry in value):
        for place, inner in enumerate(value, 1):
            _flatten(row, (*path[:-1], f"{path[-1]}{place}") if place > 1 else path, inner)
    else:
        text = "; ".join(t for entry in value if (t := _text(entry))) if isinstance(value, list) else _text(value)
        _put(row, path, text)


def _put(row: Row, path: tuple[str, ...], text: str | None) -> None:
    name = _name(path)
    known = row.get(name)
    if known is None:
        row[name] = text
    elif text is not None and known != text:
        whole = ".".join(path)
        row[whole if whole not in row else f"{name} {sum(key.startswith(name) for key in row) + 1}"] = text


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


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
