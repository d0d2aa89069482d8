"""Layout: where in a grid of cells the header is, and which rows are not data.

Belongs here: title rows above the header, headers of two rows, tables without a header, blank rows, total rows.
Does not belong here: which field a column is (`headers`), the words of totals (`cell_words.csv`), splitting text
into cells.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import zip_longest
from typing import NamedTuple

from engine.word_lists import alternatives
from sources.columns import headers
from sources.columns.legend import legends_of_row
from sources.columns.words import CELL_WORDS

SIDEWAYS = "The columns' names stand below each other in the first column: turn the table, names in the first row"
LOOK_AT = 40  # rows from the top among which the header must be

_WORDS = {kind: alternatives(words) for kind, words in CELL_WORDS.items()}
_TOTAL = re.compile(
    rf"{_WORDS['total before']}?{_WORDS['total']}(?:\s+{_WORDS['counted']})?\s*+[:=]?[\d.,'\s]*", re.IGNORECASE
)
_GROUP = re.compile(rf"(?P<name>\S.*?)\s*\(\s*\d[\d.,]*\s+{_WORDS['counted']}\s*\)", re.IGNORECASE)
_SUBTOTAL = re.compile(rf"\S.*\s{_WORDS['subtotal']}\s*:?", re.IGNORECASE)
_COUNTED = re.compile(rf"\d[\d.,]*\s+{_WORDS['counted']}.*", re.IGNORECASE)
_END = re.compile(rf"\W*{_WORDS['end of list']}\W*", re.IGNORECASE)
_RULE = re.compile(r"(?=[+*|:. ]*(?:[-=_][+*|:. ]+)*[-=_]{2})[-=_+*|:. ]+")
_INVISIBLE = "\ufeff\x1a\0"  # byte order mark, end of file as DOS marks it, NUL
_NUMBER = re.compile(r"[-+]?[\d.,'\s]+(?:€|EUR|%)?")
_DATA = re.compile(
    r"[^@]*@.*\..*|\+?[\d\s()/.-]{5,}|https?://.*|\d{1,4}[.\-/]\d{1,2}[.\-/]\d{2,4}.*|\d+([.,]\d+)?", re.DOTALL
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
        group = _GROUP.fullmatch(text)
        if any(form.fullmatch(group["name"] if group else text) for form in (_TOTAL, _COUNTED, _END)):
            labels.append(text)
        elif _NUMBER.fullmatch(text):
            numbers += 1
        else:
            return False
    enough = numbers or len(cells) > 2 or any(any(char.isdigit() or char in ":=" for char in text) for text in labels)
    return bool(labels and enough)


def group_of(cells: Sequence[str | None]) -> tuple[int, str] | None:
    """The place and name of the group that a row heads in a grouped report: `Muster GmbH (2 records)`, else None."""
    filled = [(place, cell.strip()) for place, cell in enumerate(cells) if cell and cell.strip()]
    texts = [(place, cell) for place, cell in filled if not _NUMBER.fullmatch(cell)]
    if len(texts) != 1 or len(cells) < 2 or not (group := _GROUP.fullmatch(texts[0][1])):
        return None
    return texts[0][0], group["name"]


def is_subtotal(cells: Sequence[str | None]) -> bool:
    """Whether a row is the total of a group: `Muster GmbH Ergebnis;;;2`."""
    filled = [cell.strip() for cell in cells if cell and cell.strip()]
    texts = [cell for cell in filled if not _NUMBER.fullmatch(cell)]
    return len(texts) == 1 and len(filled) > 1 and _SUBTOTAL.fullmatch(texts[0]) is not None


def is_rule(cells: Sequence[str | None], names: Sequence[str]) -> bool:
    """Whether the row is a line drawn below the names: `-----;---`, `|---|---|`, a piece below each or one for all."""
    marks = [(cell or "").strip() for cell in cells]
    missing = any(name and not mark for name, mark in zip_longest(names, marks))
    return any(marks) and (len(marks) == 1 or not missing) and all(_RULE.fullmatch(mark) for mark in marks if mark)


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
        if (good or alone) and known > best.known and not _is_next_table(grid, best, index, known):
            best = Header(index, known)
    return best if best.place is not None else Header(_unknown_header(grid), 0)


def _is_next_table(grid: Sequence[Sequence[str | None]], best: Header, index: int, known: int) -> bool:
    """Whether rows of data lie between the header found and this one: then it heads a second table."""
    if best.place is None or known >= 2 * best.known:
        return False
    between = [[cell for cell in row if cell and cell.strip()] for row in grid[best.place + 1 : index]]
    return any(len(row) >= 2 and any(map(looks_like_data, row)) for row in between)


def header_names(grid: Sequence[Sequence[str | None]], place: int) -> tuple[list[str], int]:
    """The columns' names and the header's last row: names may stand in two rows, groups above what is in them.

    A name of its own stays as it is; one that says nothing alone is joined with its group (`Telefon` above
    `geschäftlich`) where the two are known together.
    """
    names = [_name(cell) for cell in grid[place]]
    if place and (groups := _groups(grid[place - 1], len(names))):
        names = [_joined(group, name) for group, name in zip(groups, names, strict=True)]
    if place + 1 < len(grid) and _is_second_row(grid[place], grid[place + 1]):
        place += 1
        below = [_name(cell) for cell in grid[place]] + [""] * len(names)
        groups = _groups(grid[place - 1], len(names))
        names = [
            _joined(group, name) if name else above for group, name, above in zip(groups, below, names, strict=False)
        ]
    if place + 1 < len(grid) and is_rule(grid[place + 1], names):
        place += 1
    return names, place


def _name(cell: str | None) -> str:
    return (cell or "").replace("\ufeff", "").strip()


def _groups(cells: Sequence[str | None], width: int) -> list[str]:
    """The group above each column: a group reaches to the next one. Empty where the row is a title and no groups."""
    names = [_name(cell) for cell in cells][:width] + [""] * (width - len(cells))
    if sum(map(bool, names)) < 2 or legends_of_row(cells) or any(looks_like_data(name) for name in names if name):
        return []
    for column in range(1, width):
        names[column] = names[column] or names[column - 1]
    return names


def _joined(group: str, name: str) -> str:
    both = f"{group} {name}".strip()
    settled = headers.look_up(name).field is not None if name else False
    return both if not settled and headers.look_up(both).field is not None else name


def _is_second_row(upper: Sequence[str | None], lower: Sequence[str | None]) -> bool:
    """Whether the row below the header goes on with it: names only, and only where the header has groups."""
    names = [_name(cell) for cell in lower]
    filled = [name for name in names if name]
    if len(filled) < 2 or any(looks_like_data(name) for name in filled):
        return False
    groups = _groups(upper, len(names))
    gaps = any(name and not _name(above) for name, above in zip(names, upper, strict=False))
    pairs = [(group, name) for group, name in zip(groups, names, strict=False) if name]
    told = [headers.is_known(name) or headers.look_up(f"{group} {name}").field is not None for group, name in pairs]
    return gaps and len(told) == len(filled) and all(told)


def stands_on_its_side(grid: Sequence[Sequence[str | None]]) -> bool:
    """Whether the columns' names stand below each other in the first column."""
    first = [row[0].strip().rstrip(":") for row in grid[:LOOK_AT] if row and row[0] and row[0].strip()]
    known = {headers.fold(name) for name in first if headers.is_known(name)}
    return len(known) >= 3 and len(known) >= len(set(first)) * 0.75


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
