"""HTML tables: what many systems call an Excel export.

Belongs here: the tables of an HTML file as grids. Does not belong here: any other markup.
"""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser

from sources.budget import Budget
from sources.content import Content
from sources.formats.grid import Cells, read_grid
from sources.problems import Unreadable
from sources.reading import Reading


def read_html(
    content: Content, encoding: str, member: str | None = None, skip_rows: int | None = None
) -> Iterator[Reading | tuple[str | None, Unreadable]]:
    """Read every table with more than one row; row numbers count the table's rows.

    Raises:
        Unreadable: no_table when the page has none.
        OverBudget: a row has more columns than a table may have, or the page more tables than a file may hold.
    """
    parser = _Tables(content.budget)
    parser.feed(_ended(content.whole().decode(encoding, errors="replace")))
    parser.close()
    tables = [table for table in parser.tables if len(table) > 1]
    content.budget.open_members(len(tables))
    if not tables:
        raise Unreadable("no_table", "This is a web page without a table of leads")
    for place, rows in enumerate(tables, 1):
        name = member if len(tables) == 1 else "/".join(filter(None, [member, f"table {place}"]))
        try:
            reading = read_grid(rows, kind="html", dialect="html", member=name, skip_rows=skip_rows)
        except Unreadable as problem:
            yield name, problem
            continue
        reading.encoding = encoding
        yield reading


def _ended(page: str) -> str:
    """A page in which all that begins like markup ends: the parser looks for each end as far as the page goes."""
    for begin, end in (("<!--", "-->"), ("<", ">")):
        whole, found, rest = page.rpartition(end)
        page = whole + found + rest.replace(begin, f"&lt;{begin[1:]}")
    return page


class _Tables(HTMLParser):
    def __init__(self, budget: Budget) -> None:
        super().__init__(convert_charrefs=True)
        self._budget = budget
        self.tables: list[list[Cells]] = []
        self._open: list[list[list[str | None]]] = []
        self._cell: list[str] | None = None
        self._span = 1

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._end_cell()
            self._open.append([])
        elif tag == "tr" and self._open:
            self._end_cell()
            self._open[-1].append([])
        elif tag in ("td", "th") and self._open:
            self._end_cell()
            if not self._open[-1]:
                self._open[-1].append([])
            self._cell = []
            span = dict(attrs).get("colspan") or "1"
            self._span = min(int(span[:5]), 1000) if span.isascii() and span.isdigit() else 1
        elif tag == "br" and self._cell is not None:
            self._cell.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "tr"):
            self._end_cell()
        elif tag == "table" and self._open:
            self._end_cell()
            self.tables.append(list(self._open.pop()))

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)

    def parse_marked_section(self, i: int, report: bool = True) -> int:
        """A comment, as HTML 5 has it (13.2.5.42): the parser's own way asserts what no page need hold."""
        return self.parse_bogus_comment(i, report)

    def close(self) -> None:
        super().close()
        self._end_cell()
        while self._open:
            self.tables.append(list(self._open.pop()))

    def _end_cell(self) -> None:
        if self._cell is None or not self._open:
            return
        text = "".join(self._cell).replace("\u00a0", " ").strip()
        row = self._open[-1][-1]
        self._budget.columns(len(row) + self._span)
        row += [text or None, *[None] * (self._span - 1)]
        self._cell = None
