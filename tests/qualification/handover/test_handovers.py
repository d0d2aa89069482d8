"""Hand-overs: cases LM34 to LM44 of lead management, more of their classes, and what must hold in every world."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qualification.handover.handovers import Tables, handovers
from qualification.handover.rules import HandoverRules, handover_rules
from qualification.handover.signals import handover_signals
from tests.qualification.homes import World, berlin, minutes

NIGHT = berlin("2026-03-02 09:00")
RULES = handover_rules()


def world() -> World:
    return World(RULES)


def one(at: datetime = NIGHT, **told: Any) -> dict[str, Any]:
    return world().lead("l1", at, **told).run(at)["l1"]


# What keeps a lead from sales

REFUSED_MAIL = {"consent_email": "refused", "may_email": False}


@pytest.mark.parametrize(
    ("told", "status", "code"),
    [
        pytest.param({}, "handed_over", None, id="nothing speaks against it"),
        pytest.param(REFUSED_MAIL, "held", "call_not_presumed", id="LM34 no presumed interest"),
        pytest.param(REFUSED_MAIL | {"sources": ["demo_request"]}, "handed_over", None, id="LM34 source presumes"),
        pytest.param(REFUSED_MAIL | {"consent_phone": "granted"}, "handed_over", None, id="LM34 consented to calls"),
        pytest.param(REFUSED_MAIL | {"demo": True}, "handed_over", None, id="LM34 asked to be called"),
        pytest.param(
            REFUSED_MAIL | {"consent_phone": "unclear"}, "held", "call_not_presumed", id="LM34 unclear is none"
        ),
        pytest.param(
            REFUSED_MAIL | {"phone_status": "invalid"}, "held", "no_channel_allowed", id="no phone that works"
        ),
        pytest.param(REFUSED_MAIL | {"consent_phone": "refused"}, "held", "no_channel_allowed", id="both refused"),
        pytest.param(
            {"publishable": False, "block_reasons": ["student"]}, "held", "not_publishable", id="LM35 student"
        ),
        pytest.param(
            {"publishable": False, "block_reasons": ["student"], "demo": True},
            "held",
            "not_publishable",
            id="LM35 demo",
        ),
        pytest.param({"publishable": False, "block_reasons": ["opted_out"]}, "held", "opted_out", id="objection"),
        pytest.param({"country": "FR"}, "held", "outside_territory", id="country not served"),
        pytest.param({"country": None}, "queued", "no_rule", id="LM40 nothing is known: not held, not dropped"),
        pytest.param({"country": None, "employees": None, "postcode": None}, "queued", "no_rule", id="LM40"),
    ],
)
def test_what_keeps_a_lead_from_sales(told: dict[str, Any], status: str, code: str | None) -> None:
    row = one(**told)
    assert (row["status"], row["hold_code"]) == (status, code)


@pytest.mark.parametrize(
    ("told", "channel"),
    [
        pytest.param({}, "email", id="mail first where a call is only presumed"),
        pytest.param({"demo": True}, "phone_presumed", id="who asks is called"),
        pytest.param({"consent_phone": "confirmed"}, "phone", id="consented call"),
        pytest.param(REFUSED_MAIL | {"sources": ["demo_request"]}, "phone_presumed", id="LM34"),
        pytest.param({"email": None}, "phone_presumed", id="no address"),
        pytest.param({"may_call": False}, "email", id="the law forbids the call"),
        pytest.param(
            {"phone": None, "mobile": "+491701234567", "mobile_status": "possible", "email": None},
            "phone_presumed",
            id="mobile",
        ),
    ],
)
def test_how_sales_may_reach_the_person(told: dict[str, Any], channel: str) -> None:
    assert one(**told)["channel"] == channel


@pytest.mark.parametrize(("value", "status"), [(9999.99, "held"), (10000.0, "handed_over"), (None, "handed_over")])
def test_a_small_deal_stays_with_marketing(value: float | None, status: str) -> None:
    home = world().lead("l1", NIGHT, expected_value=value)
    home.extra = {"expected_value": None}
    assert home.run(NIGHT)["l1"]["status"] == status


def test_a_small_deal_that_asks_is_handed_over() -> None:
    home = world().lead("l1", NIGHT, expected_value=500.0, demo=True)
    home.extra = {"expected_value": None}
    assert home.run(NIGHT)["l1"]["status"] == "handed_over"


def test_a_lead_sales_works_on_already_is_not_handed_over() -> None:
    home = world().lead("l1", NIGHT).stage("l1", "sql", NIGHT, by="crm")
    row = home.run(NIGHT + minutes(60))["l1"]
    assert (row["status"], row["hold_code"]) == ("held", "with_sales")


CUSTOMER = {"publishable": False, "block_reasons": ["existing_customer"]}


def deal(account: str, owner: str | None, outcome: str = "won", at: datetime = NIGHT) -> dict[str, Any]:
    row = {"opportunity_id": f"{account}-{outcome}-{at.isoformat()}", "account_id": account, "lead_ids": []}
    return row | {"outcome": outcome, "owner": owner, "created_at": at, "known_at": at}


@pytest.mark.parametrize(
    ("owner", "outcome", "given", "said"),
    [
        pytest.param("petra.vogt", "won", "petra.vogt", "existing_customer: account_owner", id="customer"),
        pytest.param("petra.vogt", "open", "petra.vogt", "existing_customer: account_owner", id="customer, open deal"),
        pytest.param("gone.person", "won", "any", "owner_not_in_people", id="owner nobody knows"),
        pytest.param(None, "won", "any", "owner_unknown", id="no owner"),
    ],
)
def test_a_customer_goes_to_the_owner_or_on(owner: str | None, outcome: str, given: str, said: str) -> None:
    home = world().lead("l1", NIGHT, **CUSTOMER)
    home.opportunities.append(deal("a_l1", owner, outcome))
    row = home.run(NIGHT)["l1"]
    assert row["status"] == "handed_over"
    assert row["owner"] in ({"petra.vogt", "jan.huber"} if given == "any" else {given})
    assert said in row["rule"]


def test_an_open_opportunity_goes_to_its_owner() -> None:
    home = world().lead("l1", NIGHT)
    home.opportunities.append(deal("a_l1", "lea.frei", "open"))
    row = home.run(NIGHT)["l1"]
    assert (row["owner"], row["team"]) == ("lea.frei", "switzerland")


@pytest.mark.parametrize("said", ["Lea.Frei", "lea.frei@firma.ch", " LEA FREI ", "0057"])
def test_an_owner_is_known_by_what_the_crm_calls_them(said: str) -> None:
    names = frozenset({"lea.frei", "lea.frei@firma.ch", "lea frei", "0057"})
    lea = RULES.people["lea.frei"]._replace(names=names)
    home = World(RULES._replace(people=RULES.people | {"lea.frei": lea})).lead("l1", NIGHT)
    home.opportunities.append(deal("a_l1", said, "open"))
    assert home.run(NIGHT)["l1"]["owner"] == "lea.frei"


def test_an_owner_who_is_absent_does_not_keep_the_lead_waiting() -> None:
    home = world().lead("l1", berlin("2026-03-10 09:00"), **CUSTOMER)
    home.opportunities.append(deal("a_l1", "petra.vogt"))
    row = home.run(berlin("2026-03-10 09:00"))["l1"]
    assert row["owner"] == "jan.huber"
    assert "owner_absent" in row["rule"]


# Routing


@pytest.mark.parametrize(
    ("told", "team"),
    [
        ({"postcode": "70000"}, "mid_southwest"),
        ({"postcode": "79999"}, "mid_southwest"),
        ({"postcode": "80000"}, "unassigned"),  # mid_bavaria and mid_any have nobody yet
        ({"country": "CH", "postcode": "8001"}, "switzerland"),
        ({"country": "CH", "postcode": "8001", "employees": "5.000"}, "unassigned"),  # enterprise has nobody yet
        ({"country": "AT", "postcode": "1010"}, "unassigned"),
    ],
    ids=str,
)
def test_where_a_lead_goes(told: dict[str, Any], team: str) -> None:
    row = one(**told)
    assert row["team"] == team
    assert (row["status"] == "queued") == (team == "unassigned")


# One caller per account


def test_two_of_one_account_get_one_owner_and_one_clock() -> None:
    """LM37."""
    home = world().lead("l1", NIGHT, account_id="a", score=30).lead("l2", NIGHT, account_id="a", score=60)
    rows = home.run(NIGHT)
    assert (rows["l2"]["status"], rows["l1"]["status"]) == ("handed_over", "attached")
    assert rows["l1"]["owner"] == rows["l2"]["owner"]
    assert rows["l2"]["due_at"] and rows["l1"]["due_at"] is None
    assert home.run(NIGHT) == rows


def test_one_of_a_week_later_is_attached_as_well() -> None:
    home = world().lead("l1", NIGHT, account_id="a")
    first = home.run(NIGHT)["l1"]
    home.stage("l1", "sales_review", NIGHT + minutes(60), by="crm").lead(
        "l2", NIGHT + timedelta(days=7), account_id="a"
    )
    rows = home.run(NIGHT + timedelta(days=7))
    assert (rows["l2"]["status"], rows["l2"]["owner"]) == ("attached", first["owner"])


@pytest.mark.parametrize(
    ("answered", "status", "window"),
    [(False, "attached", None), (True, "handed_over", "hot")],
    ids=["runs", "answered"],
)
@pytest.mark.parametrize("attached", [False, True], ids=["newcomer", "attached"])
def test_a_colleague_who_asks_has_a_clock_once_the_first_one_stopped(
    attached: bool, answered: bool, status: str, window: str | None
) -> None:
    home = world().lead("l1", NIGHT, account_id="a", score=60)
    later = NIGHT + minutes(120)
    if attached:
        home.lead("l2", NIGHT, account_id="a").touch("l2", "demo_request", later)
    owner = home.run(NIGHT)["l1"]["owner"]
    if answered:
        home.touch("l1", "sales_call", NIGHT + minutes(30))
    if not attached:
        home.lead("l2", later, account_id="a", demo=True)
    row = home.run(later)["l2"]
    assert (row["status"], row["owner"], row["window"]) == (status, owner, window)


def test_two_of_one_customer_get_one_caller_too() -> None:
    home = world().lead("l1", NIGHT, account_id="a", **CUSTOMER).lead("l2", NIGHT, account_id="a", **CUSTOMER)
    home.opportunities.append(deal("a", "petra.vogt"))
    assert sorted(row["status"] for row in home.run(NIGHT).values()) == ["attached", "handed_over"]


def test_private_persons_are_no_account() -> None:
    home = world().lead("l1", NIGHT, account_id=None).lead("l2", NIGHT, account_id=None)
    assert {row["status"] for row in home.run(NIGHT).values()} == {"handed_over"}


def test_a_colleague_whose_caller_gave_up_is_decided_anew() -> None:
    home = world().lead("l1", NIGHT, account_id="a", score=60).lead("l2", NIGHT, account_id="a")
    home.run(NIGHT)
    home.stage("l1", "nurturing", NIGHT + minutes(30), by="crm", reason="no budget").unqualify("l1")
    rows = home.run(NIGHT + minutes(60))
    assert (rows["l1"]["status"], rows["l1"]["outcome"]) == ("rejected", "no budget")
    assert rows["l2"]["status"] == "handed_over"
    assert rows["l2"]["due_at"]


# Round robin


def test_a_team_shares_evenly() -> None:
    home = world()
    for number in range(20):
        home.lead(f"l{number:02}", NIGHT)
    owners = [row["owner"] for row in home.run(NIGHT).values()]
    assert owners.count("petra.vogt") == owners.count("jan.huber") == 10


def test_turns_go_on_the_next_night() -> None:
    home = world().lead("l1", NIGHT)
    first = home.run(NIGHT)["l1"]["owner"]
    second = home.lead("l2", NIGHT + minutes(60)).run(NIGHT + minutes(60))["l2"]["owner"]
    assert {first, second} == {"petra.vogt", "jan.huber"}


@pytest.mark.parametrize("day", ["2026-03-09", "2026-03-13"])
def test_who_is_absent_gets_none(day: str) -> None:
    at = berlin(f"{day} 09:00")
    home = world().lead("l1", at).lead("l2", at)
    assert {row["owner"] for row in home.run(at).values()} == {"jan.huber"}


def test_who_is_back_gets_leads_again() -> None:
    at = berlin("2026-03-14 09:00")
    home = world().lead("l1", at).lead("l2", at)
    assert {row["owner"] for row in home.run(at).values()} == {"jan.huber", "petra.vogt"}


def test_who_speaks_the_lead_s_language_goes_before() -> None:
    assert one(country="CH", postcode="8001", language="fr")["owner"] == "lea.frei"


def with_people(**changes: Any) -> HandoverRules:
    return RULES._replace(people={name: person._replace(**changes) for name, person in RULES.people.items()})


def test_a_full_queue_keeps_the_lead_and_the_best_goes_first() -> None:
    home = World(with_people(capacity=1))
    for number in range(5):
        home.lead(f"l{number}", NIGHT, score=10.0 * number)
    rows = home.run(NIGHT)
    assert [rows[f"l{number}"]["status"] for number in range(5)] == ["queued"] * 3 + ["handed_over"] * 2
    assert {rows[f"l{number}"]["hold_code"] for number in range(3)} == {"capacity"}
    home.stage("l4", "nurturing", NIGHT + minutes(5), by="crm").unqualify("l4")
    rows = home.run(NIGHT + minutes(10))
    assert [rows[f"l{number}"]["status"] for number in range(3)] == ["queued", "queued", "handed_over"]


def test_a_customer_who_asks_and_finds_the_queue_full_is_not_forgotten_by_the_clock() -> None:
    home = World(with_people(capacity=0)).lead("l1", NIGHT, demo=True)
    assert home.run(NIGHT)["l1"]["sla"] == "running"
    row = home.run(NIGHT + timedelta(days=1))["l1"]
    assert (row["status"], row["window"]) == ("queued", "hot")
    assert row["due_at"] == NIGHT + minutes(60)
    assert (row["sla"], row["cause"]) == ("breached", "pipeline 600 min, sales 0 min")


def test_a_full_queue_without_a_rule_for_it_still_loses_nobody() -> None:
    holds = tuple(hold for hold in RULES.holds.holds if hold.code != "capacity")
    home = World(with_people(capacity=0)._replace(holds=RULES.holds._replace(holds=holds))).lead("l1", NIGHT)
    row = home.run(NIGHT)["l1"]
    assert (row["status"], row["hold_code"], row["team"]) == ("queued", "queue_full", "unassigned")


def test_the_leads_of_an_owner_who_left_go_to_another() -> None:
    home = world().lead("l1", NIGHT)
    owner = home.run(NIGHT)["l1"]["owner"]
    left = RULES.people[owner]._replace(active=((NIGHT.date() - timedelta(days=900), NIGHT.date()),))
    home.rules = RULES._replace(people=RULES.people | {owner: left})
    home.run(NIGHT + timedelta(days=1))
    first, second = home.rows("l1")
    assert (first["status"], first["outcome"]) == ("withdrawn", "owner_inactive")
    assert second["status"] == "handed_over"
    assert second["owner"] != owner


def test_a_lead_nobody_answers_goes_to_another_and_then_back_to_marketing() -> None:
    home = world().lead("l1", NIGHT)
    home.run(NIGHT)
    home.run(NIGHT + timedelta(days=2) - minutes(1))
    assert [row["status"] for row in home.rows("l1")] == ["handed_over"]
    home.run(NIGHT + timedelta(days=2))  # twice ten business hours
    first, second = home.rows("l1")
    assert (first["status"], first["outcome"], first["sla"]) == ("withdrawn", "acceptance_missed", "breached")
    assert second["owner"] != first["owner"]
    home.run(NIGHT + timedelta(days=4) - minutes(0) + timedelta(days=2))
    statuses = [(row["status"], row["hold_code"]) for row in home.rows("l1")]
    assert sorted(statuses, key=str) == [("held", "acceptance_missed_twice"), ("withdrawn", None), ("withdrawn", None)]
    before = home.handovers
    home.run(NIGHT + timedelta(days=6))
    assert home.handovers.equals(before)


def test_stages_are_told_of_hand_overs_and_of_an_acceptance_missed_twice() -> None:
    home = world().lead("l1", NIGHT)
    home.run(NIGHT)
    assert told(home) == [("l1", "handed_over", NIGHT)]
    second, third = NIGHT + timedelta(days=2), NIGHT + timedelta(days=5)
    home.run(second)
    home.run(third)
    missed = ("l1", "acceptance_missed", second + timedelta(days=2))
    assert told(home) == [("l1", "handed_over", NIGHT), ("l1", "handed_over", second), missed]
    home.run(third + timedelta(days=1))
    assert missed in told(home)


def told(home: World) -> list[tuple[str, str, datetime]]:
    tables = home.tables()
    return handover_signals(home.handovers, tables.redirects, home.rules).select("lead_id", "signal", "at").rows()


# Clocks


@pytest.mark.parametrize(
    ("asked", "published", "called", "due", "sla", "wall", "bucket", "cause"),
    [
        pytest.param(
            *("2026-03-06 17:30", "2026-03-06 17:35", "2026-03-09 08:20", "2026-03-09 08:30"),
            *("met", 3770, ">24h", None),
            id="LM41 over a weekend",
        ),
        pytest.param(
            *("2026-03-27 17:45", "2026-03-27 17:50", "2026-03-30 08:45", "2026-03-30 08:45"),
            *("met", 3720, ">24h", None),
            id="LM43 the clocks change in between",
        ),
        pytest.param(
            *("2026-10-23 17:45", "2026-10-23 17:50", "2026-10-26 08:46", "2026-10-26 08:45"),
            *("breached", 3841, ">24h", "pipeline 5 min, sales 56 min"),
            id="LM43 and in autumn",
        ),
        pytest.param(
            *("2026-03-05 14:00", "2026-03-05 16:10", "2026-03-05 16:20", "2026-03-05 15:00"),
            *("breached", 140, "2-24h", "pipeline 130 min, sales 10 min"),
            id="LM44 our run took too long",
        ),
        pytest.param(
            *("2026-04-02 17:30", "2026-04-02 17:31", "2026-04-07 08:10", "2026-04-07 08:30"),
            *("met", 6640, ">24h", None),
            id="over Easter",
        ),
        pytest.param(
            *("2026-03-07 11:00", "2026-03-09 02:00", "2026-03-09 08:59", "2026-03-09 09:00"),
            *("met", 2759, ">24h", None),
            id="asked on a Saturday",
        ),
        pytest.param(
            *("2026-03-05 10:00", "2026-03-05 10:01", "2026-03-05 10:59", "2026-03-05 11:00"),
            *("met", 59, "<1h", None),
            id="within the hour",
        ),
        pytest.param(
            *("2026-03-05 10:00", "2026-03-05 10:01", "2026-03-05 11:00", "2026-03-05 11:00"),
            *("met", 60, "1-2h", None),
            id="on the minute",
        ),
        pytest.param(
            *("2026-03-05 10:00", "2026-03-06 02:00", "2026-03-05 10:30", "2026-03-05 11:00"),
            *("met", 30, "<1h", None),
            id="sales called before we published",
        ),
    ],
)
def test_both_clocks(
    asked: str, published: str, called: str, due: str, sla: str, wall: float, bucket: str, cause: str | None
) -> None:
    home = world().lead("l1", berlin(asked), demo=True)
    home.run(berlin(published))
    home.touch("l1", "sales_call", berlin(called))
    row = home.run(max(berlin(called), berlin(published)) + minutes(5))["l1"]
    assert row["due_at"] == berlin(due)
    assert (row["sla"], row["wall_minutes"], row["wall_bucket"], row["cause"]) == (sla, wall, bucket, cause)


def test_what_the_clocks_said_of_an_answer_stays() -> None:
    night = berlin("2026-06-03 17:30")  # the day before Corpus Christi in Stuttgart
    home = world().lead("l1", night, demo=True)
    home.run(night)
    home.touch("l1", "sales_call", berlin("2026-06-05 08:20"))
    row = home.run(berlin("2026-06-05 09:00"))["l1"]
    assert (row["sla"], row["business_minutes"]) == ("met", 50)
    home.rules = with_people(region="none")
    assert home.run(berlin("2026-06-06 09:00"))["l1"] == row


def test_a_hand_over_by_grade_starts_when_it_is_published() -> None:
    home = world().lead("l1", berlin("2026-03-04 23:00"))
    row = home.run(berlin("2026-03-05 02:00"))["l1"]
    assert (row["window"], row["due_at"]) == ("mql_contact", berlin("2026-03-05 18:00"))
    assert row["pipeline_minutes"] == 180


def test_the_owner_s_office_has_its_own_holidays() -> None:
    """Corpus Christi is one in Stuttgart; Zurich works."""
    at = berlin("2026-06-03 17:30")
    home = world().lead("l1", at, demo=True).lead("l2", at, demo=True, country="CH", postcode="8001")
    rows = home.run(at)
    assert rows["l1"]["due_at"] == berlin("2026-06-05 08:30")
    assert rows["l2"]["due_at"] == berlin("2026-06-04 08:30")


@pytest.mark.parametrize("human", ["yes", "maybe"])
def test_the_first_answer_of_anybody_counts(human: str) -> None:
    home = world().lead("l1", NIGHT, demo=True)
    home.run(NIGHT)
    home.touch("l1", "sales_email", NIGHT + minutes(20), human).touch("l1", "sales_call", NIGHT + minutes(40))
    assert home.run(NIGHT + minutes(60))["l1"]["first_response_at"] == NIGHT + minutes(20)


def test_who_takes_up_a_request_before_it_is_published_has_accepted_it() -> None:
    home = world().lead("l1", NIGHT, demo=True).stage("l1", "sales_review", NIGHT + minutes(10), by="crm")
    home.touch("l1", "sales_call", NIGHT + minutes(10))
    home.run(NIGHT + minutes(60))
    row = home.run(NIGHT + minutes(61))["l1"]
    assert (row["status"], row["sla"], row["wall_minutes"]) == ("accepted", "met", 10)


def test_a_call_before_the_hand_over_by_grade_answers_it_at_once() -> None:
    home = world().lead("l1", NIGHT).touch("l1", "sales_call", NIGHT + minutes(10))
    home.run(NIGHT + minutes(60))
    row = home.run(NIGHT + minutes(61))["l1"]
    assert (row["sla"], row["wall_minutes"], row["business_minutes"]) == ("met", 0, 0)


def test_who_objected_and_consents_again_is_handed_over_anew() -> None:
    home = world().lead("l1", NIGHT, demo=True)
    home.run(NIGHT)
    home.leads[0] |= {"publishable": False, "block_reasons": ["opted_out"]}
    home.run(NIGHT + minutes(30))
    home.leads[0] |= {"publishable": True, "block_reasons": []}
    later = NIGHT + timedelta(days=60)
    row = home.run(later)["l1"]
    assert (row["status"], row["window"], row["sla"]) == ("handed_over", "mql_contact", "running")


def test_a_call_before_the_request_answers_nothing() -> None:
    home = world().lead("l1", NIGHT, demo=True).touch("l1", "sales_call", NIGHT - minutes(1))
    assert home.run(NIGHT + minutes(1))["l1"]["first_response_at"] is None


def test_who_asks_again_after_an_answer_starts_a_clock_anew_with_the_same_owner() -> None:
    home = world().lead("l1", NIGHT, demo=True)
    owner = home.run(NIGHT)["l1"]["owner"]
    home.touch("l1", "sales_call", NIGHT + minutes(30)).stage("l1", "sales_review", NIGHT + minutes(31), by="crm")
    home.touch("l1", "contact_request", NIGHT + timedelta(days=20))
    home.run(NIGHT + timedelta(days=20))
    first, second = home.rows("l1")
    assert (first["sla"], second["sla"]) == ("met", "running")
    assert (second["owner"], second["window"]) == (owner, "hot")


def test_who_asks_twice_and_was_not_answered_asked_once() -> None:
    home = world().lead("l1", NIGHT, demo=True).touch("l1", "contact_request", NIGHT + minutes(3))
    assert home.run(NIGHT + minutes(10))["l1"]["qualified_at"] == NIGHT
    home.touch("l1", "contact_request", NIGHT + minutes(30))
    home.run(NIGHT + minutes(40))
    assert len(home.rows("l1")) == 1


# Objection, merge and unmerge


@pytest.mark.parametrize("accepted", [False, True])
def test_an_objection_ends_a_running_clock(accepted: bool) -> None:
    home = world().lead("l1", NIGHT)
    home.run(NIGHT)
    if accepted:
        home.stage("l1", "sales_review", NIGHT + minutes(1), by="crm")
    home.leads[0] |= {"publishable": False, "block_reasons": ["opted_out"]}
    row = home.run(NIGHT + minutes(60))["l1"]
    if accepted:
        assert row["status"] == "accepted"
    else:
        assert (row["status"], row["sla"], row["hold_code"]) == ("withdrawn", "withdrawn", "opted_out")
        again = home.handovers
        home.run(NIGHT + minutes(60))
        assert home.handovers.equals(again)


def test_who_objected_and_has_no_score_any_more_is_withdrawn_for_the_objection() -> None:
    home = world().lead("l1", NIGHT)
    home.run(NIGHT)
    home.tell("l1", publishable=False, block_reasons=["opted_out"])
    home.scores.clear()
    assert home.run(NIGHT + minutes(60))["l1"]["outcome"] == "opted_out"


def test_a_lead_that_is_gone_is_withdrawn() -> None:
    home = world().lead("l1", NIGHT)
    home.run(NIGHT)
    home.leads.clear()
    home.scores.clear()
    assert home.run(NIGHT + minutes(60))["l1"]["outcome"] == "lead_gone"


def test_a_merge_leaves_the_hand_over_where_it_was_and_unmerging_finds_it() -> None:
    """LM16."""
    home = world().lead("la", NIGHT, account_id="a")
    home.run(NIGHT)
    apart = home.handovers
    home.lead("lb", NIGHT, account_id="a").merge("la", "lb", NIGHT)
    home.run(NIGHT)
    assert home.handovers.equals(apart)  # lb is la, and la was handed over
    home.redirects.clear()
    home.unqualify("lb")
    home.run(NIGHT)
    assert home.handovers.equals(apart)


def test_two_hand_overs_whose_leads_become_one_have_one_caller() -> None:
    home = world().lead("la", NIGHT, account_id="a").lead("lb", NIGHT, account_id="b")
    home.run(NIGHT)
    home.merge("la", "lb", NIGHT + minutes(60))
    rows = home.run(NIGHT + minutes(60))
    assert sorted(row["status"] for row in rows.values()) == ["attached", "handed_over"]
    assert rows["la"]["owner"] == rows["lb"]["owner"]


def test_a_sales_person_s_verdict_after_a_merge_reaches_the_row_of_the_old_id() -> None:
    home = world().lead("la", NIGHT, account_id="a")
    home.run(NIGHT)
    home.lead("lb", NIGHT, account_id="a").merge("la", "lb", NIGHT)
    home.stage("lb", "sales_review", NIGHT + minutes(10), by="crm")
    assert home.run(NIGHT + minutes(60))["la"]["status"] == "accepted"


def test_a_rejected_lead_stays_with_marketing_for_ninety_days() -> None:
    home = world().lead("l1", NIGHT)
    home.run(NIGHT)
    home.stage("l1", "nurturing", NIGHT + minutes(60), by="crm", reason="no time")
    home.stage("l1", "mql", NIGHT + timedelta(days=30))
    row = home.run(NIGHT + timedelta(days=30))["l1"]
    assert (row["status"], row["hold_code"]) == ("held", "recently_handed_over")
    home.run(NIGHT + timedelta(days=90))
    assert [row["status"] for row in home.rows("l1")] == ["rejected", "handed_over"]


def test_who_is_not_qualified_any_more_does_not_wait_on() -> None:
    home = world().lead("l1", NIGHT, country=None)
    home.run(NIGHT)
    row = home.unqualify("l1").run(NIGHT + minutes(60))["l1"]
    assert (row["status"], row["outcome"]) == ("withdrawn", "no_longer_qualified")


# Every world

_TOLD = st.fixed_dictionaries(
    {
        "country": st.sampled_from(["DE", "AT", "CH", "FR", None]),
        "postcode": st.sampled_from(["70174", "80331", "1010", "8001", None]),
        "employees": st.sampled_from(["250-999", "12", "5.000", "viele", None]),
        "account_id": st.sampled_from(["a", "b", "c", None]),
        "consent_email": st.sampled_from(["confirmed", "refused", "unknown"]),
        "consent_phone": st.sampled_from(["unknown", "refused", "granted"]),
        "publishable": st.booleans(),
        "block_reasons": st.sampled_from([[], ["opted_out"], ["existing_customer"], ["student"]]),
        "demo": st.booleans(),
        "score": st.sampled_from([10.0, 30.0]),
    }
)
_ACTS: dict[str, Callable[[World, str, datetime], object]] = {
    "accept": lambda home, lead, at: home.stage(lead, "sales_review", at, by="crm"),
    "reject": lambda home, lead, at: home.stage(lead, "nurturing", at, by="crm", reason="later"),
    "call": lambda home, lead, at: home.touch(lead, "sales_call", at),
    "demo": lambda home, lead, at: home.touch(lead, "demo_request", at),
    "object": lambda home, lead, at: home.tell(lead, publishable=False, block_reasons=["opted_out"]),
    "consent": lambda home, lead, at: home.tell(lead, publishable=True, block_reasons=[]),
    "unqualify": lambda home, lead, at: home.unqualify(lead),
    "qualify": lambda home, lead, at: home.stage(lead, "mql", at).qualify(lead),
    "merge": lambda home, lead, at: home.merge(lead, "l0", at) if lead != "l0" and not home.redirects else None,
    "unmerge": lambda home, lead, at: home.redirects.clear(),
}
_NIGHTS = st.lists(
    st.tuples(
        st.sampled_from([5, 60, 1440, 3000, 200000]),
        st.lists(st.tuples(st.integers(0, 5), st.sampled_from(sorted(_ACTS))), max_size=3),
    ),
    max_size=3,
)


def shuffled(tables: Tables, seed: int) -> Tables:
    return Tables(*(table.sample(fraction=1.0, shuffle=True, seed=seed) for table in tables))


@given(
    told=st.lists(_TOLD, min_size=1, max_size=6), nights=_NIGHTS, capacity=st.integers(0, 3), seed=st.integers(0, 99)
)
@settings(max_examples=30, deadline=None)
def test_no_mql_is_lost_and_order_decides_nothing(
    told: list[dict[str, Any]], nights: list[tuple[int, list[tuple[int, str]]]], capacity: int, seed: int
) -> None:
    home = World(with_people(capacity=capacity))
    as_of = NIGHT + minutes(30)
    for number, lead in enumerate(told):
        home.lead(f"l{number}", NIGHT + minutes(number), **lead)
    for later, acts in [(0, []), *nights]:
        as_of += minutes(later)
        for number, act in acts:
            _ACTS[act](home, f"l{number % len(told)}", as_of - minutes(1))
        before = home.tables()
        home.run(as_of)
        nothing_is_lost(home, before.handovers, capacity)
        assert handovers(shuffled(before, seed), home.rules, "marketo", as_of).equals(home.handovers)
        again = handovers(before._replace(handovers=home.handovers), home.rules, "marketo", as_of)
        assert again.equals(home.handovers)


def nothing_is_lost(home: World, before: pl.DataFrame, capacity: int) -> None:
    once, redirects = home.handovers, {row["old_id"]: row["new_id"] for row in home.redirects}
    assert set(before["handover_id"]) <= set(once["handover_id"])
    assert once["handover_id"].is_unique().all()
    qualified = home.tables().scores.filter("qualified")["lead_id"]
    assert set(qualified) <= {redirects.get(lead, lead) for lead in once["lead_id"]}
    for row in once.to_dicts():
        with_sales = row["status"] in ("handed_over", "accepted", "rejected", "attached")
        assert with_sales or row["hold_code"] or row["outcome"]
        assert row["status"] != "handed_over" or (row["owner"] and row["rule"] and row["due_at"])
        assert row["sla"] != "breached" or row["cause"]
        assert (row["wall_minutes"] or 0) >= 0
    running = once.filter(pl.col("status") == "handed_over")
    waiting = running.filter(pl.col("first_response_at").is_null())
    callers = waiting.filter(pl.col("account_id").is_not_null()).group_by("account_id").agg(pl.col("owner").n_unique())
    assert all(count == 1 for count in callers["owner"])
    assert all(count <= capacity for count in running.group_by("owner").len()["len"])
