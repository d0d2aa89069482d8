"""From pairs to persons: no blind transitivity, people's decisions obeyed, one answer whatever the order."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.matched import MATCH_DECISIONS
from matching.leads.clustering import BY_HAND, CONFLICT, LARGE, SINGLE, cluster

Link = tuple[int, int, float, str]


def decisions(*links: Link) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {"left": a, "right": b, "probability": p, "bits": p, "outcome": outcome, "reason": f"{a}-{b}"}
            for a, b, p, outcome in links
        ],
        schema=MATCH_DECISIONS.schema,
    )


def pairs(*links: tuple[int, int]) -> pl.DataFrame:
    return pl.DataFrame(links, schema={"left": pl.UInt32, "right": pl.UInt32}, orient="row")


def labels(found: pl.DataFrame) -> list[int]:
    return found["cluster"].to_list()


def test_links_join_and_the_smallest_record_names_the_cluster() -> None:
    found = cluster(decisions((1, 3, 0.99, "merged"), (3, 4, 0.95, "merged")), 5)
    assert labels(found.clusters) == [0, 1, 2, 1, 1]
    assert found.clusters["match_reason"].to_list() == [SINGLE, "1-3", SINGLE, "1-3", "3-4"]
    assert found.clusters["match_probability"].to_list() == pytest.approx([1.0, 0.99, 1.0, 0.99, 0.95])


def test_pairs_in_review_do_not_join() -> None:
    assert labels(cluster(decisions((0, 1, 0.6, "review")), 2).clusters) == [0, 1]


def test_a_chain_with_a_contradiction_is_cut_at_its_weakest_link() -> None:
    found = cluster(decisions((0, 1, 0.99, "merged"), (1, 2, 0.93, "merged"), (0, 2, 0.01, "apart")), 3)
    assert labels(found.clusters) == [0, 0, 2]
    assert found.cut.select("left", "right").rows() == [(1, 2)]
    assert found.alarms["alarm"].to_list() == ["a chain with a contradiction was cut at its weakest link"]


@pytest.mark.parametrize(("link", "expected"), [(0.95, [0, 0, 2]), (0.9999, [0, 0, 0])])
def test_only_a_sure_link_bridges_a_conflict(link: float, expected: list[int]) -> None:
    told = decisions((0, 1, 0.9999, "merged"), (1, 2, link, "merged"), (0, 2, 0.3, "apart"))
    told = told.with_columns(
        reason=pl.when(pl.col("outcome") == "apart").then(pl.lit(CONFLICT + ": other e-mail")).otherwise("reason")
    )
    assert labels(cluster(told, 3).clusters) == expected


def test_a_cluster_too_large_for_one_person_raises_an_alarm() -> None:
    found = cluster(decisions(*[(k, k + 1, 0.99, "merged") for k in range(LARGE)]), LARGE + 1)
    assert found.alarms.select("cluster", "records").rows() == [(0, LARGE + 1)]


def test_a_person_may_link_what_the_machine_keeps_apart() -> None:
    found = cluster(decisions((0, 1, 0.01, "apart")), 2, must_link=pairs((0, 1)))
    assert labels(found.clusters) == [0, 0]
    assert found.clusters["match_reason"].to_list() == [BY_HAND, BY_HAND]


def test_a_person_may_part_what_the_machine_joins() -> None:
    found = cluster(decisions((0, 1, 0.99, "merged"), (1, 2, 0.98, "merged")), 3, cannot_link=pairs((0, 2)))
    assert labels(found.clusters) == [0, 0, 2]


def test_decisions_of_people_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match="declared different"):
        cluster(decisions(), 3, must_link=pairs((0, 1), (1, 2)), cannot_link=pairs((0, 2)))


def test_no_records() -> None:
    assert cluster(decisions(), 0).clusters.height == 0


N = 8
ENDS = st.tuples(st.integers(0, N - 1), st.integers(0, N - 1)).filter(lambda ends: ends[0] < ends[1])
LINKS = st.dictionaries(
    ENDS, st.tuples(st.sampled_from([0.91, 0.95, 0.99]), st.sampled_from(["merged", "apart", "review"])), max_size=14
)


@settings(max_examples=60)
@given(LINKS, st.randoms(use_true_random=False))
def test_nothing_is_lost_no_contradiction_is_inside_and_order_is_nothing(
    links: dict[tuple[int, int], tuple[float, str]], shuffle: object
) -> None:
    rows: list[Link] = [(a, b, p, outcome) for (a, b), (p, outcome) in links.items()]
    found = cluster(decisions(*rows), N)
    shuffle.shuffle(rows)  # type: ignore[attr-defined]
    assert cluster(decisions(*rows), N).clusters.equals(found.clusters)
    label = labels(found.clusters)
    assert len(label) == N
    assert all(label[record] == min(k for k in range(N) if label[k] == label[record]) for record in range(N))
    cut = set(found.cut.select("left", "right").iter_rows())
    for a, b, _, outcome in rows:
        if outcome == "apart":
            assert label[a] != label[b]
        if outcome == "merged":
            assert label[a] == label[b] or (a, b) in cut
