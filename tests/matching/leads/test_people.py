"""The edge cases of people.csv, in one small inbox, with the model untouched."""

from __future__ import annotations

import polars as pl
import pytest

from matching.leads.blocking import candidate_pairs
from matching.leads.clustering import cluster
from matching.leads.decision.scoring import score
from matching.leads.model.learning import learn
from matching.leads.records.match_records import prepare
from tests.matching.inboxes import people

PEOPLE = people()
CASES = PEOPLE["case"].unique(maintain_order=True).to_list()
WAIT_FOR_A_PERSON = ("marriage: same mobile and company waits for a person", "father and son of one name")


@pytest.fixture(scope="module")
def result() -> pl.DataFrame:
    records = prepare(PEOPLE)
    pairs = candidate_pairs(records)
    decisions = score(records, pairs, learn(records, pairs))
    return PEOPLE.with_columns(found=cluster(decisions, records.n).clusters["cluster"])


@pytest.fixture(scope="module")
def review() -> set[tuple[int, int]]:
    records = prepare(PEOPLE)
    pairs = candidate_pairs(records)
    decisions = score(records, pairs, learn(records, pairs)).filter(pl.col("outcome") == "review")
    return set(decisions.select("left", "right").iter_rows())


@pytest.mark.parametrize("case", CASES)
def test_case(result: pl.DataFrame, case: str) -> None:
    rows = result.filter(pl.col("case") == case)
    assert rows["found"].rank("dense").to_list() == rows["person"].rank("dense").to_list()


def test_cases_do_not_run_into_each_other(result: pl.DataFrame) -> None:
    assert result.group_by("found").agg(pl.col("case").n_unique())["case"].max() == 1


@pytest.mark.parametrize("case", WAIT_FOR_A_PERSON)
def test_a_contradiction_beside_strong_agreement_waits_for_a_person(review: set[tuple[int, int]], case: str) -> None:
    left, right = PEOPLE.with_row_index("record").filter(pl.col("case") == case)["record"]
    assert (left, right) in review
