"""Table files: small tables that people write, read whichever program saved them.

Belongs here: separators, encodings and headers of such files, and adding lines to them. Does not belong here: what a
table means (`matching`, `sources.withdrawals`), tables that others deliver (`sources`).
"""

from __future__ import annotations

import csv
import fcntl
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from engine.fence import read_regular


def read_table(path: Path, columns: tuple[str, ...], optional: tuple[str, ...] = ()) -> pl.DataFrame:
    """These columns of a file, as text; an empty frame where there is no file. Others may stand beside them.

    Commas, semicolons or tabs, UTF-8, UTF-16 or Windows: as Excel saves it. Cells without text are null; row 0 of the
    frame is row 2 of the sheet, lines without any text included.

    Args:
        path: the file.
        columns: must be there.
        optional: null throughout where they are not.

    Raises:
        ValueError: a column is missing, or a row has more cells than the header; names file and remedy.
        OSError: it cannot be read.
    """
    try:
        text = decoded(read_regular(path))
    except FileNotFoundError:
        return pl.DataFrame(schema=dict.fromkeys((*columns, *optional), pl.String))
    return parse_table(text, path, columns, optional)


def parse_table(text: str, path: Path, columns: tuple[str, ...], optional: tuple[str, ...] = ()) -> pl.DataFrame:
    """As `read_table`, of the text of a file that was read already."""
    separator = separator_of(text)
    try:
        frame = pl.read_csv(text.encode(), separator=separator, infer_schema=False, raise_if_empty=False)
    except pl.exceptions.ComputeError as error:
        row, why = next(iter(even_rows(text)[1].items()), (1, f"a quote is not closed; quote what holds {separator!r}"))
        raise ValueError(f"{path}, row {row}: {why}") from error
    names = [name.strip().lower() for name in frame.columns]
    if twice := next((name for name in columns + optional if names.count(name) > 1), None):
        raise ValueError(f"{path}: there are two columns {twice}; delete one")
    others = [name if name in columns + optional else f"\0{place}" for place, name in enumerate(names)]
    frame = frame.rename(dict(zip(frame.columns, others, strict=True)))
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise ValueError(f"{path}: column {', '.join(missing)} is missing; the header is {','.join(columns)}")
    frame = frame.with_columns(pl.lit(None, pl.String).alias(name) for name in optional if name not in frame.columns)
    return frame.select(pl.col(*columns, *optional).str.strip_chars().replace("", None))


def even_rows(text: str) -> tuple[str, dict[int, str]]:
    """A table's text with every uneven row emptied, and what is wrong with each, by its number in the sheet.

    A cell too few or too many puts values into columns that are not theirs, so such a row is never guessed at. Empty
    cells beyond the header are none.
    """
    separator = separator_of(text)
    lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    width = len(lines[0]) if lines else 0
    uneven = {}
    for number, cells in enumerate(lines, start=1):
        while len(cells) > width and not cells[-1].strip():
            cells.pop()
        if len(cells) != width and any(cell.strip() for cell in cells):
            than = "fewer" if len(cells) < width else "more"
            uneven[number] = (
                f"{len(cells)} cells, {than} than the header's {width}; fill in what is missing (an empty cell needs "
                f"its {separator!r} too), and quote a value that holds one"
            )
            cells.clear()
    out = io.StringIO()
    csv.writer(out, delimiter=separator, lineterminator="\n").writerows(cells or [""] * width for cells in lines)
    return out.getvalue(), uneven


def separator_of(text: str) -> str:
    """What parts the cells of the first line."""
    return max(",;\t", key=text.partition("\n")[0].count)


def decoded(raw: bytes) -> str:
    """The text of a file that a person saved: UTF-8, what Excel calls Unicode text, or what it writes on Windows.

    Where lines end as on old Macs (`\\r` alone), they end with `\\n`: what looks for that would find no line.
    """
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = raw.decode("utf-16", errors="replace")
    else:
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = raw.decode("cp1252", errors="replace")
    return text if "\n" in text else text.replace("\r", "\n")


def with_rows(text: str, rows: pl.DataFrame) -> str:
    """A table's text with rows behind it, in the columns its header names and by its separator.

    Args:
        text: of the file, its last line ended.
        rows: texts, escaped (`engine.escaping.for_csv`); a column the header does not know is a ValueError.
    """
    separator = separator_of(text)
    header = next(csv.reader([text.partition("\n")[0]], delimiter=separator))
    out = io.StringIO(text)
    out.seek(0, io.SEEK_END)
    names = [name.strip().lower() for name in header]
    csv.DictWriter(out, names, delimiter=separator, lineterminator="\n").writerows(rows.iter_rows(named=True))
    return out.getvalue()


@contextmanager
def only_writer(path: Path) -> Iterator[None]:
    """Hold a file that others add lines to as well; the kernel frees it however the process ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(f".{path.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
