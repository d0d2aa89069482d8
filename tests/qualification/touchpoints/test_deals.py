"""Opportunities, feedback and facts: what is put together of several files and joined to people."""

from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from qualification.touchpoints.crm_feedback import crm_feedback
from qualification.touchpoints.lead_facts import lead_facts
from qualification.touchpoints.opportunities import opportunities
from tests.qualification.building import ANNA, JENS, NIGHT, NORD, form, parts_of, people, together

KNOWN = people([("hubspot", "101", ANNA), ("hubspot", "102", JENS)], [("anna@nord.de", ANNA, False)])
DEALS = (
    "deal_id,deal_pipeline_id,deal_pipeline_stage_id,owner_id,property_dealname,"
    "property_amount,property_closedate,property_createdate\n"
)
ORDERS = "Auftragsnummer;Auftragsdatum;E-Mail;Betrag\n"


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("A1;15.05.2026;anna@nord.de;48.000,00\n", (48000, "won")),
        ("A1;15.05.2026;anna@nord.de;48.000,00\nA1;20.05.2026;anna@nord.de;-48.000,00\n", (48000, "cancelled")),
        ("A1;20.05.2026;anna@nord.de;-48.000,00\nA1;15.05.2026;anna@nord.de;48.000,00\n", (48000, "cancelled")),
        ("A1;15.05.2026;anna@nord.de;48.000,00\nA1;20.05.2026;anna@nord.de;-8.000,00\n", (40000, "won")),
        ("A1;15.05.2026;anna@nord.de;48.000,00\nA1;15.05.2026;anna@nord.de;48.000,00\n", (48000, "won")),
        ("A1;15.05.2026;anna@nord.de;-48.000,00\n", (48000, "cancelled")),
    ],
    ids=[
        "ordered",
        "LM47 cancelled",
        "cancelled, in another order",
        "part taken back",
        "delivered twice",
        "only the cancellation",
    ],
)
def test_an_order_less_what_was_taken_back(rows: str, expected: tuple[Any, ...]) -> None:
    found = opportunities(parts_of(ORDERS + rows, source="erp"), KNOWN, NIGHT)
    amount, outcome = found.select("amount", "outcome").row(0)
    assert (float(amount), outcome) == expected
    assert found.select("opportunity_id", "lead_ids", "account_id").row(0) == ("erp:A1", [ANNA], NORD)


def test_deals_with_their_people_and_merges_from_files_of_their_own() -> None:
    parts = together(
        parts_of(
            DEALS
            + "5,d,closedwon,1,X,48000,2026-05-15 00:00:00,2026-03-02 00:00:00\n6,d,open,1,X,1,,2026-03-01 00:00:00\n"
        ),
        parts_of("contact_id,deal_id\n101,5\n102,6\n"),
        parts_of("deal_id,merged_deal_id\n5,6\n"),
    )
    found = opportunities(parts, KNOWN, NIGHT)
    assert found.select("opportunity_id", "lead_ids", "outcome").rows() == [("hubspot:5", sorted([ANNA, JENS]), "won")]


def test_a_state_that_is_the_same_was_known_since() -> None:
    deal = parts_of(DEALS + "5,d,open,1,X,48000,,2026-03-02 00:00:00\n")
    first = opportunities(deal, KNOWN, NIGHT)
    later = NIGHT + timedelta(days=1)
    assert opportunities(deal, KNOWN, later, first).equals(first)
    won = together(deal, parts_of(DEALS + "5,d,closedwon,1,X,48000,,2026-03-02 00:00:00\n", "2.csv", received=9))
    assert opportunities(won, KNOWN, later, first).select("outcome", "known_at").rows() == [("won", later)]


def test_the_stages_of_a_deal_are_feedback_of_its_people() -> None:
    parts = together(
        parts_of("deal_id,date_entered,value\n5,2026-04-01 10:00:00,closedlost\n5,2026-04-20 10:00:00,appointment\n"),
        parts_of("contact_id,deal_id\n101,5\n"),
    )
    found = crm_feedback(parts, KNOWN, NIGHT)
    assert found.select("lead_id", "field", "new_value").rows() == [
        (ANNA, "stage", "closedlost"),
        (ANNA, "stage", "appointment"),
    ]


def test_feedback_of_an_unknown_record_is_kept_until_the_record_comes() -> None:
    parts = parts_of("contact_id,timestamp,source,name,value\n101,2026-03-02 09:15:00,UI,lifecyclestage,lead\n")
    first = crm_feedback(parts, people(), NIGHT)
    assert first.select("lead_id", "known_at").rows() == [(None, NIGHT)]
    later = NIGHT + timedelta(days=1)
    second = crm_feedback(parts, KNOWN, later, first)
    assert second.select("lead_id", "known_at").rows() == [(ANNA, later)]
    assert crm_feedback(parts, KNOWN, later + timedelta(days=1), second).equals(second)


@pytest.mark.parametrize(
    ("field", "text", "fact", "expected"),
    [
        ("employees", "ca. 120", "employees_band", "50-249"),
        ("employees", "50-249", "employees_band", "50-249"),
        ("employees", "1.200", "employees_band", "1000+"),
        ("employees", "> 1000", "employees_band", "1000+"),
        ("employees", "1-9", "employees_band", "1-9"),
        ("budget", "10.000 - 25.000 €", "budget_amount", 10000),
        ("budget", "ca. 50 TEUR", "budget_amount", 50000),
        ("budget", "1,5 Mio. EUR", "budget_amount", 1_500_000),
        ("budget", "25k", "budget_amount", 25000),
        ("timeframe", "3-6 Monate", "timeframe_months", 6),
        ("timeframe", "sofort", "timeframe_months", 0),
        ("timeframe", "2 Quartale", "timeframe_months", 6),
        ("timeframe", "in einem Jahr: Q3 2027", "timeframe_months", None),
        ("industry", "Maschinenbau", "industry", "Maschinenbau"),
    ],
)
def test_facts_are_numbers_that_rules_compare(field: str, text: str, fact: str, expected: Any) -> None:
    members = pl.DataFrame({"source": ["web_form"], "source_record_id": ["1"], "lead_id": [ANNA]})
    found = lead_facts(form("1", "2026-03-02T09:00:00", **{field: text}), members)
    assert found[fact].to_list() == ([] if expected is None else [expected])
