"""Delimited text: CSV, TSV and their relatives, of any size in flat memory.

Belongs here: a stream of UTF-8 blocks cut at row ends; blocks in perfect order go to the fast reader,
the others row by row to the careful one; every line of the file is accounted for.
Does not belong here: finding dialect and header (`dialect`), reading one odd row (`delimited_row`).
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Generator, Iterator
from dataclasses import replace

import numpy as np
import polars as pl

from sources import text
from sources.content import Content
from sources.delimited_row import LOOK_AHEAD, Dialect, read_row
from sources.dialect import DELIMITERS, SAMPLE_ROWS, Found, find_dialect
from sources.layout import SIDEWAYS, is_blank, is_total
from sources.overrides import Override
from sources.problems import RAW_LIMIT, Problem, Unreadable
from sources.reading import BATCH_ROWS, ROW, Batch, Reading, batch_of

Codes = np.ndarray[tuple[int], np.dtype[np.uint8]]
Counts = np.ndarray[tuple[int], np.dtype[np.int64]]

HEAD = 1 << 20
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
    cells = pl.exclude(ROW).str.replace(r'^="(.*)"$', "$1")
    return batch._replace(frame=batch.frame.with_columns(cells))


def _encoding(content: Content, head: bytes, whole: bool) -> str:
    """The encoding by the first block that tells: a head in plain ASCII does not."""
    if whole or not head.isascii() or b"\0" in head:
        return text.find_encoding(head, whole)
    telling = next((block for block in content.blocks() if not block.isascii()), b"")
    return text.find_encoding(telling, whole=False)


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
        names = [str(place) for place in range(self.width)]
        self._names = names

    def rows_in_file(self) -> int:
        """Rows by conservation of lines: whatever no row, blank line or header took is missing."""
        if self.line != self.lines_in_file:
            raise Unreadable(
                "not_reconciled", f"{self.lines_in_file:,} lines in the file, {self.line:,} lines accounted for"
            )
        return self.rows

    def batches(self) -> Iterator[Batch]:
        rest = b""
        for block, last in self._blocks():
            data = rest + block
            begin = self._skip_header(data)
            if begin < 0:
                rest = data
                continue
            data = data[begin:] if begin else data
            quotes = _places(np.frombuffer(data, np.uint8), self.dialect.quote)
            cut = len(data) if last else _cut(data, quotes)
            rows, quotes = data[:cut], quotes[: np.searchsorted(quotes, cut)]
            fast = self._fast(rows, quotes) if rows else None
            if fast is not None:
                rest = data[cut:]
                yield fast
            elif patched := self._patched(rows, quotes):
                rest = data[cut:]
                yield from patched
            else:
                rest = yield from self._careful(data, last)
        if rest:
            yield from self._careful(rest, True)

    def _blocks(self) -> Iterator[tuple[bytes, bool]]:
        """UTF-8 blocks of the file without NUL and byte order mark, each with whether it is the last."""
        previous: bytes | None = None
        for block in self._decoded():
            clean = block.replace(b"\0", b"") if b"\0" in block else block
            if len(clean) < len(block) and not any("NUL" in warning for warning in self.warnings):
                self.warnings.append("NUL characters were dropped")
            if previous is None and clean.startswith(codecs.BOM_UTF8):
                clean = clean[3:]
            if previous is not None:
                yield previous, False
            previous = clean
            self._count_lines(clean)
        self._end_lines()
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
        if text.is_utf8(data):
            return data
        lines = data.splitlines(keepends=True)
        bad = [place for place, line in enumerate(lines) if not text.is_utf8(line)]
        other = text.best_single_byte(b"".join(lines[place] for place in bad))
        for place in bad:
            lines[place] = lines[place].decode(other, errors="replace").encode()
        if not self.mixed:
            self.mixed = True
            self.warnings.append(f"Some lines are not UTF-8 and were read as {other}")
        return b"".join(lines)

    _open_line = False
    _after_cr = False

    def _count_lines(self, data: bytes) -> None:
        """Count line ends in the raw blocks, apart from any parsing."""
        if not data:
            return
        ends = int(np.count_nonzero(np.frombuffer(data, np.uint8) == 10))
        if b"\r" in data:
            ends += data.count(b"\r") - data.count(b"\r\n")
        if self._after_cr and data.startswith(b"\n"):
            ends -= 1
        self.lines_in_file += ends
        self._after_cr = data.endswith(b"\r")
        self._open_line = not data.endswith((b"\n", b"\r"))

    def _end_lines(self) -> None:
        self.lines_in_file += self._open_line

    def _skip_header(self, data: bytes) -> int:
        """Where data begin in the first block; -1 when the header's lines are not all there yet."""
        if self.line >= self.skip:
            return 0
        place = 0
        for count, match in enumerate(_LINE.finditer(data), 1):
            place = match.end()
            if count == self.skip:
                self.line = self.skip
                return place
        self.line = self.skip  # the header's line has no end: there is nothing below it
        return len(data)

    def _fast(self, data: bytes, quotes: Counts) -> Batch | None:
        """A block in perfect order: every quote in place, every row as wide as the header, no blank line."""
        if not self._is_simple(data):
            return None
        codes = np.frombuffer(data, np.uint8)
        frame = self._parsed(data, codes, quotes)
        if frame is None:
            return None
        lines = int(np.count_nonzero(codes == 10)) + (codes[-1] != 10)
        if frame.height == lines:
            rows = np.arange(self.line + 1, self.line + 1 + lines, dtype=np.int64)
        else:
            spans = _count(frame, "\n") + 1
            if int(spans.sum()) != lines or self._swallowed(frame, spans):
                return None
            rows = self.line + 1 + np.concatenate(([0], np.cumsum(spans)[:-1]))
        blanks = frame.height == lines and self._has_only_blanks(data, quotes)
        self.line += int(lines)
        self.rows += frame.height
        return Batch(frame.insert_column(0, pl.Series(ROW, rows)), text.is_plain(data), blanks)

    def _patched(self, data: bytes, quotes: Counts) -> list[Batch]:
        """A block in which every row is one line: odd lines go to the careful reader, the rest stays fast.

        Empty when rows may span lines or too much is odd; nothing is taken then.
        """
        if not data or not self._is_simple(data):
            return []
        codes = np.frombuffer(data, np.uint8)
        ends = np.flatnonzero(codes == 10) + 1
        if codes[-1] != 10:
            ends = np.append(ends, len(codes))
        starts = np.concatenate(([0], ends[:-1]))
        quoted = _per_line(quotes, ends)
        if (quoted % 2).any():
            return []
        delimiters = _places(codes, self.dialect.delimiter)
        outside = delimiters[np.searchsorted(quotes, delimiters) % 2 == 0] if len(quotes) else delimiters
        odd = _per_line(outside, ends) != self.width - 1
        if _quoting(codes, quotes, self.dialect) is None:
            odd |= quoted > 0
        if odd.mean() > 0.5:
            return []
        places = np.flatnonzero(odd)
        begins = np.concatenate(([0], ends[places]))
        stops = np.concatenate((starts[places], [len(data)]))
        good = b"".join(data[begin:stop] for begin, stop in zip(begins.tolist(), stops.tolist(), strict=True))
        codes = np.frombuffer(good, np.uint8)
        quotes = _places(codes, self.dialect.quote)
        frame = self._parsed(good, codes, quotes)
        lines = np.flatnonzero(~odd)
        if frame is None or frame.height != len(lines):
            return []
        before = self.line
        self.rows += frame.height
        fast = frame.insert_column(0, pl.Series(ROW, before + 1 + lines))
        rows: list[int] = []
        cells: list[list[str | None]] = []
        for place in places.tolist():
            self.line = before + place
            line = self._as_utf8(data[starts[place] : ends[place]]).decode()
            row = read_row(line, 0, self.dialect, self.width)
            if (kept := self._row(row.cells, row.broken, line)) is not None:
                rows.append(self.line + 1)
                cells.append(kept)
        self.line = before + len(ends)
        return [
            Batch(fast, text.is_plain(good), self._has_only_blanks(good, quotes)),
            *([batch_of(rows, cells, self.width)] if rows else []),
        ]

    def _is_simple(self, data: bytes) -> bool:
        """Whether dialect and line ends are such that bytes can be counted."""
        dialect = self.dialect
        if dialect.escape or len(dialect.delimiter.encode()) != 1 or len(dialect.quote.encode()) != 1:
            return False
        return b"\r" not in data or data.count(b"\r") == data.count(b"\r\n")

    def _has_only_blanks(self, data: bytes, quotes: Counts) -> bool:
        """Whether cells that lie within a line hold no white space but the blank."""
        # Where there are quotes, a delimiter may stand in a cell.
        return text.has_only_blanks(data, b"" if len(quotes) else self.dialect.delimiter.encode())

    def _parsed(self, data: bytes, codes: Codes, quotes: Counts) -> pl.DataFrame | None:
        """The cells, if every byte is accounted for: the parser pads short rows without a word."""
        quoting = _quoting(codes, quotes, self.dialect)
        frame = self._parse(data) if quoting is not None else None
        if frame is None:
            return None
        cells = frame.select(pl.sum_horizontal(pl.all().str.len_bytes().sum())).item()
        delimiters = frame.height * (self.width - 1)
        ends = frame.height - (codes[-1] != 10)
        if b"\r" in data:
            ends += data.count(b"\r") - int(_count(frame, "\r").sum())
        return frame if cells + delimiters + ends + quoting == len(data) else None

    def _parse(self, data: bytes) -> pl.DataFrame | None:
        try:
            return pl.read_csv(
                data,
                has_header=False,
                new_columns=self._names,
                separator=self.dialect.delimiter,
                quote_char=self.dialect.quote,
                infer_schema=False,
            ).rechunk()
        except pl.exceptions.PolarsError:
            return None

    def _swallowed(self, frame: pl.DataFrame, spans: Counts) -> bool:
        """Whether a cell over several lines holds delimiters, as it does when a quote was never closed."""
        several = frame.filter(pl.Series(spans > 1))
        suspicious = pl.all().str.contains("\n", literal=True) & pl.all().str.contains(
            self.dialect.delimiter, literal=True
        )
        return several.select(pl.any_horizontal(suspicious).any()).item() is True

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


def _places(codes: Codes, mark: str) -> Counts:
    """Where a sign stands among bytes; nowhere if it is none of one byte."""
    return np.flatnonzero(codes == ord(mark)) if mark and mark.isascii() else np.empty(0, np.int64)


def _cut(data: bytes, quotes: Counts) -> int:
    """The end of the last row in a block: a line end with an even number of quotes before it."""
    end = data.rfind(b"\n") + 1
    while end and (before := int(np.searchsorted(quotes, end))) % 2:
        end = data.rfind(b"\n", 0, int(quotes[before - 1])) + 1
    return end


def _count(frame: pl.DataFrame, mark: str) -> Counts:
    """How often a mark stands in the cells of each row."""
    inside = pl.sum_horizontal(pl.all().str.count_matches(mark, literal=True).fill_null(0))
    return frame.select(inside.cast(pl.Int64)).to_series().to_numpy()


def _per_line(places: Counts, ends: Counts) -> Counts:
    """How many of the places lie in each line."""
    return np.diff(np.searchsorted(places, ends), prepend=0)


def _quoting(codes: Codes, quotes: Counts, dialect: Dialect) -> int | None:
    """How many bytes of quotes stand around and in cells beside their text, None if a quote is out of place.

    Every quote must open after, and close before, a delimiter, line end or doubled quote.
    """
    quote, delimiter = ord(dialect.quote), ord(dialect.delimiter)
    if len(quotes) % 2:
        return None
    opens, closes = quotes[0::2], quotes[1::2]
    before = codes[np.maximum(opens - 1, 0)]
    doubled = (before == quote) & (opens > 0)
    opened = (opens == 0) | (before == delimiter) | (before == 10) | doubled
    after = codes[np.minimum(closes + 1, len(codes) - 1)]
    closed = (closes == len(codes) - 1) | np.isin(after, np.array([delimiter, 10, 13, quote], np.uint8))
    if not (opened.all() and closed.all()):
        return None
    cells = len(opens) - int(np.count_nonzero(doubled))
    return cells + len(opens)  # two around each cell, and one more for each quote inside
