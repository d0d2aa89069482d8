"""Business time: how many minutes an office was open between two moments, and when so many have passed.

Belongs here: the clock of one office, from its hours, zone and holidays. Does not belong here: what is measured with it
(`qualification.handover.sla`), which days are holidays (`qualification.handover.holidays`).
Hours are those of the wall clock; minutes are those that really pass, so a day on which the clock changes is counted
as long as it is.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import polars as pl

from qualification.handover.holidays import WEEKDAYS, Holidays

Hours = Mapping[
    str, tuple[tuple[time, time], ...]
]  # weekday to its opening and closing times; 00:00 closes at midnight


class _Opening(NamedTuple):
    begins: datetime
    ends: datetime
    before: float  # minutes open from the clock's first day until `begins`


class BusinessClock:
    """The clock of one office. It is made year by year, as it is asked."""

    def __init__(self, hours: Hours, timezone: str, holidays: Holidays, region: str) -> None:
        self._hours = hours
        self._zone = ZoneInfo(timezone)
        self._holidays = holidays
        self._region = region
        self._years: dict[int, list[_Opening]] = {}

    def minutes(self, begin: datetime, end: datetime) -> float:
        """Minutes open from `begin` to `end`, both UTC; 0 where `end` is not later."""
        if end <= begin:
            return 0.0
        first, last = (moment.astimezone(self._zone).year for moment in (begin, end))
        if first == last:
            return self._passed(last, end) - self._passed(first, begin)
        between = sum(self._whole(year) for year in range(first + 1, last))
        return self._whole(first) - self._passed(first, begin) + between + self._passed(last, end)

    def after(self, begin: datetime, minutes: float) -> datetime:
        """The moment (UTC) at which the office has been open for `minutes` since `begin`.

        Raises:
            OverflowError: the office does not open that long before the year 9999.
        """
        year = begin.astimezone(self._zone).year
        wanted = self._passed(year, begin) + minutes
        while wanted > self._whole(year):
            wanted -= self._whole(year)
            year += 1
        openings = self._of(year)
        # At a closing time the minutes are those of the next opening as well; the earlier of the two counts.
        found = next(opening for opening in openings if opening.before + _length(opening) >= wanted)
        return max(begin, found.begins + timedelta(minutes=wanted - found.before))

    def openings(self, first: datetime, last: datetime) -> pl.DataFrame:
        """The openings around two moments: begins (UTC), length, and the minutes open before it, in order."""
        years = range(first.astimezone(self._zone).year - 1, last.astimezone(self._zone).year + 1)
        rows = [(opening.begins, _length(opening)) for year in years for opening in self._of(year)]
        frame = pl.DataFrame(rows, schema={"begins": pl.Datetime("us", "UTC"), "length": pl.Float64}, orient="row")
        return frame.with_columns(before=pl.col("length").cum_sum() - pl.col("length"))

    def day(self, moment: datetime) -> date:
        """The office's own date."""
        return moment.astimezone(self._zone).date()

    def _passed(self, year: int, moment: datetime) -> float:
        openings = self._of(year)
        at = bisect_right(openings, moment, key=lambda opening: opening.begins) - 1
        if at < 0:
            return 0.0
        return openings[at].before + min(_minutes(openings[at].begins, moment), _length(openings[at]))

    def _whole(self, year: int) -> float:
        openings = self._of(year)
        return openings[-1].before + _length(openings[-1]) if openings else 0.0

    def _of(self, year: int) -> list[_Opening]:
        if year not in self._years:
            closed = self._holidays.of(self._region, year)
            openings, before, day = [], 0.0, date(year, 1, 1)
            while day.year == year:
                for opens, closes in () if day in closed else self._hours.get(WEEKDAYS[day.weekday()], ()):
                    opening = _Opening(self._moment(day, opens), self._end(day, closes), before)
                    openings.append(opening)
                    before += _length(opening)
                day += timedelta(days=1)
            self._years[year] = openings
        return self._years[year]

    def _end(self, day: date, closes: time) -> datetime:
        return self._moment(day if closes != time() else day + timedelta(days=1), closes)

    def _moment(self, day: date, at: time) -> datetime:
        return datetime.combine(day, at, self._zone).astimezone(UTC)


def _minutes(begin: datetime, end: datetime) -> float:
    return (end - begin).total_seconds() / 60


def _length(opening: _Opening) -> float:
    return _minutes(opening.begins, opening.ends)
