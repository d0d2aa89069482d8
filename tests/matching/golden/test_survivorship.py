"""Survivorship: the cases of `survivorship_cases.csv`, one golden lead each, and what must hold for any records.

In a case, records are separated by ` | `, oldest first; a value that is given is valid unless its status says so.
"""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.clean import ENRICHED_RECORDS
from contracts.published import CONSENTS, FIELD_PROVENANCE, LEADS
from contracts.raw import RAW_RECORDS
from enrichment.clean_records import ContextSource, clean_batch
from enrichment.suppression import Suppression
from matching.golden.golden_leads import GOLDEN, golden_slices
from matching.golden.survivorship import SURVIVORSHIP

CASES = list(csv.DictReader((Path(__file__).parent / "survivorship_cases.csv").open(encoding="utf-8", newline="")))
START = datetime(2025, 1, 1, tzinfo=UTC)
STATUS = {
    "email": ("email_status", "valid"),
    "phone": ("phone_status", "valid"),
    "mobile": ("mobile_status", "valid"),
    "family_name": ("name_status", "valid"),
    "city": ("address_status", "locality"),
    "company_key": ("company_status", "valid"),
}


def parse(text: str) -> dict[str, Any]:
    return dict(part.split("=", 1) for part in text.split("; "))


def record(number: int, fields: dict[str, Any]) -> dict[str, Any]:
    kind = {"email_kind": "company"} if fields.get("email") else {}
    found = {"source": "web", "channel": "online", "source_record_id": f"R{number}", **kind, **fields}
    for name, (status, word) in STATUS.items():
        if found.get(name):
            found.setdefault(status, word)
    found["observed_at"] = START + timedelta(days=number)
    found["opt_out"] = found.get("opt_out") == "true"
    return found


def frame(records: list[dict[str, Any]]) -> pl.DataFrame:
    names = {name for fields in records for name in fields}
    return pl.DataFrame(records, schema={n: t for n, t in ENRICHED_RECORDS.schema.items() if n in names})


def golden_leads(records: pl.DataFrame, clusters: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    slices = list(golden_slices(records, clusters))
    golden = pl.concat([GOLDEN.empty(), *(part.leads for part in slices)])
    return golden, pl.concat([FIELD_PROVENANCE.empty(), *(part.provenance for part in slices)])


def one_lead(height: int, lead: str = "L1") -> pl.DataFrame:
    return pl.DataFrame({"record": range(height), "lead_id": [lead] * height}, schema_overrides={"record": pl.UInt32})


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_case(case: dict[str, str]) -> None:
    records = frame([record(n, parse(text)) for n, text in enumerate(case["records"].split(" | "))])
    golden, _ = golden_leads(records, one_lead(records.height))
    expected = {name: value or None for name, value in parse(case["golden"]).items()}
    assert {name: golden[name][0] for name in expected} == expected


def test_every_rule_is_explained_and_every_value_of_a_lead_has_one() -> None:
    fields = [field for rule in SURVIVORSHIP for field in rule.fields]
    assert len(fields) == len(set(fields))
    assert set(fields) <= set(LEADS.names)
    assert all(rule.why.endswith(".") for rule in SURVIVORSHIP)


def test_facts_of_a_lead() -> None:
    records = frame(
        [
            record(0, {"channel": "offline", "company_status": "none"}),
            record(3, {"company_key": "firma", "company_domain": "firma.de", "customer_no": "K1"}),
            record(1, {"company_status": "none"}),
        ]
    )
    golden, _ = golden_leads(records, one_lead(3))
    lead = golden.row(0, named=True)
    assert lead["source_count"] == 3
    assert lead["channels"] == ["offline", "online"]
    assert (lead["first_seen_at"], lead["last_seen_at"]) == (START, START + timedelta(days=3))
    assert (lead["employment_record"], lead["company_status"], lead["company_domain"]) == (1, "valid", "firma.de")
    assert (lead["is_customer"], lead["is_bot"], lead["opted_out"]) == (True, False, False)


def test_further_addresses_and_numbers_are_all_that_nobody_objected_to() -> None:
    """Sorted, without the golden ones, a desk left behind and what is closed, be it by another person's record."""
    records = frame(
        [
            record(
                0, {"email": "eva@alt.de", "phone": "+4930111111", "company_key": "alt", "company_domain": "alt.de"}
            ),
            record(1, {"email": "eva@gmx.de", "email_kind": "freemail", "mobile": "+49170111111"}),
            record(2, {"email": "eva@neu.de", "company_key": "neu", "company_domain": "neu.de"}),
            record(3, {"other_emails": ["info@neu.de", "gone@neu.de", "listed@neu.de"], "mobile": "+49170222222"}),
            record(4, {"other_phones": ["+49170333333", "+49170444444"], "fax": "+4971155555"}),
            record(5, {"email": "gone@neu.de", "mobile": "+49170444444", "opt_out": "true"}),
        ]
    )
    clusters = one_lead(6).with_columns(lead_id=pl.Series(["L1"] * 5 + ["L2"]))
    listed = Suppression(mailboxes=pl.Series(["listed@neu.de"]))
    ((golden, provenance, _),) = golden_slices(records, clusters, suppressed=listed)
    lead = golden.row(0, named=True)
    assert (lead["email"], lead["mobile"], lead["fax"]) == ("eva@neu.de", "+49170222222", "+4971155555")
    assert lead["other_emails"] == ["eva@alt.de", "eva@gmx.de", "info@neu.de"]
    assert lead["other_phones"] == ["+49170111111", "+49170333333"]
    assert lead["email_suppressed"], "any address of a person that is on a list closes their mail"
    origin = {row["field"]: (row["source_record_id"], row["rule"]) for row in provenance.to_dicts()}
    assert origin["other_emails"] == ("R3", "every_other")
    assert origin["other_phones"] == ("R4", "every_other")


def test_an_objection_in_a_note_wins_though_a_later_note_is_shown() -> None:
    texts = {"note": ["Bitte keine Werbung mehr", "Messegespräch, Interesse an Pumpen"]}
    raw = pl.DataFrame(texts | {"email": ["eva@firma.de"] * 2, "consent_email": [None, "ja"]}).with_columns(
        source=pl.lit("web"), source_record_id=pl.Series(["R0", "R1"]), channel=pl.lit("online")
    )
    clean = clean_batch(RAW_RECORDS.conform(raw), ContextSource().open())
    days = pl.Series([START, START + timedelta(days=9)]).cast(ENRICHED_RECORDS.schema["observed_at"])
    golden, _ = golden_leads(clean.with_columns(observed_at=days), one_lead(2))
    assert golden["note"][0] == texts["note"][1]
    assert golden["consent_email"][0] == "refused"


def test_accounts_decide_which_records_state_the_same_employer() -> None:
    records = frame(
        [
            record(0, {"company_key": "vw", "job_title": "Leiterin Einkauf"}),
            record(1, {"company_key": "volkswagen"}),
        ]
    )
    clusters = one_lead(2)
    assert golden_leads(records, clusters)[0]["job_title"][0] is None
    clusters = clusters.with_columns(account_id=pl.lit("A1"))
    assert golden_leads(records, clusters)[0]["job_title"][0] == "Leiterin Einkauf"


@pytest.mark.parametrize(
    ("objecting", "other", "golden"),
    [
        ({"email": "a@x.de", "opt_out": "true"}, {"email": "a@x.de", "consent_email": "granted"}, "consent_email"),
        ({"email": "a@x.de", "consent_email": "refused"}, {"email": "a@x.de"}, "consent_email"),
        ({"mobile": "+491701", "opt_out": "true"}, {"mobile": "+491701", "consent_phone": "granted"}, "consent_phone"),
        ({"mobile": "+491701", "consent_phone": "refused"}, {"mobile": "+491701"}, "consent_phone"),
        ({"email": "A+news@x.de", "opt_out": "true"}, {"email": "a@x.de", "consent_email": "granted"}, "consent_email"),
        ({"phone": "+4930112233", "opt_out": "true"}, {"phone": "+4930112233"}, "consent_phone"),
        ({"phone": "+4930112233", "consent_phone": "refused"}, {"phone": "+4930112233"}, "consent_phone"),
        (
            {"family_name": "Meier", "phone": "+4930112233", "opt_out": "true"},
            {"family_name": "Kline", "phone": "+4930112233", "consent_phone": "granted"},
            "consent_phone",
        ),
    ],
)
def test_an_objection_closes_the_mailbox_or_number_for_every_lead(
    objecting: dict[str, Any], other: dict[str, Any], golden: str
) -> None:
    clusters = pl.DataFrame({"record": [0, 1], "lead_id": ["L1", "L2"]}, schema_overrides={"record": pl.UInt32})
    leads, provenance = golden_leads(frame([record(0, objecting), record(1, other)]), clusters)
    assert leads[golden].to_list() == ["refused", "refused"]
    assert leads["opted_out"].to_list() == [objecting.get("opt_out") == "true", False]
    assert provenance.filter(pl.col("field") == golden, pl.col("lead_id") == "L2")["source_record_id"].to_list() == [
        "R1"
    ]


@pytest.mark.parametrize(
    ("objecting", "other", "golden", "expected"),
    [
        ({"email": "a@x.de", "consent_phone": "refused"}, {"email": "a@x.de"}, "consent_email", "unknown"),
        ({"email": "a@x.de", "opt_out": "true"}, {"email": "b@x.de"}, "consent_email", "unknown"),
        (
            {"family_name": "Meier", "phone": "+4930112233", "phone_extension": "0", "opt_out": "true"},
            {"phone": "+4930112233"},
            "consent_phone",
            "unknown",
        ),
        (
            {"family_name": "Meier", "phone": "+4930112233", "consent_phone": "refused"},
            {"phone": "+4930112233", "consent_phone": "granted"},
            "consent_phone",
            "granted",
        ),
    ],
)
def test_an_objection_closes_no_other_channel_address_or_switchboard(
    objecting: dict[str, Any], other: dict[str, Any], golden: str, expected: str
) -> None:
    clusters = pl.DataFrame({"record": [0, 1], "lead_id": ["L1", "L2"]}, schema_overrides={"record": pl.UInt32})
    leads, _ = golden_leads(frame([record(0, objecting), record(1, other)]), clusters)
    assert leads[golden][1] == expected


def test_the_domain_all_the_data_use_tells_which_of_two_addresses_is_the_typo() -> None:
    mine = [record(0, {"email": "eva@franz-verlag.de"}), record(1, {"email": "eva@fanz-verlag.de"})]
    others = [record(n, {"email": f"person{n}@franz-verlag.de"}) for n in range(2, 6)]
    assert golden_leads(frame(mine), one_lead(2))[0]["email"][0] == "eva@fanz-verlag.de"  # nothing else to go by
    clusters = pl.DataFrame(
        {"record": range(6), "lead_id": ["L1", "L1", "L2", "L3", "L4", "L5"]}, schema_overrides={"record": pl.UInt32}
    )
    assert golden_leads(frame(mine + others), clusters)[0]["email"][0] == "eva@franz-verlag.de"


def test_no_records_no_leads() -> None:
    golden, provenance = golden_leads(ENRICHED_RECORDS.empty(), one_lead(0))
    assert golden.schema == GOLDEN.schema
    assert provenance.schema == FIELD_PROVENANCE.schema
    assert golden.height == provenance.height == 0


WORDS = {
    "given_name": st.sampled_from([None, "Hans", "Hans-Peter", "HP", "H.", "Jörg", "Joerg", "Ольга", "Ann-Sofie"]),
    "family_name": st.sampled_from([None, "Müller", "Mueller", "Muller", "Schulz", "Bauer", "Baur", "李"]),
    "name_status": st.sampled_from([None, "valid", "partial", "swapped", "junk", "role", "two_persons", "missing"]),
    "email": st.sampled_from([None, "a@firma.de", "b@gmx.de", "info@firma.de"]),
    "email_status": st.sampled_from([None, "valid", "risky", "invalid", "unknown", "missing"]),
    "email_kind": st.sampled_from([None, "company", "freemail", "role", "disposable"]),
    "phone": st.sampled_from([None, "+4971112345", "+4989123456"]),
    "phone_status": st.sampled_from([None, "valid", "possible", "invalid", "missing"]),
    "phone_extension": st.sampled_from([None, "0", "12"]),
    "street": st.sampled_from([None, "Hauptstraße", "Am Markt"]),
    "house_number": st.sampled_from([None, "1", "2a"]),
    "postcode": st.sampled_from([None, "70173", "1010"]),
    "city": st.sampled_from([None, "Stuttgart", "Wien"]),
    "country": st.sampled_from([None, "DE", "AT"]),
    "address_status": st.sampled_from([None, "locality", "corrected", "conflict", "unverifiable", "missing"]),
    "company_key": st.sampled_from([None, "alt", "neu"]),
    "company_domain": st.sampled_from([None, "alt.de", "neu.de"]),
    "job_title": st.sampled_from([None, "Einkäufer", "Leiter Einkauf"]),
    "consent_email": st.sampled_from([None, "granted", "confirmed", "refused", "unclear", "unknown"]),
    "consent_phone": st.sampled_from([None, "granted", "refused", "unclear", "unknown"]),
    "channel": st.sampled_from(["online", "offline"]),
    "source": st.sampled_from(["web", "messe", "manuell"]),
    "other_emails": st.sampled_from([None, [], ["a@x.de"], ["b@x.de", "c@x.de"]]),
    "other_phones": st.sampled_from([None, [], ["+4971112345"], ["+497111234512", "+493012345"]]),
    "fax": st.sampled_from([None, "+49711123499"]),
    "campaign": st.sampled_from([None, "Frühjahr", "k.A."]),
    "utm_source": st.sampled_from([None, "google", "linkedin"]),
    "note": st.sampled_from([None, "Rückruf im Mai"]),
    "industry": st.sampled_from([None, "Bau", "n/a"]),
}
LISTS = {"other_emails": ("email",), "other_phones": ("phone", "mobile")}
TAGGED = {"lead_source": "utm_source", "campaign": "utm_campaign"}  # a tag of the link stands in where a field is empty
BLOCK = ["street", "house_number", "postcode", "city", "country"]


@st.composite
def inputs(draw: st.DrawFn) -> tuple[pl.DataFrame, pl.DataFrame]:
    records, leads = [], []
    for number in range(draw(st.integers(1, 12))):
        fields = {name: draw(values) for name, values in WORDS.items()}
        day = START + timedelta(days=draw(st.integers(0, 3)))
        objects = draw(st.sampled_from([None, False, False, True]))
        records.append(fields | {"source_record_id": f"R{number}", "observed_at": day, "opt_out": objects})
        leads.append(draw(st.sampled_from(["L1", "L2", "L3"])))
    clusters = pl.DataFrame({"record": range(len(leads)), "lead_id": leads}, schema_overrides={"record": pl.UInt32})
    return frame(records), clusters


@pytest.mark.slow
@settings(max_examples=40)
@given(inputs(), st.randoms(use_true_random=False))
def test_the_order_of_the_records_does_not_matter(data: tuple[pl.DataFrame, pl.DataFrame], random: Any) -> None:
    records, clusters = data
    golden, provenance = golden_leads(records, clusters)
    order = list(range(records.height))
    random.shuffle(order)
    shuffled = pl.DataFrame(
        {"record": range(len(order)), "lead_id": clusters["lead_id"].gather(order)},
        schema_overrides={"record": pl.UInt32},
    )
    again, provenance_again = golden_leads(records[order], shuffled.sample(fraction=1.0, shuffle=True, seed=1))
    assert again.drop("employment_record").equals(golden.drop("employment_record"))
    assert provenance_again.equals(provenance)


@pytest.mark.slow
@settings(max_examples=30)
@given(inputs(), st.integers(1, 13))
def test_slices_one_after_the_other_are_the_whole(data: tuple[pl.DataFrame, pl.DataFrame], size: int) -> None:
    slices = list(golden_slices(*data, records=size))
    golden, provenance = golden_leads(*data)
    assert pl.concat(part.leads for part in slices).equals(golden)
    assert pl.concat(part.provenance for part in slices).equals(provenance)
    whole = pl.concat(part.consents for part in golden_slices(*data))
    assert pl.concat(part.consents for part in slices).equals(whole)
    assert whole.equals(whole.sort(CONSENTS.key))
    assert len(slices) == 1 or size < data[0].height


@pytest.mark.slow
@settings(max_examples=40)
@given(inputs())
def test_what_always_holds(data: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    records, clusters = data
    golden, provenance = golden_leads(records, clusters)
    assert golden["lead_id"].to_list() == sorted(set(clusters["lead_id"]))
    assert golden["source_count"].sum() == records.height

    members = records.with_row_index("record").join(clusters, on="record")
    by_id = {row["source_record_id"]: row for row in members.to_dicts()}
    leads = {row["lead_id"]: row for row in golden.to_dicts()}
    for row in provenance.to_dicts():  # every value is the value of the record named, in the same lead
        origin = dict.fromkeys(TAGGED) | by_id[row["source_record_id"]]
        assert origin["lead_id"] == row["lead_id"]
        value = leads[row["lead_id"]][row["field"]]
        assert ("; ".join(value) if row["field"] in LISTS else value) == row["value"]
        assert origin["source"] == row["source"]
        assert origin["observed_at"] == row["observed_at"]
        if row["field"] in LISTS:
            had = {*(origin[row["field"]] or []), *(origin.get(name) for name in LISTS[row["field"]])}
            assert had & set(value)
        elif row["field"] in TAGGED:
            assert row["value"] in (origin[row["field"]], origin.get(TAGGED[row["field"]]))
        elif not row["field"].startswith("consent"):
            assert origin[row["field"]] == row["value"]
    keys = provenance.select("lead_id", "field")
    assert keys.n_unique() == keys.height
    assert keys.equals(keys.sort("lead_id", "field"))

    for lead in leads.values():
        mine = [row for row in by_id.values() if row["lead_id"] == lead["lead_id"]]
        block = {name: lead[name] for name in BLOCK}
        none_stated = not any(block.values())
        assert none_stated or any(block == {name: row[name] for name in BLOCK} for row in mine)
        for channel in ("consent_email", "consent_phone"):
            if any(row[channel] == "refused" or (row["opt_out"] and not one_channel_only(row)) for row in mine):
                assert lead[channel] == "refused"
        if lead["phone_status"] == "invalid":
            assert lead["phone"] is None
            (employed,) = [row for row in mine if row["record"] == lead["employment_record"]] or [None]
            still = [row for row in mine if not (employed and has_left(row, employed))]
            assert not any(row["phone"] and row["phone_status"] == "valid" for row in still)
        for name in ("given_name", "family_name"):
            named = [row[name] for row in mine if row["name_status"] in {"valid", "swapped", "partial"}]
            assert lead[name] is None or lead[name] in named


def has_left(row: dict[str, object], employed: dict[str, object]) -> bool:
    """Whether a record speaks of another employer than the present one: its desk is no longer theirs."""
    known = None not in (row["company_key"], employed["company_key"])
    same_domain = row["company_domain"] is not None and row["company_domain"] == employed["company_domain"]
    return known and row["company_key"] != employed["company_key"] and not same_domain


def one_channel_only(row: dict[str, object]) -> bool:
    """Whether the record's objection is to e-mail only or to the phone only."""
    return (row["consent_email"] == "refused") != (row["consent_phone"] == "refused")
