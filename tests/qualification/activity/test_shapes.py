"""Each shape by an export of it: what it is taken for, and what its rows become."""

import io
import json
from typing import Any

import polars as pl
import pytest

from qualification.activity.parts import Parts
from qualification.rule_files import rule_file
from sources.activity.shapes import recognised, shapes
from tests.qualification.building import at, parts_of

ZOOM = """\
Attendee Report
Report Generated:,"03/10/2026 08:00 PM"
Topic,Webinar ID,Actual Start Time,Actual Duration (minutes),# Registered,# Cancelled,Unique Viewers,Total Users
Energie,"123 456","03/10/2026 06:00 PM",60,2,0,1,1
Host Details
Attended,User Name (Original Name),Email,Join Time,Leave Time,Time in Session (minutes),Is Guest,Country/Region Name
Yes,Max Chef,chef@wir.de,"03/10/2026 05:50 PM","03/10/2026 07:00 PM",70,No,Germany
Attendee Details
Attended,User Name (Original Name),First Name,Last Name,Email,Phone,Registration Time,Approval Status,\
Join Time,Leave Time,Time in Session (minutes),Is Guest,Country/Region Name
Yes,Anna Klein,Anna,Klein,anna@nord.de,,--,approved,"03/10/2026 06:01 PM","03/10/2026 06:30 PM",29,No,Germany
Yes,Anna Klein,Anna,Klein,anna@nord.de,,--,approved,"03/10/2026 06:35 PM","03/10/2026 07:00 PM",25,No,Germany
No,Jens Hof,Jens,Hof,jens@nord.de,,--,approved,--,--,--,--,--
"""
TEAMS = """\
1. Summary
Meeting title\tEnergie
Start time\t3/10/26, 6:00:00 PM
End time\t3/10/26, 7:00:00 PM
Meeting duration\t1h

2. Participants
Name\tFirst Join\tLast Leave\tIn-Meeting Duration\tEmail\tParticipant ID (UPN)\tRole
Anna Klein\t3/10/26, 6:01:02 PM\t3/10/26, 7:00:00 PM\t54m\tanna@nord.de\t\tAttendee
Max Chef\t3/10/26, 5:50:02 PM\t3/10/26, 7:00:00 PM\t1h 10m\tchef@wir.de\t\tOrganizer

3. In-Meeting Activities
Name\tJoin Time\tLeave Time\tDuration\tEmail\tRole
Anna Klein\t3/10/26, 6:01:02 PM\t3/10/26, 7:00:00 PM\t54m\tanna@nord.de\tAttendee
"""
GOTO = """\
Webinar Attendee Report,,
General Information,,
Webinar Name,Webinar ID,Actual Start Date/Time,Duration
Energie,123-456,"Mar 10, 2026 06:00 PM CET",60 minutes
Attendee Details,,
Attended,Last Name,First Name,Email Address,Registration Date/Time,Join Time,Leave Time,Time in Session,Unsubscribed
Yes,Klein,Anna,anna@nord.de,,"Mar 10, 2026 06:01 PM CET","Mar 10, 2026 06:55 PM CET",54 minutes,No
No,Hof,Jens,jens@nord.de,"Mar 1, 2026 10:00 AM CET",,,0 minutes,Yes
"""


def told(parts: Parts, part: str, *columns: str) -> list[tuple[Any, ...]]:
    return parts.of(part).select(columns).rows()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ZOOM, [("webinar_attended", "anna@nord.de", 0.9), ("webinar_no_show", "jens@nord.de", None)]),
        (TEAMS, [("webinar_attended", "anna@nord.de", 0.9)]),
        (TEAMS.encode("utf-16"), [("webinar_attended", "anna@nord.de", 0.9)]),
        (
            GOTO,
            [
                ("unsubscribe", "jens@nord.de", None),
                ("webinar_attended", "anna@nord.de", 0.9),
                ("webinar_no_show", "jens@nord.de", None),
                ("webinar_registered", "jens@nord.de", None),
            ],
        ),
    ],
    ids=["LM02 zoom", "teams", "teams as it is saved", "goto"],
)
def test_a_report_is_read_section_by_section_and_sessions_of_one_person_add_up(
    text: str | bytes, expected: list[tuple[Any, ...]]
) -> None:
    parts = parts_of(text, source="webinar")
    assert sorted(told(parts, "activities", "kind", "email", "share"), key=str) == expected
    assert not parts.of("rejects").height
    assert set(parts.of("activities")["content_id"]) == {"Energie"}


@pytest.mark.parametrize(
    ("rows", "share"),
    [
        ("Yes,A,A,K,a@n.de,,,,03/10/2026 06:00 PM,03/10/2026 08:00 PM,120,No,DE\n", 1.0),
        ("Yes,A,A,K,a@n.de,,,,03/10/2026 06:00 PM,03/10/2026 06:15 PM,--,No,DE\n", 0.25),
        (
            "Yes,A,A,K,A@N.de,,,,03/10/2026 06:00 PM,03/10/2026 06:15 PM,15,No,DE\nYes,A,A,K,"
            "a@n.de,,,,03/10/2026 06:30 PM,,15,No,DE\n",
            0.5,
        ),
    ],
    ids=["longer than the webinar", "no minutes but times", "one address in two cases"],
)
def test_the_share_of_a_webinar(rows: str, share: float) -> None:
    head = ZOOM[: ZOOM.index("Yes,Anna")]
    assert told(parts_of(head + rows, source="zoom"), "activities", "kind", "share") == [("webinar_attended", share)]


def test_a_colleague_is_no_attendee() -> None:
    assert "chef@wir.de" not in [email for text in (ZOOM, TEAMS) for email in parts_of(text).of("activities")["email"]]


HUBSPOT = """\
id,type,created,recipient,url,ip_address,user_agent,portal_subscription_status,filtered_event
1,SENT,2026-03-02 06:00:00,Anna@Nord.de,,,,,
2,CLICK,2026-03-02 06:00:01,anna@nord.de,https://x.de/a,1.2.3.4,Mozilla/5.0,,
3,OPEN,2026-03-02 07:00:00,anna@nord.de,,,Mozilla/5.0 (via ggpht.com GoogleImageProxy),,
4,OPEN,2026-03-02 07:00:00,anna@nord.de,,,Mozilla/5.0,,true
5,STATUSCHANGE,2026-03-03 07:00:00,anna@nord.de,,,,UNSUBSCRIBED,true
6,SPAMREPORT,2026-03-04 07:00:00,anna@nord.de,,,,,
7,DELIVERED,2026-03-02 06:00:00,anna@nord.de,,,,,
8,BOUNCE,2026-03-02 06:00:00,weg@nord.de,,,,,
"""
MARKETO = """\
marketoGUID,leadId,activityDate,activityTypeId,campaignId,primaryAttributeValueId,primaryAttributeValue,attributes
1,99,2026-03-02T09:15:00Z,1,null,1,/preise,"{""Webpage URL"":""/preise/"",""Client IP Address"":""1.2.3.4""}"
2,99,2026-03-02T09:15:00+0000,11,7,1,Mail 1,"{""Link"":""https://x.de"",""Is Bot Activity"":true}"
3,99,2026-03-02T10:15:00+01:00,9,7,1,Mail 1,{}
4,99,2026-03-02T09:15:00Z,13,7,1,Mail 1,null
5,99,2026-03-02T09:15:00Z,32,7,1,Mail 1,"{""Merge IDs"":""[1286861]""}"
"""
GA = [
    {
        "event_date": "20260303",
        "event_timestamp": "1772442900000000",
        "event_name": name,
        "event_params": [
            {"key": "ga_session_id", "value": {"int_value": "12"}},
            {"key": "page_location", "value": {"string_value": "https://x.de/preise?a=1"}},
        ],
        "user_pseudo_id": "1967382937.1709123456",
        "privacy_info": {"analytics_storage": "Yes"},
    }
    for name in ("page_view", "generate_lead", "user_engagement")
]
QUOTED = json.dumps(GA[0]["event_params"]).replace('"', '""')
GA_FLAT = (
    "event_date,event_timestamp,event_name,event_params,user_pseudo_id,privacy_info.analytics_storage\n"
    + "".join(
        f'20260303,1772442900000000,{name},"{QUOTED}",1967382937.1709123456,Yes\n'
        for name in ("page_view", "generate_lead", "user_engagement")
    )
)


def test_hubspot_mail_events_are_acts_of_people_or_of_machines() -> None:
    found = told(parts_of(HUBSPOT), "activities", "source_record_id", "kind", "email", "machine")
    assert [(nth, kind) for nth, kind, *_ in found] == [
        ("1", "email_sent"),
        ("2", "email_click"),
        ("3", "email_open"),
        ("4", "email_open"),
        ("5", "unsubscribe"),
        ("6", "spam_report"),
        ("8", "bounce"),
    ]
    assert {email for *_, email, _ in found} == {"anna@nord.de", "weg@nord.de"}
    assert [nth for nth, *_, machine in found if machine] == ["3", "4"]  # a person is taken at its word: 5 is none


def test_marketo_activities_by_their_number_with_json_in_a_cell() -> None:
    found = told(
        parts_of(MARKETO, source="marketo"), "activities", "kind", "crm_id", "occurred_at", "page_url", "machine"
    )
    when = at("2026-03-02T09:15:00")
    assert found == [
        ("price_page_view", "99", when, "/preise/", None),
        ("email_click", "99", when, "https://x.de", "filtered by the source"),
        ("unsubscribe", "99", when, None, None),
    ]


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (json.dumps(GA), "ga.json"),
        ("\n".join(map(json.dumps, GA)), "ga.jsonl"),
        (GA_FLAT, "ga.csv"),
    ],
    ids=["nested json", "json lines", "flattened csv"],
)
def test_ga4_events_are_of_the_microsecond_and_not_of_the_date(data: str, name: str) -> None:
    found = parts_of(data, name, source="google")
    assert told(found, "activities", "kind", "occurred_at", "visitor_id", "tracking_consent", "page_url") == [
        (kind, at("2026-03-02T09:15:00"), "1967382937.1709123456", True, "https://x.de/preise?a=1")
        for kind in ("price_page_view", "form_fill")
    ]


def test_ga4_events_in_parquet() -> None:
    file = io.BytesIO()
    pl.DataFrame(GA).write_parquet(file)
    assert told(parts_of(file.getvalue(), "ga.parquet"), "activities", "kind", "page_url") == [
        ("price_page_view", "https://x.de/preise?a=1"),
        ("form_fill", "https://x.de/preise?a=1"),
    ]


@pytest.mark.parametrize(
    ("text", "shape", "expected"),
    [
        (
            "timestamp,form_id,contact_id,conversion_id,page_id,page_url,portal_id,title\n"
            "2026-03-02 09:15:04,f1,101,c1,p,https://x/k,1,Kontakt\n",
            "hubspot_form_submissions",
            [("form_fill", "101", at("2026-03-02T09:15:04"))],
        ),
        (
            "id,who_id,what_id,account_id,owner_id,subject,activity_date,call_type,"
            "call_duration_in_seconds,call_disposition,is_closed,created_date\n"
            "1,00Q1,,,5,Call,2026-03-09,Outbound,60,ok,true,2026-03-09 07:20:00\n",
            "salesforce_task",
            [("sales_call", "00Q1", at("2026-03-09T07:20:00"))],
        ),
    ],
    ids=["form submissions", "tasks: by the time, not the day"],
)
def test_acts_of_a_record(text: str, shape: str, expected: list[tuple[Any, ...]]) -> None:
    assert told(parts_of(text), "activities", "kind", "crm_id", "occurred_at") == expected
    assert recognised(text.splitlines()[0].split(",")) is shapes()[shape]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "contact_id,timestamp,source,name,value,source_id\n"
            "101,2026-03-02 09:15:00,CRM_UI,lifecyclestage,marketingqualifiedlead,7\n"
            "101,2026-03-02 09:15:00,CRM_UI,firstname,Anna,7\n"
            "101,2026-03-03 09:15:00,CRM_UI,hs_lead_status,OPEN,7\n",
            [
                ("stage", "101", "marketingqualifiedlead", at("2026-03-02T09:15:00")),
                ("status", "101", "OPEN", at("2026-03-03T09:15:00")),
            ],
        ),
        (
            "Record ID,Email,Lifecycle Stage,Became a Marketing Qualified Lead Date,"
            "Became an Opportunity Date,Lead Status,Last Activity Date (GMT+1)\n"
            "101,anna@nord.de,Opportunity,2026-03-01 10:00,2026-07-01 10:00,Open,2026-07-03 10:00\n"
            "102,jens@nord.de,Lead,,,,\n",
            [
                ("stage", "101", "Marketing Qualified Lead", at("2026-03-01T09:00:00")),
                ("stage", "101", "Opportunity", at("2026-07-01T08:00:00")),
                ("status", "101", "Open", at("2026-07-03T09:00:00")),
            ],
        ),
        (
            "Lead ID,Field / Event,Old Value,New Value,Edit Date,Edited By\n"
            "00Q1,Lead Status,Open,MQL,3/19/2026 8:20 AM,Max\n00Q1,Owner,Eva,Max,3/19/2026 8:20 AM,Max\n",
            [("stage", "00Q1", "MQL", at("2026-03-19T07:20:00"))],
        ),
    ],
    ids=["property history", "LM19 contacts with a date per stage", "lead history"],
)
def test_feedback_of_a_crm(text: str, expected: list[tuple[Any, ...]]) -> None:
    found = told(parts_of(text), "feedback", "field", "crm_id", "new_value", "occurred_at")
    assert sorted(found, key=lambda row: row[3]) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "deal_id,deal_pipeline_id,deal_pipeline_stage_id,owner_id,property_dealname,"
            "property_amount,property_closedate,property_createdate\n"
            "5,d,closedwon,1,X,48000,2026-05-15 00:00:00,2026-03-02 00:00:00\n6,d,closedlost,1,X,,"
            ",2026-03-02 00:00:00\n",
            [("5", 48000, "EUR", "won"), ("6", None, "EUR", "lost")],
        ),
        (
            "Record ID,Deal Name,Deal Stage,Amount,Close Date,Create Date,Currency\n5,X,"
            "Closed Won,48000,2026-05-15 10:00,2026-03-02 10:00,USD\n"
            "6,Y,Contract Sent,,2026-05-15 10:00,2026-03-02 10:00,USD\n",
            [("5", 48000, "USD", "won"), ("6", None, "USD", "open")],
        ),
        (
            "Id,AccountId,Amount,CampaignId,CloseDate,CreatedDate,IsClosed,IsWon,Name,OwnerId,"
            "Probability,StageName,Type\n"
            "006,1,48000.0,7,2026-05-15,2026-03-02T09:15:00.000Z,true,true,X,5,100,Vertrag,New\n"
            "007,1,48000.0,7,2026-05-15,2026-03-02T09:15:00.000Z,true,false,X,5,0,Aus,New\n"
            "008,1,48000.0,7,2026-05-15,2026-03-02T09:15:00.000Z,false,false,X,5,20,Prospecting,New\n",
            [("006", 48000, "EUR", "won"), ("007", 48000, "EUR", "lost"), ("008", 48000, "EUR", "open")],
        ),
        (
            "id,name,contact_name,email_from,stage_id,expected_revenue,probability,date_closed,"
            "lost_reason_id,type,active\n"
            "12,X,Anna,anna@nord.de,Won,48000.5,100,2026-05-15 10:00:00,,opportunity,True\n"
            "13,X,Jens,jens@nord.de,Qualified,100,0,,Too expensive,opportunity,False\n14,X,Eva,"
            "eva@nord.de,New,0,10,,,opportunity,True\n",
            [("12", 48000.5, "EUR", "won"), ("13", 100, "EUR", "lost"), ("14", 0, "EUR", "open")],
        ),
        (
            "Auftragsnummer;Auftragsdatum;E-Mail;Betrag\nA1;15.05.2026;anna@nord.de;48.000,"
            "00 €\nA1;20.05.2026;anna@nord.de;-48.000,00 €\n",
            [("A1", 48000, "EUR", "won"), ("A1", -48000, "EUR", "cancelled")],
        ),
    ],
    ids=["hubspot deals", "hubspot export", "salesforce", "odoo", "orders of an ERP"],
)
def test_deals_and_orders(text: str, expected: list[tuple[Any, ...]]) -> None:
    assert told(parts_of(text), "deals", "deal_id", "amount", "currency", "outcome") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Kampagne;Monat;Kanal;Budget geplant;Ist-Kosten;Währung\nhm26-brand;2026-03;google;"
            "10.000,00;8.400,00;EUR\nSumme;;;13.000,00;8.400,00;EUR\n",
            [("hm26-brand", "2026-03", "google", 10000, 8400, "EUR")],
        ),
        (
            "Kampagne;Monat;Kanal;Budget geplant;Ist-Kosten\nhm26;März 2026;Messe;1.000;"
            "900 CHF\nGesamt:;;;1.000;900\n;;;1.000;900\n",
            [("hm26", "2026-03", "Messe", 1000, 900, "CHF")],
        ),
        ("Campaign;Month;Planned;Actual\nhm26;03/2026;1.000;\n", [("hm26", "2026-03", None, 1000, None, "EUR")]),
        ("Campaign;Month;Planned;Actual (USD)\nhm26;Sommer;1;2\n", []),
        (
            "campaign_id,day,cost_in_local_currency,clicks\n7,2026-03-02,12.345,3\n",
            [("7", "2026-03", "linkedin", None, 12.345, "EUR")],
        ),
        (
            "campaign_id,day,cost_in_usd,clicks\n7,2026-03-02,12.5,3\n",
            [("7", "2026-03", "linkedin", None, 12.5, "USD")],
        ),
        (
            "date,campaign_id,currency_code,spend\n2026-03-02,7,CHF,12.5\n",
            [("7", "2026-03", "microsoft", None, 12.5, "CHF")],
        ),
        (
            "date_day,platform,account_id,campaign_id,campaign_name,clicks,impressions,"
            "spend\n2026-03-31,google,1,7,hm26,1,2,12.345\n",
            [("hm26", "2026-03", "google", None, 12.345, "EUR")],
        ),
        (
            "segments.date,campaign.name,metrics.cost_micros\n2026-03-31,hm26,12500000\n",
            [("hm26", "2026-03", "google", None, 12.5, "EUR")],
        ),
        (
            "spend,channel,campaign,spend_tstamp\n12.5,google,hm26,2026-03-02 10:00:00\n",
            [("hm26", "2026-03", "google", None, 12.5, "EUR")],
        ),
    ],
    ids=[
        "LM05 sheet",
        "named months, totals",
        "planned only",
        "no month",
        "linkedin",
        "linkedin in USD",
        "microsoft",
        "report",
        "google",
        "snowplow",
    ],
)
def test_costs(text: str, expected: list[tuple[Any, ...]]) -> None:
    assert told(parts_of(text), "costs", "campaign_id", "month", "channel", "planned", "actual", "currency") == expected


def test_totals_are_held_back_with_the_reason() -> None:
    text = (
        "Kampagne;Monat;Ist-Kosten\nhm26;2026-03;1\nSumme;;1\nTotal 2026;;1\n;;1\n;2026-03;"
        "1\nhm27;irgendwann;1\nhm28;2026-03;\n"
    )
    reasons = parts_of(text).of("rejects")["reason_code"].to_list()
    assert reasons == ["total_row", "total_row", "total_row", "no_campaign", "unknown_month", "no_amount"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("download,irgendwann,anna@nord.de", "unknown_time"),
        ("Jodeln,2026-03-02 10:00,anna@nord.de", "unknown_kind"),
        ("download,2026-03-02 10:00,", "nobody_named"),
    ],
)
def test_a_row_of_which_nothing_can_be_told_says_why(row: str, reason: str) -> None:
    parts = parts_of(f"kind,occurred_at,email\n{row}\ndownload,2026-03-02 10:00,eva@sued.de\n")
    assert parts.of("rejects")["reason_code"].to_list() == [reason]
    assert parts.of("activities")["email"].to_list() == ["eva@sued.de"]


def test_the_settings_of_a_source_say_what_its_columns_and_words_mean() -> None:
    parts = parts_of(
        "Zeit;Wer;Was\n02.03.2026 10:00;anna@nord.de;Broschüre\n",
        shape="plain",
        columns={"Zeit": "occurred_at", "Wer": "email", "Was": "kind"},
        kinds={"Broschüre": "download"},
    )
    assert told(parts, "activities", "kind", "email", "occurred_at") == [
        ("download", "anna@nord.de", at("2026-03-02T09:00:00"))
    ]


def test_each_kind_a_shape_may_give_is_one_of_the_rules() -> None:
    known = {row["kind"] for row in rule_file("activity_types.csv").rows()} | {"-"}
    of_events = [shape for shape in shapes().values() if shape.makes == "activities"]
    assert {kind for shape in of_events for kind in shape.kinds.values()} <= known


@pytest.mark.parametrize(
    "header",
    [
        "Vorname;Nachname;E-Mail;Firma;Telefon",
        "Id;Type;Created;Email;First Name;Last Name",
        "Kampagne;Vorname;Nachname;E-Mail;Budget;Monat",
        "First Name,Last Name,Email,Company,Campaign,Date,Cost Center",
        "Attended,First Name,Last Name,Email",
        "Lead ID,First Name,Last Name,Company,Email,Lead Status",
        "Opportunity,Stage,Contact,Email,Phone",
    ],
)
def test_lists_of_people_are_no_activity(header: str) -> None:
    assert recognised(header.replace(";", ",").split(",")) is None
