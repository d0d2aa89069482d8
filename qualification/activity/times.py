"""Times: what exports write, in UTC.

Belongs here: ISO 8601, seconds to nanoseconds since 1970, days and months in any order, names of months, zones in a
cell, its header or stated for the file. Does not belong here: which zone a source has (its settings,
`sources/activity/shapes.toml`).
The zone in a cell goes before that in the header, and both before that of the file: HubSpot's `(GMT+1)` is one hour in
summer as well. A date alone is the beginning of that day. A time that a change of clocks skips counts as winter time;
one that comes twice is the first.
"""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl

from contracts.table import TIMESTAMP
from engine.word_lists import WordLists
from sources.activity.shapes import ZONE

_LISTS = WordLists(Path(__file__).parent)
_MINUTES = {row["zone"]: int(row["minutes"]) for row in _LISTS.rows("zones.csv")}
_MONTHS = {row["name"]: row["month"] for row in _LISTS.rows("months.csv")}

_ABBREVIATED = "|".join(sorted(_MINUTES, key=len, reverse=True))
_CLOCK = r"\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?(?:\s*[AaPp]\.?[Mm]\.?)?"
_ZONED = rf"^(.*{_CLOCK})\s*\(?((?:UTC|GMT)?[+-]\d{{1,2}}(?::?\d\d)?|{_ABBREVIATED})\)?$"
_OFFSET = r"([+-])\s*(\d{1,2}):?(\d\d)?$"
_NUMBERS = rf"^(\d{{1,4}})([./-])(\d{{1,2}})[./-](\d{{1,4}})(?:,?\s+({_CLOCK}))?$"
_HOURS = r"^(\d{1,2}):(\d\d)(?::(\d\d(?:[.,]\d+)?))?\s*([AaPp])?"
_NAMED = (
    "%B %d, %Y %H:%M:%S",
    "%B %d, %Y %I:%M:%S %p",
    "%B %d, %Y %I:%M %p",
    "%B %d, %Y %H:%M",
    "%d %B %Y %H:%M:%S",
    "%d %B %Y %H:%M",
    "%d %B %Y %I:%M %p",
)
_NAMED_DAYS = ("%B %d, %Y", "%d %B %Y")
_UNITS = {10: 1_000_000, 13: 1_000, 16: 1, 19: None}  # digits of an epoch: how many microseconds one is


def to_utc(texts: pl.Series, header: str = "", zone: str = "UTC", order: str | None = None) -> pl.Series:
    """Times as written, in UTC; null where a text is no time.

    Args:
        texts: the cells.
        header: name of their column, which may state a zone.
        zone: IANA zone of times that state none.
        order: dmy or mdy, of numbers that do not tell; None for day first, month first before am and pm.

    Example:
        >>> to_utc(pl.Series(["2026-07-03 10:00"]), "Last Activity Date (GMT+1)", "Europe/Berlin").to_list()
        [datetime.datetime(2026, 7, 3, 9, 0, tzinfo=zoneinfo.ZoneInfo(key='UTC'))]
        >>> to_utc(pl.Series(["1772442900000000"])).to_list()
        [datetime.datetime(2026, 3, 2, 9, 15, tzinfo=zoneinfo.ZoneInfo(key='UTC'))]
    """
    plain = texts.cast(pl.String).str.strip_chars()
    told = plain.rename("text").to_frame()
    told = told.with_columns(
        base=pl.coalesce(pl.col("text").str.extract(_ZONED, 1), "text").str.replace(r"(\d)[Tt](\d)", "$1 $2"),
        offset=_minutes(pl.col("text").str.extract(_ZONED, 2)),
    )
    in_header = _of_header(header)
    local = _local(told["base"], order)
    told = told.with_columns(local=local, epoch=_epochs(plain))
    offset = pl.coalesce("offset", pl.lit(in_header, pl.Int64))
    by_offset = (pl.col("local") - pl.duration(minutes=offset)).dt.replace_time_zone("UTC")
    named = _zone_of_header(header) or zone
    utc = pl.when(offset.is_not_null()).then(by_offset).otherwise(_in_zone(pl.col("local"), named))
    return told.select(pl.coalesce("epoch", utc).cast(TIMESTAMP).alias(texts.name)).to_series()


def _minutes(zones: pl.Expr) -> pl.Expr:
    """Minutes from UTC of `+01:00`, `GMT+1`, `CET`."""
    sign = pl.when(zones.str.extract(_OFFSET, 1) == "-").then(-1).otherwise(1)
    hours, rest = (zones.str.extract(_OFFSET, group).cast(pl.Int64) for group in (2, 3))
    numbered = sign * (hours * 60 + rest.fill_null(0))
    return pl.coalesce(numbered, zones.replace_strict(_MINUTES, default=None, return_dtype=pl.Int64))


def _of_header(header: str) -> int | None:
    """Minutes from UTC that a header states."""
    stated = ZONE.search(header)
    zone = re.sub(r"\s", "", stated[1]) if stated else None
    return pl.select(_minutes(pl.lit(zone, pl.String))).item() if zone and "/" not in zone else None


def _zone_of_header(header: str) -> str | None:
    stated = ZONE.search(header)
    return stated[1] if stated and "/" in stated[1] else None


def _in_zone(local: pl.Expr, zone: str) -> pl.Expr:
    def settled(at: pl.Expr) -> pl.Expr:
        there = at.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
        return there.dt.convert_time_zone("UTC")

    hour = pl.duration(hours=1)
    return pl.coalesce(settled(local), settled(local - hour) + hour)


def _epochs(texts: pl.Series) -> pl.Expr:
    """Seconds, milliseconds, microseconds or nanoseconds since 1970, by the number of digits."""
    digits = pl.when(texts.str.contains(r"^1\d{9}(?:\d{3}){0,3}$")).then(texts.cast(pl.Int64, strict=False))
    size = pl.lit(texts.str.len_bytes())
    micros = pl.lit(None, pl.Int64)
    for length, unit in _UNITS.items():
        micros = pl.when(size == length).then(digits * unit if unit else digits // 1000).otherwise(micros)
    return micros.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")


def _local(texts: pl.Series, order: str | None) -> pl.Series:
    """What the clock showed."""
    found = _parsed(texts, "%Y-%m-%d %H:%M:%S%.f")
    found = _rest(found, texts, lambda some: _by_numbers(some, order))
    found = _rest(found, texts, lambda some: _parsed(some, "%Y%m%d", days=True))
    return _rest(found, texts, _by_names)


def _rest(found: pl.Series, texts: pl.Series, read: object) -> pl.Series:
    """What another way of reading finds of the texts that none before could read."""
    left = found.is_null() & texts.is_not_null()
    if not left.any():
        return found
    places = left.arg_true()
    return found.scatter(places, read(texts.gather(places))) if callable(read) else found


def _parsed(texts: pl.Series, form: str, *, days: bool = False) -> pl.Series:
    if days:
        return texts.str.to_date(form, strict=False).cast(pl.Datetime("us"))
    return texts.str.to_datetime(form, time_unit="us", strict=False)


def _by_numbers(texts: pl.Series, order: str | None) -> pl.Series:
    """Days, months and years as numbers, in the order that the column itself tells."""
    parts = (
        texts.rename("text")
        .to_frame()
        .select(
            *(
                pl.col("text").str.extract(_NUMBERS, group).alias(name)
                for group, name in enumerate(("a", "sign", "b", "c", "clock"), 1)
            )
        )
    )
    first, second = pl.col("a").cast(pl.Int64, strict=False), pl.col("b").cast(pl.Int64, strict=False)
    noon = pl.col("clock").str.contains(r"(?i)[ap]\.?m")
    year_first = pl.col("a").str.len_bytes() == 4
    slashed = (pl.col("sign") != ".") & ~year_first
    told = parts.select(
        days=(slashed & (first > 12)).any(), months=(slashed & (second > 12)).any(), noon=(slashed & noon).any()
    ).row(0, named=True)
    if told["months"] != told["days"]:
        month_first = bool(told["months"])
    else:
        month_first = order == "mdy" or (order is None and bool(told["noon"]))
    swapped = slashed & month_first
    day = pl.when(year_first).then(pl.col("c")).when(swapped).then(pl.col("b")).otherwise(pl.col("a"))
    month = pl.when(year_first | ~swapped).then(pl.col("b")).otherwise(pl.col("a"))
    year = pl.when(year_first).then(pl.col("a")).otherwise(pl.col("c"))
    year = pl.when(year.str.len_bytes() == 2).then("20" + year).otherwise(year)
    hour, minute, second_, half = (pl.col("clock").str.extract(_HOURS, group) for group in range(1, 5))
    hours = hour.cast(pl.Int64) % pl.when(half.is_null()).then(100).otherwise(12)
    hours = hours + pl.when(half.str.to_lowercase() == "p").then(12).otherwise(0)
    clock = pl.format(
        "{}:{}:{}", hours.fill_null(0), minute.fill_null("00"), second_.str.replace(",", ".").fill_null("00")
    )
    written = pl.format("{}-{}-{} {}", year, month.str.zfill(2), day.str.zfill(2), clock)
    return _parsed(parts.select(written.alias("written"))["written"], "%Y-%m-%d %H:%M:%S%.f")


def _by_names(texts: pl.Series) -> pl.Series:
    """Months by their names, German or English, a day of the week before them."""
    bare = texts.str.replace(r"^\pL{2,10}\.?,\s+", "").str.replace(r"^(\d{1,2})\.\s*(\pL)", "$1 $2")
    bare = bare.str.replace(r"(\pL{3,})\.", "$1").str.replace(r"\s+at\s+", " ").str.replace(r"(\d{4}),\s*", "$1 ")
    for name, month in _MONTHS.items():
        bare = bare.str.replace(rf"\b{name}\b", month)
    found = pl.Series(texts.name, [None] * len(texts), dtype=pl.Datetime("us"))
    for form in _NAMED:
        found = _rest(found, bare, lambda some, form=form: _parsed(some, form))
    for form in _NAMED_DAYS:
        found = _rest(found, bare, lambda some, form=form: _parsed(some, form, days=True))
    return found
