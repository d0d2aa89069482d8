"""The stream of a delimited text, of any size in flat memory.

Belongs here: UTF-8 blocks cut at row ends, each read by columns, or row by row where it must be; every line of the file
is accounted for. Does not belong here: reading a block by columns (`block`), reading one odd row (`row`).
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from itertools import islice

import numpy as np

from engine.ahead import ahead
from sources.columns.layout import is_blank, is_total
from sources.columns.legend import Legend, is_of_legend
from sources.content import Content
from sources.delimited.block import Block, read_block
from sources.delimited.block_text import BlockText
from sources.delimited.dialect import Found
from sources.delimited.row import LOOK_AHEAD, read_row
from sources.encoding import best_single_byte, is_utf8
from sources.problems import ROW_LIMIT, Problem, Unreadable
from sources.reading import BATCH_ROWS, Batch, batch_of

_LINE = re.compile(rb"\r\n|\n|\r")
_BLANK_LINES = re.compile(r"[\r\n]+")


class TextStream:
    """The state of reading one text: line count, problems, lines accounted for."""

    def __init__(self, content: Content, encoding: str, found: Found, legends: Sequence[Legend] = ()) -> None:
        self.content = content
        self.encoding = encoding
        self.legends = list(legends)
        self.dialect = found.dialect
        self.width = found.width
        self.trims = found.trims
        self.skip = found.lines
        self.problems: list[Problem] = []
        self.warnings: list[str] = [found.notice] if found.notice else []
        self.line = 0  # lines before the current block
        self.lines_in_file = 0
        self.rows = 0
        self.mixed = False

    def rows_in_file(self) -> int:
        """Rows by conservation of lines: whatever no row, blank line or header took is missing."""
        if self.line != self.lines_in_file:
            raise Unreadable(
                "not_reconciled", f"{self.lines_in_file:,} lines in the file, {self.line:,} lines accounted for"
            )
        return self.rows

    def batches(self) -> Iterator[Batch]:
        rest = b""
        with closing(ahead(self._texts())) as texts:
            for text, last in texts:
                body = BlockText.of(rest + text.data, self.dialect.quote) if rest else text
                end = len(body.data) if last else _end_of_rows(body)
                read = read_block(body.until(end), self.dialect, self.width, self.line)
                if read is not None:
                    rest = body.data[end:]
                    yield from self._taken(read)
                else:
                    rest = yield from self._careful(body.data, last)
        if rest:
            yield from self._careful(rest, True)

    def _taken(self, block: Block) -> Iterator[Batch]:
        """The rows of a block, then those of its odd lines."""
        before = self.line
        self.rows += len(block.batch.rows)
        yield block.batch
        rows: list[int] = []
        cells: list[list[str | None]] = []
        for place, raw in block.odd:
            self.line = place
            line = self._as_utf8(raw).decode()
            row = read_row(line, 0, self.dialect, self.width)
            if (kept := self._row(row.cells, row.broken, line)) is not None:
                rows.append(self.line + 1)
                cells.append(kept)
        self.line = before + block.lines
        if rows:
            yield batch_of(rows, cells, self.width)

    def _texts(self) -> Iterator[tuple[BlockText, bool]]:
        """The blocks without the lines above the data, which the first one holds; their line ends are counted."""
        before = b""
        for block, last in self._blocks():
            begin = self._skip_header(block)
            text = BlockText.of(block[begin:], self.dialect.quote)
            within = before.endswith(b"\r") and block.startswith(b"\n")
            open_line = last and not block.endswith((b"\n", b"\r"))
            self.lines_in_file += _line_ends(block[:begin]) + text.line_ends - within + open_line
            yield text, last
            before = block

    def _blocks(self) -> Iterator[tuple[bytes, bool]]:
        """UTF-8 blocks of the file without NUL and byte order mark, each with whether it is the last."""
        previous: bytes | None = None
        for block in self._decoded():
            clean = block.replace(b"\0", b"") if b"\0" in block else block
            if len(clean) < len(block) and not any("NUL" in warning for warning in self.warnings):
                self.warnings.append("NUL characters were dropped")
            if previous is None and clean.startswith(codecs.BOM_UTF8):
                clean = clean[3:]
            if not clean:
                continue
            if previous is not None:
                yield previous, False
            previous = clean
        if previous is not None:
            yield previous, True

    def _decoded(self) -> Iterator[bytes]:
        if self.encoding in ("utf-8", "utf-8-sig"):
            yield from self.content.blocks()
            return
        decoder = codecs.getincrementaldecoder(self.encoding)("replace")
        left = self.content.size
        for block in self.content.blocks():
            left -= len(block)
            yield decoder.decode(block, final=left <= 0).encode()

    def _as_utf8(self, data: bytes) -> bytes:
        """Rows in UTF-8; lines of a joined file that are not are put right one by one."""
        if is_utf8(data):
            return data
        lines = data.splitlines(keepends=True)
        bad = [place for place, line in enumerate(lines) if not is_utf8(line)]
        other = best_single_byte(b"".join(lines[place] for place in bad))
        for place in bad:
            lines[place] = lines[place].decode(other, errors="replace").encode()
        if not self.mixed:
            self.mixed = True
            self.warnings.append(f"Some lines are not UTF-8 and were read as {other}")
        return b"".join(lines)

    def _skip_header(self, data: bytes) -> int:
        """Where data begin in the first block."""
        if self.line >= self.skip:
            return 0
        self.line = self.skip
        ends = islice(_LINE.finditer(data), self.skip - 1, None)
        return next((match.end() for match in ends), len(data))  # a header without line end has nothing below it

    def _careful(self, data: bytes, last: bool) -> Generator[Batch, None, bytes]:
        """Row by row; returns the bytes of rows whose end is not there yet."""
        # Whole lines only: the tail may end within a character or between \r and \n.
        cut = len(data) if last else max(data.rfind(b"\n"), data.rfind(b"\r", 0, -1)) + 1
        content = self._as_utf8(data[:cut]).decode()
        place = 0
        rows: list[int] = []
        cells: list[list[str | None]] = []
        while place < len(content):
            if blank := _BLANK_LINES.match(content, place):
                self.line += _line_ends(blank[0].encode())
                place = blank.end()
                continue
            row = read_row(content, place, self.dialect, self.width)
            if row.broken and not last and len(content) - place < LOOK_AHEAD:
                break
            kept = self._row(row.cells, row.broken, content[place : row.end])
            if kept is not None:
                rows.append(self.line + 1)
                cells.append(kept)
            self.line += row.lines
            place = row.end
            if len(rows) >= BATCH_ROWS:
                yield batch_of(rows, cells, self.width)
                rows, cells = [], []
        if rows:
            yield batch_of(rows, cells, self.width)
        return content[place:].encode() + data[cut:]

    def _row(self, cells: list[str], broken: bool, raw: str) -> list[str | None] | None:
        """The cells of a row in the header's width, or None for a blank line, a legend or a row held back."""
        if not broken and (is_blank(cells) or (len(cells) != self.width and is_of_legend(cells, self.legends))):
            return None
        self.rows += 1
        if broken:
            self._hold_back("unbalanced_quote", "A quotation mark is not closed", raw)
            return None
        fitted = self._fitted(cells)
        if len(fitted) == self.width:
            return [cell or None for cell in fitted]
        if is_total(fitted):
            self._hold_back("total_row", "A row of totals", raw)
        else:
            self._hold_back("ragged_row", f"The row has {len(fitted)} cells where the header has {self.width}", raw)
        return None

    def cells_of(self, raw: str) -> list[str]:
        """The cells of a row held back, as far as they can be told."""
        row = read_row(raw, 0, self.dialect)
        if not row.broken:
            return row.cells
        return [cell.strip(f" {self.dialect.quote}") for cell in raw.split(self.dialect.delimiter or None)]

    def _fitted(self, cells: list[str]) -> list[str]:
        """The cells without empty ones too many at the end, and with those the writer left out."""
        if is_blank(cells[self.width :]):
            cells = cells[: self.width]
        left_out = self.width - len(cells) if self.trims and len(cells) > 1 else 0
        return cells + [""] * left_out

    def _hold_back(self, reason: str, message: str, raw: str) -> None:
        self.problems.append(Problem(self.line + 1, reason, message, raw.rstrip("\r\n")[:ROW_LIMIT]))


def _line_ends(data: bytes) -> int:
    return len(_LINE.findall(data))


def _end_of_rows(text: BlockText) -> int:
    """The end of the last row in a block: a line end with an even number of quotes before it."""
    end = text.data.rfind(b"\n") + 1
    while end and (before := int(np.searchsorted(text.quotes, end))) % 2:
        end = text.data.rfind(b"\n", 0, int(text.quotes[before - 1])) + 1
    return end
