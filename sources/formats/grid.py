"""Grids: a sheet or an HTML table as a reading.

Belongs here: finding the header in rows of cells and giving rows of equal width with their numbers.
Does not belong here: opening workbooks (`sheets`) or HTML (`markup`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sources.columns.layout import LOOK_AT, SIDEWAYS, find_header, header_names, is_blank, is_total, stands_on_its_side
from sources.columns.legend import LAST_ROWS, below, is_of_legend, legends_of_rows
from sources.problems import RAW_LIMIT, Problem, Unreadable
from sources.reading import Reading, batches_of

MANY_COLUMNS = 256  # more than anybody fills on purpose

Cells = Sequence[str | None]
Numbered = tuple[int, Cells]  # a row behind its number in the sheet


def read_grid(
    rows: Sequence[Cells],
    *,
    kind: str,
    dialect: str,
    member: str | None,
    skip_rows: int | None = None,
) -> Reading:
    """A reading of a grid; rows are numbered from 1.

    Raises:
        Unreadable: empty_file when there is nothing in it, no_header when its columns' names stand below each other.
    """
    filled = [(number, row) for number, row in enumerate(rows, 1) if not is_blank(row)]
    if not filled:
        raise Unreadable("empty_file", "The sheet has no cells with text")
    names, last = _header(rows) if skip_rows is None else _stated_header(rows, skip_rows)
    body = [(number, row) for number, row in filled if last is None or number > last]
    legends = [*legends_of_rows(rows[: min(last or 0, LOOK_AT)]), *below([row for _, row in body[-LAST_ROWS:]])]
    body = [*body[:-LAST_ROWS], *(row for row in body[-LAST_ROWS:] if not is_of_legend(row[1], legends))]
    columns = _columns(names, body, width=max(len(row) for _, row in filled))
    problems: list[Problem] = []
    return Reading(
        format=kind,
        header=[names[place] if place < len(names) else "" for place in columns],
        batches=batches_of(_rows(body, columns, problems), len(columns)),
        rows_in_file=lambda: len(body),
        dialect=f"{dialect} without header" if last is None else f"{dialect} header row {last}",
        member=member,
        legends=legends,
        problems=problems,
    )


def _header(rows: Sequence[Cells]) -> tuple[list[str], int | None]:
    """The columns' names and the number of the header's last row, None where there is no header."""
    found = find_header(rows)
    if found.known < 3 and stands_on_its_side(rows):
        raise Unreadable("no_header", SIDEWAYS)
    if found.place is None:
        return [], None
    names, place = header_names(rows, found.place)
    return names, place + 1


def _stated_header(rows: Sequence[Cells], skip_rows: int) -> tuple[list[str], int]:
    """The header below as many rows as the settings say."""
    names = [(cell or "").strip() for cell in rows[skip_rows]] if skip_rows < len(rows) else []
    return names, skip_rows + 1


def _columns(names: Sequence[str], body: Sequence[Numbered], width: int) -> list[int]:
    """The places of the columns: as far as there are names, or values if these go further."""
    taken = {place for _, row in body for place, cell in enumerate(row) if cell and cell.strip()}
    named = [place for place, name in enumerate(names) if name]
    reach = named[-1] + 1 if named else width
    columns = range(width if any(place >= reach for place in taken) else reach)
    if len(columns) <= MANY_COLUMNS:
        return list(columns)
    # A cell somewhere far out: what has neither name nor value is no column.
    return sorted(taken.union(named).intersection(columns))


def _rows(body: Sequence[Numbered], columns: Sequence[int], problems: list[Problem]) -> Iterator[tuple[int, Cells]]:
    """The rows that are data, as wide as the columns; totals go to `problems`."""
    for number, row in body:
        if is_total(row):
            raw = ";".join(cell or "" for cell in row)[:RAW_LIMIT]
            problems.append(Problem(number, "total_row", "A row of totals", raw))
        else:
            yield number, [row[place] if place < len(row) else None for place in columns]
