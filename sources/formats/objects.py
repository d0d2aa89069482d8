"""JSON and JSON Lines: objects as rows.

Belongs here: parsing, documents one behind the other, lines that are broken. Does not belong here: where the records
are in a document (`record_list`), what is nested in them (`flatten`).
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Any

from sources.budget import Budget
from sources.content import Content
from sources.formats.flatten import Row, flat
from sources.formats.free_names import FreeNames
from sources.formats.record_list import records
from sources.problems import RAW_LIMIT, Problem, Unreadable
from sources.reading import Reading, batches_of

# Half a character beyond the first plane, written as an escape: nothing can be made of it.
_HALF = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
_BETWEEN = re.compile(r"[\s,\x1e]*")  # what stands between documents in one file


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; a key that comes again is numbered (`Telefon 2`), so that no value is lost.

    Each value is looked at once: a file may say one key a million times.
    """
    whole = dict(pairs)
    if len(whole) == len(pairs):
        return whole
    whole = {}
    names = FreeNames(whole)
    seen: set[tuple[str, Any]] = set()
    for key, value in pairs:
        if isinstance(value, Hashable):
            if (key, value) in seen:
                continue
            seen.add((key, value))
        whole[names.of(key)] = value
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
    entries = [entry for part in parsed for entry in records(part)]
    if not entries:
        raise Unreadable("empty_file" if not any(parsed) else "no_table", "There is no list of leads in the JSON")
    rows_of_objects = (flat(entry, content.budget) for entry in entries if isinstance(entry, dict))
    header = _header(rows_of_objects, content.budget)
    if not header:
        raise Unreadable("no_table", "The JSON holds values but no objects", document[:RAW_LIMIT])
    problems: list[Problem] = []
    rows = _rows(_objects(entries, problems, content.budget), header)
    return Reading(
        format="json",
        header=header,
        batches=batches_of(rows, len(header)),
        rows_in_file=lambda: len(entries),
        dialect="json",
        encoding=encoding,
        member=member,
        problems=problems,
    )


def _objects(entries: list[Any], problems: list[Problem], budget: Budget) -> Iterator[tuple[int, Row]]:
    """The objects as rows behind their place in the list; what is none goes to `problems`."""
    for number, entry in enumerate(entries, 1):
        if isinstance(entry, dict):
            yield number, flat(entry, budget)
        else:
            problems.append(_no_object(number, json.dumps(entry, ensure_ascii=False)))


def _no_object(number: int, raw: str) -> Problem:
    return Problem(number, "not_an_object", "A value where a record was expected", raw[:RAW_LIMIT])


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
    """Read JSON Lines; a broken line costs itself only. `row` is the line in the file.

    Raises:
        Unreadable: damaged_file when no line is an object.
    """
    header = _header((row for _, row in _objects_of_lines(content, encoding, [])), content.budget)
    if not header:
        raise Unreadable("damaged_file", "No line of the file is a JSON object")
    problems: list[Problem] = []
    rows = _rows(_objects_of_lines(content, encoding, problems), header)
    return Reading(
        format="jsonl",
        header=header,
        batches=batches_of(rows, len(header)),
        rows_in_file=lambda: sum(1 for _ in _lines(content, encoding)),
        dialect="jsonl",
        encoding=encoding,
        member=member,
        problems=problems,
    )


def _objects_of_lines(content: Content, encoding: str, problems: list[Problem]) -> Iterator[tuple[int, Row]]:
    """The object of each line as a row behind the line's number; what is none goes to `problems`."""
    for number, line in _lines(content, encoding):
        try:
            entry = _DECODER.decode(_HALF.sub("\ufffd", line).rstrip(","))
            row = flat(entry, content.budget) if isinstance(entry, dict) else None
        except (json.JSONDecodeError, RecursionError) as error:
            message = f"The line is not valid JSON: {error}"
            problems.append(Problem(number, "broken_object", message, line[:RAW_LIMIT]))
            continue
        if row is not None:
            yield number, row
        else:
            problems.append(_no_object(number, line))


def _lines(content: Content, encoding: str) -> Iterator[tuple[int, str]]:
    with content.open() as stream, io.TextIOWrapper(stream, encoding=encoding, errors="replace") as lines:
        for number, line in enumerate(lines, 1):
            if bare := line.strip().strip("\ufeff\0\x1e").strip():
                yield number, bare


def _rows(rows: Iterable[tuple[int, Row]], header: Sequence[str]) -> Iterator[tuple[int, list[str | None]]]:
    for number, row in rows:
        yield number, [row.get(name) for name in header]


def _header(rows: Iterable[Row], budget: Budget) -> list[str]:
    names: dict[str, None] = {}
    for row in rows:
        budget.add_names(names, row)
    return list(names)
