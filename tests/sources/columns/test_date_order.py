"""Date order: a column of numeric dates is read by one order, which all its cells tell; or it is said to be unknown."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.columns.date_order import DateOrders
from tests.sources.building import Home, xlsx

DAYS = st.tuples(st.integers(1, 28), st.integers(1, 12), st.integers(1970, 2025))


def told(dates: Sequence[str | None], births: Sequence[str | None] = ()) -> str:
    cells = {"0": dates, "1": [*births, *[None] * (len(dates) - len(births))]}
    orders = DateOrders({"collected_at": 0, **({"birth_date": 1} if births else {})})
    orders.look_at(pl.DataFrame(cells, schema=dict.fromkeys(cells, pl.String)))
    return orders.text()


@pytest.mark.parametrize(
    ("dates", "order"),
    [
        (["03/04/2025", "03/24/2025"], "mdy"),
        (["03/04/2025", "24/03/2025"], "dmy"),
        (["03/04/2025", "05/06/2025"], "dmy"),
        (["3/24/25 2:15 PM", "3/4/25 2:15 PM"], "mdy"),
        (["03-24-2025", "03-04-2025"], "mdy"),
        (["Mon, 03/24/2025", "Tue 03/04/2025"], "mdy"),
        (["03/24/2025", "24/03/2025", "01/02/2025"], "unknown"),
        (["03/24/2025", *["24/03/2025"] * 19], "dmy"),
        (["24/03/2025", *["03/24/2025"] * 19], "mdy"),
        (["03.24.2025", "03.04.2025"], "mdy.mdy"),
        (["03.24.2025", "24.03.2025", "03/04/2025"], "dmy.unknown"),
        (["24.03.2025", "03/24/2025"], "mdy"),
        (["99-03-24", "25-03-04", "25-12-31"], "ymd"),
        (["2025-03-24", "2025-03-04"], "dmy"),
        (["20250324", "45740", "24. März 2025", "gestern", "99/99/2025", "0711/123456", None], "dmy"),
        ([], "dmy"),
    ],
)
def test_the_cells_of_a_column_tell_its_order(dates: list[str | None], order: str) -> None:
    assert told(dates) == order


@pytest.mark.parametrize(
    ("dates", "births", "order"),
    [
        (["03/24/2025"], ["24/03/1970"], "collected_at=mdy birth_date=dmy"),
        (["03/24/2025"], ["03/04/1970"], "mdy"),
        (["03/24/2025", "24/03/2025"], ["03/04/1970"], "collected_at=unknown birth_date=dmy"),
    ],
    ids=["each-its-own", "one-writer", "not-by-guess"],
)
def test_each_column_has_its_order_and_a_silent_one_that_of_its_table(
    dates: list[str], births: list[str], order: str
) -> None:
    assert told(dates, births) == order


@given(st.lists(DAYS, min_size=1), st.sampled_from("/-"), st.booleans())
def test_dates_of_one_writer_are_never_unknown(days: list[tuple[int, int, int]], sign: str, american: bool) -> None:
    texts = [sign.join(map(str, (month, day, year) if american else (day, month, year))) for day, month, year in days]
    tells = any(day > 12 for day, _, _ in days)
    assert told(texts) == ("mdy" if american and tells else "dmy")


def dated(*dates: str) -> str:
    return "Firma;Datum\n" + "".join(f"Firma {number} GmbH;{date}\n" for number, date in enumerate(dates))


def test_every_record_of_the_file_bears_the_order_and_the_catalogue_says_so(home: Home) -> None:
    home.put("a.csv", dated(*["03/04/2025"] * 5, "03/24/2025"))
    home.put("b.csv", dated("03/04/2025", "24/03/2025 "))
    home.run()
    assert dict(home.records().group_by("file").agg(pl.col("date_order").unique()).iter_rows()) == {
        "offline/messe/a.csv": ["mdy"],
        "offline/messe/b.csv": ["dmy"],
    }
    warnings = dict(home.files().select("file", "warnings").iter_rows())
    assert "mdy" in warnings["offline/messe/a.csv"] and warnings["offline/messe/b.csv"] is None


def test_what_the_settings_state_goes_before_the_cells(home: Home) -> None:
    home.put("a.csv", dated("03/04/2025", "03/24/2025"))
    home.state("messe", 'date_order = "dmy"')
    home.run()
    assert home.records()["date_order"].unique().to_list() == ["dmy"]


def test_each_sheet_has_its_own_order(home: Home) -> None:
    rows = [["Firma", "Datum"], ["X GmbH", "03/04/2025"], ["Y GmbH", "03/24/2025"], ["Y GmbH", "03/24/2025"]]
    home.put(
        "a.xlsx", xlsx({"US": rows, "DE": [["Firma", "Datum"], ["X GmbH", "24/03/2025"], ["Z GmbH", "03/04/2025"]]})
    )
    home.run()
    found = home.records().select("sheet", "date_order").unique().sort("sheet").rows()
    assert found == [("DE", "dmy"), ("US", "mdy")]
