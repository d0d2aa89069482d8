"""Register files: their rows, block by block, so that a file of any size needs little memory.

Belongs here: finding the files of `<home>/register/`, unpacking and decoding them, cutting them where a row ends, and
saying which row is broken. Does not belong here: which column tells what (`register_columns`), what is made of a row.

A file is CSV (commas, semicolons, tabs or bars) or JSON lines, as it is or packed with gzip, bzip2 or as the only file
of a ZIP, as registers hand them out. The persons of a register are never looked at.
"""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import polars as pl

from engine.fence import NotAFile, Place, walk
from matching.accounts.known.register_columns import ENTRY_ROWS, FIELDS, RELATION, BrokenRegister, found_columns
from sources.encoding import find_encoding

BLOCK = 16 << 20
_LONGEST_ROW = 4 << 20
_HEAD = 1 << 20
_SEPARATORS = ";,\t|"
_JSON_ROWS = 500  # that tell which keys there are: not every row has all of them
_DAMAGED = (EOFError, OSError, zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError)


class Bytes(Protocol):
    """What is read of a file."""

    def read(self, size: int, /) -> bytes: ...


Keep = Callable[[pl.DataFrame], pl.Series]
"""Which rows are wanted, told by their name, former name, number, VAT number and domain alone."""
TELLING = ("name", "former_name", "register_no", "vat_id", "id", "domain", *RELATION)


def register_rows(folder: Path, keep: Keep) -> Iterator[pl.DataFrame]:
    """The wanted rows of all register files below a folder (`ENTRY_ROWS`), in the order of files and rows.

    Every row is looked at: it has a name, no more values than its header has columns, and is JSON where others are.

    Raises:
        BrokenRegister: a file cannot be read to its end, or a row is broken.
    """
    if folder.is_symlink() and not folder.exists():
        raise BrokenRegister(f"{folder} leads nowhere; mend or remove the link")
    if folder.exists() and not folder.is_dir():
        raise BrokenRegister(f"{folder} is no folder; put the register file into a folder of this name")
    for found in walk(folder, (), lambda name: not name.startswith((".", "~"))):
        yield from _of_file(found.place, keep)


def _of_file(place: Place, keep: Keep) -> Iterator[pl.DataFrame]:
    file = "/".join((place.top.name, *place.steps))
    try:
        with place.open() as packed, _unpacked(file, packed) as stream:
            blocks = _decoded(file, stream)
            first = next(blocks, b"")
            read = _json_rows if first.lstrip()[:1] == b"{" else _csv_rows
            yield from read(file, first, blocks, keep)
    except NotAFile as problem:
        raise BrokenRegister(f"{file} is {problem.strerror}; put the file itself in its place") from problem
    except _DAMAGED as error:
        raise BrokenRegister(f"{file} cannot be read to its end; fetch it again or take it away") from error


@contextmanager
def _unpacked(file: str, packed: Any) -> Iterator[Bytes]:
    head = packed.peek(4)[:4]
    if head[:2] == b"\x1f\x8b":
        yield gzip.GzipFile(fileobj=packed)
    elif head[:3] == b"BZh":
        yield bz2.BZ2File(packed)
    elif head == b"PK\x03\x04":
        with zipfile.ZipFile(packed) as archive:
            members = [name for name in archive.namelist() if not name.endswith("/")]
            if len(members) != 1 or members[0].lower().endswith(".xml"):
                raise BrokenRegister(f"{file} is no CSV or JSON in a ZIP of its own; put the file itself in its place")
            with archive.open(members[0]) as member:
                yield member
    else:
        yield packed


def _decoded(file: str, stream: Bytes) -> Iterator[bytes]:
    """The file as UTF-8, in blocks of whole rows."""
    head = stream.read(_HEAD)
    encoding = find_encoding(head, len(head) < _HEAD)
    blocks = _whole_rows(file, head, stream) if encoding.startswith("utf-8") else _recoded(file, head, stream, encoding)
    for place, block in enumerate(blocks):
        yield block.removeprefix(b"\xef\xbb\xbf") if place == 0 else block


def _recoded(file: str, head: bytes, stream: Bytes, encoding: str) -> Iterator[bytes]:
    text = io.TextIOWrapper(io.BufferedReader(_Joined(head, stream)), encoding, errors="replace", newline="")
    coded = io.BufferedReader(_Joined(b"", _Encoded(text)))
    yield from _whole_rows(file, coded.read(_HEAD), coded)


class _Joined(io.RawIOBase):
    """What was read already, and the rest."""

    def __init__(self, head: bytes, rest: Bytes) -> None:
        self._head, self._rest = head, rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        part, self._head = self._head[: len(buffer)], self._head[len(buffer) :]
        part = part or self._rest.read(len(buffer))
        buffer[: len(part)] = part
        return len(part)


class _Encoded:
    """A text as UTF-8 bytes."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text

    def read(self, size: int) -> bytes:
        return self._text.read(max(size // 4, 1)).encode("utf-8", "replace")


def _whole_rows(file: str, head: bytes, stream: Bytes) -> Iterator[bytes]:
    """Blocks that end where a row ends: at a line end with every quote before it closed."""
    rest = head
    is_json = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{"  # whose lines are its rows, whatever is quoted in them
    while True:
        part = stream.read(BLOCK)
        block = rest + part
        if not part:
            if block.strip():
                yield block
            return
        end = block.rfind(b"\n") + 1
        while end and not is_json and block.count(b'"', 0, end) % 2:
            end = block.rfind(b"\n", 0, end - 1) + 1
        if not end and len(block) > BLOCK + _LONGEST_ROW:
            raise BrokenRegister(f"{file}: a quote is not closed, or a row does not end; mend it or take it away")
        if end:
            yield block[:end]
        rest = block[end:]


def _csv_rows(file: str, first: bytes, blocks: Iterator[bytes], keep: Keep) -> Iterator[pl.DataFrame]:
    header, body = _header(first)
    separator = max(_SEPARATORS, key=header.count)
    names = next(csv.reader([header], delimiter=separator), [])
    columns = found_columns(file, [name.strip() for name in names])
    at = {name.strip(): place for place, name in reversed([*enumerate(names)])}
    wanted = {field: at[name] for field, name in columns.items()}
    row = 2
    for block in _with_first(body, blocks):
        frame = _parsed(file, block, separator, len(names), row)
        told = frame.select(
            pl.lit(file).alias("file"),
            (pl.int_range(pl.len(), dtype=pl.UInt32) + row).alias("row"),
            *(_cell(pl.col(f"c{wanted[f]}") if f in wanted else pl.lit(None, pl.String)).alias(f) for f in FIELDS),
        )
        blank = pl.all_horizontal(pl.col(FIELDS).is_null())
        yield _kept(file, told.filter(~blank), columns, keep)
        row += frame.height


def _header(block: bytes) -> tuple[str, bytes]:
    """The first row and what follows it."""
    end = block.find(b"\n") + 1
    while end and block.count(b'"', 0, end) % 2:
        end = block.find(b"\n", end) + 1
    end = end or len(block)
    return block[:end].decode("utf-8", "replace").strip("\r\n"), block[end:]


def _with_first(first: bytes, blocks: Iterator[bytes]) -> Iterator[bytes]:
    if first.strip():
        yield first
    yield from blocks


def _parsed(file: str, block: bytes, separator: str, width: int, row: int) -> pl.DataFrame:
    schema = {f"c{place}": pl.String for place in range(width)}
    try:
        return pl.read_csv(
            block,
            separator=separator,
            has_header=False,
            schema=schema,
            infer_schema=False,
            encoding="utf8-lossy",
            glob=False,
        )
    except pl.exceptions.PolarsError as error:
        raise BrokenRegister(f"{file}, {_broken_row(block, separator, width, row)}") from error


def _broken_row(block: bytes, separator: str, width: int, row: int) -> str:
    """Where the rows of a block do not fit their header: the sentence behind the name of the file."""
    text = io.StringIO(block.decode("utf-8", "replace"), newline="")
    for number, cells in enumerate(csv.reader(text, delimiter=separator), row):
        if len(cells) > width:
            return (
                f"row {number}: {len(cells)} values, and the header has {width} columns; quote what holds {separator!r}"
            )
    return f"from row {row} on: a quote is not closed; close it, or double those within a value"


def _json_rows(file: str, first: bytes, blocks: Iterator[bytes], keep: Keep) -> Iterator[pl.DataFrame]:
    paths: dict[str, str] = {}
    row = 1
    for block in _with_first(first, blocks):
        lines = pl.Series("line", block.decode("utf-8", "replace").split("\n")).to_frame().with_row_index("row", row)
        row += lines.height - 1  # a block ends with a line end
        lines = lines.filter(pl.col("line").str.strip_chars() != "")
        if not paths:
            paths = _paths(lines.head(_JSON_ROWS))
        columns = found_columns(file, paths)
        told = lines.with_columns(_at(paths, columns, field) for field in TELLING)
        _sound_json(file, told, columns)
        wanted = told.filter(keep(told.select(TELLING)))
        rest = [_at(paths, columns, field) for field in FIELDS if field not in TELLING]
        yield wanted.with_columns(pl.lit(file).alias("file"), *rest).select(list(ENTRY_ROWS)).cast(ENTRY_ROWS)


def _paths(lines: pl.DataFrame) -> dict[str, str]:
    """The keys of JSON lines as paths with dots, and as JSONPath; of lists the first item."""
    found: dict[str, str] = {}

    def walk_into(value: Any, name: str, path: str) -> None:
        if isinstance(value, Mapping):
            for key, inner in value.items():
                quoted = json.dumps(key)
                walk_into(inner, f"{name}.{key}".lstrip("."), f"{path}[{quoted}]")
        elif isinstance(value, list):
            walk_into(value[0] if value else None, f"{name}.0", f"{path}[0]")
        else:
            found.setdefault(name, path)

    for line in lines["line"]:
        try:
            walk_into(json.loads(line), "", "$")
        except (ValueError, RecursionError):
            continue  # named where all lines are looked at
    return found


def _at(paths: Mapping[str, str], columns: Mapping[str, str], field: str) -> pl.Expr:
    found = pl.col("line").str.json_path_match(paths[columns[field]]) if field in columns else pl.lit(None, pl.String)
    return _cell(found).alias(field)


def _sound_json(file: str, told: pl.DataFrame, columns: Mapping[str, str]) -> None:
    needed = RELATION if "name" not in columns else ("name",)
    for number, line in told.filter(pl.any_horizontal(pl.col(needed).is_null())).select("row", "line").head(1).rows():
        try:
            json.loads(line)
        except (ValueError, RecursionError) as error:
            raise BrokenRegister(f"{file}, row {number}: is no JSON; one entry a line is read") from error
        _say_empty(file, number, columns, needed[0])


def _kept(file: str, told: pl.DataFrame, columns: Mapping[str, str], keep: Keep) -> pl.DataFrame:
    needed = RELATION if all(field in columns for field in RELATION) else ("name",)
    for field in needed:
        for number in told.filter(pl.col(field).is_null())["row"].head(1):
            _say_empty(file, number, columns, field)
    return told.filter(keep(told.select(TELLING))).cast(ENTRY_ROWS)


def _say_empty(file: str, number: int, columns: Mapping[str, str], field: str) -> None:
    raise BrokenRegister(f"{file}, row {number}, column {columns[field]}: is empty; fill it in or delete the row")


def _cell(text: pl.Expr) -> pl.Expr:
    bare = text.str.strip_chars()
    return pl.when(bare != "").then(bare)
