"""Attribution: cases LM53 to LM58 of lead management, more of their classes, and what must hold for every path."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.qualified import ATTRIBUTION, OPPORTUNITIES, STAGE_HISTORY, TOUCHPOINTS
from qualification.attribution.credits import Attribution, attribution
from qualification.attribution.rules import AttributionRules, attribution_rules
from tests.qualification.homes import LADDER, frame

RULES = attribution_rules()
LEADS = pl.DataFrame({"lead_id": ["l1", "l2", "p1"], "account_id": ["a", "a", None]})


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def touch(name: str, at: str | datetime, **told: Any) -> dict[str, Any]:
    moment = day(at) if isinstance(at, str) else at
    usual = {
        "touchpoint_id": name,
        "lead_id": "l1",
        "account_id": "a",
        "kind": "download",
        "channel": "web",
        "occurred_at": moment,
        "known_at": moment,
        "campaign_id": f"c_{name}",
        "human": "yes",
    }
    return usual | told


def deal(name: str, created: str, closed: str | None = None, **told: Any) -> dict[str, Any]:
    row = {
        "opportunity_id": name,
        "account_id": "a",
        "lead_ids": ["l1"],
        "outcome": "won" if closed else "open",
        "created_at": day(created),
        "closed_at": day(closed) if closed else None,
        "known_at": day(closed or created),
        "amount": Decimal("48000.00") if closed else None,
        "currency": "EUR",
    }
    return row | told


def stage(lead: str, name: str, at: str, number: int = 1) -> dict[str, Any]:
    row = {"lead_id": lead, "model": "marketo", "pass": number, "stage": name, "ladder": LADDER[name]}
    return row | {"entered_at": day(at), "known_at": day(at), "by": "rule"}


def credited(
    touches: list[dict[str, Any]],
    deals: list[dict[str, Any]] | None = None,
    stages: list[dict[str, Any]] | None = None,
    rules: AttributionRules = RULES,
) -> Attribution:
    tables = frame(TOUCHPOINTS, touches), frame(STAGE_HISTORY, stages or []), frame(OPPORTUNITIES, deals or [])
    return attribution(*tables, LEADS, rules=rules, model="marketo")


def of(result: Attribution, conversion: str, model: str) -> dict[str | None, float]:
    rows = result.credits.filter(pl.col("conversion_id") == conversion, pl.col("model") == model)
    return {touch: round(credit, 4) for touch, credit in rows.select("touchpoint_id", "credit").iter_rows()}


def money(result: Attribution, conversion: str, model: str) -> dict[str | None, Decimal]:
    rows = result.credits.filter(pl.col("conversion_id") == conversion, pl.col("model") == model)
    return dict(rows.select("touchpoint_id", "amount").iter_rows())


FOUR = [touch(name, f"2026-03-0{index}") for index, name in enumerate(("t1", "t2", "t3", "t4"), 2)]
MILESTONES = [stage("l1", "lead", "2026-03-04")]


@pytest.mark.parametrize("order", [1, -1])
def test_touches_of_one_moment_share_a_place(order: int) -> None:
    """LM53."""
    both = [touch("t1", "2026-03-02T09:15"), touch("t2", "2026-03-02T09:15")][::order]
    result = credited(both, stages=[stage("l1", "mql", "2026-03-03")])
    assert of(result, "mql:l1:1", "first") == {"t1": 0.5, "t2": 0.5}


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("first", {"t1": 0.5, "t2": 0.5}),
        ("last", {"t3": 1.0}),
        ("linear", {"t1": 0.25, "t2": 0.25, "t3": 0.5}),
        ("u_shape", {"t1": 0.25, "t2": 0.25, "t3": 0.5}),
    ],
)
def test_one_moment_is_one_place_in_every_model(model: str, expected: dict[str | None, float]) -> None:
    touches = [touch("t1", "2026-03-02"), touch("t2", "2026-03-02"), touch("t3", "2026-03-05")]
    assert of(credited(touches, stages=[stage("l1", "mql", "2026-03-06")]), "mql:l1:1", model) == expected


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("first", {"t1": 1.0}),
        ("last", {"t4": 1.0}),
        ("linear", {"t1": 0.25, "t2": 0.25, "t3": 0.25, "t4": 0.25}),
        ("u_shape", {"t1": 0.4, "t2": 0.1, "t3": 0.1, "t4": 0.4}),
        ("w_shape", {"t1": 0.3, "t2": 0.1, "t3": 0.3, "t4": 0.3}),
        ("full_path", {"t1": 0.225, "t2": 0.1, "t3": 0.225, "t4": 0.45}),
    ],
)
def test_four_touches_by_each_model(model: str, expected: dict[str | None, float]) -> None:
    result = credited(FOUR, [deal("o", "2026-03-05", "2026-04-01")], MILESTONES)
    assert of(result, "order:o", model) == expected


def test_money_follows_the_milestones() -> None:
    """LM55."""
    result = credited(FOUR, [deal("o", "2026-03-05", "2026-04-01")], MILESTONES)
    amounts = [str(amount) for _, amount in sorted(money(result, "order:o", "w_shape").items())]
    assert amounts == ["14400.00", "4800.00", "14400.00", "14400.00"]


def test_one_touch_that_is_two_milestones_gets_both_and_an_empty_middle_spreads() -> None:
    """LM56."""
    touches = [touch("t1", "2026-03-02"), touch("t2", "2026-03-05")]
    result = credited(touches, [deal("o", "2026-03-05")], [stage("l1", "lead", "2026-03-02")])
    assert of(result, "opportunity:o", "w_shape") == {"t1": 0.6667, "t2": 0.3333}


@pytest.mark.parametrize(("model", "names"), [("u_shape", 2), ("w_shape", 1), ("full_path", 1), ("time_decay", 2)])
def test_a_path_of_one_touch_gets_all(model: str, names: int) -> None:
    result = credited([touch("t1", "2026-03-02")], [deal("o", "2026-03-05", "2026-04-01")])
    assert of(result, "order:o", model) == {"t1": 1.0}


def test_a_milestone_before_the_first_touch_gives_its_share_to_the_others() -> None:
    touches = [touch("t1", "2026-03-02"), touch("t2", "2026-03-05")]
    result = credited(touches, [deal("o", "2026-03-05")], [stage("l1", "lead", "2026-02-01")])
    assert of(result, "opportunity:o", "w_shape") == {"t1": 0.5, "t2": 0.5}


def test_touches_before_an_earlier_order_are_spent() -> None:
    """LM58."""
    touches = [touch("t1", "2025-12-01"), touch("t2", "2026-05-01")]
    deals = [deal("o1", "2025-12-15", "2026-01-10"), deal("o2", "2026-05-15", "2026-06-01")]
    result = credited(touches, deals)
    for model in ("first", "last", "linear", "time_decay", "u_shape", "w_shape", "full_path"):
        assert (of(result, "order:o1", model), of(result, "order:o2", model)) == ({"t1": 1.0}, {"t2": 1.0})


def test_two_orders_of_one_moment_share_their_touches() -> None:
    deals = [deal("o1", "2026-03-05", "2026-04-01"), deal("o2", "2026-03-05", "2026-04-01")]
    result = credited([touch("t1", "2026-03-02")], deals)
    assert of(result, "order:o1", "last") == of(result, "order:o2", "last") == {"t1": 1.0}


def test_all_people_of_the_account_count_and_nobody_else() -> None:
    touches = [
        touch("t1", "2026-03-02"),
        touch("t2", "2026-03-03", lead_id="l2"),
        touch("t3", "2026-03-04", lead_id=None),  # the company's network
        touch("t4", "2026-03-04", lead_id="p1", account_id=None),
    ]
    result = credited(touches, [deal("o", "2026-03-05", "2026-04-01")])
    assert of(result, "order:o", "linear").keys() == {"t1", "t2", "t3"}


def test_a_person_without_an_account_stands_alone() -> None:
    touches = [touch("t1", "2026-03-02", lead_id="p1", account_id=None), touch("t2", "2026-03-02")]
    result = credited(touches, stages=[stage("p1", "mql", "2026-03-03")])
    assert of(result, "mql:p1:1", "linear") == {"t1": 1.0}


@pytest.mark.parametrize(
    "told",
    [
        {"kind": "email_sent"},
        {"kind": "sales_call"},
        {"human": "no"},
        {"occurred_at": day("2026-04-02")},
        {"occurred_at": day("2025-09-01")},
    ],
    ids=["sent", "sales", "machine", "after the order", "beyond the lookback"],
)
def test_what_earns_nothing_and_an_order_without_touches_is_unattributed(told: dict[str, Any]) -> None:
    result = credited([touch("t1", "2026-03-02") | told], [deal("o", "2026-03-05", "2026-04-01")])
    for model in ("first", "linear", "w_shape"):
        assert of(result, "order:o", model) == {None: 1.0}
        assert money(result, "order:o", model) == {None: Decimal("48000.00")}


@pytest.mark.parametrize(
    ("kinds", "last"),
    [
        (["ad_click", "page_view"], "t1"),
        (["page_view", "page_view"], "t2"),
        (["page_view", "ad_click"], "t2"),
    ],
)
def test_a_direct_visit_counts_only_where_there_is_nothing_else(kinds: list[str], last: str) -> None:
    touches = [
        touch(f"t{index}", f"2026-03-0{index}", kind=kind, campaign_id="c" if kind == "ad_click" else None)
        for index, kind in enumerate(kinds, 1)
    ]
    result = credited(touches, stages=[stage("l1", "mql", "2026-03-06")])
    assert of(result, "mql:l1:1", "last") == {last: 1.0}


@pytest.mark.parametrize("tag", [{"utm_source": "google"}, {"utm_medium": "cpc"}, {"campaign_id": "c"}], ids=str)
def test_a_visit_with_a_tag_is_not_direct(tag: dict[str, Any]) -> None:
    touches = [touch("t1", "2026-03-01"), touch("t2", "2026-03-02", kind="page_view", campaign_id=None) | tag]
    result = credited(touches, stages=[stage("l1", "mql", "2026-03-06")])
    assert of(result, "mql:l1:1", "last") == {"t2": 1.0}


def test_time_decay_halves_every_week() -> None:
    touches = [touch("t1", "2026-03-01"), touch("t2", "2026-03-08")]
    result = credited(touches, stages=[stage("l1", "mql", "2026-03-08")])
    assert of(result, "mql:l1:1", "time_decay") == {"t1": 0.3333, "t2": 0.6667}


def test_who_skips_the_stage_has_reached_it_and_a_second_pass_is_another_conversion() -> None:
    stages = [stage("l1", "sql", "2026-03-03"), stage("l1", "mql", "2026-04-03", number=2)]
    result = credited([touch("t1", "2026-03-02"), touch("t2", "2026-04-02")], stages=stages)
    assert (of(result, "mql:l1:1", "first"), of(result, "mql:l1:2", "first")) == ({"t1": 1.0}, {"t2": 1.0})


def test_the_way_of_a_lead_before_it_was_merged_is_not_counted_again() -> None:
    """LM17."""
    stages = [stage("l1", "sql", "2026-03-03"), stage("l1", "mql", "2026-03-20") | {"merged_from": "old", "pass": 2}]
    result = credited([touch("t1", "2026-03-02")], stages=stages)
    assert result.credits["conversion_id"].unique().to_list() == ["mql:l1:1"]


def test_a_cancelled_order_is_none() -> None:
    result = credited([touch("t1", "2026-03-02")], [deal("o", "2026-03-05", "2026-04-01", outcome="cancelled")])
    assert result.credits.height == 0


# Models that learn from all paths

FEW = RULES._replace(by_channel={name: row._replace(least_conversions=1) for name, row in RULES.by_channel.items()})


def test_too_few_conversions_teach_nothing_and_the_reason_is_given() -> None:
    result = credited([touch("t1", "2026-03-02")], [deal("o", "2026-03-05", "2026-04-01")])
    assert set(result.credits["model"]) & {"markov", "shapley"} == set()
    assert ("order", "markov", "1 of 200 conversions") in result.silent.rows()


def many(converting: list[list[str]], failing: list[list[str]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    touches, deals = [], []
    for number, channels in enumerate(converting + failing):
        for step, channel in enumerate(channels):
            at = day("2026-03-01") + timedelta(days=step)
            told = {"account_id": f"a{number}", "lead_id": None, "channel": channel}
            touches.append(touch(f"t{number}-{step}", at, **told))
        if number < len(converting):
            deals.append(deal(f"o{number}", "2026-03-20", "2026-04-01", account_id=f"a{number}"))
    return touches, deals


def test_markov_credits_by_removal_effect() -> None:
    """Web > mail converts, web alone does not, mail alone does: without web 1 of 3 conversions is left.

    By hand: P = 2/3; without web 1/3, without mail 0. Effects .5 and 1, so web gets a third of its path.
    """
    result = credited(*many([["web", "email"], ["email"]], [["web"]]), rules=FEW)
    assert of(result, "order:o0", "markov") == {"t0-0": 0.3333, "t0-1": 0.6667}
    assert of(result, "order:o1", "markov") == {"t1-0": 1.0}


def test_shapley_credits_by_mean_contribution() -> None:
    """Rates by set: web 0, email 1, both 2/3; values -1/6 + ... by hand: web 0 (not less), email 5/6."""
    result = credited(*many([["web", "email"], ["email"]], [["web"]]), rules=FEW)
    assert of(result, "order:o0", "shapley") == {"t0-1": 1.0}


def test_channels_beyond_the_most_are_one() -> None:
    few = FEW._replace(by_channel={"shapley": FEW.by_channel["shapley"]._replace(most_channels=2)})
    result = credited(*many([["web", "fair"], ["web", "ad"], ["web"]], [["email"]]), rules=few)
    assert set(of(result, "order:o0", "shapley")) <= {"t0-0", "t0-1"}
    assert sum(of(result, "order:o0", "shapley").values()) == pytest.approx(1)


# Every path

_TOUCH = st.tuples(
    st.sampled_from(["a", "b", None]),
    st.sampled_from(["l1", "l2", "p1", None]),
    st.integers(0, 40),
    st.sampled_from(["page_view", "download", "ad_click", "sales_call"]),
    st.sampled_from(["c1", None]),
    st.sampled_from(["web", "email", "ad"]),
)
_DEAL = st.tuples(st.sampled_from(["a", "b", None]), st.integers(0, 20), st.integers(0, 20), st.integers(0, 10**9))


@given(told=st.lists(_TOUCH, max_size=25), sold=st.lists(_DEAL, min_size=1, max_size=5), seed=st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_credits_sum_to_one_and_money_to_the_cent(told: list[Any], sold: list[Any], seed: int) -> None:
    start = day("2026-03-01")
    touches = frame(
        TOUCHPOINTS,
        [
            touch(
                f"t{number}",
                start + timedelta(days=at),
                account_id=account,
                lead_id=lead,
                kind=kind,
                campaign_id=campaign,
                channel=channel,
            )
            for number, (account, lead, at, kind, campaign, channel) in enumerate(told)
        ],
    )
    deals = frame(
        OPPORTUNITIES,
        [
            deal(f"o{number}", "2026-03-01", "2026-03-01", account_id=account)
            | {
                "created_at": start + timedelta(days=created),
                "closed_at": start + timedelta(days=created + took),
                "amount": Decimal(cents) / 100,
            }
            for number, (account, created, took, cents) in enumerate(sold)
        ],
    )
    stages = frame(STAGE_HISTORY, [stage("l1", "lead", "2026-03-03"), stage("l1", "mql", "2026-03-09")])
    result = attribution(touches, stages, deals, LEADS, rules=FEW, model="marketo")

    sums = result.credits.group_by("conversion_id", "conversion", "model").agg(pl.col("credit", "amount").sum())
    assert all(abs(credit - 1) < 1e-9 for credit in sums["credit"])
    orders = sums.filter(pl.col("conversion") == "order").with_columns(
        opportunity_id=pl.col("conversion_id").str.strip_prefix("order:")
    )
    paid = orders.join(deals.select("opportunity_id", paid="amount"), on="opportunity_id")
    assert paid.filter(pl.col("amount") != pl.col("paid")).height == 0
    assert orders["opportunity_id"].n_unique() == len(sold)
    assert result.credits.select(ATTRIBUTION.key).is_unique().all()

    def mixed(table: pl.DataFrame) -> pl.DataFrame:
        return table.sample(fraction=1.0, shuffle=True, seed=seed)

    again = attribution(mixed(touches), mixed(stages), mixed(deals), mixed(LEADS), rules=FEW, model="marketo")
    assert again.credits.equals(result.credits)
    assert again.silent.equals(result.silent)
