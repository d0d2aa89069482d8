"""One row of delimited text, read with care.

Belongs here: splitting a row at its delimiter, with quotes (RFC 4180), escapes and the mistakes people
make with them; a quote that is never closed costs its own line and not the rest of the file.
Does not belong here: finding the dialect, whole files (`reader`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

_LINE_END = re.compile(r"\r\n|\n|\r|\Z")
LOOK_AHEAD = 1_000_000  # characters a quoted value may span before its quote counts as never closed


@dataclass(frozen=True)
class Dialect:
    """How a text is split: delimiter ("" for a single column), quote and escape ("" for none)."""

    delimiter: str
    quote: str = '"'
    escape: str = ""

    @cached_property
    def stops(self) -> re.Pattern[str]:
        return re.compile("[" + re.escape(self.delimiter + self.escape) + "\r\n]")

    def describe(self) -> str:
        delimiter = {"\t": "tab", "": "none", " ": "space"}.get(self.delimiter, self.delimiter)
        escape = f" escape={self.escape}" if self.escape else ""
        return f"csv {delimiter} quote={self.quote or 'none'}{escape}"


class Row(NamedTuple):
    """A row of text: its cells, where the next row begins, the lines it spans.

    `lenient` when a stray quote was taken as a character, `broken` when a quote cannot be made sense of.
    """

    cells: list[str]
    end: int
    lines: int
    broken: bool = False
    lenient: bool = False


def read_row(text: str, start: int, dialect: Dialect, width: int | None = None) -> Row:
    """The row that begins at `start`. Line ends may be any of \\r\\n, \\n and \\r.

    A row over several lines must follow RFC 4180 strictly; within one line a stray quote is taken as a
    character as long as the row has `width` cells.
    """
    match = _LINE_END.search(text, start)
    assert match is not None  # \Z always matches
    line, end = text[start : match.start()], match.end()
    quote, escape = dialect.quote, dialect.escape
    if (not quote or quote not in line) and (not escape or escape not in line):
        return Row(line.split(dialect.delimiter) if dialect.delimiter else [line], end, 1)
    # `"X, Y", "Ulm"`: a blank between the delimiter and a quote is no part of the value.
    spaced = quote and dialect.delimiter and f"{dialect.delimiter} {quote}" in line
    if spaced and (cells := _lenient(line, dialect)) is not None and (width is None or len(cells) == width):
        return Row(cells, end, 1, lenient=True)
    strict = _strict(text, start, dialect)
    if strict is not None:
        cells, stop = strict
        match = _LINE_END.match(text, stop)
        assert match is not None
        lines = 1 + _line_ends(text, start, stop)
        if lines == 1 or not _swallows(text[start:stop], cells, dialect):
            return Row(cells, match.end(), lines)
    lenient = _lenient(line, dialect) if len(line) <= LOOK_AHEAD else None
    if lenient is not None and (width is None or len(lenient) == width):
        return Row(lenient, end, 1, lenient=True)
    return Row([line], end, 1, broken=True)


def _strict(text: str, start: int, dialect: Dialect) -> tuple[list[str], int] | None:
    delimiter, quote, escape = dialect.delimiter, dialect.quote, dialect.escape
    cells: list[str] = []
    place, limit = start, min(len(text), start + LOOK_AHEAD)
    while True:
        if quote and text.startswith(quote, place):
            value, place = _quoted(text, place + 1, limit, quote, escape)
            if place < 0:
                return None
        else:
            value, place = _plain(text, place, dialect)
        cells.append(value)
        if place >= len(text) or text[place] in "\r\n":
            return cells, place
        if not delimiter or text[place] != delimiter:
            return None
        place += 1


def _quoted(text: str, place: int, limit: int, quote: str, escape: str) -> tuple[str, int]:
    parts: list[str] = []
    while True:
        close = text.find(quote, place, limit)
        if close < 0:
            return "", -1
        if escape and (escaped := text.find(escape, place, close)) >= 0:
            parts += [text[place:escaped], text[escaped + 1 : escaped + 2]]
            place = escaped + 2
        elif text.startswith(quote, close + 1):
            parts.append(text[place : close + 1])
            place = close + 2
        else:
            parts.append(text[place:close])
            return "".join(parts), close + 1


def _plain(text: str, place: int, dialect: Dialect) -> tuple[str, int]:
    parts: list[str] = []
    while True:
        match = dialect.stops.search(text, place)
        stop = match.start() if match else len(text)
        parts.append(text[place:stop])
        if match is None or not dialect.escape or match.group() != dialect.escape:
            return "".join(parts), stop
        parts.append(text[stop + 1 : stop + 2])
        place = stop + 2


def _lenient(line: str, dialect: Dialect) -> list[str] | None:
    """The cells of one line whose quotes are not in order: a quote closes only before a delimiter."""
    delimiter, quote = dialect.delimiter, dialect.quote
    if not delimiter:
        return None
    cells: list[str] = []
    place, length = 0, len(line)
    while True:
        opening = place
        while line.startswith(" ", opening):
            opening += 1
        if quote and line.startswith(quote, opening):
            close = opening
            while True:
                close = line.find(quote, close + 1)
                if close < 0:
                    return None
                after = close + 1
                while line.startswith(" ", after):
                    after += 1
                if after >= length or line.startswith(delimiter, after):
                    break
            cells.append(line[opening + 1 : close].replace(quote * 2, quote))
            place = after
        else:
            stop = line.find(delimiter, place)
            stop = length if stop < 0 else stop
            cells.append(line[place:stop])
            place = stop
        if place >= length:
            return cells
        place += 1


def _line_ends(text: str, start: int, stop: int) -> int:
    return text.count("\n", start, stop) + text.count("\r", start, stop) - text.count("\r\n", start, stop)


def _swallows(record: str, cells: list[str], dialect: Dialect) -> bool:
    """Whether a row over several lines looks like several rows: each line has the delimiters of a whole one.

    What an open quote swallows is one cell with line ends and delimiters.
    """
    if len(cells) < 3 or not dialect.delimiter:
        return False
    if not any(dialect.delimiter in cell and ("\n" in cell or "\r" in cell) for cell in cells):
        return False
    lines = [line for line in re.split(r"\r\n|\n|\r", record) if line]
    return all(line.count(dialect.delimiter) == len(cells) - 1 for line in lines)
