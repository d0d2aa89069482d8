"""Grids: a sheet or an HTML table as a reading.

Belongs here: finding the header in rows of cells and giving rows of equal width with their numbers.
Does not belong here: opening workbooks (`sheets`) or HTML (`markup`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sources.layout import find_header, is_blank, is_total
from sources.problems import RAW_LIMIT, Problem, Unreadable
from sources.reading import BATCH_ROWS, Batch, Reading, batch_of

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
    if all(is_blank(row) for row in rows):
        raise Unreadable("empty_file", "The sheet has no cells with text")
    found = find_header(rows) if skip_rows is None else None
    index = found.place if found else skip_rows
    width = max(len(row) for row in rows)
    names = [(cell or "").strip() for cell in rows[index]] if index is not None and index < len(rows) else []
    header = names + [""] * (width - len(names))
    begin = index + 1 if index is not None else 0
    titles = rows[:begin]
    problems: list[Problem] = []
    used = max((place + 1 for place, name in enumerate(header) if name), default=width) if names else width
    body = [(begin + place + 1, row) for place, row in enumerate(rows[begin:])]
    filled = [(number, row) for number, row in body if not is_blank(row)]
    surplus = any(not is_blank(row[used:]) for _, row in filled)
    kept = width if surplus else used

    def batches() -> Iterator[Batch]:
        numbers: list[int] = []
        cells: list[Cells] = []
        for number, row in filled:
            if is_total(row):
                raw = ";".join(cell or "" for cell in row)[:RAW_LIMIT]
                problems.append(Problem(number, "total_row", "A row of totals", raw))
                continue
            numbers.append(number)
            cells.append([*row[:kept], *[None] * (kept - len(row))])
            if len(numbers) >= BATCH_ROWS:
                yield batch_of(numbers, cells, kept)
                numbers, cells = [], []
        if numbers:
            yield batch_of(numbers, cells, kept)

    blank = sum(1 for row in rows if is_blank(row))
    taken = sum(1 for row in titles if not is_blank(row))
    return Reading(
        format=kind,
        header=header[:kept],
        batches=batches(),
        rows_in_file=lambda: len(rows) - blank - taken,
        dialect=f"{dialect} header row {index + 1}" if index is not None else f"{dialect} without header",
        member=member,
        problems=problems,
    )
