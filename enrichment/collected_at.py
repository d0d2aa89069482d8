"""When a lead was collected: every notation of date and time to UTC, and the date of birth to ISO.

Belongs here: reading timestamps with the source's date order and zone, and saying when they are ambiguous.
Does not belong here: choosing between records by date (`matching`). Sources: ISO 8601, RFC 3339, RFC 5322,
the serial dates of spreadsheets, IANA time zones. A local time that occurs twice takes its first
occurrence, one that does not exist is moved on by the clock's jump; both are flagged.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import cache
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import polars as pl

from contracts.raw import DEFAULT_DATE_ORDER, UNKNOWN_DATE_ORDER, date_order_of
from contracts.table import TIMESTAMP, given_or_null
from engine.word_lists import entries
from enrichment.cells.evidence import Entry, repairs
from enrichment.cells.first_true import first_true
from enrichment.cells.long_form import one_per_record
from enrichment.cells.placeholders import is_placeholder
from enrichment.cells.word_lists import rows

DEFAULT_ZONE = "Europe/Berlin"
EARLIEST = datetime(1990, 1, 1)  # before this no lead was collected by machine; zero dates of spreadsheets
TOLERANCE = timedelta(days=1)  # clocks of sources run ahead, and zones differ

_MONTHS = {
    name: int(row["month"])
    for row in rows("months.csv")
    for language in row.keys() - {"month"}
    for name in entries(row[language])
}

_CLOCK = r"(?P<hour>\d{1,2})(?:[:.h](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?)?"
_TIME = rf"(?:[T ,:]*(?:um|at|à)?\s*{_CLOCK}\s*(?:uhr|h)?\s*(?P<half>[ap]\.?\s?m\.?)?)"
_HOURS = {"Z": 0, "UTC": 0, "GMT": 0, "MEZ": 1, "MESZ": 2, "CET": 1, "CEST": 2, "WET": 0, "WEST": 1}
_NAMED_ZONE = rf"{'|'.join(_HOURS)}|[a-z]+/[a-z_]+"
_ZONE = r"Z|UTC|GMT|MEZ|MESZ|CET|CEST|WET|WEST|[a-z]+/[a-z_]+"
_ZONE = rf"\s*(?P<zone>(?:UTC|GMT)?\s?[+-]\d{{2}}(?::?\d{{2}})?|{_NAMED_ZONE})?\s*(?:\([^)]*\)|\[[^\]]*\])?"
_DAY_NAME = r"(?:[^\W\d_]{2,10}\.?,?\s+)?"
_SHAPES = tuple(
    re.compile(rf"^{_DAY_NAME}{shape}(?:{_TIME}{_ZONE})?$", re.I)
    for shape in (
        r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})",
        r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})",
        r"(?P<one>\d{1,2})\s?(?P<mark>[./-])\s?(?P<two>\d{1,2})\s?[./-]\s?(?P<year>\d{4}|\d{2})",
        r"(?P<day>\d{1,2})(?:\.|st|nd|rd|th|er|º)?[\s/-]*(?:de\s+)?(?P<name>[^\W\d_]{3,12})\.?,?[\s/-]*(?:de\s+)?"
        r"(?P<year>\d{4}|'?\d{2})",
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
_SERIAL_ZERO = datetime(1899, 12, 30)
_SERIALS = (10_000.0, 80_000.0)  # 1927 to 2119; smaller numbers are years or counters
_PIVOT = 69  # two-digit years from here on are 19xx (POSIX strptime)

# Notations read by column, the frequent ones first; everything else is read by distinct value.
_COMMON = (
    "%Y-%m-%d %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%Y-%m-%dT%H:%M:%S%z",
    "%Y-%m-%dT%H:%M:%SZ",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%dT%H:%M:%S%.fZ",
    "%d.%m.%Y",
    "%d.%m.%y",
    "%Y%m%dT%H%M%SZ",
    "%d.%m.%Y, %H:%M:%S",
    "%d.%m.%Y %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y-%m-%d",
    "%Y-%m-%dT%H:%M:%S%.f%z",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M",
)
_DIGITS = {
    "%d.%m.": r"[0-9]{1,2}\.[0-9]{1,2}\.",
    "%Y": "[0-9]{4}",
    "%y": "(?:[0-5][0-9]|6[0-8])",
    "%.f": r"\.[0-9]{1,6}",
    "%z": "[+-][01][0-9]:?[0-5][0-9]",
} | dict.fromkeys(["%d", "%m", "%H", "%M", "%S"], "[0-9]{2}")
_MOMENT: dict[str, pl.DataType] = {"local": pl.Datetime("us"), "utc": pl.Datetime("us"), "reason": pl.String()}


def clean_collected_at(records: pl.DataFrame) -> pl.DataFrame:
    """Time columns of contracts.clean for raw records.

    Args:
        records: collected_at, birth_date, received_at, date_order and timezone of contracts.raw;
            missing columns count as empty.

    Returns:
        collected_at and observed_at (UTC), collected_at_reason, birth_date (ISO 8601) and `repairs`, same
        rows in the same order. observed_at is null only where received_at is missing, too.

    Example:
        >>> from datetime import UTC, datetime
        >>> received = [datetime(2025, 5, 1, 6, tzinfo=UTC)] * 3
        >>> written = ["24.03.2025 14:05", "2025-03-24T14:05:00Z", "gestern"]
        >>> records = pl.DataFrame({"collected_at": written, "received_at": received})
        >>> clean_collected_at(records).select("collected_at", "collected_at_reason")
        shape: (3, 2)
        ┌─────────────────────────┬─────────────────────┐
        │ collected_at            ┆ collected_at_reason │
        │ ---                     ┆ ---                 │
        │ datetime[μs, UTC]       ┆ str                 │
        ╞═════════════════════════╪═════════════════════╡
        │ 2025-03-24 13:05:00 UTC ┆ null                │
        │ 2025-03-24 14:05:00 UTC ┆ null                │
        │ null                    ┆ date_unreadable     │
        └─────────────────────────┴─────────────────────┘
    """
    rows = records.select(given_or_null(records, ["collected_at", "birth_date", "date_order", "timezone"]))
    received = pl.lit(records["received_at"]) if "received_at" in records.columns else pl.lit(None)
    frame = rows.with_columns(
        received.cast(TIMESTAMP).alias("received_at"),
        pl.col("timezone").fill_null(DEFAULT_ZONE),
        order_collected=date_order_of("collected_at"),
        order_born=date_order_of("birth_date"),
    )
    moments = in_utc(moments_of(frame["collected_at"], frame["order_collected"]), frame["timezone"])
    frame = pl.concat([frame.rename({"collected_at": "text"}), moments], how="horizontal")
    ahead = pl.col("at") > pl.col("received_at") + TOLERANCE
    early = pl.col("at") < pl.lit(EARLIEST).dt.replace_time_zone("UTC")
    frame = frame.with_columns(
        at=pl.when(~(ahead | early).fill_null(False)).then("at"),
        reason=first_true(((ahead, "date_in_future"), (early, "date_implausible")), pl.col("reason")),
    )
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


def read_date(text: str, order: str = DEFAULT_DATE_ORDER) -> tuple[datetime, timedelta | None] | None:
    """Date and time as written, and the distance from UTC where the text names it; None if unreadable.

    Args:
        text: the cell as received.
        order: dmy, mdy, ymd or unknown, how ambiguous dates are read (contracts.raw.date_orders of one column); a
            date that fits one order only is read by it.
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
    written = (parts["year"] or "").removeprefix("'")
    year = _in_full(int(written)) if len(written) == 2 else int(written or 0)
    if name := parts.get("name"):
        month = _MONTHS.get(name.lower(), 0)
        day = int(parts["day"] or 0)
    elif parts.get("one"):
        one, two = int(parts["one"] or 0), int(parts["two"] or 0)
        with_signs, _, dotted = order.partition(".")
        order = (dotted or DEFAULT_DATE_ORDER) if parts["mark"] == "." else with_signs
        if order == "ymd" and len(written) == 2:
            year, month, day = _in_full(one), two, int(written)
        else:
            month, day = (one, two) if order == "mdy" else (two, one)
            if month > 12 >= day:
                month, day = day, month
            elif order == UNKNOWN_DATE_ORDER and month != day <= 12:
                return None
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


def _in_full(year: int) -> int:
    """A year of two digits."""
    return year + (1900 if year >= _PIVOT else 2000)


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


def moments_of(texts: pl.Series, orders: pl.Series) -> pl.DataFrame:
    """Moments a column names: `local` as written, `utc` where the text names its zone, `reason` where unreadable.

    In the common notations dates with dots have the day first; where others are meant by them, each text is read.
    """
    cells = pl.DataFrame({"text": texts, "order": orders}).with_row_index("row").drop_nulls("text")
    common = in_common_notation(cells.filter(~pl.col("order").str.contains(".", literal=True)))
    odd = cells.join(common, on="row", how="anti")
    pairs = odd.select("text", "order").unique().rows()
    schema = {"text": pl.String(), "order": pl.String()} | _MOMENT
    known = pl.DataFrame([(*pair, *_reading(*pair)) for pair in pairs], schema=schema, orient="row")
    read = [common, odd.join(known, on=["text", "order"], how="left")]
    return one_per_record(pl.concat(part.select("row", *_MOMENT) for part in read), len(texts)).drop("row")


def in_common_notation(cells: pl.DataFrame) -> pl.DataFrame:
    """The cells whose `text` is a moment in a common notation, with its `local`, `utc` and `reason` (null)."""
    found = [cells.clear().with_columns(pl.lit(None, dtype).alias(name) for name, dtype in _MOMENT.items())]
    for form in _COMMON:
        shape, moment = _notation(form)
        hit = cells["text"].str.contains(shape)
        if hit.any():
            found.append(cells.filter(hit).with_columns(moment).drop_nulls("local"))
            cells = cells.filter(~hit)
    return pl.concat(found)


@cache
def _notation(form: str) -> tuple[str, list[pl.Expr]]:
    """The shape of a common notation, and `local`, `utc` and `reason` of a text so written."""
    shape = form
    for directive, digits in _DIGITS.items():
        shape = shape.replace(directive, digits)
    text = pl.col("text")
    local = text.str.head(-5).str.strip_chars_end("+-") if form.endswith("%z") else text
    local = local.str.to_datetime(form.removesuffix("%z"), time_unit="us", strict=False)
    utc = local if form.endswith("Z") else pl.lit(None, _MOMENT["utc"])
    if form.endswith("%z"):
        utc = text.str.to_datetime(form, time_unit="us", strict=False).dt.replace_time_zone(None)
    return f"^{shape}$", [local.alias("local"), utc.alias("utc"), pl.lit(None, pl.String).alias("reason")]


def _reading(text: str, order: str) -> tuple[datetime | None, datetime | None, str | None]:
    """Local time, or UTC where the text names its zone, and why it could not be read."""
    if is_placeholder(text):
        return None, None, None
    read = read_date(text, order)
    if read is None:
        ambiguous = UNKNOWN_DATE_ORDER in order and read_date(text) is not None
        return None, None, "date_ambiguous" if ambiguous else "date_unreadable"
    local, distance = read
    return (local, None, None) if distance is None else (local, local - distance, None)


def in_utc(moments: pl.DataFrame, zones: pl.Series) -> pl.DataFrame:
    """Local times moved to UTC by their row's zone: `at`; `reason` also where the clock was changed just then."""
    stated = moments.select(pl.col("utc").dt.replace_time_zone("UTC").alias("at"), "reason")
    naive = moments.with_columns(zone=zones).with_row_index("row")
    naive = naive.filter(pl.col("utc").is_null() & pl.col("local").is_not_null()).select("row", "local", "zone")
    parts = [stated.clear().with_columns(row=pl.lit(None, pl.UInt32))]
    for local in naive.partition_by("zone"):
        zone = local["zone"][0]
        name = zone if _exists(zone) else DEFAULT_ZONE
        first, last = _zoned(pl.col("local"), name, "earliest"), _zoned(pl.col("local"), name, "latest")
        jumped = pl.when(first.is_null()).then(pl.col("local") - timedelta(hours=1))
        shifted = _zoned(jumped, name, "latest") + timedelta(hours=1)
        moved = local.select(
            pl.coalesce(first, shifted).alias("at"),
            first_true(((first.is_null(), "nonexistent_dst"), (first != last, "ambiguous_dst"))).alias("reason"),
            "row",
        )
        parts.append(moved)
    moved = one_per_record(pl.concat(parts), len(zones))
    return stated.select(pl.coalesce(pl.col(name), moved[name]).alias(name) for name in ("at", "reason"))


def _zoned(local: pl.Expr, zone: str, ambiguous: Literal["earliest", "latest"]) -> pl.Expr:
    return local.dt.replace_time_zone(zone, ambiguous=ambiguous, non_existent="null").dt.convert_time_zone("UTC")


def _exists(zone: str) -> bool:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        return False
    return True


def _births(frame: pl.DataFrame) -> pl.Series:
    """Date of birth in ISO 8601, null where it cannot be one (unreadable, in the future, over 120 years ago)."""
    seen = pl.coalesce("at", "received_at").dt.date().alias("seen")
    rows = frame.with_row_index("row").select("row", "birth_date", "order_born", seen).drop_nulls("birth_date")
    rows = rows.with_columns(moments_of(rows["birth_date"], rows["order_born"])["local"].dt.date().alias("day"))
    day, seen = pl.col("day"), pl.col("seen")
    short_year = ~pl.col("birth_date").str.contains(day.dt.strftime("%Y"), literal=True)
    later = pl.when((day > seen) & short_year).then(day.dt.offset_by("-100y")).otherwise(day)
    age = seen.dt.year() - later.dt.year()
    possible = seen.is_null() | age.is_between(0, 120) & (later <= seen)
    born = rows.select("row", born=pl.when(possible).then(later.dt.strftime("%Y-%m-%d")))
    return one_per_record(born, frame.height)["born"]
