"""Layout: where in a grid of cells the header is, and which rows are not data.

Belongs here: title rows above the header, tables without a header, blank rows, total rows.
Does not belong here: which field a column is (`headers`), splitting text into cells.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from sources import headers

LOOK_AT = 40  # rows from the top among which the header must be

_TOTAL = re.compile(
    r"(?:zwischen|gesamt|end)?(?:summe|total|gesamt|insgesamt|anzahl|sum|grand total|count|subtotal)"
    r"(?:\s+(?:datens\S+|leads?|kontakte|records?|rows?|zeilen|eintr\S+))?\s*[:=]?\s*[\d.,'\s]*",
    re.IGNORECASE,
)
_COUNTED = re.compile(r"\d[\d.,]*\s+(?:datens\S+|leads?|kontakte|records?|rows?|zeilen|eintr\S+).*", re.IGNORECASE)
_INVISIBLE = "\ufeff\x1a\0"  # byte order mark, end of file as DOS marks it, NUL
_NUMBER = re.compile(r"[-+]?[\d.,'\s]+(?:€|EUR|%)?")
_DATA = re.compile(
    r".*@.*\..*|\+?[\d\s()/.-]{5,}|https?://.*|\d{1,4}[.\-/]\d{1,2}[.\-/]\d{2,4}.*|\d+([.,]\d+)?", re.DOTALL
)


class Header(NamedTuple):
    """The header's place in the grid (None when there is none) and how many of its cells are known."""

    place: int | None
    known: int


def is_blank(cells: Sequence[str | None]) -> bool:
    """Whether no cell holds anything but white space."""
    return not any(cell and cell.strip().strip(_INVISIBLE) for cell in cells)


def is_total(cells: Sequence[str | None]) -> bool:
    """Whether the row is a total (`Summe: 412`, `Total;;;412`) and not a lead."""
    labels, numbers = [], 0
    for cell in cells:
        if not cell or not (text := cell.strip()):
            continue
        if _TOTAL.fullmatch(text) or _COUNTED.fullmatch(text):
            labels.append(text)
        elif _NUMBER.fullmatch(text):
            numbers += 1
        else:
            return False
    enough = numbers or len(cells) > 2 or any(any(char.isdigit() or char in ":=" for char in text) for text in labels)
    return bool(labels and enough)


def looks_like_data(cell: str) -> bool:
    """Whether a cell is a value (mail, number, date, link) rather than a column's name."""
    return _DATA.fullmatch(cell.strip()) is not None


def find_header(grid: Sequence[Sequence[str | None]]) -> Header:
    """The header row of a grid: the one with most known names among the first rows.

    Where no name is known, the first full row is the header if it holds no values while the rows below do.
    """
    best = Header(None, 0)
    for index, cells in enumerate(grid[:LOOK_AT]):
        filled = [cell for cell in cells if cell and cell.strip()]
        known = headers.known_names(filled)
        if not known or any(looks_like_data(cell) for cell in filled if not headers.is_known(cell)):
            continue
        good = known >= 2 and known >= len(filled) * 0.3
        alone = len(filled) == 1 and _width(grid) == 1
        if (good or alone) and known > best.known:
            best = Header(index, known)
    return best if best.place is not None else Header(_unknown_header(grid), 0)


def _width(grid: Sequence[Sequence[str | None]]) -> int:
    return max((len(row) for row in grid), default=0)


def _unknown_header(grid: Sequence[Sequence[str | None]]) -> int | None:
    full = [index for index, row in enumerate(grid[:LOOK_AT]) if sum(1 for c in row if c and c.strip()) >= 2]
    if not full:
        return None
    first = full[0]
    cells = [cell.strip() for cell in grid[first] if cell and cell.strip()]
    below = [cell for index in full[1:] for cell in grid[index] if cell and cell.strip()]
    names = len(set(cells)) == len(cells) and not any(looks_like_data(cell) for cell in cells)
    return first if names and any(looks_like_data(cell) for cell in below) else None
