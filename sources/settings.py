"""Overrides: what a person states about one source, in `<home>/sources/<source>.toml`.

Belongs here: reading and checking the settings file; the defaults without one.
Does not belong here: guessing anything a person did not state. Documented in `docs/sources.md`.
"""

from __future__ import annotations

import codecs
import hashlib
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from contracts.raw import FIELDS, RECORD_ID
from sources.problems import Unreadable

IGNORE = "ignore"
FIELD_NAMES = frozenset(column.name for column in FIELDS)
_TARGETS = FIELD_NAMES | {RECORD_ID, IGNORE, "extra"}
_DATE_ORDERS = ("dmy", "mdy", "ymd")


@dataclass(frozen=True)
class Override:
    """The settings of one source. `fingerprint` changes whenever the file does."""

    columns: dict[str, str] = field(default_factory=dict)
    country: str = "DE"
    date_order: str = "dmy"
    timezone: str = "Europe/Berlin"
    consent_basis: str | None = None
    id_column: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    skip_rows: int | None = None
    required: tuple[str, ...] = ()
    fingerprint: str = ""


def read_override(folder: Path, source: str) -> Override:
    """The settings of `source`, or the defaults when it has no file.

    Raises:
        Unreadable: the file has an error; the message names file, key and remedy.
    """
    path = folder / f"{source}.toml"
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return Override()
    except OSError as error:
        raise Unreadable("bad_override", f"{path.name} cannot be read: {error.strerror}", passing=True) from error
    try:
        stated = tomllib.loads(content.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Unreadable("bad_override", f"{path.name} is not valid TOML (UTF-8): {error}", passing=True) from error
    return _checked(path.name, stated, hashlib.sha256(content).hexdigest())


def _checked(name: str, stated: dict[str, Any], fingerprint: str) -> Override:
    def refuse(key: str, what: str) -> Unreadable:
        return Unreadable("bad_override", f"{name}: {key} {what}", passing=True)

    known = set(Override.__dataclass_fields__) - {"fingerprint"}
    for key in stated:
        if key not in known:
            raise refuse(f"`{key}`", f"is not a setting; use one of {', '.join(sorted(known))}")

    columns = stated.get("columns", {})
    if not isinstance(columns, dict):
        raise refuse("[columns]", 'must be a table of "header" = "field"')
    for header, target in columns.items():
        if target not in _TARGETS:
            raise refuse(
                f'[columns] "{header}"', f"names no field: {target!r}; see the list of fields in docs/sources.md"
            )

    def text(key: str) -> str | None:
        value = stated.get(key)
        if value is not None and (not isinstance(value, str) or not value):
            raise refuse(f"`{key}`", "must be a text in quotes")
        return value

    country = text("country")
    if country is not None and not (
        len(country) == 2 and country.isascii() and country.isalpha() and country.isupper()
    ):
        raise refuse("`country`", f'must be an ISO code of two capital letters such as "AT", not {country!r}')
    date_order = text("date_order")
    if date_order is not None and date_order not in _DATE_ORDERS:
        raise refuse("`date_order`", f"must be one of {', '.join(_DATE_ORDERS)}, not {date_order!r}")
    timezone = text("timezone")
    if timezone is not None:
        try:
            ZoneInfo(timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise refuse("`timezone`", f'must be an IANA zone such as "Europe/Vienna", not {timezone!r}') from error
    encoding = text("encoding")
    if encoding is not None:
        try:
            codecs.lookup(encoding)
        except LookupError as error:
            raise refuse("`encoding`", f'is not known: {encoding!r}; use for example "cp1252"') from error
    delimiter = text("delimiter")
    if delimiter is not None and len(delimiter) != 1:
        raise refuse("`delimiter`", f'must be a single character such as ";" or "\\t", not {delimiter!r}')
    skip_rows = stated.get("skip_rows")
    if skip_rows is not None and (not isinstance(skip_rows, int) or isinstance(skip_rows, bool) or skip_rows < 0):
        raise refuse("`skip_rows`", "must be a whole number of rows above the header, 0 or more")
    required = stated.get("required", [])
    if not isinstance(required, list) or not all(entry in FIELD_NAMES for entry in required):
        raise refuse("`required`", 'must be a list of fields such as ["email", "company"]')
    return Override(
        columns=columns,
        country=country or Override.country,
        date_order=date_order or Override.date_order,
        timezone=timezone or Override.timezone,
        consent_basis=text("consent_basis"),
        id_column=text("id_column"),
        encoding=encoding,
        delimiter=delimiter,
        skip_rows=skip_rows,
        required=tuple(required),
        fingerprint=fingerprint,
    )
