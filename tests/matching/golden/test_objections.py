"""Objections: whatever else the records say, in whatever order, a closed channel of a lead stays closed."""

from __future__ import annotations

from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.golden.objections import objections
from publishing.block_reasons import block_reasons
from publishing.permission import permissions, usual_rules
from tests.matching.golden.test_survivorship import frame, golden_leads, record

SAID = st.sampled_from([None, "granted", "confirmed", "refused", "unclear", "unknown"])
VALUES = {
    "email": st.sampled_from([None, "eva@x.de", "Eva+news@x.de", "udo@x.de"]),
    "phone": st.sampled_from([None, "+4930112233", "+4930112244"]),
    "mobile": st.sampled_from([None, "+491701234567"]),
    "family_name": st.sampled_from([None, "Meier", "Kline"]),
    "consent_email": SAID,
    "consent_phone": SAID,
    "opt_out": st.sampled_from([None, "true"]),
}


@st.composite
def people(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[str]]:
    told = draw(st.lists(st.fixed_dictionaries(VALUES), min_size=1, max_size=6))
    records = [
        record(place, {name: value for name, value in fields.items() if value}) for place, fields in enumerate(told)
    ]
    return records, draw(st.lists(st.sampled_from(["L1", "L2"]), min_size=len(told), max_size=len(told)))


def says(fields: dict[str, Any], channel: str, word: str) -> bool:
    others = {name: fields.get(f"consent_{name}") == "refused" for name in ("email", "phone")}
    to_all = fields["opt_out"] and others["email"] == others["phone"]
    return fields.get(f"consent_{channel}") == word or (word == "refused" and to_all)


def mailbox(fields: dict[str, Any]) -> str | None:
    return fields["email"].lower().replace("+news", "") if fields.get("email") else None


@settings(max_examples=40)
@given(people())
def test_an_objection_closes_the_channel_and_doubt_opens_none(
    drawn: tuple[list[dict[str, Any]], list[str]],
) -> None:
    records, leads = drawn
    clusters = pl.DataFrame({"record": range(len(records)), "lead_id": leads}, schema_overrides={"record": pl.UInt32})
    golden = golden_leads(frame(records), clusters)[0]
    blocked = golden.with_columns(account_id=pl.lit("A"), job_title=pl.lit(None, pl.String))
    blocked = pl.concat([blocked, permissions(blocked, usual_rules())], how="horizontal")
    reasons = blocked.with_columns(reasons=block_reasons(blocked)).rows_by_key("lead_id", named=True, unique=True)
    for lead, row in reasons.items():
        mine = [fields for fields, its in zip(records, leads, strict=True) if its == lead]
        same_box = [fields for fields in records if mailbox(fields) and mailbox(fields) == mailbox(row)]
        numbers = {fields[name] for fields in mine for name in ("phone", "mobile") if fields.get(name)}
        same_mobile = [fields for fields in records if fields.get("mobile") in numbers]
        same_phone = [
            fields
            for fields in records
            if fields.get("phone") in numbers and (fields["opt_out"] or not fields.get("family_name"))
        ]
        about = {"email": [*mine, *same_box], "phone": [*mine, *same_mobile, *same_phone]}
        for channel, spoken in about.items():
            if any(says(fields, channel, "refused") for fields in spoken):
                assert row[f"consent_{channel}"] == "refused"
            elif any(says(fields, channel, "unclear") for fields in spoken):
                assert row[f"consent_{channel}"] == "unclear"
        open_channels = [
            row[f"consent_{channel}"]
            for channel, values in (("email", ("email",)), ("phone", ("phone", "mobile")))
            if any(row[value] for value in values)
        ]
        if open_channels and set(open_channels) == {"refused"}:
            assert "opted_out" in row["reasons"]
        elif open_channels and set(open_channels) <= {"refused", "unclear"}:
            assert {"opted_out", "consent_in_doubt"} & set(row["reasons"])


@given(people(), st.randoms())
def test_the_order_of_the_records_does_not_count(drawn: tuple[list[dict[str, Any]], list[str]], order: Any) -> None:
    records, _ = drawn
    shuffled = order.sample(records, len(records))
    for here, there in zip(objections(frame(records)), objections(frame(shuffled)), strict=True):
        assert [set(values) for values in here] == [set(values) for values in there]


def test_all_addresses_and_numbers_of_a_record_are_closed() -> None:
    fields = {"email": "eva@x.de", "opt_out": "true", "other_emails": ["eva@y.de"], "other_phones": ["+4930112233"]}
    closed, unclear = objections(frame([record(0, fields)]))
    assert (set(closed.mailboxes), set(closed.numbers)) == ({"eva@x.de", "eva@y.de"}, {"+4930112233"})
    assert unclear.mailboxes.is_empty() and unclear.numbers.is_empty()
