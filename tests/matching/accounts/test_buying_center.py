"""The buying center of an account: parts played, parts missing, the most senior contact."""

import polars as pl

from contracts.published import BUYING_CENTERS
from enrichment.job.title import classify
from matching.accounts.buying_center import PARTS, buying_centers, coverage

TITLES = ["Leiter Einkauf", "Geschäftsführer", "Assistentin der Geschäftsführung", None, "CEO"]
LEADS = pl.DataFrame(
    {
        "lead_id": ["a", "b", "c", "d", "e"],
        "account_id": ["x", "x", "x", "y", None],
        "job_title": TITLES,
        "department": pl.Series([None] * 5, dtype=pl.String),
        "seniority": classify(pl.Series(TITLES))["seniority"],
    }
)


def test_every_lead_at_an_account_plays_at_least_one_part_even_if_unknown() -> None:
    found = buying_centers(LEADS)
    assert found.schema == pl.Schema(BUYING_CENTERS.schema)
    assert found.select("account_id", "lead_id", "role").rows() == [
        ("x", "a", "buyer"),
        ("x", "a", "decider"),
        ("x", "b", "decider"),
        ("x", "c", "gatekeeper"),
        ("y", "d", "unknown"),
    ]


def test_coverage_counts_the_six_parts() -> None:
    first, second = coverage(buying_centers(LEADS), LEADS).to_dicts()
    assert first["roles_present"] == ["buyer", "decider", "gatekeeper"]
    assert first["roles_missing"] == ["initiator", "user", "influencer"]
    assert first["coverage"] == 0.5
    assert first["contacts"] == 3
    assert first["most_senior_lead_id"] == "b"
    assert second["roles_present"] == [] and second["roles_missing"] == PARTS and second["coverage"] == 0


def test_a_part_played_on_the_side_does_not_fill_a_role() -> None:
    only_buyer = LEADS.filter(pl.col("lead_id") == "a")
    (account,) = coverage(buying_centers(only_buyer), only_buyer).to_dicts()
    assert account["roles_present"] == ["buyer"]


def test_no_leads_no_buying_centers() -> None:
    none = LEADS.clear()
    assert buying_centers(none).is_empty()
    assert coverage(buying_centers(none), none).is_empty()
