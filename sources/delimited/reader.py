"""Delimited text: CSV, TSV and their relatives, of any size in flat memory.

Belongs here: a stream of UTF-8 blocks cut at row ends, each read by columns, or row by row
where it must be; every line of the file is accounted for. Does not belong here: finding dialect and header
(`dialect`), reading a block by columns (`block`), reading one odd row (`row`).
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import replace
from itertools import islice

import numpy as np
import polars as pl

from engine.ahead import ahead
from sources.columns.headers import known_names
from sources.columns.layout import SIDEWAYS, is_blank, is_total
from sources.content import Content
from sources.delimited.block import Block, read_block
from sources.delimited.block_text import BlockText
from sources.delimited.dialect import DELIMITERS, SAMPLE_ROWS, Found, find_dialect
from sources.delimited.row import LOOK_AHEAD, read_row
from sources.encoding import best_single_byte, find_encoding, is_utf8
from sources.problems import RAW_LIMIT, Problem, Unreadable
from sources.reading import BATCH_ROWS, ROW, Batch, Reading, as_cells, batch_of
from sources.settings import Override

HEAD = 1 << 20
_UNIT = "\x1f"  # the sign ASCII has for it
_LINE = re.compile(rb"\r\n|\n|\r")


def read_delimited(content: Content, override: Override, member: str | None = None) -> Reading:
    """Read a delimited text.

    Raises:
        Unreadable: no_table when the text has no columns, no_header when they have no names and the
            values do not tell.
    """
    head = content.head(HEAD)
    whole = len(head) == content.size
    encoding = override.encoding or _encoding(content, head, whole)
    sample = _sample(head, whole, encoding)
    if not sample.strip():
        raise Unreadable("empty_file", "The file has no text in it")
    if override.delimiter is None and (long := _long_delimiter(sample)) is not None:
        split = replace(override, encoding="utf-8", delimiter=_UNIT)
        reading = read_delimited(_split_by_units(content, encoding, long), split, member)
        return replace(reading, encoding=encoding, dialect=reading.dialect.replace(_UNIT, long))
    found = find_dialect(sample, override.delimiter, override.skip_rows)
    if found.width < 2 and _is_wrapped(sample):
        return read_delimited(_unwrapped(content, encoding), replace(override, encoding="utf-8"), member)
    if found.header is None and override.delimiter is None and _is_fixed_width(sample):
        raise Unreadable(
            "no_table",
            "The columns are set apart by spaces alone (fixed width): export with a delimiter, or save as a workbook",
            sample[:RAW_LIMIT],
        )
    if found.header is None and found.width < 2 and not _are_addresses(sample):
        raise Unreadable(
            "no_table", "The text has no columns: no delimiter splits its lines evenly", sample[:RAW_LIMIT]
        )
    if found.sideways:
        raise Unreadable("no_header", SIDEWAYS, sample[:RAW_LIMIT])
    reader = _Reader(content, encoding, found)
    titles = f" header row {found.lines}" if found.header is not None else " without header"
    return Reading(
        format="csv",
        header=found.header if found.header is not None else [""] * found.width,
        batches=map(_without_formulas, reader.batches()) if '="' in sample else reader.batches(),
        rows_in_file=reader.rows_in_file,
        dialect=found.dialect.describe() + titles,
        encoding=encoding,
        member=member,
        problems=reader.problems,
        warnings=reader.warnings,
    )


def _without_formulas(batch: Batch) -> Batch:
    """`="01067"` is how some writers keep Excel from taking a text for a number."""
    cells = batch.frame().drop(ROW).with_columns(pl.all().str.replace(r'^="(.*)"$', "$1"))
    return batch._replace(cells=as_cells(cells))


def _encoding(content: Content, head: bytes, whole: bool) -> str:
    """The encoding by the first block that tells: a head in plain ASCII does not."""
    if whole or not head.isascii() or b"\0" in head:
        return find_encoding(head, whole)
    telling = next((block for block in content.blocks() if not block.isascii()), b"")
    return find_encoding(telling, whole=False)


def _is_wrapped(sample: str) -> bool:
    """Whether every line stands in quotes as a whole, as if it were one cell (`"a,b,c"`)."""
    lines = [line for line in sample.splitlines() if line.strip()]
    return all(len(line) > 2 and line[0] == line[-1] == '"' for line in lines) and any(
        delimiter in lines[0] for delimiter in DELIMITERS
    )


def _unwrapped(content: Content, encoding: str) -> Content:
    lines = content.whole().decode(encoding, errors="replace").lstrip("\ufeff").splitlines(keepends=True)
    bare = [re.sub(r'^"(.*)"(\s*)$', r"\1\2", line, flags=re.DOTALL).replace('""', '"') for line in lines]
    return Content.of_bytes(content.name, "".join(bare).encode())


def _long_delimiter(sample: str) -> str | None:
    """Two or three different signs that split each of the first lines as evenly as the names in one (`~|~`)."""
    lines = [line for line in sample[:20_000].splitlines() if line.strip()][:20]
    if len(lines) < 2:
        return None
    signs: list[str] = re.findall(r"(?<=[\w\"])[^\w\s\"'@.+()-]{2,3}(?=[\w\"])", lines[0])
    for long in dict.fromkeys(signs):
        names = [name.strip('"') for name in lines[0].split(long)]
        even = all(line.count(long) == len(names) - 1 for line in lines)
        if even and len(set(long)) > 1 and known_names(names) >= 2:
            return long
    return None


def _split_by_units(content: Content, encoding: str, long: str) -> Content:
    lines = content.whole().decode(encoding, errors="replace").lstrip("\ufeff")
    return Content.of_bytes(content.name, lines.replace(long, _UNIT).encode())


def _is_fixed_width(sample: str) -> bool:
    """Whether all lines have blanks at the same two places or more, as columns of fixed width do."""
    lines = [line for line in sample.splitlines() if line.strip()][:SAMPLE_ROWS]
    if len(lines) < 3 or any(delimiter in lines[0] for delimiter in ";\t|"):
        return False
    width = max(map(len, lines))
    filled = [any(line[place : place + 1].strip() for line in lines) for place in range(width)]
    return len(re.findall(r"(?<=x) +(?=x)", "".join("x" if mark else " " for mark in filled))) >= 2


def _are_addresses(sample: str) -> bool:
    """Whether the text is a plain list of mail addresses."""
    lines = [line.strip() for line in sample.splitlines() if line.strip()]
    return len(lines) >= 3 and all(re.fullmatch(r"[^@\s]+@[^@\s]+\.\w+", line) for line in lines)


def _sample(head: bytes, whole: bool, encoding: str) -> str:
    sample = codecs.getincrementaldecoder(encoding)("replace").decode(head, whole).replace("\0", "").lstrip("\ufeff")
    if whole:
        return sample
    end = max(sample.rfind("\n"), sample.rfind("\r")) + 1
    return sample[:end] if end else sample


class _Reader:
    """The state of reading one text: line count, problems, lines accounted for."""

    def __init__(self, content: Content, encoding: str, found: Found) -> None:
        self.content = content
        self.encoding = encoding
        self.dialect = found.dialect
        self.width = found.width
        self.trims = found.trims
        self.skip = found.lines
        self.problems: list[Problem] = []
        self.warnings: list[str] = []
        self.line = 0  # lines before the current block
        self.lines_in_file = 0
        self.rows = 0
        self.blank = 0
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
        for block in self.content.blocks():
            yield decoder.decode(block).encode()
        if tail := decoder.decode(b"", True).encode():
            yield tail

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
        """The cells of a row in the header's width, or None for a blank line or a row held back."""
        if not broken and is_blank(cells):
            self.blank += 1
            return None
        self.rows += 1
        if broken:
            self._hold_back("unbalanced_quote", "A quotation mark is not closed", raw)
            return None
        width = self.width
        if len(cells) > width and is_blank(cells[width:]):
            cells = cells[:width]
        if len(cells) < width and (self.trims and len(cells) > 1):
            cells = cells + [""] * (width - len(cells))
        if len(cells) != width:
            if is_total(cells):
                self._hold_back("total_row", "A row of totals", raw)
            else:
                self._hold_back("ragged_row", f"The row has {len(cells)} cells where the header has {width}", raw)
            return None
        return [cell or None for cell in cells]

    def _hold_back(self, reason: str, message: str, raw: str) -> None:
        self.problems.append(Problem(self.line + 1, reason, message, raw.rstrip("\r\n")[:RAW_LIMIT]))


def _line_ends(data: bytes) -> int:
    return len(_LINE.findall(data))


def _end_of_rows(text: BlockText) -> int:
    """The end of the last row in a block: a line end with an even number of quotes before it."""
    end = text.data.rfind(b"\n") + 1
    while end and (before := int(np.searchsorted(text.quotes, end))) % 2:
        end = text.data.rfind(b"\n", 0, int(text.quotes[before - 1])) + 1
    return end
