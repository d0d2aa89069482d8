"""Naming: cells under headers become raw records.

Belongs here: naming the fields, joining opt-out columns, a day with its time, a name with its prefix, packing the
rest into `extra` (a JSON object of header to value), hashing content. Does not belong here: reading formats, deciding
the mapping (`mapping`), mending cells (`mending`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import polars as pl
import pyarrow as pa

from contracts.raw import FIELDS, RECORD_ID
from engine.row_hash import row_hash
from sources.columns.headers import fold
from sources.columns.list_names import LISTED
from sources.columns.mapping import Mapping
from sources.columns.words import CELL_WORDS
from sources.reading import ROW

_FIELDS = [column.name for column in FIELDS]


class Namer:
    """Puts rows under field names and hashes their content, one mapping for all batches of a table.

    `named` gives row, source_record_id where there is one, the mapped fields and extra. The hash covers every filled
    value by its field or header, so that it depends neither on the file's name nor on the row's place nor on
    the order of columns nor on empty columns; nor on columns that change with every export, unless there are no others.
    """

    def __init__(self, mapping: Mapping) -> None:
        self._fields = [(name, str(mapping.fields[name])) for name in _FIELDS if name in mapping.fields]
        extra = sorted((fold(key) or key, key, str(place)) for key, place in mapping.extra.items())
        self._extra = [(key, cell) for _, key, cell in extra]
        self._record_id = None if mapping.record_id is None else str(mapping.record_id)
        self._as_read = dict(self._fields) | ({RECORD_ID: self._record_id} if self._record_id is not None else {})
        self._made: dict[str, pl.Expr] = {}
        if mapping.objections or mapping.listed:
            columns = [(str(place), channel) for place, channel in mapping.objections]
            self._made["opt_out"] = _objection(columns, mapping.listed)
        if mapping.agreed_to is not None:
            agreed = pl.col(self._as_read["consent_email"]).is_not_null()
            self._made["consent_purpose"] = pl.when(agreed).then(pl.lit(mapping.agreed_to))
        if mapping.time is not None:
            moment = [self._as_read["collected_at"], str(mapping.time)]
            self._made["collected_at"] = _filled(pl.concat_str(moment, separator=" ", ignore_nulls=True))
        if mapping.name_prefix is not None:
            self._made["family_name"] = _with_prefix(self._as_read["family_name"], str(mapping.name_prefix))
        if mapping.is_company is not None and "full_name" in self._as_read:
            self._made |= _apart(str(mapping.is_company), self._as_read["full_name"], self._as_read.get("company"))
        parts = [(f"field {name}", cell) for name, cell in self._fields]
        parts += [(f"extra {key}", cell) for key, _, cell in extra]
        volatile = {str(place) for place in mapping.volatile}
        self._parts = [(label, cell) for label, cell in parts if cell not in volatile] or parts
        if self._record_id is not None:
            self._parts.append(("id", self._record_id))
        if mapping.listed:  # a row that stands elsewhere too is no copy of that one
            self._parts = [(f"listed {label}", cell) for label, cell in self._parts]

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


def _objection(columns: Sequence[tuple[str, str | None]], listed: str | None) -> pl.Expr:
    """All opt-out cells of a row, each after the channel its header names: `E-Mail: 1; Telefon: 0`.

    Before them stands what the list closes that the row is on, if it is one of objections.
    """
    if len(columns) == 1 and columns[0][1] is None and not listed:
        return pl.col(columns[0][0])
    said = [pl.lit(f"{listed}: {LISTED}")] if listed else []
    said += [pl.concat_str(pl.lit(f"{channel or 'Alle'}: "), pl.col(cell)) for cell, channel in columns]
    return _filled(pl.concat_str(said, separator="; ", ignore_nulls=True))


def _with_prefix(name: str, prefix: str) -> pl.Expr:
    """The family name behind its prefix, which stands once, in a column of its own or in both."""
    known = ~pl.col(prefix).str.contains(r"\pL") | pl.col(name).str.starts_with(pl.col(prefix))
    return pl.when(~known).then(pl.concat_str(prefix, name, separator=" ")).otherwise(name)


def _apart(flag: str, name: str, company: str | None) -> dict[str, pl.Expr]:
    """Name and company where a column says which rows are organisations; `Muster GmbH, Ina Kehl` without the firm."""
    yes = pl.col(flag).str.to_lowercase().is_in(CELL_WORDS["affirmed"]).fill_null(False)
    firm = pl.col(company) if company else pl.lit(None, pl.String)
    inside = pl.concat_str(firm, pl.lit(", "))
    person = pl.when(pl.col(name).str.starts_with(inside)).then(pl.col(name).str.strip_prefix(inside))
    named = pl.when(yes).then(pl.coalesce(firm, name)).otherwise(firm)
    return {"company": named, "full_name": pl.when(~yes).then(pl.coalesce(person, name))}


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
