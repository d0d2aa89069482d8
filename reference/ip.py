"""Databases of IP addresses: where an address is and who runs its network.

Belongs here: opening the shipped intervals and a user's own .mmdb files, reading their many schemas as one,
and saying which are missing, broken or too old. Does not belong here: reading addresses out of text
(`enrichment/visit/ip`). Schemas: MaxMind GeoIP2/GeoLite2 (City, Country, ASN, ISP, Enterprise, Anonymous-IP), DB-IP,
IPinfo (Lite, Location, ASN, Privacy) and the flat one of ip-location-db; told apart by the keys of their records,
because database types are named differently by everyone.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

import maxminddb
import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow.parquet as pq

from engine.caches import keep_few
from engine.mortal import Mortal
from reference.countries import DATA

MAX_AGE_DAYS = 365
"""Default age from which a database is too old to be believed: networks change hands, cities of ISP pools move."""

FOUND = {
    "country": pl.String,
    "region": pl.String,
    "city": pl.String,
    "timezone": pl.String,
    "owner": pl.String,
    "asn": pl.UInt32,
    "kind": pl.String,
}
"""What a database may say of an address; `kind` only where it says so itself."""

_CLOCKS_DIFFER = timedelta(days=1)
_FIRST = 2_000  # records by which it is told what a database knows
_log = logging.getLogger(__name__)
_PLACE = ("country", "region", "city", "timezone")


@dataclass(frozen=True, slots=True)
class Addresses:
    """Public addresses: canonical text, whether IPv6, and the value (IPv4) or upper 64 bits (IPv6)."""

    text: pl.Series
    v6: npt.NDArray[np.bool_]
    value: npt.NDArray[np.uint64]


class Database(Protocol):
    """Something that knows addresses."""

    title: str
    built: date
    fields: frozenset[str]

    def look_up(self, addresses: Addresses) -> pl.DataFrame:
        """Columns of FOUND, one row per address, null where it knows nothing."""


@dataclass(frozen=True, slots=True)
class Databases:
    """The databases of a run: at most one per question, and what was wrong with others.

    `problems` are plain sentences for the run's report; nothing here is ever fatal.
    """

    place: Database | None
    owner: Database | None
    kind: Database | None
    problems: tuple[str, ...] = ()

    def look_up(self, addresses: Addresses) -> pl.DataFrame:
        """Columns of FOUND for every address, each from the database that answers that question."""
        parts = [
            _answers(self.place, _PLACE, addresses),
            _answers(self.owner, ("owner", "asn"), addresses),
            _answers(self.kind, ("kind",), addresses),
        ]
        return pl.concat(parts, how="horizontal")


def open_databases(
    folder: Path | None = None,
    *,
    max_age_days: int = MAX_AGE_DAYS,
    today: date | None = None,
    shipped: Path = DATA,
) -> Databases:
    """Open the user's `*.mmdb` in `folder`, then the shipped data for what they do not answer.

    Args:
        folder: the user's databases; None or a missing folder means only the shipped ones.
        max_age_days: older databases are left out, with a sentence in `problems`.
        today: the date ages are counted from; by default now.
        shipped: folder of the shipped intervals.
    """
    now = today or datetime.now(UTC).date()
    problems: list[str] = []
    own: list[Database] = []
    for path in sorted(folder.glob("*.mmdb")) if folder and folder.is_dir() else []:
        try:
            if not path.is_file():
                raise OSError("it is no file")  # opening a pipe would wait for somebody to write
            own.append(MmdbFile(path))
        except Exception as error:  # whatever the library makes of a damaged file, its process's end among it
            problems.append(f"{path.name} cannot be read and was left out: {error}")
    ours: list[Database] = []
    for files in (("ip_places.parquet",), ("ip_intervals.parquet", "ip_owners.parquet")):
        paths = [shipped / name for name in files]
        try:
            ours.append(Intervals(*paths))
        except FileNotFoundError:
            problems.append(f"{' or '.join(files)} is missing from the shipped data")
        except (OSError, ValueError) as error:
            problems.append(f"{files[0]} cannot be read and was left out: {error}")
    fresh: list[Database] = []
    for database in [*sorted(own, key=lambda d: (d.built, d.title), reverse=True), *ours]:
        age = (now - database.built).days
        if age > max_age_days:
            problems.append(f"{database.title} is {age} days old (limit {max_age_days}) and was left out")
        else:
            fresh.append(database)
    return Databases(
        place=_best(fresh, "city") or _best(fresh, "country"),
        owner=_best(fresh, "owner"),
        kind=_best(fresh, "kind"),
        problems=tuple(problems),
    )


def _best(databases: list[Database], field: str) -> Database | None:
    return next((database for database in databases if field in database.fields), None)


def _answers(database: Database | None, fields: tuple[str, ...], addresses: Addresses) -> pl.DataFrame:
    schema = {field: FOUND[field] for field in fields}
    if database is None:
        return pl.DataFrame({f: pl.Series(f, [None] * len(addresses.text), dtype=t) for f, t in schema.items()})
    return database.look_up(addresses).select(pl.col(field).cast(dtype) for field, dtype in schema.items())


class Intervals:
    """The shipped data: sorted intervals with a place, or with the number of the network's owner."""

    def __init__(self, intervals: Path, owners: Path | None = None) -> None:
        about = pq.read_metadata(intervals).metadata or {}
        self.title = about.get(b"title", b"shipped data").decode()
        self.built = date.fromisoformat(about[b"built"].decode()) if b"built" in about else date.min
        self.fields = frozenset(_PLACE if owners is None else ("owner", "asn"))
        self._intervals, self._owners = intervals, owners
        if owners is not None and not owners.exists():
            raise FileNotFoundError(f"{owners.name} is missing")

    def look_up(self, addresses: Addresses) -> pl.DataFrame:
        found = np.full(len(addresses.text), -1, dtype=np.int64)
        for v6 in (False, True):
            mine = np.flatnonzero(addresses.v6 == v6)
            first, last, offset = self._edges[v6]
            value = addresses.value[mine].view(np.int64)  # upper halves from 2**63 on are no public addresses
            at = np.searchsorted(first, value, side="right") - 1
            within = (at >= 0) & (value <= last[np.maximum(at, 0)]) if len(last) else at >= 0
            found[mine[within]] = at[within] + offset
        rows = pl.DataFrame({"row": found}).select(pl.when(pl.col("row") >= 0).then("row")).to_series()
        facts = self._table.select(pl.exclude("v6", "first", "last").gather(rows))
        facts = facts.with_columns(pl.col(pl.String).replace("", None))
        key = "asn" if self._owners else "country"
        facts = facts.join(self._names, on=key, how="left", maintain_order="left")
        return facts.select(
            pl.col(field) if field in facts.columns else pl.lit(None, dtype).alias(field)
            for field, dtype in FOUND.items()
        )

    @cached_property
    def _table(self) -> pl.DataFrame:
        return pl.read_parquet(self._intervals, glob=False)

    @cached_property
    def _edges(self) -> dict[bool, tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], int]]:
        split = self._table.height - int(self._table["v6"].sum())
        first, last = self._table["first"].to_numpy(), self._table["last"].to_numpy()
        return {False: (first[:split], last[:split], 0), True: (first[split:], last[split:], split)}

    @cached_property
    def _names(self) -> pl.DataFrame:
        """What is known by a column of the intervals: an owner by its number, a time zone by its country."""
        if self._owners is None:
            return pl.read_csv(DATA / "country_timezones.csv", glob=False).rename({"code": "country"})
        return pl.read_parquet(self._owners, glob=False)


class MmdbFile:
    """A user's database in MaxMind's file format, whatever its schema.

    It is read in a process beside this one: the library goes wherever a damaged file points, and that may end it. What
    cannot be read in it is not known.

    Raises:
        maxminddb.InvalidDatabaseError: not such a file.
        ValueError: none of its records says anything we know how to read, or its metadata are absurd.
        EndedBeside: the library's process ended over it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.title, self.built, self.fields = _MMDB.ask(_describe, path)

    def look_up(self, addresses: Addresses) -> pl.DataFrame:
        asked = pl.DataFrame({"text": addresses.text, "v6": addresses.v6}).unique("text")
        try:
            known = _MMDB.ask(_found, self._path, asked)
        except Exception:  # as when it was opened: its process's end, a file that is gone, a metadata block that lies
            _log.warning("%s is damaged: addresses were not looked up in it", self._path.name)
            known = pl.DataFrame(schema={"text": pl.String, **FOUND})
        wanted = pl.DataFrame({"text": addresses.text})
        return wanted.join(known, on="text", how="left", maintain_order="left").drop("text")


_MMDB = Mortal()


@keep_few
def _opened(path: Path, _changed: int) -> maxminddb.Reader:
    return maxminddb.open_database(path)


def _reader(path: Path) -> maxminddb.Reader:
    return _opened(path, path.stat().st_mtime_ns)


def _describe(path: Path) -> tuple[str, date, frozenset[str]]:
    """A database's title, the day it was built and what it knows, by its first records."""
    about = _reader(path).metadata()
    built = _built(about.build_epoch)
    records = (record for _network, record in islice(_reader(path), _FIRST))
    known = {field for record in records for field, value in read_record(record).items() if value is not None}
    if not known:
        raise ValueError("its records hold neither place nor owner")
    return f"{about.database_type or path.stem} {built}", built, frozenset(known)


def _built(epoch: object) -> date:
    """The day that a build epoch means.

    Raises:
        ValueError: it means none, or one that is still to come: then nothing says how old the database is.
    """
    latest = datetime.now(UTC) + _CLOCKS_DIFFER
    if not isinstance(epoch, int) or not 0 < epoch <= latest.timestamp():
        raise ValueError(f"its build_epoch {epoch!r} is no time in the past")
    return datetime.fromtimestamp(epoch, UTC).date()


def _found(path: Path, asked: pl.DataFrame) -> pl.DataFrame:
    """`text` of the addresses asked for and the columns of FOUND."""
    reader = _reader(path)
    ipv4_only = reader.metadata().ip_version == 4
    rows = []
    for text, v6 in asked.select("text", "v6").iter_rows():
        try:
            rows.append(read_record(None if v6 and ipv4_only else reader.get(text)))
        except Exception:  # a damaged record says nothing; what the library makes of it has many names
            rows.append(_NOTHING)
    found = pl.DataFrame({field: [row[field] for row in rows] for field in FOUND}, schema=FOUND, strict=False)
    return pl.concat([asked.select("text"), found], how="horizontal")


_OWNER_NAMES = (
    "organization",
    "isp",
    "autonomous_system_organization",
    "as_name",
    "as_organization",
    "name",
    "asn_name",
)
_NOTHING: dict[str, Any] = dict.fromkeys(FOUND)
_KINDS = {
    word: kind
    for kind, words in {
        "isp": "isp residential cellular dialup router",
        "hosting": "hosting data_center content_delivery_network cdn",
        "company": "business corporate government military",
        "education": "college school library education",
        "vpn": "consumer_privacy_network",
    }.items()
    for word in words.split()
}


def read_record(record: object) -> dict[str, Any]:
    """The facts of one record of any known schema, keyed like FOUND."""
    if not isinstance(record, Mapping):
        return _NOTHING
    country = record.get("country")
    nested = isinstance(country, Mapping)
    subdivisions = record.get("subdivisions")
    traits = _mapping(record.get("traits"))
    first = _mapping(subdivisions[0]) if isinstance(subdivisions, list) and subdivisions else {}
    code = (
        (_mapping(country).get("iso_code") or _mapping(record.get("registered_country")).get("iso_code"))
        if nested or "registered_country" in record
        else record.get("country_code") or (country if _is_code(country) else None)
    )
    city = record.get("city")
    return {
        "country": code if _is_code(code) else None,
        "region": _name(first) or _text(record.get("region")) or _text(record.get("state1")),
        "city": _name(_mapping(city)) if isinstance(city, Mapping) else _text(city),
        "timezone": _text(_mapping(record.get("location")).get("time_zone"))
        or _text(record.get("timezone"))
        or _text(record.get("time_zone")),
        "owner": _first(record, traits, *_OWNER_NAMES),
        "asn": _number(_first(record, traits, "autonomous_system_number", "asn", "as_number")),
        "kind": _kind(record, traits),
    }


def _kind(record: Mapping[str, Any], traits: Mapping[str, Any]) -> str | None:
    def says(*names: str) -> bool:
        return any(source.get(name) in (True, "true", 1) for source in (record, traits) for name in names)

    if says(
        "is_anonymous_vpn",
        "is_tor_exit_node",
        "is_public_proxy",
        "is_residential_proxy",
        "vpn",
        "tor",
        "proxy",
        "relay",
    ):
        return "vpn"
    if says("is_hosting_provider", "hosting", "is_hosting"):
        return "hosting"
    stated = _first(record, traits, "user_type", "as_type", "type", "usage_type")
    return _KINDS.get(stated.lower()) if isinstance(stated, str) else None


def _first(record: Mapping[str, Any], traits: Mapping[str, Any], *names: str) -> Any:
    for source in (traits, record):
        for name in names:
            value = source.get(name)
            if value not in (None, ""):
                return value
    return None


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _name(part: Mapping[str, Any]) -> str | None:
    names = _mapping(part.get("names"))
    return _text(names.get("de")) or _text(names.get("en")) or next((_text(n) for n in names.values()), None)


def _text(value: object) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def _is_code(value: object) -> bool:
    return isinstance(value, str) and len(value) == 2 and value.isalpha() and value.isupper()


def _number(value: object) -> int | None:
    digits = str(value).upper().removeprefix("AS") if value is not None else ""
    return int(digits) if digits.isdigit() and int(digits) < 2**32 else None
