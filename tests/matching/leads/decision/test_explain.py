"""Explanations add up and can be read."""

from __future__ import annotations

import polars as pl
import pytest

from matching.leads.blocking import candidate_pairs
from matching.leads.clustering import cluster
from matching.leads.decision.explain import Waterfall, as_markdown, as_text, explain_cluster, explain_pair
from matching.leads.decision.scoring import score
from matching.leads.model.learning import learn
from matching.leads.records.match_records import prepare
from tests.matching.inboxes import people

PEOPLE = people()


@pytest.fixture(scope="module")
def explained() -> tuple[list[Waterfall], list[Waterfall]]:
    records = prepare(PEOPLE)
    pairs = candidate_pairs(records)
    model = learn(records, pairs)
    decisions = score(records, pairs, model)
    clusters = cluster(decisions, records.n).clusters
    fritz = PEOPLE["given_name"].index_of("Fritz")
    assert fritz is not None
    return explain_cluster(PEOPLE, records, model, decisions=decisions, clusters=clusters, cluster=fritz)


def pair(case: str) -> Waterfall:
    records = prepare(PEOPLE)
    model = learn(records, candidate_pairs(records))
    left, right = PEOPLE.with_row_index("record").filter(pl.col("case") == case)["record"]
    return explain_pair(PEOPLE, records, model, left=left, right=right)


@pytest.mark.parametrize("case", ["web lead and business card", "father and son of one name", "namesakes far apart"])
def test_the_steps_add_up_to_the_total(case: str) -> None:
    found = pair(case)
    assert found.prior + sum(step.bits for step in found.steps) == pytest.approx(found.total, abs=0.05)
    assert found.probability == pytest.approx(1 / (1 + 2**-found.total), abs=0.01)


def test_a_cluster_shows_its_links(explained: tuple[list[Waterfall], list[Waterfall]]) -> None:
    links, _ = explained
    assert [link.outcome for link in links] == ["merged"]
    assert "nickname or part" in as_text(links[0])
    assert "Fritz | Friedrich" in as_text(links[0])


def test_a_near_miss_shows_what_kept_it_apart() -> None:
    found = pair("father and son of one name")
    assert found.outcome == "review"
    assert any(step.field == "birth date" and step.bits < 0 for step in found.steps)


def test_values_are_escaped() -> None:
    frame = pl.DataFrame({"given_name": ["<b>|"] * 2, "family_name": ["A|B", "A|B"]})
    records = prepare(frame)
    found = explain_pair(frame, records, learn(records, candidate_pairs(records)), left=0, right=1)
    assert "`A¦B`" in as_markdown(found)
