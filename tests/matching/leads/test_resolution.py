"""From scored pairs to persons with ids: people's decisions count, and what cannot be obeyed is said."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest

from contracts.matched import LEAD_CLUSTERS, LEAD_REVIEW, MATCH_DECISIONS, RETIRED
from matching.decisions.log import Decision
from matching.leads.resolution import ResolvedLeads, resolve_leads
from tests.matching.decisions.said import active

AT = datetime(2026, 3, 1, tzinfo=UTC)
KEYS = pl.DataFrame({"source": "web", "source_record_id": ["a", "b", "c"]}).select(
    pl.int_range(3, dtype=pl.UInt32).alias("record"), pl.lit(AT).alias("observed_at"), "source", "source_record_id"
)


def resolve(*overrides: tuple[str, str, str], outcome: str = "merged") -> ResolvedLeads:
    said = active(*(Decision("lead", it, (f"web/{left}",), (f"web/{right}",)) for it, left, right in overrides))
    decision = {"left": 0, "right": 1, "probability": 0.9, "bits": 3.0, "outcome": outcome, "reason": "same e-mail"}
    return resolve_leads(
        pl.DataFrame([decision], schema=MATCH_DECISIONS.schema),
        KEYS,
        said,
        previous=pl.DataFrame(schema=dict.fromkeys(("source", "source_record_id", "id"), pl.String)),
        retired=RETIRED.empty(),
        at=AT,
    )


def test_records_of_one_person_share_an_id() -> None:
    found = resolve()
    assert found.clusters.schema == pl.Schema(LEAD_CLUSTERS.schema)
    first, second, third = found.clusters["lead_id"]
    assert first == second != third
    assert (found.review.height, found.redirects.height) == (0, 0)


def test_a_doubtful_pair_waits_for_a_person_and_a_person_decides() -> None:
    waiting = resolve(outcome="review")
    assert waiting.review.schema == pl.Schema(LEAD_REVIEW.schema)
    assert waiting.review.rows() == [(0, 1, pytest.approx(0.9), "same e-mail", 1, 0.2)]
    assert waiting.clusters["lead_id"].n_unique() == 3
    assert resolve(("must_link", "a", "b"), outcome="review").clusters["lead_id"].n_unique() == 2
    assert resolve(("cannot_link", "a", "b")).clusters["lead_id"].n_unique() == 3


def test_a_lead_is_taken_apart_and_nobody_is_asked_about_it_again() -> None:
    assert resolve(("unmerge", "a", "b")).clusters["lead_id"].n_unique() == 3
    for outcome in ("merged", "review"):
        assert resolve(("cannot_link", "b", "a"), outcome=outcome).review.is_empty()
    assert resolve(("cannot_link", "b", "c"), outcome="review").review.height == 1


def test_decisions_on_records_that_were_not_read_do_nothing() -> None:
    assert resolve(("must_link", "a", "nobody"), ("must_link", "b", "b")).clusters.equals(resolve().clusters)
