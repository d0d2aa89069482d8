"""Settings: what a person states about one source, in `<home>/sources/<source>.toml`.

Belongs here: reading and checking the settings file; the defaults without one.
Does not belong here: guessing anything a person did not state. Documented in `docs/sources.md`.
"""

from __future__ import annotations

import errno
import hashlib
import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from contracts.raw import FIELDS, RECORD_ID
from engine.fence import read_regular
from sources.budget import Limits, limits_from, limits_of_environment
from sources.problems import Unreadable

IGNORE = "ignore"
MOST_BYTES = 1 << 20  # of a settings file
FIELD_NAMES = frozenset(column.name for column in FIELDS)
_TARGETS = FIELD_NAMES | {RECORD_ID, IGNORE, "extra"}
RECORD_IDS = ("stable", "per_file")
_LONGEST = 36_500  # days of retention
_DATE_ORDERS = ("dmy", "mdy", "ymd")


@dataclass(frozen=True)
class ActivitySettings:
    """What a person states about files of activity: `[activity]`.

    `shape` is one of sources/activity/shapes.toml, `columns` header to target of that shape, `kinds` word to kind,
    `crm_source` the source whose record ids the files name, `currency` of amounts without one.
    """

    shape: str | None = None
    columns: dict[str, str] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    crm_source: str | None = None
    currency: str | None = None


@dataclass(frozen=True)
class SourceSettings:
    """The settings of one source. `fingerprint` changes whenever the file does, or the budget of the environment."""

    columns: dict[str, str] = field(default_factory=dict)
    country: str = "DE"
    date_order: str | None = None  # told by the cells where nothing is stated
    timezone: str = "Europe/Berlin"
    consent_basis: str | None = None
    id_column: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    skip_rows: int | None = None
    required: tuple[str, ...] = ()
    record_ids: str | None = None
    volatile: tuple[str, ...] = ()
    snapshot: bool = False
    retention_days: int | None = None  # kept for good where nothing is stated
    legal_hold: bool = False
    activity: ActivitySettings = field(default_factory=ActivitySettings)
    truncate_ips: bool = False  # stated for all sources, by LEADS_TRUNCATE_IPS
    budget: Limits = field(default_factory=Limits)
    fingerprint: str = ""


def read_settings(folder: Path, source: str) -> SourceSettings:
    """The settings of `source`, or the defaults when it has no file.

    Raises:
        Unreadable: the file has an error; the message names file, key and remedy.
    """
    path = folder / f"{source}.toml"
    try:
        content = read_regular(path, MOST_BYTES)
    except FileNotFoundError:
        return SourceSettings(budget=limits_of_environment(), fingerprint=_of_environment())
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:  # no file can be called so
            return SourceSettings(budget=limits_of_environment(), fingerprint=_of_environment())
        raise Unreadable("bad_override", f"{path.name} cannot be read: {error.strerror}", passing=True) from error
    try:
        stated = tomllib.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise Unreadable("bad_override", f"{path.name} is not valid TOML (UTF-8): {error}", passing=True) from error
    return _checked(path.name, stated, hashlib.sha256(content).hexdigest() + _of_environment())


def _of_environment() -> str:
    """What the environment adds to a fingerprint: its limits, where they are not the usual ones."""
    limits = limits_of_environment()
    return "" if limits == Limits() else repr(limits)


def _checked(file: str, stated: dict[str, Any], fingerprint: str) -> SourceSettings:
    """The settings as stated, each by its check; what is not stated keeps its default."""
    for key in stated:
        if key not in _CHECKS:
            remedy = f"is not a setting; use one of {', '.join(sorted(_CHECKS))}"
            raise Unreadable("bad_override", f"{file}: `{key}` {remedy}", passing=True)
    values: dict[str, Any] = {"budget": limits_of_environment()}
    for key, check in _CHECKS.items():
        if key in stated:
            try:
                values[key] = check(stated[key])
            except ValueError as wrong:
                name = f"[{key}]" if key in ("columns", "budget", "activity") else f"`{key}`"
                raise Unreadable("bad_override", f"{file}: {name} {wrong}", passing=True) from wrong
    return SourceSettings(**values, fingerprint=fingerprint)


# Checks of single values; what is wrong is said as the end of a sentence that begins with the key.


def _columns(value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        raise ValueError('must be a table of "header" = "field"')
    for header, target in value.items():
        if target not in _TARGETS:
            raise ValueError(f'"{header}" names no field: {target!r}; see the list of fields in docs/sources.md')
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("must be a text in quotes")
    return value


def _country(value: Any) -> str:
    code = _text(value)
    if not (len(code) == 2 and code.isascii() and code.isalpha() and code.isupper()):
        raise ValueError(f'must be an ISO code of two capital letters such as "AT", not {code!r}')
    return code


def _date_order(value: Any) -> str:
    order = _text(value)
    if order not in _DATE_ORDERS:
        raise ValueError(f"must be one of {', '.join(_DATE_ORDERS)}, not {order!r}")
    return order


def _timezone(value: Any) -> str:
    zone = _text(value)
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f'must be an IANA zone such as "Europe/Vienna", not {zone!r}') from error
    return zone


def _encoding(value: Any) -> str:
    encoding = _text(value)
    try:
        "".encode(encoding)  # some codecs are none of text
    except (LookupError, ValueError) as error:
        raise ValueError(f'is not known: {encoding!r}; use for example "cp1252"') from error
    return encoding


def _delimiter(value: Any) -> str:
    delimiter = _text(value)
    if len(delimiter) != 1:
        raise ValueError(f'must be a single character such as ";" or "\\t", not {delimiter!r}')
    return delimiter


def _skip_rows(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError("must be a whole number of rows above the header, 0 or more")
    return value


def _required(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(entry in FIELD_NAMES for entry in value):
        raise ValueError('must be a list of fields such as ["email", "company"]')
    return tuple(value)


def _record_ids(value: Any) -> str:
    meaning = _text(value)
    if meaning not in RECORD_IDS:
        raise ValueError(f"must be one of {', '.join(RECORD_IDS)}, not {meaning!r}")
    return meaning


def _volatile(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(name, str) and name for name in value):
        raise ValueError('must be a list of headers such as ["Letzter Login", "Stand"]')
    return tuple(value)


def _retention_days(value: Any) -> int:
    days = re.fullmatch(r"(\d{1,9})(?: days?)?", str(value).strip()) if isinstance(value, int | str) else None
    if isinstance(value, bool) or days is None or not 1 <= int(days[1]) <= _LONGEST:
        raise ValueError(f'must be a number of days such as 730 or "730 days", 1 to {_LONGEST:,}, not {value!r}')
    return int(days[1])


def _yes_or_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false, without quotes")
    return value


def _activity(value: Any) -> ActivitySettings:
    if not isinstance(value, dict):
        raise ValueError('must be a table, such as shape = "plain"')
    texts, tables = ("shape", "crm_source", "currency"), ("columns", "kinds")
    for key, said in value.items():
        if key in texts and not (isinstance(said, str) and said):
            raise ValueError(f"{key} must be a text in quotes")
        if key in tables and not (isinstance(said, dict) and all(isinstance(it, str) for it in said.values())):
            raise ValueError(f'{key} must be a table of "word" = "meaning"')
        if key not in (*texts, *tables):
            raise ValueError(f"knows no {key}; use one of {', '.join((*texts, *tables))}")
    return ActivitySettings(**value)


def _budget(value: Any) -> Limits:
    return limits_from(value, limits_of_environment())


_CHECKS: dict[str, Callable[[Any], Any]] = {
    "columns": _columns,
    "country": _country,
    "date_order": _date_order,
    "timezone": _timezone,
    "consent_basis": _text,
    "id_column": _text,
    "encoding": _encoding,
    "delimiter": _delimiter,
    "skip_rows": _skip_rows,
    "required": _required,
    "record_ids": _record_ids,
    "volatile": _volatile,
    "snapshot": _yes_or_no,
    "retention_days": _retention_days,
    "legal_hold": _yes_or_no,
    "budget": _budget,
    "activity": _activity,
}
