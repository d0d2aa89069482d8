"""Dialect: how a delimited text is split, found by trying.

Belongs here: choosing delimiter, quote and escape by how evenly and how meaningfully they split the first rows.
Does not belong here: reading rows (`row`), encodings (`text`).
"""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

from sources.columns.layout import Header, find_header, header_names, is_blank, stands_on_its_side
from sources.delimited.row import Dialect, Row, read_row

DELIMITERS = (";", ",", "\t", "|", ":", "^", "~", "\x1f", "\x01", "¦", "§")
SAMPLE_ROWS = 200

_SEP_LINE = re.compile(r'\ufeff?"?sep=(.)"?[ \t]*(?:\r\n|\n|\r|\Z)', re.IGNORECASE)


class Found(NamedTuple):
    """A dialect with the header it leads to; `start` and `lines` say where data begin.

    `sideways` when the columns' names stand below each other in the first column.
    """

    dialect: Dialect
    header: list[str] | None
    start: int
    lines: int
    titles: int
    width: int
    trims: bool
    sideways: bool


def find_dialect(sample: str, delimiter: str | None = None, skip_rows: int | None = None) -> Found:
    """The dialect and the header of a text from its beginning.

    Args:
        sample: whole rows from the beginning of the text.
        delimiter: stated by the source's settings.
        skip_rows: rows above the header, stated by the source's settings.
    """
    stated = _SEP_LINE.match(sample)
    begin, lines = (stated.end(), 1) if stated else (0, 0)
    delimiter = delimiter or (stated[1] if stated else None)
    candidates = (delimiter,) if delimiter else (*DELIMITERS, *_other_delimiters(sample[begin:]), "")
    quotes = [quote for quote in ('"', "'") if quote == '"' or _quoted_by(sample, quote)]
    escapes = {quote: ("", "\\") if _escapes(sample, quote) else ("",) for quote in quotes}
    best: tuple[float, Found] | None = None
    for candidate in candidates:
        if candidate and candidate not in sample and not delimiter:
            continue
        for quote in quotes:
            for escape in escapes[quote]:
                dialect = Dialect(candidate, quote, escape)
                score, found = _try(sample, begin, lines, dialect, skip_rows)
                if best is None or score > best[0]:
                    best = (score, found)
    assert best is not None  # the single column is always a candidate
    return best[1]


def _other_delimiters(sample: str) -> list[str]:
    """Signs nobody expects to split a text, if they stand equally often in each of the first lines."""
    lines = [line for line in sample[:20_000].splitlines() if line.strip()][:20]
    if len(lines) < 2:
        return []
    signs = sorted(set(re.findall(r"[^\w\s\"'@.+()-]", lines[0])) - set(DELIMITERS))
    return [sign for sign in signs if all(line.count(sign) == lines[0].count(sign) for line in lines)]


def _quoted_by(sample: str, quote: str) -> bool:
    least = 4  # cells
    cells = rf"(?:^|[;,\t|]){quote}[^{quote}\r\n]+{quote}(?=[;,\t|\r\n])"
    return sample.count(quote) >= 2 * least and len(re.findall(cells, sample, re.MULTILINE)) >= least


def _escapes(sample: str, quote: str) -> bool:
    return f"\\{quote}" in sample and re.search(rf"\\{quote}(?![;,\t|\r\n]|\Z)", sample) is not None


def _try(sample: str, begin: int, lines: int, dialect: Dialect, skip_rows: int | None) -> tuple[float, Found]:
    rows: list[Row] = []
    places: list[tuple[int, int]] = []
    place, line = begin, lines
    while place < len(sample) and len(rows) < SAMPLE_ROWS:
        row = read_row(sample, place, dialect)
        place, line = row.end, line + row.lines
        rows.append(row)
        places.append((place, line))
    grid = [row.cells for row in rows]
    header = find_header(grid) if skip_rows is None else Header(_nth_row(grid, skip_rows), 0)
    index = header.place
    names = [cell.replace("\ufeff", "").strip() for cell in grid[index]] if index is not None else None
    if index is not None and skip_rows is None:
        names, index = header_names(grid, index)
    body = [row for row in rows[(index + 1 if index is not None else 0) :] if not is_blank(row.cells)]
    widths = Counter(len(row.cells) for row in body if not row.broken)
    width = len(names) if names is not None else (widths.most_common(1)[0][0] if widths else 1)
    even = sum(1 for row in body if len(row.cells) == width and not row.broken) / len(body) if body else 0.5
    odd = sum(1 for row in body if row.lenient) / len(body) if body else 0.0
    known = header.known / max(1, len([name for name in names if name])) if names else 0.0
    score = even - odd / 2 - _left_quoted(grid) + 2 * known + (0.3 if width > 1 else 0.0) + min(width, 20) / 100
    start, lines_before = places[index] if index is not None else (begin, lines)
    titles = sum(1 for cells in grid[:index] if not is_blank(cells)) if index else 0
    sideways = skip_rows is None and header.known < 3 and stands_on_its_side(grid)
    found = Found(dialect, names, start, lines_before, titles, width, _trims(body, width), sideways)
    return score, found


def _left_quoted(grid: list[list[str]]) -> float:
    """Share of filled cells still in quotes: these were meant to be taken off."""
    cells = [cell for row in grid for cell in row if cell]
    quoted = sum(1 for cell in cells if len(cell) > 1 and cell[0] == cell[-1] and cell[0] in "\"'")
    return quoted / len(cells) if cells else 0.0


def _nth_row(grid: list[list[str]], skip: int) -> int | None:
    return skip if skip < len(grid) else None


def _trims(body: list[Row], width: int) -> bool:
    """Whether the writer left out empty cells at the end of a row: many short rows, none that ends empty."""
    short = sum(1 for row in body if 1 < len(row.cells) < width)
    ends_empty = any(len(row.cells) >= width and not row.cells[-1].strip() for row in body)
    return not ends_empty and short >= 3 and short >= len(body) * 0.2
