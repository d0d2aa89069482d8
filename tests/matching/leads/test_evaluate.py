"""The evaluation kit, on examples small enough to count by hand."""

from __future__ import annotations

import polars as pl
import pytest

from contracts.matched import MATCH_DECISIONS
from matching.leads.blocking import candidate_pairs
from matching.leads.clustering import cluster
from matching.leads.decision.scoring import score
from matching.leads.evaluate import as_markdown, calibration_svg, estimate, evaluate, recall_bound, review_queue
from matching.leads.model.learning import learn
from matching.leads.records.match_records import prepare
from tests.matching.inboxes import drawn

TRUTH = pl.Series([1, 1, 1, 2, 2, 3])
FOUND = pl.Series([0, 0, 9, 3, 3, 3])
DECISIONS = pl.DataFrame(
    [
        (0, 1, 0.99, 9.0, "merged", "same name"),
        (0, 2, 0.4, 1.0, "review", "initial"),
        (3, 5, 0.95, 8.0, "merged", "phone"),
    ],
    schema=MATCH_DECISIONS.schema,
    orient="row",
)


def test_pairs_b_cubed_and_clusters() -> None:
    found = evaluate(FOUND, TRUTH)
    assert (found.pairs.precision, found.pairs.recall) == (2 / 4, 2 / 4)
    assert found.b_cubed.precision == pytest.approx((1 + 1 + 1 + 2 / 3 + 2 / 3 + 1 / 3) / 6)
    assert found.b_cubed.recall == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 1 + 1 + 1) / 6)
    assert (found.true_clusters, found.found_clusters, found.exact_clusters) == (3, 3, 0)


def test_a_perfect_result() -> None:
    found = evaluate(TRUTH, TRUTH)
    assert (found.pairs.f1, found.b_cubed.f1, found.clusters.f1) == (1, 1, 1)
    assert found.errors.height == 0


def test_records_of_unknown_truth_do_not_count() -> None:
    assert evaluate(FOUND, TRUTH.to_frame("t").select(pl.when(pl.col("t") < 3).then("t"))["t"]).records == 5


def test_a_truth_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="6 clustered records, but 2 in the truth"):
        evaluate(FOUND, TRUTH.head(2))


def test_errors_by_kind_with_examples() -> None:
    found = evaluate(FOUND, TRUTH, DECISIONS)
    assert dict(found.errors.iter_rows()) == {
        "false merge: phone": 1,
        "false merge: joined through others": 1,
        "missed: in review, initial": 1,
        "missed: too little in common": 1,
    }
    assert (3, 5) in found.examples.filter(pl.col("kind") == "false merge: phone").select("left", "right").rows()


def test_calibration_compares_what_was_said_with_what_is() -> None:
    table = evaluate(FOUND, TRUTH, DECISIONS).calibration
    assert table["outcome"].to_list() == ["merged", "review"]
    assert table["pairs"].to_list() == [2, 1]
    assert table["true"].to_list() == [0.5, 1.0]
    assert table["predicted"].to_list() == pytest.approx([0.97, 0.4])
    assert calibration_svg(table).count("<circle") == 2


def test_the_bound_is_what_candidates_can_reach_at_best() -> None:
    reachable = pl.DataFrame({"left": [0, 1], "right": [1, 2]}, schema={"left": pl.UInt32, "right": pl.UInt32})
    assert recall_bound(reachable, TRUTH) == 3 / 4


def test_the_review_queue_puts_first_what_a_decision_would_change_most() -> None:
    clusters = pl.DataFrame(
        {"record": [0, 1, 2, 3, 4], "cluster": [0, 0, 0, 3, 4]}, schema={"record": pl.UInt32, "cluster": pl.UInt32}
    )
    grey = pl.DataFrame(
        [
            (0, 3, 0.5, 0.0, "review", "large"),
            (3, 4, 0.5, 0.0, "review", "small"),
            (0, 1, 0.5, 0.0, "review", "settled"),
        ],
        schema=MATCH_DECISIONS.schema,
        orient="row",
    )
    cut = pl.DataFrame(
        schema={k: MATCH_DECISIONS.schema[k] for k in ("left", "right", "probability", "bits", "reason")}
    )
    queue = review_queue(grey, cut, clusters)
    assert queue["reason"].to_list() == ["large", "small"]
    assert queue["joins"].to_list() == [3, 1]


def test_without_truth_the_model_estimates_itself_and_asks_for_labels() -> None:
    leads = drawn(600, seed=12)
    records = prepare(leads)
    pairs = candidate_pairs(records)
    decisions = score(records, pairs, learn(records, pairs))
    guess = estimate(decisions, sample=20)
    real = evaluate(cluster(decisions, records.n).clusters["cluster"], leads["person"], decisions)
    assert guess.precision == pytest.approx(real.pairs.precision, abs=0.03)
    assert 0 < guess.to_label.height <= 20
    assert "| pairs |" in as_markdown(real)
