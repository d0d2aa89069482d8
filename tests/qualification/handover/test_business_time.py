"""Holidays and the business clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualification.handover.business_time import BusinessClock
from qualification.handover.holidays import easter, read_holidays
from qualification.handover.rules import handover_rules
from qualification.handover.sla import Clocks, bucket_names
from qualification.rule_files import RuleFile, UnsoundRules, rule_file
from tests.qualification.homes import berlin

HOLIDAYS = read_holidays(rule_file("holidays.csv"))
CLOCK = Clocks(handover_rules().sla).of()


@pytest.mark.parametrize(
    ("year", "day"),
    [(1818, "1818-03-22"), (2000, "2000-04-23"), (2011, "2011-04-24"), (2026, "2026-04-05"), (2038, "2038-04-25")],
)
def test_easter(year: int, day: str) -> None:
    assert easter(year) == date.fromisoformat(day)


# By the states' official calendars of 2026 and the years a law changed.
@pytest.mark.parametrize(
    ("region", "count", "some", "none"),
    [
        ("DE", 9, "2026-10-03", "2026-10-31"),
        ("DE-BW", 12, "2026-06-04", "2026-10-31"),
        ("DE-BY", 12, "2026-11-01", "2026-08-15"),
        ("DE-BY-catholic", 13, "2026-08-15", "2026-08-08"),
        ("DE-BY-Augsburg", 14, "2026-08-08", "2026-10-31"),
        ("DE-BE", 10, "2026-03-08", "2026-05-08"),
        ("DE-BB", 12, "2026-10-31", "2026-06-04"),
        ("DE-HB", 10, "2026-10-31", "2026-11-01"),
        ("DE-HH", 10, "2026-10-31", "2026-11-01"),
        ("DE-HE", 10, "2026-06-04", "2026-11-01"),
        ("DE-MV", 11, "2026-03-08", "2026-11-01"),
        ("DE-NI", 10, "2026-10-31", "2026-11-01"),
        ("DE-NW", 11, "2026-11-01", "2026-10-31"),
        ("DE-RP", 11, "2026-11-01", "2026-10-31"),
        ("DE-SL", 12, "2026-08-15", "2026-10-31"),
        ("DE-SN", 11, "2026-11-18", "2026-06-04"),
        ("DE-ST", 11, "2026-01-06", "2026-06-04"),
        ("DE-SH", 10, "2026-10-31", "2026-11-01"),
        ("DE-TH", 11, "2026-09-20", "2026-06-04"),
        ("AT", 13, "2026-10-26", "2026-04-03"),
        ("AT-9", 13, "2026-12-08", "2026-11-15"),
        ("CH", 4, "2026-08-01", "2026-04-06"),
        ("CH-ZH", 9, "2026-05-01", "2026-01-02"),
        ("CH-GE", 9, "2026-09-10", "2026-12-26"),
        ("CH-VD", 9, "2026-09-21", "2026-12-26"),
        ("CH-GL", 11, "2026-04-09", "2026-04-02"),
        ("CH-NE", 8, "2026-03-01", "2026-12-26"),
        ("CH-TI", 15, "2026-06-29", "2026-04-03"),
        ("none", 0, None, "2026-12-25"),
    ],
)
def test_holidays_of_a_region(region: str, count: int, some: str | None, none: str) -> None:
    days = HOLIDAYS.of(region, 2026)
    assert len(days) == count
    assert some is None or date.fromisoformat(some) in days
    assert date.fromisoformat(none) not in days


@pytest.mark.parametrize(
    ("region", "day", "kept"),
    [
        ("DE", "2017-10-31", True),
        ("DE-HH", "2016-10-31", False),
        ("DE-HH", "2018-10-31", True),
        ("DE-BE", "2025-05-08", True),
        ("DE-TH", "2018-09-20", False),
        ("CH-UR", "2027-12-26", True),
        ("CH-UR", "2028-12-26", False),  # a Tuesday
        ("CH-NE", "2023-01-02", True),  # a Monday
    ],
)
def test_holidays_that_are_not_always_kept(region: str, day: str, kept: bool) -> None:
    asked = date.fromisoformat(day)
    assert (asked in HOLIDAYS.of(region, asked.year)) == kept


@pytest.mark.parametrize("day", ["13-01", "02-30", "easter+x", "fun#1/09", "wed<99-99", ""])
def test_a_day_that_cannot_be_read_is_named(day: str) -> None:
    lines = "name,day,only_on,week_later,regions,from_year,to_year\n" + f"Fest,{day},,,DE,,\n"
    with pytest.raises(UnsoundRules, match=r"holidays\.csv: Fest"):
        read_holidays(RuleFile(rule_file("holidays.csv").path, lines))


@pytest.mark.parametrize(
    ("begin", "end", "minutes"),
    [
        ("2026-03-05 10:00", "2026-03-05 10:30", 30),
        ("2026-03-05 07:00", "2026-03-05 08:30", 30),
        ("2026-03-05 17:30", "2026-03-06 08:30", 60),
        ("2026-03-06 17:30", "2026-03-09 08:20", 50),
        ("2026-03-07 10:00", "2026-03-08 10:00", 0),
        ("2026-04-02 17:00", "2026-04-07 09:00", 120),
        ("2025-12-31 17:00", "2026-01-02 09:00", 120),
        ("2026-03-05 10:30", "2026-03-05 10:00", 0),
        ("2026-03-02 00:00", "2026-03-09 00:00", 3000),
    ],
)
def test_minutes_between(begin: str, end: str, minutes: float) -> None:
    assert CLOCK.minutes(berlin(begin), berlin(end)) == minutes


def test_a_day_on_which_the_clock_changes_is_as_long_as_it_is() -> None:
    day = ((time(0), time(0)),)
    always = BusinessClock(
        dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), day), "Europe/Berlin", HOLIDAYS, "none"
    )
    assert always.minutes(berlin("2026-03-29 00:00"), berlin("2026-03-30 00:00")) == 23 * 60
    assert always.minutes(berlin("2026-10-25 00:00"), berlin("2026-10-26 00:00")) == 25 * 60
    assert always.after(berlin("2026-03-28 12:00"), 24 * 60) == berlin("2026-03-28 12:00") + timedelta(days=1)


_MOMENT = st.integers(0, 3 * 366 * 24 * 60).map(
    lambda minutes: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


@given(begin=_MOMENT, minutes=st.integers(0, 20000))
def test_after_so_many_minutes_so_many_have_passed(begin: datetime, minutes: int) -> None:
    end = CLOCK.after(begin, minutes)
    assert end >= begin
    assert CLOCK.minutes(begin, end) == minutes
    assert minutes == 0 or CLOCK.minutes(begin, end - timedelta(seconds=1)) < minutes


@given(moments=st.lists(_MOMENT, min_size=3, max_size=3).map(sorted))
def test_parts_make_the_whole(moments: list[datetime]) -> None:
    first, between, last = moments
    assert CLOCK.minutes(first, between) + CLOCK.minutes(between, last) == pytest.approx(CLOCK.minutes(first, last))


@pytest.mark.parametrize(
    ("bounds", "names"),
    [((60, 120, 1440), ["<1h", "1-2h", "2-24h", ">24h"]), ((5, 60), ["<5min", "5-60min", ">60min"])],
)
def test_names_of_buckets(bounds: tuple[int, ...], names: list[str]) -> None:
    assert bucket_names(bounds) == names
