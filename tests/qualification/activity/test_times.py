from datetime import datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualification.activity.times import to_utc
from tests.qualification.building import at


@pytest.mark.parametrize(
    ("text", "header", "zone", "expected"),
    [
        ("2026-07-03 10:00", "Last Activity Date (GMT+1)", "Europe/Berlin", "2026-07-03T09:00:00"),
        ("2026-07-03 10:00", "Last Activity Date (GMT-5)", "Europe/Berlin", "2026-07-03T15:00:00"),
        ("2026-07-03 10:00", "Created [UTC]", "Europe/Berlin", "2026-07-03T10:00:00"),
        ("2026-07-03 10:00", "Start (CET)", "Europe/Berlin", "2026-07-03T09:00:00"),
        ("2026-07-03 10:00", "Start (Europe/London)", "Europe/Berlin", "2026-07-03T09:00:00"),
        ("2026-07-03 10:00", "Last Activity Date", "Europe/Berlin", "2026-07-03T08:00:00"),
        ("2026-07-03 10:00", "Time in Session (minutes)", "Europe/Berlin", "2026-07-03T08:00:00"),
        ("2026-07-03T10:00:00Z", "Created (GMT+1)", "Europe/Berlin", "2026-07-03T10:00:00"),
        ("1772442900000000", "", "UTC", "2026-03-02T09:15:00"),
        ("1772442900000", "", "UTC", "2026-03-02T09:15:00"),
        ("1772442900", "", "Europe/Berlin", "2026-03-02T09:15:00"),
        ("2026-03-02T09:15:04Z", "", "Europe/Berlin", "2026-03-02T09:15:04"),
        ("2026-03-02T09:15:04+0000", "", "Europe/Berlin", "2026-03-02T09:15:04"),
        ("2026-03-02T10:15:04.250+01:00", "", "UTC", "2026-03-02T09:15:04.250"),
        ("2020-10-13 16:34:36.000000 UTC", "", "Europe/Berlin", "2020-10-13T16:34:36"),
        ("Mar 28, 2020 08:07:27", "", "Europe/Berlin", "2020-03-28T07:07:27"),
        ("03/10/2026 06:01 PM", "", "Europe/Berlin", "2026-03-10T17:01:00"),
        ("03/10/2026 12:05 AM", "", "UTC", "2026-03-10T00:05:00"),
        ("3/10/26, 6:01:02 PM", "", "UTC", "2026-03-10T18:01:02"),
        ("02.03.2026 10:15", "", "Europe/Berlin", "2026-03-02T09:15:00"),
        ("2. März 2026 10:15", "", "UTC", "2026-03-02T10:15:00"),
        ("Mon, 02 Mar 2026 09:15:04 GMT", "", "Europe/Berlin", "2026-03-02T09:15:04"),
        ("20260302", "", "UTC", "2026-03-02T00:00:00"),
        ("2026-03-02", "", "Europe/Berlin", "2026-03-01T23:00:00"),
        ("2026-03-29 02:30", "", "Europe/Berlin", "2026-03-29T01:30:00"),
        ("2026-10-25 02:30", "", "Europe/Berlin", "2026-10-25T00:30:00"),
    ],
)
def test_a_time_is_read_in_the_zone_it_states_else_its_header_else_its_file(
    text: str, header: str, zone: str, expected: str
) -> None:
    assert to_utc(pl.Series([text]), header, zone).to_list() == [at(expected)]


@pytest.mark.parametrize("text", ["--", "", "soon", "2026-02-30 10:00", "12:00", "99/99/2026 10:00"])
def test_what_is_no_time_is_none(text: str) -> None:
    assert to_utc(pl.Series([text])).to_list() == [None]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["03/10/2026 06:01", "28/10/2026 06:01"], "2026-10-03T06:01:00"),
        (["03/10/2026 06:01", "10/28/2026 06:01"], "2026-03-10T06:01:00"),
        (["03/10/2026 06:01"], "2026-10-03T06:01:00"),
    ],
    ids=["another cell has the day first", "another cell has the month first", "nothing tells"],
)
def test_days_and_months_are_told_apart_by_the_column(cells: list[str], expected: str) -> None:
    assert to_utc(pl.Series(cells))[0] == at(expected)


@given(st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1)).map(lambda it: it.replace(microsecond=0)))
def test_each_notation_of_a_moment_is_the_same_moment(moment: datetime) -> None:
    forms = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%d.%m.%Y %H:%M:%S", "%b %d, %Y %I:%M:%S %p")
    cells = [moment.strftime(form) for form in forms]
    assert set(to_utc(pl.Series(cells)).to_list()) == {moment.replace(tzinfo=at("2026-01-01").tzinfo)}
