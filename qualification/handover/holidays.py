"""Holidays: the days on which a region does not work.

Belongs here: reading holidays.csv and its days of a year. Does not belong here: hours
(`qualification.handover.business_time`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import NamedTuple

from qualification.rule_files import RuleFile, UnsoundRules

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_COLUMNS = ("name", "day", "only_on", "week_later", "regions", "from_year", "to_year")
_LEAP = 2000  # a year that has 29 February, to try a day by

Day = Callable[[int], date]


class Holiday(NamedTuple):
    """One row: its day in a year, and where, when and on which weekdays it is kept."""

    day: Day
    only_on: tuple[str, ...]
    week_later: Day | None
    regions: tuple[str, ...]
    from_year: int
    to_year: int

    def of(self, year: int) -> date | None:
        """Its date in a year; None where it is not kept."""
        if not self.from_year <= year <= self.to_year:
            return None
        day = self.day(year)
        if self.week_later and day == self.week_later(year):
            day += timedelta(days=7)
        return day if not self.only_on or WEEKDAYS[day.weekday()] in self.only_on else None


class Holidays(NamedTuple):
    """The holidays of every region in the file."""

    rows: tuple[Holiday, ...]

    @property
    def regions(self) -> set[str]:
        """The regions it knows, and those they lie in: DE-BY-catholic, DE-BY, DE."""
        return {around for row in self.rows for region in row.regions for around in _around(region)}

    def of(self, region: str, year: int) -> set[date]:
        """The days of a year on which `region` does not work; none for the region `none`."""
        around = set(_around(region))
        days = (row.of(year) for row in self.rows if around & set(row.regions))
        return {day for day in days if day}


def read_holidays(file: RuleFile) -> Holidays:
    """The rows of holidays.csv.

    Raises:
        UnsoundRules: a column is missing, or a day, weekday or year cannot be read.
    """
    rows = file.rows()
    if rows and (missing := [name for name in _COLUMNS if name not in rows[0]]):
        raise UnsoundRules(f"{file.path}: the columns {', '.join(missing)} are missing; add them to the first line")
    return Holidays(tuple(_holiday(file, row) for row in rows))


def easter(year: int) -> date:
    """Easter Sunday in the Gregorian calendar (Meeus, Jones and Butcher).

    Example:
        >>> easter(2026)
        datetime.date(2026, 4, 5)
    """
    century, golden = year // 100, year % 19
    skipped = century - century // 4 - (8 * century + 13) // 25
    moon = (skipped + 19 * golden + 15) % 30
    moon -= (moon // 28) * (1 - (29 // (moon + 1)) * ((21 - golden) // 11))
    to_sunday = (year + year // 4 + moon + 2 - century + century // 4) % 7
    days = moon - to_sunday
    month = 3 + (days + 40) // 44
    return date(year, month, days + 28 - 31 * (month // 4))


def _around(region: str) -> list[str]:
    parts = region.split("-")
    return ["-".join(parts[: count + 1]) for count in range(len(parts))]


def _holiday(file: RuleFile, row: dict[str, str]) -> Holiday:
    try:
        only_on = tuple(word for word in row["only_on"].split("|") if word)
        if unknown := set(only_on) - set(WEEKDAYS):
            raise ValueError(f"{', '.join(sorted(unknown))} is no weekday")
        return Holiday(
            _day(row["day"]),
            only_on,
            _day(row["week_later"]) if row["week_later"] else None,
            tuple(region for region in row["regions"].split("|") if region),
            int(row["from_year"] or 1),
            int(row["to_year"] or 9999),
        )
    except ValueError as fault:
        raise UnsoundRules(
            f"{file.path}: {row.get('name') or 'a row'}: {fault}; write MM-DD, easter+N, sun#3/09+1 or wed<11-23"
        ) from None


def _day(text: str) -> Day:
    if text.startswith("easter"):
        days = timedelta(days=int(text.removeprefix("easter")))
        return lambda year: easter(year) + days
    if "#" in text:
        weekday, rest = text.split("#")
        which, rest = rest.split("/")
        month, _, later = rest.partition("+")
        at, nth, of, after = WEEKDAYS.index(weekday), int(which), int(month), int(later or 0)
        return lambda year: _nth(year, of, at, nth) + timedelta(days=after)
    if "<" in text:
        weekday, end = text.split("<")
        at, before = WEEKDAYS.index(weekday), _month_day(end)
        return lambda year: _last_before(date(year, *before), at)
    fixed = _month_day(text)
    return lambda year: date(year, *fixed)


def _month_day(text: str) -> tuple[int, int]:
    month, day = text.split("-")
    tried = date(_LEAP, int(month), int(day))
    return tried.month, tried.day


def _nth(year: int, month: int, weekday: int, nth: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))


def _last_before(end: date, weekday: int) -> date:
    return end - timedelta(days=(end.weekday() - weekday - 1) % 7 + 1)
