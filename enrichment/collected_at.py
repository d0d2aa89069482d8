"""When a lead was collected: every notation of date and time to UTC, and the date of birth to ISO.

Belongs here: reading timestamps with the source's date order and zone, and saying when they are ambiguous.
Does not belong here: choosing between records by date (`matching`). Sources: ISO 8601, RFC 3339, RFC 5322,
the serial dates of spreadsheets, IANA time zones. A local time that occurs twice takes its first
occurrence, one that does not exist is moved on by the clock's jump; both are flagged.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import polars as pl

from contracts.table import TIMESTAMP
from enrichment.cells import one_per_record
from enrichment.evidence import Entry, repairs, rows_with
from enrichment.placeholders import is_placeholder

DEFAULT_ZONE = "Europe/Berlin"
DEFAULT_ORDER = "dmy"
EARLIEST = datetime(1990, 1, 1)  # before this no lead was collected by machine; zero dates of spreadsheets
TOLERANCE = timedelta(days=1)  # clocks of sources run ahead, and zones differ

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan januar january jänner jaenner janvier gennaio",
            "feb februar february feber février fevrier febbraio",
            "mar mrz mär märz maerz march mars marzo",
            "apr april avril aprile avr",
            "mai may maggio mag",
            "jun juni june juin giugno giu",
            "jul juli july juillet luglio lug",
            "aug august août aout agosto ago",
            "sep sept september septembre settembre set",
            "okt oct oktober october octobre ottobre ott",
            "nov november novembre",
            "dez dec dezember december décembre decembre dicembre dic",
        ),
        start=1,
    )
    for name in names.split()
}

_CLOCK = r"(?P<hour>\d{1,2})(?:[:.h](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?)?"
_TIME = rf"(?:[T ,]*(?:um|at|à)?\s*{_CLOCK}\s*(?:uhr|h)?\s*(?P<half>[ap]\.?\s?m\.?)?)"
_NAMED_ZONE = r"Z|UTC|GMT|MEZ|MESZ|CET|CEST|WET|WEST|[a-z]+/[a-z_]+"
_ZONE = rf"\s*(?P<zone>(?:UTC|GMT)?\s?[+-]\d{{2}}(?::?\d{{2}})?|{_NAMED_ZONE})?\s*(?:\([^)]*\)|\[[^\]]*\])?"
_DAY_NAME = r"(?:[^\W\d_]{2,10}\.?,?\s+)?"
_SHAPES = tuple(
    re.compile(rf"^{_DAY_NAME}{shape}(?:{_TIME}{_ZONE})?$", re.I)
    for shape in (
        r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})",
        r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})",
        r"(?P<one>\d{1,2})\s?(?P<mark>[./-])\s?(?P<two>\d{1,2})\s?[./-]\s?(?P<year>\d{4}|\d{2})",
        r"(?P<day>\d{1,2})\.?[\s-]*(?P<name>[^\W\d_]{3,9})\.?,?[\s-]*(?P<year>\d{4}|\d{2})",
        r"(?P<name>[^\W\d_]{3,9})\.?[\s-]*(?P<day>\d{1,2})(?:st|nd|rd|th)?,?[\s-]+(?P<year>\d{4})",
    )
)
_CLASSIC = re.compile(
    r"^[a-z]{3}\s+(?P<name>[a-z]{3})\s+(?P<day>\d{1,2})\s+(?P<hour>\d{1,2}):(?P<minute>\d{2}):(?P<second>\d{2})"
    r"\s*(?P<zone>[A-Z]{3,4})?\s+(?P<year>\d{4})$",
    re.I,
)
_BASIC = re.compile(
    r"^(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})T(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})?"
    rf"(?:[.,](?P<fraction>\d{{1,9}}))?{_ZONE}$",
    re.I,
)
_NUMBER = re.compile(r"^\d+(?:[.,]\d+)?$")
_HOURS = {"Z": 0, "UTC": 0, "GMT": 0, "WET": 0, "MEZ": 1, "CET": 1, "WEST": 1, "MESZ": 2, "CEST": 2}
_SERIAL_ZERO = datetime(1899, 12, 30)
_SERIALS = (10_000.0, 80_000.0)  # 1927 to 2119; smaller numbers are years or counters
_PIVOT = 69  # two-digit years from here on are 19xx (POSIX strptime)

# Shapes read by column, each brought to `2025-01-31 12:00:00`; everything else is read by distinct value.
_TIME_OF_DAY = r"\d{2}:\d{2}(?::\d{2})?"
_ISO = rf"^\d{{4}}-\d{{2}}-\d{{2}}(?:[T ]{_TIME_OF_DAY})?Z?$"
_COMMON = (
    (r"^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?)(?:Z|[+-]\d{2}:?\d{2})$", "$1 $2"),
    (r"^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$", "$1-$2-$3 $4:$5:$6"),
    (rf"^(\d{{1,2}})\.(\d{{1,2}})\.(\d{{4}})(?:,?( {_TIME_OF_DAY}))?$", "$3-$2-$1$4"),
    (r"^(\d{1,2})\.(\d{1,2})\.([0-5]\d|6[0-8])$", "20$3-$2-$1"),
    (rf"^(\d{{4}})/(\d{{2}})/(\d{{2}})( {_TIME_OF_DAY})?$", "$1-$2-$3$4"),
)
_OFFSET = r"([+-])(\d{2}):?(\d{2})$"


def clean_collected_at(records: pl.DataFrame) -> pl.DataFrame:
    """Time columns of contracts.clean for raw records.

    Args:
        records: collected_at, birth_date, received_at, date_order and timezone of contracts.raw;
            missing columns count as empty.

    Returns:
        collected_at and observed_at (UTC), collected_at_reason, birth_date (ISO 8601) and `repairs`, same
        rows in the same order. observed_at is null only where received_at is missing, too.
    """
    rows = rows_with(records, ["collected_at", "birth_date", "date_order", "timezone"])
    received = pl.lit(records["received_at"]) if "received_at" in records.columns else pl.lit(None)
    frame = rows.with_columns(
        received.cast(TIMESTAMP).alias("received_at"),
        pl.col("date_order").fill_null(DEFAULT_ORDER),
        pl.col("timezone").fill_null(DEFAULT_ZONE),
    )
    frame = pl.concat([frame.rename({"collected_at": "text"}), _moments(frame, "collected_at")], how="horizontal")
    ahead = pl.col("at") > pl.col("received_at") + TOLERANCE
    early = pl.col("at") < pl.lit(EARLIEST).dt.replace_time_zone("UTC")
    frame = frame.with_columns(
        pl.when(ahead)
        .then(pl.lit("date_in_future"))
        .when(early)
        .then(pl.lit("date_implausible"))
        .otherwise("reason")
        .alias("reason")
    )
    held = pl.col("reason").is_in(["date_in_future", "date_implausible"])
    frame = frame.with_columns(pl.when(~held.fill_null(False)).then("at").alias("at"))
    frame = frame.with_columns(_births(frame))
    stamp = pl.col("at").dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    unborn = pl.col("birth_date").is_not_null() & pl.col("born").is_null()
    entries = [
        Entry("collected_at", pl.col("reason").is_not_null(), pl.col("text"), stamp, pl.col("reason"), "collected_at"),
        Entry("birth_date", unborn, pl.col("birth_date"), None, "birth_date_unreadable", "birth_date"),
    ]
    return frame.select(
        pl.col("at").alias("collected_at"),
        pl.col("reason").alias("collected_at_reason"),
        pl.coalesce("at", "received_at").alias("observed_at"),
        pl.col("born").alias("birth_date"),
    ).with_columns(repairs(frame, entries))


def is_date(text: str) -> bool:
    """Whether a text is a date, with or without time."""
    return not _NUMBER.match(text) and read_date(text) is not None


def read_date(text: str, order: str = DEFAULT_ORDER) -> tuple[datetime, timedelta | None] | None:
    """Date and time as written, and the distance from UTC where the text names it; None if unreadable.

    Args:
        text: the cell as received.
        order: dmy, mdy or ymd, how ambiguous dates are read; a date that fits one order only is read by it.
    """
    text = " ".join(text.translate({0x202F: " ", 0xA0: " ", 0x2019: "'"}).strip(" '\"=").split())
    if _NUMBER.match(text):
        return _from_number(text)
    for shape in (*_SHAPES, _CLASSIC, _BASIC):
        found = shape.match(text)
        if found and (read := _from_parts(found.groupdict(), order)) is not None:
            return read
    return None


def _from_number(text: str) -> tuple[datetime, timedelta | None] | None:
    """Serial dates of spreadsheets, seconds since 1970, and dates without separators."""
    whole, _, fraction = text.replace(",", ".").partition(".")
    if len(whole) in (8, 12, 14) and whole[:2] in ("19", "20") and not fraction:
        try:
            return datetime.strptime(whole, "%Y%m%d%H%M%S"[: len(whole) - 2]), None
        except ValueError:
            return None
    value = float(f"{whole}.{fraction or 0}")
    if _SERIALS[0] <= value <= _SERIALS[1]:
        return _SERIAL_ZERO + timedelta(seconds=round(value * 86_400)), None
    for digits, scale in ((10, 1), (13, 1_000), (16, 1_000_000)):
        if len(whole) == digits and whole[0] in "123":
            return datetime(1970, 1, 1) + timedelta(seconds=value / scale), timedelta(0)
    return None


def _from_parts(parts: dict[str, str | None], order: str) -> tuple[datetime, timedelta | None] | None:
    year = int(parts["year"] or 0)
    if len(parts["year"] or "") == 2:
        year += 1900 if year >= _PIVOT else 2000
    if name := parts.get("name"):
        month = _MONTHS.get(name.lower(), 0)
        day = int(parts["day"] or 0)
    elif parts.get("one"):
        one, two = int(parts["one"] or 0), int(parts["two"] or 0)
        american = order == "mdy" and parts["mark"] != "."
        month, day = (one, two) if american else (two, one)
        if month > 12 >= day:
            month, day = day, month
    else:
        month, day = int(parts["month"] or 0), int(parts["day"] or 0)
    hour, minute, second = (int(parts.get(name) or 0) for name in ("hour", "minute", "second"))
    if half := parts.get("half"):
        hour = hour % 12 + (12 if half[0] in "pP" else 0)
    fraction = int((parts.get("fraction") or "").ljust(6, "0")[:6])
    try:
        moment = datetime(year, month, day, hour % 24 if hour == 24 else hour, minute, second, fraction)
    except ValueError:
        return None
    moment += timedelta(days=hour == 24)
    return moment, _distance(parts.get("zone"), moment)


def _distance(zone: str | None, moment: datetime) -> timedelta | None:
    """Distance from UTC that a zone in the text means."""
    if not zone:
        return None
    if "/" in zone:
        return ZoneInfo(zone).utcoffset(moment) if _exists(zone) else None
    if (hours := _HOURS.get(zone.upper())) is not None:
        return timedelta(hours=hours)
    sign, digits = (-1 if "-" in zone else 1), re.sub(r"\D", "", zone)
    return sign * timedelta(hours=int(digits[:2]), minutes=int(digits[2:] or 0))


def _moments(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    """The moments a column names: `at` (UTC) and `reason`."""
    text = pl.col(column)
    frame = pl.concat([frame.select(column, "date_order", "timezone"), _common(frame[column])], how="horizontal")
    odd = frame.filter(text.is_not_null() & pl.col("local").is_null()).select(column, "date_order").unique()
    read = [(*pair, *_reading(*pair)) for pair in odd.rows()]
    naive = pl.Datetime("us")
    schema = pl.Schema(
        {column: pl.String(), "date_order": pl.String(), "odd_local": naive, "odd_utc": naive, "reason": pl.String()}
    )
    known = pl.DataFrame(read, schema=schema, orient="row")
    frame = frame.join(known, on=[column, "date_order"], how="left", maintain_order="left").with_columns(
        pl.coalesce("local", "odd_local").alias("local"), pl.coalesce("utc", "odd_utc").alias("utc")
    )
    return _in_utc(frame)


def _common(texts: pl.Series) -> pl.DataFrame:
    """Moments of the common shapes: `local` as written, `utc` where the text says its zone, null for others."""
    rest = pl.DataFrame({"text": texts}).with_row_index("row").drop_nulls()
    hit = rest["text"].str.contains(_ISO)
    written = [
        rest.filter(hit).with_columns(written=pl.col("text").str.strip_suffix("Z").str.replace("T", " ", literal=True))
    ]
    for shape, form in _COMMON:
        rest = rest.filter(~hit)
        hit = rest["text"].str.contains(shape)
        written.append(rest.filter(hit).with_columns(written=pl.col("text").str.replace(shape, form)))
    found = pl.concat(written)
    moment = pl.col("written")
    whole = (
        pl.when(~moment.str.contains(" ", literal=True))
        .then(moment + " 00:00:00")
        .when(moment.str.count_matches(":", literal=True) == 1)
        .then(moment + ":00")
        .otherwise("written")
    )
    found = found.select("row", "text", local=whole).with_columns(
        local=pl.coalesce(
            pl.col("local").str.to_datetime(form, strict=False, time_unit="us")
            for form in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S%.f")
        )
    )
    away = pl.col("text").str.extract_groups(_OFFSET).struct
    minutes = away["2"].cast(pl.Int64) * 60 + away["3"].cast(pl.Int64)
    ahead = pl.duration(minutes=pl.when(away["1"] == "-").then(-minutes).otherwise(minutes))
    zoned = pl.col("text").str.contains(":", literal=True) & away["1"].is_not_null()
    found = found.select(
        "row",
        "local",
        utc=pl.when(pl.col("text").str.ends_with("Z")).then("local").when(zoned).then(pl.col("local") - ahead),
    )
    return one_per_record(found, len(texts)).drop("row")


@lru_cache(maxsize=100_000)
def _reading(text: str, order: str) -> tuple[datetime | None, datetime | None, str | None]:
    """Local time, or UTC where the text names its zone, and why it could not be read."""
    if is_placeholder(text):
        return None, None, None
    read = read_date(text, order)
    if read is None:
        return None, None, "date_unreadable"
    local, distance = read
    return (local, None, None) if distance is None else (local, local - distance, None)


def _in_utc(frame: pl.DataFrame) -> pl.DataFrame:
    """Local times moved to UTC by their row's zone; `reason` where the clock was changed just then."""
    at = pl.col("utc").dt.replace_time_zone("UTC")
    reason = pl.col("reason")
    for zone in frame["timezone"].unique().sort():
        name = zone if _exists(zone) else DEFAULT_ZONE
        here = (pl.col("timezone") == zone) & pl.col("utc").is_null() & pl.col("local").is_not_null()
        first = _zoned(pl.col("local"), name, "earliest")
        shifted = _zoned(pl.col("local") - timedelta(hours=1), name, "latest") + timedelta(hours=1)
        at = pl.when(here).then(pl.coalesce(first, shifted)).otherwise(at)
        reason = (
            pl.when(here & first.is_null())
            .then(pl.lit("nonexistent_dst"))
            .when(here & (first != _zoned(pl.col("local"), name, "latest")))
            .then(pl.lit("ambiguous_dst"))
            .otherwise(reason)
        )
    return frame.select(at.alias("at"), reason.alias("reason"))


def _zoned(local: pl.Expr, zone: str, ambiguous: Literal["earliest", "latest"]) -> pl.Expr:
    return local.dt.replace_time_zone(zone, ambiguous=ambiguous, non_existent="null").dt.convert_time_zone("UTC")


def _exists(zone: str) -> bool:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        return False
    return True


def _births(frame: pl.DataFrame) -> pl.Expr:
    """Date of birth in ISO 8601, null where it cannot be one (unreadable, in the future, over 120 years ago)."""
    pairs = frame.select("birth_date", "date_order").drop_nulls("birth_date").unique().rows()
    read = {text + "\0" + order: _birth(text, order) for text, order in pairs}
    key = pl.col("birth_date") + "\0" + pl.col("date_order")
    born = key.replace_strict(read, default=None, return_dtype=pl.String) if read else pl.lit(None, pl.String)
    day = born.str.to_date("%Y-%m-%d", strict=False)
    seen = pl.coalesce("at", "received_at").dt.date()
    short_year = ~pl.col("birth_date").str.contains(day.dt.strftime("%Y"), literal=True)
    later = pl.when((day > seen) & short_year).then(day.dt.offset_by("-100y")).otherwise(day)
    age = seen.dt.year() - later.dt.year()
    return (
        pl.when(seen.is_null() | age.is_between(0, 120) & (later <= seen))
        .then(later.dt.strftime("%Y-%m-%d"))
        .alias("born")
    )


@lru_cache(maxsize=200_000)
def _birth(text: str, order: str) -> str | None:
    read = read_date(text, order)
    return f"{read[0]:%Y-%m-%d}" if read else None
