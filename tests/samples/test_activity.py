"""What the people of a sample did: equal bytes, truth that holds, and files the night knows."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from samples.activity import CAMPAIGNS, ActivitySummary, write_activity
from samples.generate import write_sample


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ActivitySummary]:
    home = tmp_path_factory.mktemp("sample")
    return home, write_activity(home, write_sample(home, 600, 3).truth, 3)


def files(home: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((home / "inbox" / "activity").rglob("*.csv"))}


def test_equal_arguments_give_equal_bytes(written: tuple[Path, ActivitySummary], tmp_path: Path) -> None:
    home, _ = written
    write_activity(tmp_path, home / "truth.parquet", 3)
    assert files(tmp_path) == files(home)
    write_activity(tmp_path, home / "truth.parquet", 4)
    assert files(tmp_path) != files(home)


def test_the_truth_says_who_ordered_how_likely_it_was_and_what_caused_it(
    written: tuple[Path, ActivitySummary],
) -> None:
    home, summary = written
    truth = pl.read_parquet(summary.truth)
    orders = pl.read_csv(home / "inbox" / "activity" / "erp" / "orders.csv")
    bought = truth.filter("ordered")
    assert summary.orders == bought.height == orders.height > 0
    assert set(orders["email"]) <= set(bought["email"])
    assert set(truth["campaign"]) == set(CAMPAIGNS)
    assert truth["probability"].is_between(0, 1).all()
    assert truth["person_id"].is_unique().all()
    assert truth["acts"].sum() == summary.acts


def test_orders_are_as_frequent_as_the_probabilities_say(tmp_path: Path) -> None:
    write_sample(tmp_path, 6_000, 1)
    truth = pl.read_parquet(write_activity(tmp_path, tmp_path / "truth.parquet", 1).truth)
    expected = truth["probability"].sum()
    assert abs(truth["ordered"].sum() - expected) < 4 * expected**0.5
    eager, others = truth.filter(pl.col("intent") > 0.8), truth.filter(pl.col("intent") < 0.2)
    assert eager["ordered"].mean() > 5 * others["ordered"].mean()
    assert eager["acts"].mean() > 5 * others["acts"].mean()


def test_the_sheet_of_costs_ends_in_totals_as_people_keep_it(written: tuple[Path, ActivitySummary]) -> None:
    last = (written[0] / "inbox" / "activity" / "marketing" / "budget.csv").read_text(encoding="utf-8").splitlines()[-1]
    assert last.startswith("Summe;")
