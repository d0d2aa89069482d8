"""Candidate pairs: found by several keys, and never a quadratic surprise."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from benchmarks.skewed_leads import skewed_leads
from contracts.matched import CANDIDATE_PAIRS
from matching.leads.blocking import CAP, RULES, blocking_report, candidate_pairs
from matching.leads.records.match_records import prepare
from tests.matching.inboxes import drawn


def test_pairs_are_sorted_unique_and_ordered() -> None:
    pairs = candidate_pairs(prepare(drawn(400, seed=1)))
    assert pairs.schema == CANDIDATE_PAIRS.schema
    assert pairs.equals(pairs.unique(["left", "right"]).sort("left", "right"))
    assert (pairs["left"] < pairs["right"]).all()
    assert (pairs["rules"] > 0).all()


def test_nearly_every_true_pair_is_found() -> None:
    leads = drawn(400, seed=2)
    truth = leads["person"].to_numpy()
    pairs = candidate_pairs(prepare(leads))
    sizes = np.bincount(truth)
    found = (truth[pairs["left"]] == truth[pairs["right"]]).sum()
    assert found / (sizes * (sizes - 1) // 2).sum() > 0.95


def test_one_huge_firm_costs_no_more_than_the_records() -> None:
    n = 3_000
    same = pl.DataFrame(
        {
            "given_name": ["Thomas"] * n,
            "family_name": ["Müller"] * n,
            "email": ["info@konzern.de"] * n,
            "email_kind": ["company"] * n,
            "phone": ["+4971112345"] * n,
            "company_key": ["konzern"] * n,
            "postcode": ["70173"] * n,
        }
    )
    records = prepare(same)
    pairs = candidate_pairs(records)
    assert pairs.height <= len(RULES) * CAP * n
    report = blocking_report(records, pairs)
    assert report["largest_block"].max() == n
    assert report["blocks_over_cap"].sum() > 0


def test_pairs_grow_with_the_records_not_their_square() -> None:
    small, large = (candidate_pairs(prepare(skewed_leads(n, 1)[0])).height for n in (5_000, 20_000))
    assert large < 8 * small


def test_the_report_counts_what_each_rule_brings() -> None:
    records = prepare(drawn(400, seed=3))
    pairs = candidate_pairs(records)
    report = blocking_report(records, pairs)
    assert report["rule"].to_list() == [rule.name for rule in RULES]
    for k, found, alone in report.with_row_index("k").select("k", "pairs", "alone").iter_rows():
        assert found == ((pairs["rules"].to_numpy() >> k) & 1).sum()
        assert alone <= found


def test_no_records_no_pairs() -> None:
    assert candidate_pairs(prepare(pl.DataFrame())).height == 0


@pytest.mark.parametrize(("account", "found"), [("A1", 1), ("A2", 0), (None, 0)])
def test_slips_in_name_and_firm_at_once_meet_where_the_account_is_one(account: str | None, found: int) -> None:
    leads = [
        {"given_name": "Hans", "family_name": "Huber", "company_key": "alpha", "account": "A1"},
        {"given_name": "Hans", "family_name": "Hubner", "company_key": "betawerke", "account": account},
    ]
    assert candidate_pairs(prepare(pl.DataFrame(leads, infer_schema_length=None))).height == found
