"""Assembling: batches of cells under headers become raw records.

Belongs here: trimming, taking out repeated headers and totals, mending mojibake, naming the fields, joining
opt-out columns and a day with its time, packing the rest into `extra`, hashing content. Does not belong here:
reading formats, deciding the mapping.

`extra` is a JSON object of header to value. Two keys are ours: `_received` holds the text as received where
it was mended (column to original), `_encoding_loss` lists the columns in which characters are lost for good.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from contracts.raw import FIELDS, RECORD_ID
from engine.row_hash import row_hash
from sources.columns.headers import fold
from sources.columns.layout import is_total
from sources.columns.mapping import Mapping
from sources.encoding import LOST, MARKS, repair_mojibake
from sources.problems import RAW_LIMIT, Problem
from sources.reading import ROW, Rows

RECEIVED, LOSS = "_received", "_encoding_loss"
_FIELDS = [column.name for column in FIELDS]


def trimmed(frame: pl.DataFrame, untidy: Sequence[str]) -> pl.DataFrame:
    """Cells of the untidy columns without white space around them, empty ones null, blank rows dropped."""
    if untidy:
        bare = pl.col(untidy).str.strip_chars("\ufeff").str.strip_chars()
        frame = frame.with_columns(bare).with_columns(pl.when(pl.col(untidy) != "").then(pl.col(untidy)))
    blank = frame.select(pl.all_horizontal(pl.exclude(ROW).is_null())).to_series()
    return frame.filter(~blank) if blank.any() else frame


class Watch:
    """Takes out rows that repeat the header and rows of totals; both go to `problems`.

    Where joined exports have their columns in another order, the rows below such a header are put in the
    order of the first one.
    """

    def __init__(self, header: Sequence[str], problems: list[Problem]) -> None:
        self._names = [fold(name) for name in header]
        cases = (str.strip, str.upper, str.lower, str.title)
        self._written = sorted({case(name.strip()) for name in header for case in cases if name.strip()})
        self._named = [str(place) for place, name in enumerate(header) if name.strip()][:2]
        self._problems = problems
        self._order: list[int] | None = None

    def clean(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The rows that are data, cells under the header they belong to."""
        cells = [name for name in frame.columns if name != ROW]
        again = pl.all_horizontal([pl.col(cell).is_in(self._written) for cell in self._named] or [pl.lit(False)])
        few = pl.sum_horizontal(pl.col(cells).is_not_null()) <= min(3, max(1, len(cells) - 1))
        out: list[int] = []
        turns: list[tuple[int, list[int] | None]] = []
        for number, *values in frame.filter(again | few).iter_rows():
            if (order := self._header_order(values)) is not None:
                turns.append((number, None if order == list(range(len(order))) else order))
                self._hold_back(number, "repeated_header", "The header row again", values)
            elif is_total(values):
                self._hold_back(number, "total_row", "A row of totals", values)
            else:
                continue
            out.append(number)
        frame = self._reordered(frame, turns)
        return frame.filter(~pl.col(ROW).is_in(out)) if out else frame

    def _header_order(self, values: Sequence[str | None]) -> list[int] | None:
        """For each column the place of its value in this row, if the row is a header."""
        if sum(1 for value in values if value) < min(2, len(self._names)):
            return None
        places: dict[str, list[int]] = {}
        for place, value in enumerate(values):
            places.setdefault(fold(value or ""), []).append(place)
        try:
            return [places[name].pop(0) for name in self._names]
        except (KeyError, IndexError):
            return None

    def _reordered(self, frame: pl.DataFrame, turns: list[tuple[int, list[int] | None]]) -> pl.DataFrame:
        if self._order is None and not any(order for _, order in turns):
            return frame
        parts = []
        start = 0
        for number, order in [*turns, (None, None)]:
            stop = frame.height if number is None else int((frame[ROW] < number).sum())
            part = frame[start:stop]
            if self._order is not None:
                part = part.select(ROW, *(pl.col(str(p)).alias(str(n)) for n, p in enumerate(self._order)))
            parts.append(part)
            start = stop
            if number is not None:
                self._order = order
        return pl.concat(parts)

    def _hold_back(self, number: int, reason: str, message: str, values: Sequence[str | None]) -> None:
        raw = ";".join(value or "" for value in values)[:RAW_LIMIT]
        self._problems.append(Problem(number, reason, message, raw))


def mended(
    frame: pl.DataFrame, header: Sequence[str], doubtful: Rows | None = None
) -> tuple[pl.DataFrame, pl.Series | None]:
    """Mend mojibake and note lost characters.

    Args:
        frame: `row` and cells.
        header: what the cells are called.
        doubtful: numbers of the rows to look at, all when None.

    Returns:
        The frame, and where anything was noted a column of JSON members for `extra` (null elsewhere).
    """
    places = _places(frame, doubtful)
    if not len(places):
        return frame, None
    suspects = frame[places]
    marked = suspects.select(pl.exclude(ROW).str.contains(MARKS).fill_null(False))
    notes: dict[int, dict[str, Any]] = {}
    mends: list[pl.Series] = []
    for name in marked.columns:
        hits = marked[name].arg_true()
        if not len(hits):
            continue
        label = header[int(name)].strip() or f"column {int(name) + 1}"
        found = places[hits]
        mends.append(frame[name].scatter(found, _mended(suspects[name].gather(hits), found.tolist(), label, notes)))
    if not mends:
        return frame, None
    said = pl.Series([json.dumps(members, ensure_ascii=False)[1:-1] for members in notes.values()], dtype=pl.String)
    column = pl.repeat(None, frame.height, dtype=pl.String, eager=True).scatter(list(notes), said)
    return frame.with_columns(mends), column


def _places(frame: pl.DataFrame, rows: Rows | None) -> Rows:
    """Where the rows of these numbers stand in the frame."""
    return np.arange(frame.height) if rows is None else np.flatnonzero(np.isin(frame[ROW].to_numpy(), rows))


def _mended(cells: pl.Series, places: Sequence[int], label: str, notes: dict[int, dict[str, Any]]) -> list[str]:
    """The cells with mojibake mended; what was received and what is lost goes to the notes of their rows."""
    values = []
    for place, original in zip(places, cells, strict=True):
        value = repair_mojibake(original)
        if value != original:
            notes.setdefault(place, {}).setdefault(RECEIVED, {})[label] = original
        if LOST in value:
            notes.setdefault(place, {}).setdefault(LOSS, []).append(label)
        values.append(value)
    return values


class Namer:
    """Puts rows under field names and hashes their content, one mapping for all batches of a table.

    `named` gives row, source_record_id where there is one, the mapped fields and extra. The hash covers every filled
    value by its field or header, so that it depends neither on the file's name nor on the row's place nor on
    the order of columns nor on empty columns.
    """

    def __init__(self, mapping: Mapping) -> None:
        self._fields = [(name, str(mapping.fields[name])) for name in _FIELDS if name in mapping.fields]
        extra = sorted((fold(key) or key, key, str(place)) for key, place in mapping.extra.items())
        self._extra = [(key, cell) for _, key, cell in extra]
        self._record_id = None if mapping.record_id is None else str(mapping.record_id)
        self._as_read = dict(self._fields) | ({RECORD_ID: self._record_id} if self._record_id is not None else {})
        self._made: dict[str, pl.Expr] = {}
        if mapping.objections:
            self._made["opt_out"] = _objection([(str(place), channel) for place, channel in mapping.objections])
        if mapping.agreed_to is not None:
            agreed = pl.col(self._as_read["consent_email"]).is_not_null()
            self._made["consent_purpose"] = pl.when(agreed).then(pl.lit(mapping.agreed_to))
        if mapping.time is not None:
            moment = [self._as_read["collected_at"], str(mapping.time)]
            self._made["collected_at"] = _filled(pl.concat_str(moment, separator=" ", ignore_nulls=True))
        if mapping.name_prefix is not None:
            self._made["family_name"] = _with_prefix(self._as_read["family_name"], str(mapping.name_prefix))
        self._parts = [(f"field {name}", cell) for name, cell in self._fields]
        self._parts += [(f"extra {key}", cell) for key, _, cell in extra]
        if self._record_id is not None:
            self._parts.append(("id", self._record_id))

    def hashes(self, frame: pl.DataFrame) -> pl.Series:
        """The content of each row as a number (`row_hash`)."""
        return frame.select(row_hash(self._parts)).to_series()

    def named(self, frame: pl.DataFrame, notes: pl.Series | None, cells: pa.Table | None) -> pa.Table:
        """The records of `frame` in Arrow.

        Args:
            frame: `row` and cells.
            notes: members for `extra` (see `mended`).
            cells: those of the frame as they were read, if nothing in it was changed: they are taken as they are.
        """
        made = self._made | {"extra": _extra(self._extra, notes)}
        as_read = {name: cell for name, cell in self._as_read.items() if name not in made}
        if cells is None:
            made |= {name: pl.col(cell) for name, cell in as_read.items()}
        records = frame.select(ROW, **made).to_arrow(compat_level=pl.CompatLevel.newest())
        if cells is not None:
            for name, cell in as_read.items():
                records = records.append_column(name, cells[cell])
        return records


def _objection(columns: Sequence[tuple[str, str | None]]) -> pl.Expr:
    """All opt-out cells of a row, each after the channel its header names: `E-Mail: 1; Telefon: 0`."""
    if len(columns) == 1 and columns[0][1] is None:
        return pl.col(columns[0][0])
    said = [pl.concat_str(pl.lit(f"{channel or 'Alle'}: "), pl.col(cell)) for cell, channel in columns]
    return _filled(pl.concat_str(said, separator="; ", ignore_nulls=True))


def _with_prefix(name: str, prefix: str) -> pl.Expr:
    """The family name behind its prefix, which stands once, in a column of its own or in both."""
    known = ~pl.col(prefix).str.contains(r"\pL") | pl.col(name).str.starts_with(pl.col(prefix))
    return pl.when(~known).then(pl.concat_str(prefix, name, separator=" ")).otherwise(name)


def _filled(text: pl.Expr) -> pl.Expr:
    return pl.when(text != "").then(text)


def _extra(columns: Sequence[tuple[str, str]], notes: pl.Series | None) -> pl.Expr:
    members = [
        pl.concat_str(pl.lit(json.dumps(key, ensure_ascii=False) + ":"), _json_text(pl.col(cell)))
        for key, cell in columns
    ]
    if notes is not None:
        members.append(pl.lit(notes))
    if not members:
        return pl.lit(None, pl.String)
    body = pl.concat_str(members, separator=",", ignore_nulls=True)
    return pl.when(body != "").then(pl.concat_str(pl.lit("{"), body, pl.lit("}")))


def _json_text(value: pl.Expr) -> pl.Expr:
    escaped = value.str.replace_all("\\", "\\\\", literal=True).str.replace_all('"', '\\"', literal=True)
    for raw, safe in (("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t")):
        escaped = escaped.str.replace_all(raw, safe, literal=True)
    control = escaped.str.contains(r"[\x00-\x1f]")
    dumped = value.map_elements(lambda text: json.dumps(text, ensure_ascii=False), return_dtype=pl.String)
    quoted = pl.concat_str(pl.lit('"'), escaped, pl.lit('"'))
    return pl.when(control).then(dumped).otherwise(quoted)
