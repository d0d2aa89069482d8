"""Laid over: the lines of a home on top of those of a shipped table.

Belongs here: reading such a file, checking each line of it by what the shipped table holds, adding and taking out. Does
not belong here: where the file lies (`engine/rules_folder`), what a table means.

A file has the columns of the shipped one, of which it may leave some out. A line adds itself, in front of the shipped
ones; where the shipped table has its key already, it takes that one's place, and the columns the file leaves out stay
as they are. A line whose first cell begins with `-` takes out: what agrees with all its cells, and of a cell of several
words only those it names. An unsound line has no effect, and whoever begins a night refuses to (`rules_folder`).
"""

from __future__ import annotations

import csv
import io
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import polars as pl

from engine.rule_tables import ENTRY, Row, RuleTable, countries
from engine.table_file import decoded, separator_of

State = Literal["adds", "replaces", "takes out", "unused", "unsound"]
REMOVES = "-"
LONGEST = 10_000  # signs of a cell
_ONLY_SIGNS = re.compile(r"[\s*?|]*")
_LONE_SIGN = re.compile(r"^\?|[?*]\?|\*\*")  # nothing stands before it that could be missing
_UMLAUTS = frozenset("äöüßÄÖÜẞ")
_ENOUGH = 30  # words that show how the words of a column are spelt


class Line(NamedTuple):
    """A line of a home's file, and what became of it.

    `why` says of an unsound one which column is wrong and what to do, of an unused one why it has no effect.
    """

    number: int
    state: State
    why: str = ""


class Laid(NamedTuple):
    """A shipped table under the lines of a home."""

    rows: tuple[Row, ...]
    lines: tuple[Line, ...]


class _Refused(Exception):  # noqa: N818 - says what was found
    """A line cannot count; says why."""


def laid_over(table: RuleTable, shipped: Sequence[Row], content: bytes) -> Laid:
    """The shipped rows with a home's lines laid over them, and each of those lines with its state.

    Args:
        table: what is known of it.
        shipped: its rows, each with all columns.
        content: of the home's file, as any program saved it: CSV with commas, semicolons or tabs, or a list.
    """
    try:
        told = list(_told(table, tuple(shipped[0]), decoded(content)))
    except _Refused as error:
        return Laid(tuple(shipped), (Line(1, "unsound", str(error)),))
    usual, under, lines = _Usual.of(table, shipped), _Under(table, shipped), list[Line]()
    added, seen = dict[tuple[str, ...], Row](), set[tuple[str, ...]]()
    same = {tuple(row.values()) for row in shipped}
    for number, said, wrong in told:
        try:
            if wrong:
                raise _Refused(wrong)
            if tuple(said.values()) in seen:
                raise _Refused("the same line stands above; delete one")
            seen.add(tuple(said.values()))
            first = next(iter(said))
            if said[first].startswith(REMOVES):
                took = under.take_out(said | {first: said[first].removeprefix(REMOVES).strip()})
                lines.append(Line(number, "takes out") if took else Line(number, "unused", _NOTHING))
                continue
            before = under.shipped_of(said)
            row = {name: said.get(name, (before or {}).get(name, "")) for name in shipped[0]}
            _check(table, usual, row)
            key = under.key_of(row) or tuple(row.values())
            if key in added:
                raise _Refused(f"{', '.join(table.key) or 'the same line'} stands above already; delete one")
            if tuple(row.values()) in same:
                lines.append(Line(number, "unused", _THE_SAME))
                continue
            under.make_room(row)
            added[key] = row
            lines.append(Line(number, "replaces" if before else "adds"))
        except _Refused as error:
            lines.append(Line(number, "unsound", str(error)))
    return Laid((*added.values(), *under.rows), tuple(lines))


_THE_SAME = "the shipped table holds the same; it can be deleted"
_NOTHING = "the shipped table holds nothing like it; it can be deleted"


def laid_settings(shipped: Mapping[str, Mapping[str, Any]], content: bytes) -> tuple[dict[str, Any], tuple[Line, ...]]:
    """Shipped tables of TOML with a home's numbers and words in their places, and each of those with its state."""
    found: dict[str, Any] = {name: dict(values) for name, values in shipped.items()}
    try:
        stated = tomllib.loads(decoded(content))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        return found, (Line(1, "unsound", f"it is no TOML: {error}"),)
    lines = []
    text = decoded(content).splitlines()
    for name, values in stated.items():
        at = next((number for number, line in enumerate(text, 1) if line.strip().startswith((f"[{name}", name))), 1)
        if name not in shipped or not isinstance(values, dict):
            lines.append(Line(at, "unsound", f"{name!r} is not known; use one of {', '.join(shipped)}"))
            continue
        for key, value in values.items():
            here = next((no for no, line in enumerate(text[at:], at + 1) if line.strip().startswith(key)), at)
            usual = shipped[name].get(key)
            numbers = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < float("inf")
            if key not in shipped[name]:
                why = f"{key!r} is not known in [{name}]; use one of {', '.join(shipped[name])}"
            elif isinstance(usual, int | float) and not numbers:
                why = f"{key} of [{name}] is no number from 0 on; the shipped one is {usual}"
            elif isinstance(usual, int) and not isinstance(value, int):
                why = f"{key} of [{name}] is no whole number; the shipped one is {usual}"
            elif isinstance(usual, str):
                why = f"{key} of [{name}] is not for a home to say; delete the line"
            else:
                found[name][key] = value
                lines.append(Line(here, "replaces"))
                continue
            lines.append(Line(here, "unsound", why))
    return found, tuple(lines)


class _Usual(NamedTuple):
    """What the shipped rows show of their columns.

    Those always filled, those of numbers, of small letters, without umlauts; those of which one says something; those
    whose patterns are read by Polars; the words of the closed ones.
    """

    filled: frozenset[str]
    numbers: frozenset[str]
    small: frozenset[str]
    spelt_out: frozenset[str]
    says: tuple[str, ...]
    in_polars: frozenset[str]
    known: dict[str, tuple[str, ...]]

    @staticmethod
    def of(table: RuleTable, shipped: Sequence[Row]) -> _Usual:
        columns = {name: [row[name] for row in shipped if row[name]] for name in shipped[0]}
        words = {name: [word for cell in columns[name] for word in cell.split("|")] for name in table.lists}
        told = {name: found for name, found in words.items() if len(found) >= _ENOUGH}
        several = table.lists if len(table.lists) > 1 else ()
        numbers = frozenset(name for name, cells in columns.items() if cells and all(map(_is_number, cells)))
        says = tuple(name for name in columns if name not in (*table.key, *numbers, "note"))
        return _Usual(
            frozenset(name for name, cells in columns.items() if len(cells) == len(shipped) and name not in several),
            numbers,
            frozenset(name for name, found in told.items() if all(word == word.lower() for word in found)),
            frozenset(name for name, found in told.items() if not _UMLAUTS.intersection("".join(found))),
            says if all(any(row[name] for name in says) for row in shipped) else (),
            frozenset(name for name in table.patterns if any(r"\p" in cell for cell in columns[name])),
            {name: tuple(dict.fromkeys(columns[name])) for name in table.closed}
            | {name: tuple(dict.fromkeys(" ".join(columns[name]).split())) for name in table.tokens}
            | dict.fromkeys(table.countries, countries()),
        )


def _told(table: RuleTable, columns: tuple[str, ...], text: str) -> Iterator[tuple[int, Row, str]]:
    """The lines of a home's file: number in the file, cells, and what is wrong with their number; comments left out.

    Raises:
        _Refused: the header is not the table's.
    """
    if table.form != "table":
        for number, line in enumerate(map(str.strip, text.splitlines()), start=1):
            if not line or line.startswith("#"):
                continue
            mark = REMOVES if line.startswith(REMOVES) else ""
            bare = line.removeprefix(mark).strip()
            for entry in bare.split() if table.form == "words" else [bare]:
                yield number, {ENTRY: mark + entry}, ""
            if not bare:
                yield number, {ENTRY: ""}, f"behind {REMOVES} stands nothing; say what it takes out"
        return
    bare = "\n".join(line for line in text.splitlines() if line.strip() and not line.lstrip('"').startswith("#"))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator_of(bare))
    header: list[str] = []
    try:
        for cells in ([cell.strip() for cell in line] for line in reader):
            if not any(cells) or cells[0].startswith("#"):
                continue
            if not header:
                header = _header(table, columns, [name.lower() for name in cells])
                continue
            while len(cells) > len(header) and not cells[-1]:
                cells.pop()
            why = f"{len(cells)} cells where the header has {len(header)}; quote a cell that holds the separator"
            even = len(cells) == len(header)
            yield reader.line_num, dict(zip(header, cells, strict=False)), "" if even else why
    except csv.Error as error:
        raise _Refused(f"it is no CSV ({error}); save it again as CSV UTF-8") from error


def _header(table: RuleTable, columns: tuple[str, ...], header: list[str]) -> list[str]:
    while header and not header[-1]:
        header.pop()
    told = f"the header is {','.join(columns)}"
    if unknown := next((name for name in header if name not in columns), None):
        raise _Refused(f"column {unknown!r} is not known; {told}")
    if len(set(header)) < len(header):
        raise _Refused(f"a column stands twice; {told}")
    if missing := [name for name in table.key if name not in header]:
        raise _Refused(f"column {', '.join(missing)} is missing; {told}")
    return header


def _check(table: RuleTable, usual: _Usual, row: Row) -> None:
    """Raises _Refused where a cell cannot stand in the table."""
    for name, cell in row.items():
        if not cell:
            if name in usual.filled:
                raise _Refused(f"{name} is empty; fill it in")
            continue
        if len(cell) > LONGEST or not cell.isprintable():
            raise _Refused(f"{name} holds line breaks, other signs that cannot be seen, or more than {LONGEST:,} signs")
        said = cell.split() if name in table.tokens else [cell]
        if name in usual.known and (wrong := next((word for word in said if word not in usual.known[name]), None)):
            raise _Refused(f"{name} {wrong!r} is not known; use one of {', '.join(usual.known[name])}")
        if name in usual.numbers and not _is_number(cell):
            raise _Refused(f"{name} {cell!r} is no number; write it as the shipped table does")
        if name in table.patterns:
            _check_pattern(name, cell, in_polars=name in usual.in_polars)
        if name in table.lists or name == ENTRY:
            for word in cell.split("|") if name != ENTRY else [cell.rstrip("*").removeprefix("*")]:
                if _ONLY_SIGNS.fullmatch(word) or _LONE_SIGN.search(word):
                    raise _Refused(f"{name} {word!r} would stand for anything or for nothing; write a word")
        if name in usual.small and cell != cell.lower():
            raise _Refused(f"{name} is compared in small letters; write {cell.lower()!r}")
        if name in usual.spelt_out and _UMLAUTS.intersection(cell):
            raise _Refused(f"{name} is compared with umlauts spelt out; write {cell!r} with ae, oe, ue, ss")
    for needed in (table.lists, usual.says):
        if needed and not any(row[name] for name in needed):
            raise _Refused(f"nothing stands in {', '.join(needed)}; fill one in")
    if "least" in row and not float(row["least"]) <= float(row["value"]) <= float(row["most"]):
        raise _Refused(f"value {row['value']} is not between {row['least']} and {row['most']}; correct it")


def _check_pattern(name: str, pattern: str, *, in_polars: bool) -> None:
    try:
        if in_polars:
            matches_nothing = bool(pl.Series([""]).str.contains(pattern).item())
        else:
            matches_nothing = re.search(rf"(?:{pattern})", "") is not None
    except (pl.exceptions.ComputeError, re.error) as error:
        raise _Refused(f"{name} is no regular expression: {str(error).splitlines()[0]}") from error
    if matches_nothing:
        raise _Refused(f"{name} {pattern!r} matches where nothing stands, which is everywhere; ask for a letter")


class _Under:
    """The shipped rows that lie under the lines of a home, fewer with each line that takes the place of some."""

    def __init__(self, table: RuleTable, shipped: Sequence[Row]) -> None:
        self._table, self._left = table, dict(enumerate(shipped))
        self._shipped = shipped
        self._plain = [name for name in table.key if name not in table.lists]
        self._places: dict[tuple[str, ...], list[int]] = {}
        for place, row in self._left.items():
            if (key := self.key_of(row)) is not None:
                self._places.setdefault(key, []).append(place)
        self._held = Counter(held for row in shipped for held in self._holds(row))

    @property
    def rows(self) -> tuple[Row, ...]:
        return tuple(self._left.values())

    def key_of(self, row: Row) -> tuple[str, ...] | None:
        """By what a line is known; None in a table without such columns. Words of a list are known by themselves."""
        return tuple(row.get(name, "").casefold() for name in self._plain) if self._plain else None

    def shipped_of(self, row: Row) -> Row | None:
        """The shipped row of the same key."""
        key = self.key_of(row)
        places = self._places.get(key, []) if key is not None else []
        return self._shipped[places[0]] if places else None

    def make_room(self, row: Row) -> None:
        """Take away what a line of the home stands in place of: rows of its key, or words it gives another meaning.

        Raises:
            _Refused: it would leave a kind without a word.
        """
        key, listed = self.key_of(row), [name for name in self._table.key if name in self._table.lists]
        found: dict[int, Row | None] = dict.fromkeys(self._places.get(key, []) if key is not None else [])
        if listed:
            words = {name: row[name] for name in listed}
            found = {place: _less(self._table, other, words) for place, other in self._left.items()}
        self._replace(found, row)

    def take_out(self, said: Row) -> bool:
        """Take out what agrees with all cells of a line; whether there was anything.

        Raises:
            _Refused: the line says nothing, or would leave a kind, a column or the whole table without a word.
        """
        plain = {name: cell for name, cell in said.items() if cell and name not in self._table.lists}
        words = {name: cell for name, cell in said.items() if cell and name in self._table.lists}
        if not plain and not words:
            raise _Refused(f"behind {REMOVES} stands nothing; say what it takes out")
        whole = bool(self._plain) and all(name in plain for name in self._plain)
        places = self._places.get(self.key_of(said) or (), []) if whole else list(self._left)
        found = {
            place: _less(self._table, row, words) if words else None
            for place in places
            if (row := self._left.get(place))
            if all(row[name].casefold() == cell.casefold() for name, cell in plain.items())
        }
        return self._replace(found)

    def _replace(self, found: Mapping[int, Row | None], own: Row | None = None) -> bool:
        """Put rows, or nothing, into the places of others, beside a line of the home; whether that is a change."""
        changed = {place: row for place, row in found.items() if place in self._left and row != self._left[place]}
        held = self._held - Counter(held for place in changed for held in self._holds(self._left[place]))
        held += Counter(held for row in (*changed.values(), own) if row for held in self._holds(row))
        if gone := self._held.keys() - held.keys():
            name, value = min(gone)
            raise _Refused(f"it would leave nothing of {name}{f' {value!r}' if value else ''}; something has to stay")
        self._held = held
        for place, row in changed.items():
            if row is None:
                del self._left[place]
            else:
                self._left[place] = row
        return bool(changed)

    def _holds(self, row: Row) -> Iterator[tuple[str, str]]:
        yield from ((name, row[name]) for name in self._table.closed if row[name])
        yield from ((name, "") for name in (*self._table.key, *self._table.lists) if row[name])


def _less(table: RuleTable, row: Row, words: Row) -> Row | None:
    """A row without some words of its lists; nothing where no word is left."""
    left = dict(row)
    for name, cell in words.items():
        out = {word.casefold() for word in cell.split("|")}
        left[name] = "|".join(word for word in row[name].split("|") if word.casefold() not in out)
    return left if left == row or any(left[name] for name in table.lists) else None


def _is_number(cell: str) -> bool:
    return re.fullmatch(r"\d+(?:\.\d+)?", cell) is not None
