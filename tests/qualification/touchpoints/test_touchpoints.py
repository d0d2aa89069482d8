"""Touchpoints by cases: whose an act is, which acts are one, when it was known."""

from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualification.touchpoints.lead_acts import lead_acts
from qualification.touchpoints.people import People
from qualification.touchpoints.touchpoints import touchpoints
from tests.qualification.building import ANNA, EVA, JENS, NIGHT, NORD, SUED, act, acts, at, form, people

NOBODY = lead_acts(form("0", "2026-03-02T09:15:00")).clear()
KNOWN = people(
    records=[("hubspot", "101", ANNA), ("web_form", "f1", ANNA), ("web_form", "f2", JENS)],
    contacts=[("anna@nord.de", ANNA, False), ("jens@nord.de", JENS, False), ("info@nord.de", JENS, True)],
)


def told(table: pl.DataFrame, *columns: str) -> list[Any]:
    rows = table.select(columns).rows()
    return [row[0] for row in rows] if len(columns) == 1 else rows


def of(*rows: dict[str, Any], known: People = KNOWN, forms: pl.DataFrame = NOBODY, **more: Any) -> pl.DataFrame:
    return touchpoints(acts(*rows), forms, known, NIGHT, **more)


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ({"crm_source": "hubspot", "crm_id": "101"}, (ANNA, NORD, "crm_id", None)),
        ({"crm_source": "hubspot", "crm_id": "101", "email": "jens@nord.de"}, (ANNA, NORD, "crm_id", None)),
        ({"crm_source": "hubspot", "crm_id": "99"}, (None, None, "none", "unknown_record")),
        ({"crm_source": "hubspot", "crm_id": "99", "email": "jens@nord.de"}, (JENS, NORD, "email", None)),
        ({"crm_source": "events", "crm_id": "101", "system": "hubspot"}, (ANNA, NORD, "crm_id", None)),
        ({"crm_source": "events", "crm_id": "101", "system": "marketo"}, (None, None, "none", "unknown_record")),
        ({"crm_source": "any", "crm_id": ANNA}, (ANNA, NORD, "crm_id", None)),
        ({"email": "anna@nord.de"}, (ANNA, NORD, "email", None)),
        ({"email": "info@nord.de"}, (None, NORD, "email", "shared_mailbox")),
        ({"email": "wer@fremd.de"}, (None, None, "none", "unknown_address")),
        ({"ip_address": "9.9.9.9"}, (None, None, "none", None)),
    ],
    ids=[
        "record",
        "the record goes before the address",
        "LM13 unknown record",
        "unknown record with an address",
        "record of another folder of the same maker",
        "of another maker",
        "our own id",
        "address",
        "shared mailbox",
        "unknown address",
        "nobody",
    ],
)
def test_whose_an_act_is(named: dict[str, Any], expected: tuple[Any, ...]) -> None:
    found = of(act("email_click", "2026-03-02T09:00:00", **named))
    assert told(found, "lead_id", "account_id", "join_rule", "reason") == [expected]


@pytest.mark.parametrize(
    ("records", "crm_id", "expected"),
    [
        ([("hubspot", "101~72ced181", ANNA)], "101", (ANNA, None)),
        ([("hubspot", "101", ANNA), ("hubspot", "101~72ced181", ANNA)], "101", (ANNA, None)),
        ([("hubspot", "101", ANNA), ("hubspot", "101~72ced181", JENS)], "101", (None, "ambiguous_record")),
        ([("hubspot", "00Q1a0000012345EAA", ANNA)], "00Q1a0000012345", (ANNA, None)),
        ([("hubspot", "00Q1a0000012345", ANNA)], "00Q1a0000012345EAA", (ANNA, None)),
    ],
    ids=["a later content of the id", "both of one lead", "of two leads", "15 letters of 18", "18 letters of 15"],
)
def test_ids_of_records_as_systems_write_them(records: Any, crm_id: str, expected: tuple[Any, ...]) -> None:
    found = of(act("email_click", "2026-03-02T09:00:00", crm_source="hubspot", crm_id=crm_id), known=people(records))
    assert told(found, "lead_id", "reason") == [expected]


def test_an_id_that_was_merged_away_is_followed() -> None:
    known = people([("hubspot", "101", JENS)], redirects={ANNA: JENS})
    found = of(act("sales_call", "2026-03-02T09:00:00", crm_source="crm", crm_id=ANNA), known=known)
    assert told(found, "lead_id", "account_id") == [(JENS, NORD)]


def test_an_address_of_two_leads_is_nobodys_but_their_accounts() -> None:
    known = people(contacts=[("empfang@nord.de", ANNA, False), ("empfang@nord.de", JENS, False)])
    found = of(act("email_click", "2026-03-02T09:00:00", email="empfang@nord.de"), known=known)
    assert told(found, "lead_id", "account_id", "reason") == [(None, NORD, "ambiguous_address")]


def test_the_domain_of_an_unknown_address_tells_the_account() -> None:
    known = People(domains=pl.DataFrame({"domain": ["sued.de"], "account_id": [SUED]}))
    found = of(act("email_click", "2026-03-02T09:00:00", email="neu@sued.de"), known=known)
    assert told(found, "lead_id", "account_id", "reason") == [(None, SUED, "unknown_address")]


def test_a_network_of_one_company_tells_the_account_and_never_a_person() -> None:
    known = People(networks=pl.DataFrame({"network": ["9.9.9", "8.8.8", "8.8.8"], "account_id": [NORD, NORD, SUED]}))
    rows = [
        act("page_view", f"2026-03-02T09:0{n}:00", str(n), ip_address=ip) for n, ip in enumerate(("9.9.9.7", "8.8.8.7"))
    ]
    assert told(of(*rows, known=known), "lead_id", "account_id", "join_rule") == [
        (None, NORD, "company_network"),
        (None, None, "none"),
    ]


THREE = [
    act("form_fill", "2026-03-02T09:15:00", "g", source="google", visitor_id="1.2", tracking_consent=True),
    act("form_fill", "2026-03-02T09:15:04", "h", source="hubspot", crm_source="hubspot", crm_id="101"),
]
FORM = form("f1", "2026-03-02T09:15:00", extra='{"client_id":"1.2","tracking_consent":"yes"}')


def test_lm08_one_act_seen_by_three_systems_is_one_touchpoint_with_three_pieces_of_evidence() -> None:
    found = of(*THREE, forms=lead_acts(FORM))
    assert told(found, "lead_id", "kind", "occurred_at") == [(ANNA, "form_fill", at("2026-03-02T09:15:00"))]
    assert [proof["source"] for proof in found["evidence"][0]] == ["google", "hubspot", "web_form"]


@pytest.mark.parametrize("minutes", [-5, -4, 4, 5, 6, -6])
def test_five_minutes_lie_between_at_most(minutes: int) -> None:
    moved = THREE[1] | {"occurred_at": THREE[1]["occurred_at"].replace(second=0) + timedelta(minutes=minutes)}
    assert of(moved, forms=lead_acts(FORM)).height == (1 if abs(minutes) <= 5 else 2)


@pytest.mark.parametrize(
    ("rows", "count"),
    [
        ([act("price_page_view", f"2026-03-02T22:{m}:00", m, email="anna@nord.de") for m in ("50", "55", "58")], 3),
        (
            [
                act("page_view", "2026-03-02T09:00:00", "1", email="anna@nord.de", page_url="https://x.de/a?utm=1"),
                act("page_view", "2026-03-02T09:00:09", "2", source="marketo", email="anna@nord.de", page_url="/a/"),
            ],
            1,
        ),
        (
            [
                act("page_view", "2026-03-02T09:00:00", "1", email="anna@nord.de", page_url="/a"),
                act("page_view", "2026-03-02T09:00:09", "2", source="marketo", email="anna@nord.de", page_url="/b"),
            ],
            2,
        ),
        (
            [
                act("form_fill", "2026-03-02T09:00:00", "1", email="anna@nord.de"),
                act("form_fill", "2026-03-02T09:00:09", "2", source="marketo", email="jens@nord.de"),
            ],
            2,
        ),
        (
            [
                act("demo_request", "2026-03-02T09:02:00", "1", source="crm", email="anna@nord.de"),
                act("form_fill", "2026-03-02T09:00:00", "2", email="anna@nord.de"),
                act("form_fill", "2026-03-02T09:00:09", "3", source="marketo", email="anna@nord.de"),
            ],
            1,
        ),
        (
            [
                act("download", "2026-03-02T09:02:00", "1", source="crm", email="anna@nord.de"),
                act("newsletter_signup", "2026-03-02T09:00:00", "2", email="anna@nord.de"),
            ],
            2,
        ),
        (
            [
                act("form_fill", f"2026-03-02T09:0{m}:00", str(m), source=s, email="anna@nord.de")
                for s in "ab"
                for m in (0, 4, 8)
            ],
            3,
        ),
        ([act("page_view", "2026-03-02T09:00:00", "1", source=s, ip_address="9.9.9.9") for s in "ab"], 2),
    ],
    ids=[
        "rows of one system are acts of their own",
        "one page in two notations",
        "two pages",
        "two people",
        "the kind that says more takes the plain ones along",
        "two kinds that both say something",
        "three acts of two systems each",
        "of nobody",
    ],
)
def test_which_acts_are_one(rows: list[dict[str, Any]], count: int) -> None:
    found = of(*rows)
    assert found.height == count
    assert found["evidence"].list.len().sum() == len(rows)


def test_the_kind_that_says_more_stays_with_the_earliest_time() -> None:
    found = of(
        act("form_fill", "2026-03-02T09:00:00", "2", email="anna@nord.de"),
        act("demo_request", "2026-03-02T09:02:00", "1", source="crm", email="anna@nord.de"),
    )
    assert told(found, "kind", "occurred_at") == [("demo_request", at("2026-03-02T09:00:00"))]


def views(*times: str, consent: bool | None = None) -> list[dict[str, Any]]:
    return [
        act("page_view", f"2026-03-02T{time}:00", time, visitor_id="1.2", tracking_consent=consent) for time in times
    ]


@pytest.mark.parametrize(
    ("extra", "consents", "expected"),
    [
        ('{"client_id":"1.2","tracking_consent":"yes"}', None, [(ANNA, "visitor", None)]),
        ('{"client_id":"1.2"}', True, [(ANNA, "visitor", None)]),
        ('{"client_id":"1.2"}', None, [(None, "none", "no_tracking_consent")]),
        ('{"client_id":"1.2","tracking_consent":"no"}', None, [(None, "none", "no_tracking_consent")]),
        ('{"client_id":"1.2","tracking_consent":"no"}', True, [(None, "none", "no_tracking_consent")]),
        ('{"client_id":"GA1.2.1.2","tracking_consent":"ja"}', None, [(ANNA, "visitor", None)]),
        ('{"client_id":"3.4","tracking_consent":"yes"}', True, [(None, "none", "unknown_visitor")]),
    ],
    ids=[
        "the form states it",
        "the visit states it",
        "LM10 nobody states it",
        "refused",
        "refused later",
        "as the cookie holds it",
        "another browser",
    ],
)
def test_anonymous_visits_before_the_form_are_its_persons_only_with_consent(
    extra: str, consents: bool | None, expected: list[Any]
) -> None:
    forms = lead_acts(form("f1", "2026-03-02T09:15:00", extra=extra))
    found = of(*views("09:00", consent=consents), forms=forms)
    assert told(found.filter(kind="page_view"), "lead_id", "join_rule", "reason") == expected


def test_lm11_on_a_shared_pc_each_has_the_time_from_one_naming_to_the_next() -> None:
    forms = pl.concat(
        lead_acts(form(nth, f"2026-03-02T{time}:00", extra='{"client_id":"1.2","tracking_consent":"yes"}'))
        for nth, time in (("f1", "10:00"), ("f2", "15:00"))
    )
    found = of(*views("09:30", "12:00", "16:00"), forms=forms).filter(kind="page_view")
    assert told(found, "lead_id") == [ANNA, ANNA, JENS]
    assert found.height == 3


@pytest.mark.parametrize(
    ("row", "human", "reason"),
    [
        (act("email_click", "2026-03-02T09:00:00", email="anna@nord.de"), "maybe", None),
        (act("email_click", "2026-03-02T09:00:00", email="anna@nord.de", machine="scanner"), "no", "machine"),
        (act("download", "2026-03-02T09:00:00", email="anna@nord.de"), "yes", None),
        (act("email_sent", "2026-03-02T09:00:00", email="anna@nord.de"), "no", None),
    ],
)
def test_machines_are_kept_and_say_why_they_count_nothing(row: dict[str, Any], human: str, reason: str | None) -> None:
    assert told(of(row), "human", "reason") == [(human, reason)]


def test_lm22_an_act_of_the_future_is_kept() -> None:
    late = act("download", "2026-03-13T09:00:00", email="anna@nord.de")
    assert told(of(late), "occurred_at") == [at("2026-03-13T09:00:00")]


def test_lm13_an_act_is_known_as_somebodys_from_the_night_on_that_learnt_it() -> None:
    row = act("download", "2026-03-02T09:00:00", crm_source="hubspot", crm_id="99")
    first = of(row)
    assert told(first, "lead_id", "reason", "known_at") == [(None, "unknown_record", NIGHT)]
    later, known = NIGHT + timedelta(days=1), people([("hubspot", "99", EVA)])
    second = touchpoints(acts(row), NOBODY, known, later, first)
    assert told(second, "lead_id", "touchpoint_id", "known_at") == [(EVA, first["touchpoint_id"][0], later)]
    third = touchpoints(acts(row), NOBODY, known, later + timedelta(days=1), second)
    assert third.equals(second)


ROWS = [
    *THREE,
    *views("09:00", "09:10", "09:12", consent=True),
    act("download", "2026-03-03T09:00:00", "d1", source="hubspot", email="anna@nord.de", content_id="Energie"),
    act("download", "2026-03-03T09:01:00", "d2", source="marketo", email="jens@nord.de", content_id="Energie"),
    act("email_open", "2026-03-03T09:01:00", "o1", source="hubspot", email="info@nord.de"),
]
MERGED = people(
    records=[("hubspot", "101", ANNA), ("web_form", "f1", ANNA), ("web_form", "f2", ANNA)],
    contacts=[("anna@nord.de", ANNA, False), ("jens@nord.de", ANNA, False), ("info@nord.de", ANNA, True)],
    redirects={JENS: ANNA},
)


def test_lm14_acts_of_merged_people_are_one_persons_and_seen_twice_are_one() -> None:
    found = of(*ROWS, known=MERGED).filter(kind="download")
    assert told(found, "lead_id", "content_id") == [(ANNA, "Energie")]
    assert found["evidence"].list.len().to_list() == [2]


def test_lm16_after_taking_them_apart_it_is_as_if_they_had_never_been_one() -> None:
    nights = [NIGHT + timedelta(days=day) for day in range(3)]
    forms = lead_acts(FORM)
    never, merged = None, None
    for night, known in zip(nights, (KNOWN, MERGED, KNOWN), strict=True):
        never = touchpoints(acts(*ROWS), forms, KNOWN, night, never)
        merged = touchpoints(acts(*ROWS), forms, known, night, merged)
    assert merged is not None and never is not None
    assert merged.equals(never)


@given(st.permutations(ROWS))
def test_no_order_of_rows_decides(rows: list[dict[str, Any]]) -> None:
    forms = lead_acts(FORM)
    assert of(*rows, forms=forms).equals(of(*ROWS, forms=forms))


def test_no_act_is_lost_and_none_is_twice() -> None:
    found = of(*ROWS, forms=lead_acts(FORM))
    proofs = found.explode("evidence")["evidence"].struct.unnest().select("source", "source_record_id").rows()
    assert sorted(proofs) == sorted([(row["source"], row["source_record_id"]) for row in ROWS] + [("web_form", "f1")])


@pytest.mark.parametrize(
    ("record", "kind"),
    [
        (form("1", "2026-03-02T09:00:00"), "form_fill"),
        (form("1", "2026-03-02T09:00:00", note="Bitte um Rückruf"), "contact_request"),
        (form("1", "2026-03-02T09:00:00", source="newsletter"), "newsletter_signup"),
        (form("1", "2026-03-02T09:00:00", source="demo_request"), "demo_request"),
        (form("1", "2026-03-02T09:00:00", source="whitepaper_2026"), "download"),
        (form("1", "2026-03-02T09:00:00", source="trade_fair_scan", channel="offline"), "fair_scan"),
        (form("1", "2026-03-02T09:00:00", source="trade_fair_scan", channel="offline", rating="A"), "fair_talk"),
        (form("1", "2026-03-02T09:00:00", source="business_cards", channel="offline"), "business_card"),
        (form("1", "2026-03-02T09:00:00", source="partner_list", channel="offline"), "referral"),
        (form("1", "2026-03-02T09:00:00", source="hubspot"), None),
        (form("1", "2026-03-02T09:00:00", source="adresskauf", channel="offline"), None),
    ],
)
def test_what_a_lead_record_says_was_done(record: pl.DataFrame, kind: str | None) -> None:
    assert lead_acts(record)["kind"].to_list() == ([kind] if kind else [])


def test_columns_without_a_field_reach_the_touchpoint() -> None:
    extra = '{"gclid":"Cj0","Landing Page":"https://x.de/preise","Whitepaper":"Energie"}'
    found = of(
        forms=lead_acts(form("f1", "2026-03-02T09:00:00", source="whitepaper", utm_campaign="hm26", extra=extra))
    )
    assert told(found, "utm_source", "utm_medium", "campaign_id", "content_id") == [
        ("google", "cpc", "hm26", "Energie")
    ]
