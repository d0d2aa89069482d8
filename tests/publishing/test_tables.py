"""The published tables: shape, block reasons (`block_cases.csv`)."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from contracts.published import ACCOUNTS, BUYING_CENTERS, LEAD_CROSSWALK, LEADS
from contracts.raw import REJECTS
from contracts.reasons import reasons
from matching.golden.golden_leads import GOLDEN
from publishing.block_reasons import block_reasons
from publishing.permission import permissions, usual_rules
from publishing.stamp import Stamp
from publishing.tables import (
    accounts_table,
    buying_centers_table,
    crosswalk_table,
    leads_table,
    quarantine_table,
)

AT = datetime(2026, 3, 1, tzinfo=UTC)
FIRST = Stamp("run-1", AT)
CASES = list(csv.DictReader((Path(__file__).parent / "block_cases.csv").open(encoding="utf-8", newline="")))
NO_ROLES = pl.DataFrame(schema=dict.fromkeys(("lead_id", "account_id", "seniority", "buying_role"), pl.String))


def golden(**values: Any) -> pl.DataFrame:
    """One golden lead; an address or number that is given is valid unless its status says so."""
    channels = ("email", "phone", "mobile")
    statuses = {f"{name}_status": "valid" if values.get(name) else "missing" for name in channels}
    lead = {
        "lead_id": "L1",
        "other_emails": [],
        "other_phones": [],
        "sources": ["web"],
        "address_status": "missing",
        "name_status": "valid" if values.get("family_name") else "missing",
        "source_count": 1,
        "channels": ["online"],
        "first_seen_at": AT,
        "last_seen_at": AT,
        "consent_email": "unknown",
        "consent_phone": "unknown",
        "opted_out": False,
        **{f"{channel}_{what}": False for channel in ("email", "phone") for what in ("suppressed", "customer")},
        "is_customer": False,
        "is_bot": False,
        **statuses,
        **values,
    }
    return GOLDEN.conform(pl.DataFrame([lead], infer_schema_length=None))


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_block_reasons(case: dict[str, str]) -> None:
    """A lead consents to all that is asked for unless its case says otherwise."""
    stated: dict[str, Any] = dict(part.split("=", 1) for part in case["lead"].split("; "))
    values = {"consent_email": "confirmed", "consent_phone": "granted"} | stated
    for flag in ("opted_out", "is_customer", "is_bot", "email_suppressed", "phone_suppressed"):
        values[flag] = values.get(flag) == "true"
    lead = golden(**{name: value for name, value in values.items() if name != "account_id"})
    lead = lead.with_columns(account_id=pl.lit(values.get("account_id"), pl.String))
    lead = pl.concat([lead, permissions(lead, usual_rules())], how="horizontal")
    assert block_reasons(lead, {"wettbewerb.de"})[0].to_list() == case["reasons"].split()


def test_every_block_reason_is_documented() -> None:
    used = {code for case in CASES for code in case["reasons"].split()}
    assert used <= set(reasons())
    assert {r.code for r in reasons().values() if r.area == "publishing"} - {"test_entry", "no_identity"} == used


def test_a_lead_names_its_account() -> None:
    roles = pl.DataFrame(
        {"lead_id": ["L1"], "account_id": ["A1"], "seniority": ["unknown"], "buying_role": ["unknown"]}
    )
    names = pl.DataFrame({"account_id": ["A1", "A2"], "name": ["Bosch GmbH", "B AG"]})
    table = leads_table(pl.concat([golden(), golden(lead_id="L2")]), roles, FIRST, account_names=names)
    assert table["account_name"].to_list() == ["Bosch GmbH", None]


def test_a_lead_is_publishable_when_nothing_blocks() -> None:
    called = golden(family_name="Meier", phone="+4971112345", consent_phone="granted", company_domain="firma.de")
    leads = pl.concat([called, golden(lead_id="L2")])
    table = leads_table(leads, NO_ROLES, FIRST)
    assert table.schema == pl.Schema(LEADS.schema)
    assert table["publishable"].to_list() == [True, False]
    assert table["seniority"].to_list() == table["buying_role"].to_list() == ["unknown", "unknown"]


def test_accounts_count_their_leads_and_roles() -> None:
    centers = buying_centers_table(
        pl.DataFrame(
            {
                "account_id": ["A1", "A1", "A1"],
                "lead_id": ["L1", "L2", "L3"],
                "role": ["buyer", "decider", "unknown"],
                "role_confidence": [0.9, 0.8, 0.0],
                "role_evidence": ["title", "title", "no title"],
            }
        ),
        FIRST,
    )
    assert centers.schema == pl.Schema(BUYING_CENTERS.schema)
    leads = pl.DataFrame({"lead_id": ["L1", "L2", "L3", "L4"], "account_id": ["A1", "A1", "A1", None]})
    described = pl.DataFrame(
        {
            "account_id": ["A2", "A1"],
            "name": ["B AG", "A GmbH"],
            "spelling_variants": [[], [{"name": "A", "records": 2}]],
        },
        schema_overrides={"spelling_variants": ACCOUNTS.schema["spelling_variants"]},
    )
    table = accounts_table(described, leads, centers, FIRST)
    assert table.schema == pl.Schema(ACCOUNTS.schema)
    assert table["account_id"].to_list() == ["A1", "A2"]
    assert table["lead_count"].to_list() == [3, 0]
    assert table["roles_present"].to_list() == [["buyer", "decider"], []]
    assert table["roles_missing"][0].to_list() == ["initiator", "user", "influencer", "gatekeeper"]
    assert accounts_table(described, leads, centers, Stamp("run-2", AT, lambda *_: table)).equals(table)


def test_the_crosswalk_names_lead_and_account_of_every_record() -> None:
    records = pl.DataFrame(
        {"record": [0, 1], "source": ["web", "messe"], "source_record_id": ["1", "7"]},
        schema_overrides={"record": pl.UInt32},
    )
    clusters = pl.DataFrame(
        {
            "record": [0, 1],
            "lead_id": ["L1", "L1"],
            "match_probability": [0.99, 0.99],
            "match_reason": ["same e-mail", "same e-mail"],
        },
        schema_overrides={"record": pl.UInt32},
    )
    employment = pl.DataFrame({"record": [1], "account_id": ["A1"]}, schema_overrides={"record": pl.UInt32})
    table = crosswalk_table(records, clusters, employment, FIRST)
    assert table.schema == pl.Schema(LEAD_CROSSWALK.schema)
    assert table["source"].to_list() == ["messe", "web"]
    assert table["account_id"].to_list() == ["A1", None]


def test_quarantine_says_what_happened_and_what_to_do() -> None:
    held = REJECTS.conform(
        pl.DataFrame(
            {
                "source": ["web", "web"],
                "channel": ["online", "online"],
                "file": ["online/web/b.csv", "online/web/a.csv"],
                "reason_code": ["empty_file", "empty_file"],
                "message": ["The file has no bytes", f"Empty. {reasons()['empty_file'].remedy}"],
                "raw": ["", "x"],
            }
        )
    )
    table = quarantine_table(held, FIRST)
    assert table["file"].to_list() == ["online/web/a.csv", "online/web/b.csv"]
    remedy = reasons()["empty_file"].remedy.rstrip(".")
    assert table["message"].to_list() == [f"Empty. {remedy}.", f"The file has no bytes. {remedy}."]
    assert table["raw"].to_list() == ["x", None], "never an empty string, which would stop the publication"
