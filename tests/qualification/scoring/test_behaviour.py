"""Behaviour: points, decay, caps, ceilings and reasons by cases, and rows that sum to the score whatever happens."""

from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qualification.scoring.people import people
from qualification.scoring.rules import scoring_rules
from qualification.scoring.standing import Standing, standing
from tests.qualification.rows import ZONE, Row, leads, touchpoints, utc

RULES = scoring_rules()
NO_FACTS = pl.DataFrame(schema={"lead_id": pl.String})
NO_CUSTOMERS = pl.DataFrame(schema={"lead_id": pl.String, "customer_since": pl.Datetime("us", "UTC")})


def scored(rows: list[Row], as_of: str, *of: Row) -> Standing:
    return standing(touchpoints(rows), people(leads(*of), NO_FACTS, NO_CUSTOMERS), RULES, utc(as_of), zone=ZONE)


def act(kind: str, at: str, **more: Any) -> Row:
    return {"kind": kind, "at": at, **more}


DAY = "2026-03-02 "
CASES: dict[str, tuple[list[Row], str, float, list[str | None]]] = {
    "one act seen by three systems": ([act("form_fill", DAY + "09:15:00")], DAY + "09:15", 8.00, [None]),
    "the same content of two who are merged": (
        [act("download", DAY + "09:00", content_id="Energie"), act("download", DAY + "09:00", content_id="Energie")],
        DAY + "09:00",
        10.00,
        [None, "once_per_content_id"],
    ),
    "two contents": (
        [act("download", DAY + "09:00", content_id="Energie"), act("download", DAY + "09:00", content_id="Wasser")],
        DAY + "09:00",
        20.00,
        [None, None],
    ),
    "contents nobody names are one": (
        [act("download", DAY + "09:00"), act("download", DAY + "09:00")],
        DAY + "09:00",
        10.00,
        [None, "once_per_content_id"],
    ),
    "a content again when the first is beyond the horizon": (
        [act("fair_talk", "2025-02-01 09:00", campaign_id="hm"), act("fair_talk", DAY + "09:00", campaign_id="hm")],
        DAY + "09:00",
        25.00,
        ["beyond_horizon", None],
    ),
    "two days after it was received": (
        [act("demo_request", "2026-03-04 09:00", known_at=utc(DAY + "09:00"))],
        DAY + "09:00",
        0.00,
        ["event_in_future"],
    ),
    "received before it happened, and asked long after": (
        [act("demo_request", "2026-03-04 09:00", known_at=utc(DAY + "09:00"))],
        "2026-04-02 09:00",
        0.00,
        ["event_in_future"],
    ),
    "a clock a quarter of an hour ahead": (
        [act("form_fill", DAY + "09:15", known_at=utc(DAY + "09:00"))],
        DAY + "09:00",
        8.00,
        [None],
    ),
    "a clock a little more ahead": (
        [act("form_fill", DAY + "09:15:01", known_at=utc(DAY + "09:00"))],
        DAY + "09:00",
        0.00,
        ["event_in_future"],
    ),
    "exactly one half-life": ([act("download", DAY + "09:00")], "2026-04-01 09:00", 5.00, [None]),
    "a second less than one half-life": ([act("download", DAY + "09:00")], "2026-04-01 08:59:59", 5.00, [None]),
    "one half-life across the change of clocks": (
        [act("download", "2026-03-15 23:30")],
        "2026-04-14 23:30",
        5.00,
        [None],
    ),
    "the last moment of the horizon": ([act("unsubscribe", DAY + "09:00")], "2027-03-02 09:00", -15.00, [None]),
    "a day beyond the horizon": ([act("unsubscribe", DAY + "09:00")], "2027-03-03 09:00", 0.00, ["beyond_horizon"]),
    "three price pages on one day of Berlin and one on the next": (
        [act("price_page_view", f"2026-03-02 22:{minute}") for minute in (50, 55, 58)]
        + [act("price_page_view", "2026-03-02 23:10")],
        "2026-03-02 23:10",
        29.99,
        [None, None, "daily_cap", None],
    ),
    "the change of clocks does not shift the business day": (
        [act("chatbot", "2026-03-29 21:59"), act("chatbot", "2026-03-29 22:01")],
        "2026-03-29 22:01",
        10.00,
        [None, None],
    ),
    "newsletter and unsubscription in one minute": (
        [act("newsletter_signup", DAY + "09:00"), act("unsubscribe", DAY + "09:00")],
        DAY + "09:00",
        -10.00,
        [None, None],
    ),
    "an unsubscription before a new double opt-in": (
        [act("unsubscribe", "2026-02-01 09:00"), act("newsletter_signup", "2026-03-01 09:00")],
        "2026-03-01 09:00",
        5.00,
        ["until", None],
    ),
    "the same, asked before the opt-in": (
        [act("unsubscribe", "2026-02-01 09:00"), act("newsletter_signup", "2026-03-01 09:00")],
        "2026-02-28 09:00",
        -15.00,
        [None, "event_in_future"],
    ),
    "a scanner's click and a proxy's opening": (
        [act("email_click", DAY + "06:00:01", human="no"), act("email_open", DAY + "06:00:02", human="no")],
        DAY + "09:00",
        0.00,
        ["machine", "machine"],
    ),
    "a machine uses up no cap": (
        [
            act("email_click", DAY + "06:00", human="no", mailing_id="m"),
            act("email_click", DAY + "09:00", mailing_id="m"),
        ],
        DAY + "09:00",
        3.00,
        ["machine", None],
    ),
    "half of a webinar": ([act("webinar_attended", DAY + "09:00", share=0.5)], DAY + "09:00", 15.00, [None]),
    "less than half of a webinar": (
        [act("webinar_attended", DAY + "09:00", share=0.49)],
        DAY + "09:00",
        0.00,
        ["below_min_share"],
    ),
    "nobody knows how much of a webinar": (
        [act("webinar_attended", DAY + "09:00")],
        DAY + "09:00",
        0.00,
        ["share_unknown"],
    ),
    "interest of a campaign": ([act("form_fill", DAY + "09:00", category="software")], DAY + "09:00", 12.00, [None]),
    "interest after the campaign, by the business day": (
        [act("form_fill", "2026-12-31 23:30", category="Software")],
        "2026-12-31 23:30",
        8.00,
        [None],
    ),
    "interest makes nothing worse": (
        [act("careers_page_view", DAY + "09:00", category="Software")],
        DAY + "09:00",
        -10.00,
        [None],
    ),
    "a group at its ceiling": (
        [act("demo_request", DAY + "09:00"), act("survey_answer", DAY + "09:00")],
        DAY + "09:00",
        40.00,
        [None, None, "group_ceiling"],
    ),
    "all there is": (
        [
            *(act(kind, DAY + "09:00") for kind in ("demo_request", "referral", "email_reply")),
            *(act("fair_talk", DAY + "09:00", campaign_id=campaign) for campaign in "ab"),
            *(act("webinar_attended", DAY + "09:00", share=1.0, content_id=content) for content in "ab"),
        ],
        DAY + "09:00",
        100.00,
        [*[None] * 7, "group_ceiling", "group_ceiling", "range"],
    ),
    "a touchpoint that its own room calls of no account": (
        [act("form_fill", DAY + "09:00", reason="test_record")],
        DAY + "09:00",
        0.00,
        ["test_record"],
    ),
    "nothing at all": ([], DAY + "09:00", 0.00, []),
}


@pytest.mark.parametrize(("rows", "as_of", "behaviour", "reasons"), CASES.values(), ids=CASES.keys())
def test_behaviour(rows: list[Row], as_of: str, behaviour: float, reasons: list[str | None]) -> None:
    found = scored(rows, as_of)
    told = found.explanations.filter(pl.col("part") != "fit")
    assert found.leads["behaviour"].to_list() == [behaviour]
    assert told["reason"].to_list() == reasons
    assert sum(map(_cents, told["contribution"])) == _cents(behaviour)


def test_an_act_counts_in_full_where_three_price_pages_came_at_once() -> None:
    """The three views of 23:50 Berlin and the one of 00:10 together, undecayed: 20.00 of day one, 10.00 of day two."""
    views = [act("price_page_view", f"2026-03-02 22:{minute}") for minute in (50, 55, 58)]
    told = scored([*views, act("price_page_view", "2026-03-02 23:10")], "2026-03-02 23:10").explanations
    counted = told.filter(pl.col("reason").is_null())
    assert (counted["points"].sum(), counted["factor"].min()) == (30.0, pytest.approx(1, abs=1e-3))


def test_who_objected_has_no_behaviour_and_no_rows_of_it() -> None:
    found = scored([act("demo_request", DAY + "09:00")], DAY + "09:00", {"block_reasons": ["opted_out"]})
    row = found.leads.row(0, named=True)
    assert (row["behaviour"], row["behaviour_grade"], row["grade_until"]) == (None, None, None)
    assert (row["qualified"], row["qualified_by"]) == (False, "objected")
    assert found.explanations.filter(pl.col("part") != "fit").is_empty()
    assert found.moves.is_empty()


def test_a_refused_newsletter_is_no_objection_to_profiling() -> None:
    found = scored([act("form_fill", DAY + "09:00")], DAY + "09:00", {"consent_email": "refused"})
    assert found.leads["behaviour"].to_list() == [8.0]


KINDS = [rule.kind for rule in RULES.acts]
ACTS = st.lists(
    st.fixed_dictionaries(
        {
            "kind": st.sampled_from(KINDS),
            "at": st.datetimes(
                min_value=utc("2025-01-01 00:00").replace(tzinfo=None),
                max_value=utc("2026-04-01 00:00").replace(tzinfo=None),
            ).map(str),
            "lead_id": st.sampled_from(["A", "B", "C", None]),
            "account_id": st.sampled_from(["X", None]),
            "content_id": st.sampled_from(["c", "d", None]),
            "category": st.sampled_from(["Software", None]),
            "human": st.sampled_from(["yes", "maybe", "no"]),
            "share": st.sampled_from([0.2, 0.7, None]),
        }
    ),
    max_size=25,
)
THREE: tuple[Row, ...] = (
    {"lead_id": "A", "country": "DE", "seniority": "c_level"},
    {"lead_id": "B", "country": "AT", "buying_role": "decider", "seniority": "trainee"},
    {"lead_id": "C", "block_reasons": ["opted_out"]},
)


def _cents(value: float) -> Decimal:
    return Decimal(str(value))


@settings(max_examples=25, deadline=None)
@given(rows=ACTS)
def test_rows_sum_to_the_score_exactly(rows: list[Row]) -> None:
    found = scored(rows, "2026-03-15 02:00", *THREE)
    own = pl.col("rule") == "model.fit_range"
    for lead in found.leads.iter_rows(named=True):
        told = found.explanations.filter(lead_id=lead["lead_id"])
        fits = told.filter((pl.col("part") == "fit") | own)["contribution"]
        behaves = told.filter((pl.col("part") != "fit") & ~own)["contribution"]
        assert sum(map(_cents, fits)) == _cents(lead["fit"])
        assert sum(map(_cents, behaves)) == _cents(lead["behaviour"] or 0.0)


@settings(max_examples=12, deadline=None)
@given(rows=ACTS, seed=st.integers(0, 99))
def test_the_order_of_rows_does_not_matter(rows: list[Row], seed: int) -> None:
    known = people(leads(*THREE), NO_FACTS, NO_CUSTOMERS)
    sorted_rows = touchpoints(rows)
    shuffled = sorted_rows.sample(fraction=1, shuffle=True, seed=seed)
    one, other = (
        standing(given, known, RULES, utc("2026-03-15 02:00"), zone=ZONE, thresholds=(10,))
        for given in (sorted_rows, shuffled)
    )
    assert all(mine.equals(theirs) for mine, theirs in zip(one, other, strict=True))


@settings(max_examples=12, deadline=None)
@given(rows=ACTS)
def test_the_score_as_carried_forward_is_the_score_as_summed_up(rows: list[Row]) -> None:
    """What moves are told by (step by step) and what is published (one sum) are one number at the last touchpoint."""
    as_of = "2026-04-01 00:00"
    found = standing(
        touchpoints(rows),
        people(leads(*THREE), NO_FACTS, NO_CUSTOMERS),
        RULES,
        utc(as_of),
        zone=ZONE,
        thresholds=(10, 25),
    )
    entered = found.moves.filter(pl.col("signal").str.starts_with("behaviour") & (pl.col("why") == "grade"))
    for move in entered.iter_rows(named=True):
        then = standing(touchpoints(rows), people(leads(*THREE), NO_FACTS, NO_CUSTOMERS), RULES, move["at"], zone=ZONE)
        now = then.leads.filter(lead_id=move["lead_id"])["behaviour"].item()
        assert now == pytest.approx(move["behaviour"], abs=1e-9)
