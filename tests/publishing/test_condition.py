"""Conditions: they choose rows, and can do nothing else."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from publishing.condition import BadCondition, rows_where

FRAME = pl.DataFrame(
    {
        "row": [1, 2, 3, 4],
        "city": ["Graz", "Ulm", None, "O'Brien"],
        "publishable": [True, False, True, True],
        "seen": [datetime(2026, 1, day, 23, 30, tzinfo=UTC) for day in (1, 2, 3, 4)],
        "born": [date(1990, 1, 1), None, None, None],
    }
)


@pytest.mark.parametrize(
    ("condition", "rows"),
    [
        ("city = 'Graz'", [1]),
        ("city <> 'Graz'", [2, 4]),
        ("city is null", [3]),
        ("city = 'O''Brien'", [4]),
        ("publishable and city like '%r%'", [1, 4]),
        ("not publishable or row in (1, 4)", [1, 2, 4]),
        ("seen > '2026-01-03'", [3, 4]),
        ("seen::date = '2026-01-02'", [2]),  # the day in UTC, wherever the machine stands
        ("born between '1980-01-01' and '2000-01-01'", [1]),
        ("LEADS.City = 'Ulm'", [2]),
        ('"row" = 3 -- a remark', [3]),
        ("true", [1, 2, 3, 4]),
        ("false", []),
        ("null", []),
    ],
)
def test_rows_of_which_it_is_true_stay_in_their_order(condition: str, rows: list[int]) -> None:
    found = rows_where("leads", FRAME, condition)
    assert found["row"].to_list() == rows
    assert found.schema == FRAME.schema


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("town = 'Ulm'", "leads has no column town; it has row, city, publishable, seen, born"),
        ('city = "Ulm"', "leads has no column Ulm"),
        ("city =", "The condition cannot be used"),
        ("", "The condition cannot be used"),
        ("count(*) > 1", "The condition cannot be used"),
        ("row = 1, city = 'Ulm'", "The condition cannot be used"),
        ("row = 1) or (true", "The condition cannot be used"),
        ("row = 1; drop table leads", "The condition cannot be used"),
        ("row = 1 order by city", "The condition cannot be used"),
        ("row > 'many'", "The condition cannot be used"),
        ("row in (select row from FRAME)", "The condition cannot be used"),
        ("city in (select content from read_text('{file}'))", "disabled by configuration"),
        ("city in (select a from read_csv('{file}'))", "disabled by configuration"),
        ("city in (select a from '{file}')", "disabled by configuration"),
        ("exists (select * from glob('/*'))", "The condition cannot be used"),
        ("getenv('HOME') is not null", "The condition cannot be used"),
    ],
)
def test_what_is_no_condition_is_refused_in_words(tmp_path: Path, condition: str, said: str) -> None:
    file = tmp_path / "secret.csv"
    file.write_text("a\nGraz\n", encoding="utf-8")
    with pytest.raises(BadCondition) as refused:
        rows_where("leads", FRAME, condition.format(file=file))
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
