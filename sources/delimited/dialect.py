"""Dialect: how a delimited text is split, found by trying.

Belongs here: choosing delimiter, quote and escape by how evenly and how meaningfully they split the first rows.
Does not belong here: reading rows (`row`), encodings (`encoding`).
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import islice
from typing import NamedTuple

from sources.columns.headers import is_known, known_names
from sources.columns.layout import LOOK_AT, Header, find_header, header_names, is_blank, stands_on_its_side
from sources.delimited.header_fit import fit_header
from sources.delimited.row import Dialect, Row, read_row

DELIMITERS = (";", ",", "\t", "|", ":", "^", "~", "\x1f", "\x01", "¦", "§")
SAMPLE_ROWS = 200
_LEAST_WIDTH = 3  # of a table whose header and rows are split by two delimiters
_EVEN = 0.9
_MOSTLY_NAMES = 0.5  # of the cells of a header

_LINE_END = re.compile(r"\r\n|\n|\r")
_SEP_LINE = re.compile(r'\ufeff?"?sep=(.)"?[ \t]*(?:\r\n|\n|\r|\Z)', re.IGNORECASE)


class Found(NamedTuple):
    """A dialect with the header it leads to; `lines` stand above the data, the header among them.

    `titles` are the rows above the header, `sideways` when the columns' names stand below each other in the first
    column. `notice` says what was put right in the header; `trims` when the writer left out empty cells at a row's end.
    """

    dialect: Dialect
    header: list[str] | None
    lines: int
    width: int
    trims: bool
    sideways: bool
    titles: list[list[str]]
    body: list[Row]
    notice: str | None = None


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
    found = best[1]
    if found.header is not None and delimiter is None:
        found = _split_otherwise(sample, found)
    return _with_fit(found)


def _split_otherwise(sample: str, found: Found) -> Found:
    """A header that another delimiter splits than the rows below it, each of which has as many cells."""
    width, names = found.width, found.header or []
    as_wide = sum(len(row.cells) == width for row in found.body)
    if width < _LEAST_WIDTH or not found.body or as_wide > (1 - _EVEN) * len(found.body):
        return found
    end = _place_below(sample, found.lines)
    for delimiter in DELIMITERS:
        if delimiter == found.dialect.delimiter or delimiter not in sample[end:]:
            continue
        dialect = Dialect(delimiter, found.dialect.quote, found.dialect.escape)
        body = [row for row in _split(sample, end, 0, dialect)[0] if not is_blank(row.cells)]
        if body and sum(len(row.cells) == width and not row.broken for row in body) >= _EVEN * len(body):
            notice = f"The header is split by {found.dialect.delimiter!r}, the rows below it by {delimiter!r}"
            return found._replace(dialect=dialect, header=names, trims=False, body=body, notice=notice)
    return found


def _place_below(sample: str, lines: int) -> int:
    """Where the lines below the first ones begin."""
    ends = islice(_LINE_END.finditer(sample), lines - 1, None)
    return next((end.end() for end in ends), len(sample))


def _with_fit(found: Found) -> Found:
    """The header laid over the columns of its rows where these are more or fewer."""
    fit = fit_header(found.header, [row.cells for row in found.body if not row.broken]) if found.header else None
    if fit is None:
        return found
    if fit.names is None:
        return found._replace(trims=False, notice=fit.notice)
    width = len(fit.names)
    return found._replace(header=fit.names, width=width, trims=_trims(found.body, width), notice=fit.notice)


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
    """How well a dialect splits the sample, and what it leads to."""
    rows, lines_after = _split(sample, begin, lines, dialect)
    several = any(len(row.cells) > 1 for row in rows)
    grid = [_without_stray_quotes(row.cells, dialect, several) for row in rows[:LOOK_AT]]
    grid += [row.cells for row in rows[LOOK_AT:]]
    header = find_header(grid) if skip_rows is None else Header(skip_rows if skip_rows < len(grid) else None, 0)
    names, index = _names(grid, header, skip_rows)
    body = [row for row in rows[0 if index is None else index + 1 :] if not is_blank(row.cells)]
    width = len(names) if names is not None else _usual_width(body)
    found = Found(
        dialect=dialect,
        header=names,
        lines=lines if index is None else lines_after[index],
        width=width,
        trims=_trims(body, width),
        sideways=skip_rows is None and header.known < 3 and stands_on_its_side(grid),
        titles=grid[: header.place or 0],
        body=body,
    )
    return _score(grid, body, width, header, names), found


def _without_stray_quotes(cells: list[str], dialect: Dialect, several: bool) -> list[str]:
    """The names of a header in which a quote is out of place, or that stands in quotes as a whole; else the cells.

    `several` when the dialect splits other rows, so that the header alone stands in quotes.
    """
    quote, delimiter = dialect.quote, dialect.delimiter
    if not (quote and delimiter):
        return cells
    if len(cells) == 1 and delimiter in cells[0] and several:
        names = [name.strip() for name in cells[0].replace(quote, "").split(delimiter)]
    elif any(quote in cell for cell in cells):
        names = [cell if is_known(cell) else cell.replace(quote, "") for cell in cells]
    else:
        return cells
    known = known_names(names)
    return names if known >= 2 and known >= len(names) * _MOSTLY_NAMES and known > known_names(cells) else cells


def _split(sample: str, begin: int, lines: int, dialect: Dialect) -> tuple[list[Row], list[int]]:
    """The first rows, and for each how many lines lie above the next one."""
    rows: list[Row] = []
    lines_after: list[int] = []
    place = begin
    while place < len(sample) and len(rows) < SAMPLE_ROWS:
        row = read_row(sample, place, dialect)
        place, lines = row.end, lines + row.lines
        rows.append(row)
        lines_after.append(lines)
    return rows, lines_after


def _names(grid: list[list[str]], header: Header, skip_rows: int | None) -> tuple[list[str] | None, int | None]:
    """The columns' names and the header's last row; a header that is stated has one row."""
    if header.place is None:
        return None, None
    if skip_rows is None:
        return header_names(grid, header.place)
    return [cell.replace("\ufeff", "").strip() for cell in grid[header.place]], header.place


def _usual_width(body: list[Row]) -> int:
    widths = Counter(len(row.cells) for row in body if not row.broken)
    return widths.most_common(1)[0][0] if widths else 1


def _score(grid: list[list[str]], body: list[Row], width: int, header: Header, names: list[str] | None) -> float:
    """Share of rows as wide as the header and of known names, less cells and rows with stray quotes; wide ones win."""
    even = sum(1 for row in body if len(row.cells) == width and not row.broken) / len(body) if body else 0.5
    odd = sum(1 for row in body if row.lenient) / len(body) if body else 0.0
    known = header.known / max(1, sum(map(bool, names))) if names else 0.0
    return even - odd / 2 - _left_quoted(grid) + 2 * known + (0.3 if width > 1 else 0.0) + min(width, 20) / 100


def _left_quoted(grid: list[list[str]]) -> float:
    """Share of filled cells still in quotes: these were meant to be taken off."""
    cells = [cell for row in grid for cell in row if cell]
    quoted = sum(1 for cell in cells if len(cell) > 1 and cell[0] == cell[-1] and cell[0] in "\"'")
    return quoted / len(cells) if cells else 0.0


def _trims(body: list[Row], width: int) -> bool:
    """Whether the writer left out empty cells at the end of a row: many short rows, none that ends empty."""
    short = sum(1 for row in body if 1 < len(row.cells) < width)
    ends_empty = any(len(row.cells) >= width and not row.cells[-1].strip() for row in body)
    return not ends_empty and short >= 3 and short >= len(body) * 0.2
