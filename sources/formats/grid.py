"""Grids: a sheet or an HTML table as a reading.

Belongs here: finding the header in rows of cells and giving rows of equal width with their numbers.
Does not belong here: opening workbooks (`sheets`) or HTML (`markup`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sources.columns.layout import SIDEWAYS, find_header, header_names, is_blank, is_total, stands_on_its_side
from sources.problems import RAW_LIMIT, Problem, Unreadable
from sources.reading import BATCH_ROWS, Batch, Reading, batch_of

MANY_COLUMNS = 256  # more than anybody fills on purpose

Cells = Sequence[str | None]


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
        Unreadable: empty_file when there is nothing in it.
    """
    filled = [(number, row) for number, row in enumerate(rows, 1) if not is_blank(row)]
    if not filled:
        raise Unreadable("empty_file", "The sheet has no cells with text")
    found = find_header(rows) if skip_rows is None else None
    if found and found.known < 3 and stands_on_its_side(rows):
        raise Unreadable("no_header", SIDEWAYS)
    index = found.place if found else skip_rows
    width = max(len(row) for _, row in filled)
    names = [(cell or "").strip() for cell in rows[index]] if index is not None and index < len(rows) else []
    if found and index is not None:
        names, index = header_names(rows, index)
    begin = index + 1 if index is not None else 0
    body = [(number, row) for number, row in filled if number > begin]
    problems: list[Problem] = []
    taken = {place for _, row in body for place, cell in enumerate(row) if cell and cell.strip()}
    used = max((place + 1 for place, name in enumerate(names) if name), default=width)
    columns = list(range(width if any(place >= used for place in taken) else used))
    if len(columns) > MANY_COLUMNS:  # a cell somewhere far out: what has neither name nor value is no column
        columns = [place for place in columns if place in taken or names[place : place + 1] > [""]]
    header = [*names, *[""] * width]

    def batches() -> Iterator[Batch]:
        numbers: list[int] = []
        cells: list[Cells] = []
        for number, row in body:
            if is_total(row):
                raw = ";".join(cell or "" for cell in row)[:RAW_LIMIT]
                problems.append(Problem(number, "total_row", "A row of totals", raw))
                continue
            numbers.append(number)
            cells.append([row[place] if place < len(row) else None for place in columns])
            if len(numbers) >= BATCH_ROWS:
                yield batch_of(numbers, cells, len(columns))
                numbers, cells = [], []
        if numbers:
            yield batch_of(numbers, cells, len(columns))

    return Reading(
        format=kind,
        header=[header[place] for place in columns],
        batches=batches(),
        rows_in_file=lambda: len(body),
        dialect=f"{dialect} header row {index + 1}" if index is not None else f"{dialect} without header",
        member=member,
        problems=problems,
    )
