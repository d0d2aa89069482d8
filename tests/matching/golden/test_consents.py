"""Consents: one row per lead, channel and basis, with the record that proves it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from contracts.clean import ENRICHED_RECORDS
from matching.golden.golden_leads import golden_slices

START = datetime(2025, 1, 1, tzinfo=UTC)
EVA = {"email": "eva@firma.de", "email_status": "valid"}
AGREED = EVA | {"consent_email": "granted", "consent_email_basis": "stated", "consent_purpose": "Newsletter A"}
CONFIRMED = EVA | {
    "consent_email": "confirmed",
    "consent_email_basis": "double_opt_in",
    "consent_confirmed_at": START - timedelta(days=1),
    "ip_network": "Telekom",
}
REFUSED = EVA | {"consent_email": "refused", "consent_email_basis": "stated"}
UNCLEAR = EVA | {"consent_email": "unclear", "consent_email_basis": "stated"}
CUSTOMER = EVA | {"consent_email": "unknown", "consent_email_basis": "existing_customer"}
CALLED = {"mobile": "+491711234567", "consent_phone": "granted", "consent_phone_basis": "stated"}


def rows(*records: dict[str, Any], leads: str = "") -> list[dict[str, Any]]:
    """The consents of records, a day apart, that are all of one lead unless `leads` names one each."""
    told = [
        {"source": "web", "source_record_id": str(n), "observed_at": START + timedelta(days=n), **record}
        for n, record in enumerate(records)
    ]
    names = {name for record in told for name in record}
    enriched = pl.DataFrame(told, schema={n: t for n, t in ENRICHED_RECORDS.schema.items() if n in names})
    ids = list(leads) or ["L"] * len(records)
    clusters = pl.DataFrame({"record": range(len(records)), "lead_id": ids}, schema_overrides={"record": pl.UInt32})
    return pl.concat(part.consents for part in golden_slices(enriched, clusters)).to_dicts()


def only(*records: dict[str, Any]) -> dict[str, Any]:
    (row,) = rows(*records)
    return row


def test_nothing_stated_has_no_row() -> None:
    assert rows(EVA, {"mobile": "+491711234567", "consent_phone": "unknown"}) == []


def test_a_consent_shows_its_purpose_date_and_record() -> None:
    row = only(EVA, AGREED)
    assert (row["channel"], row["basis"], row["status"], row["purpose"]) == (
        "email",
        "stated",
        "granted",
        "Newsletter A",
    )
    assert (row["source"], row["source_record_id"]) == ("web", "1")
    assert (row["obtained_at"], row["confirmed_at"], row["objected_at"]) == (START + timedelta(days=1), None, None)


def test_a_double_opt_in_shows_when_and_from_which_network() -> None:
    row = only(CONFIRMED, AGREED)
    assert (row["basis"], row["status"], row["source_record_id"]) == ("double_opt_in", "confirmed", "0")
    assert (row["confirmed_at"], row["ip_network"]) == (START - timedelta(days=1), "Telekom")


def test_an_objection_shows_its_date_and_no_consent_beside_it() -> None:
    row = only(REFUSED, CONFIRMED)
    assert (row["status"], row["objected_at"], row["obtained_at"], row["confirmed_at"]) == (
        "refused",
        START,
        None,
        None,
    )


def test_an_objection_of_another_lead_is_no_statement_of_this_one() -> None:
    row = next(row for row in rows(REFUSED, CONFIRMED, leads="AB") if row["lead_id"] == "B")
    assert (row["status"], row["basis"], row["objected_at"]) == ("refused", "other_record", None)


def test_doubt_consents_to_nothing() -> None:
    row = only(UNCLEAR, CONFIRMED)
    assert (row["status"], row["basis"], row["obtained_at"]) == ("unclear", "stated", None)


def test_both_channels_in_order() -> None:
    assert [(row["channel"], row["status"]) for row in rows(CALLED, AGREED)] == [
        ("email", "granted"),
        ("phone", "granted"),
    ]


@pytest.mark.parametrize(
    ("records", "basis"),
    [
        ((CUSTOMER,), ["existing_customer"]),
        ((CUSTOMER, AGREED), ["existing_customer", "stated"]),
        ((CUSTOMER, CONFIRMED), ["double_opt_in"]),
        ((CUSTOMER, REFUSED), ["stated"]),
        ((CUSTOMER, UNCLEAR), ["stated"]),
        ((CUSTOMER | AGREED | {"consent_email_basis": "existing_customer"},), ["existing_customer"]),
        ((CUSTOMER | {"email": "eva.alt@gmx.de", "email_kind": "freemail"}, EVA), []),
    ],
)
def test_who_is_declared_a_customer(records: tuple[dict[str, Any], ...], basis: list[str]) -> None:
    found = rows(*records)
    assert [row["basis"] for row in found] == basis
    assert len({row["status"] for row in found}) <= 1, "every row says what leads says of the channel"
