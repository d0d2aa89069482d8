from datetime import timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualification.activity.campaign_costs import campaign_costs
from qualification.activity.gathered import activities_table
from qualification.activity.objections import objections_in
from tests.qualification.activity.test_shapes import HUBSPOT
from tests.qualification.building import NIGHT, act, acts, at, parts_of, together


def test_lm07_a_file_delivered_again_renamed_and_sorted_otherwise_changes_nothing() -> None:
    head, *rows = HUBSPOT.splitlines(keepends=True)
    first = activities_table(parts_of(HUBSPOT), NIGHT)
    again = parts_of(head + "".join(reversed(rows)), "again.csv", received=5)
    assert activities_table(together(parts_of(HUBSPOT), again), NIGHT).equals(first)
    assert activities_table(again, NIGHT + timedelta(days=1), first).equals(first)


@given(st.permutations(["2026-03-02 09:00:00", "2026-03-02 09:00:01", "2026-03-02 09:00:00", "2026-03-03 09:00:00"]))
def test_acts_without_an_id_have_one_that_does_not_depend_on_their_place(times: list[str]) -> None:
    stamps = "".join(f"{int(at(time.replace(' ', 'T')).timestamp() * 1e6)},page_view,1.2\n" for time in times)
    found = activities_table(parts_of("event_timestamp,event_name,user_pseudo_id\n" + stamps), NIGHT)
    assert found.height == 3
    assert found.drop("row")["source_record_id"].to_list() == sorted(found["source_record_id"])


@pytest.mark.parametrize(
    ("clicked", "more", "machine"),
    [
        ("2026-03-02 06:00:01", "", True),
        ("2026-03-02 06:00:02", "", False),
        ("2026-03-02 05:59:59", "", False),
        (
            "2026-03-02 09:00:00",
            "3,CLICK,2026-03-02 09:00:03,a@n.de,https://x/2,7\n4,CLICK,2026-03-02 09:00:04,a@n.de,https://x/3,7\n",
            True,
        ),
        (
            "2026-03-02 09:00:00",
            "3,CLICK,2026-03-02 09:00:03,a@n.de,https://x/1,7\n4,CLICK,2026-03-02 09:00:04,a@n.de,https://x/1,7\n",
            False,
        ),
    ],
    ids=[
        "LM32 a second after sending",
        "two seconds",
        "before it",
        "every link of the mail at once",
        "one link clicked often",
    ],
)
def test_a_click_that_no_reader_makes(clicked: str, more: str, machine: bool) -> None:
    text = f"id,type,created,recipient,url,email_campaign_id\n1,SENT,2026-03-02 06:00:00,a@n.de,,7\n2,CLICK,{clicked},a@n.de,https://x/1,7\n"
    found = activities_table(parts_of(text + more), NIGHT).filter(source_record_id="2")
    assert (found["machine"][0] is not None) == machine


def test_days_add_up_to_months_and_a_later_delivery_corrects_a_day() -> None:
    head = "date,campaign_id,currency_code,spend\n"
    first = parts_of(
        head + "2026-03-01,7,EUR,10\n2026-03-01,7,EUR,5\n2026-03-02,7,EUR,1\n2026-04-01,7,EUR,2\n", "1.csv"
    )
    later = parts_of(head + "2026-03-02,7,EUR,3\n", "2.csv", received=4)
    found = campaign_costs(together(first, later)).select("campaign_id", "month", "actual").rows()
    assert [(name, month, float(actual)) for name, month, actual in found] == [
        ("7", "2026-03", 18.0),
        ("7", "2026-04", 2.0),
    ]


def test_lm52_costs_in_two_currencies_stay_apart() -> None:
    text = "Kampagne;Monat;Ist-Kosten;Währung\nhm26;2026-03;100;EUR\nhm26;2026-03;100;CHF\n"
    assert campaign_costs(parts_of(text))["currency"].to_list() == ["CHF", "EUR"]


RECORDS = pl.DataFrame(
    {
        "source": ["marketo", "newsletter"],
        "source_record_id": ["99", "1"],
        "email": ["anna@nord.de", "jens@nord.de"],
        "consent_confirmed_at": [None, at("2026-03-01T00:00:00")],
    }
)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (act("unsubscribe", "2026-03-02T00:00:00", email="eva@sued.de"), ["eva@sued.de"]),
        (act("spam_report", "2026-03-02T00:00:00", email="eva@sued.de"), ["eva@sued.de"]),
        (act("unsubscribe", "2026-03-02T00:00:00", crm_source="marketo", crm_id="99"), ["anna@nord.de"]),
        (act("unsubscribe", "2026-03-02T00:00:00", crm_source="marketo", crm_id="98"), []),
        (act("unsubscribe", "2026-02-01T00:00:00", email="jens@nord.de"), []),
        (act("unsubscribe", "2026-03-02T00:00:00", email="jens@nord.de"), ["jens@nord.de"]),
        (act("email_click", "2026-03-02T00:00:00", email="eva@sued.de"), []),
    ],
    ids=[
        "unsubscribed",
        "complained",
        "by the id of a record",
        "of nobody known",
        "LM29 confirmed again later",
        "after confirming",
        "clicked",
    ],
)
def test_objections_in_activity(row: dict[str, object], expected: list[str]) -> None:
    assert objections_in(acts(row), RECORDS)["raw"].to_list() == expected
