"""Consent: what a record states, per channel; an objection outranks everything."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.clean import CONSENT as COLUMNS
from contracts.clean import REPAIRS
from contracts.reasons import reasons
from contracts.statuses import CONSENT, CONSENT_BASIS
from enrichment.consent import clean_consent
from tests.enrichment.cases import load_columns

CASES = load_columns("consent")
FIELDS = ("consent_email", "consent_doi_at", "consent_phone", "opt_out", "consent_basis")


def test_cases() -> None:
    found = clean_consent(CASES.select(FIELDS))
    judged = CASES.select("about", *FIELDS, "email", "phone", "opted_out").with_columns(
        found_email=found["consent_email"],
        found_phone=found["consent_phone"],
        found_opted_out=found["opt_out"].cast(pl.String),
    )
    wrong = judged.filter(
        pl.any_horizontal(pl.col(name) != pl.col(f"found_{name}") for name in ("email", "phone", "opted_out"))
    )
    assert wrong.to_dicts() == []


def test_columns_and_vocabulary() -> None:
    found = clean_consent(CASES.select(FIELDS))
    assert found.columns == [column.name for column in COLUMNS if column.name in found.columns] + [REPAIRS.name]
    assert set(found["consent_email_basis"].drop_nulls()) <= set(CONSENT_BASIS)
    assert found.schema["opt_out"] == pl.Boolean and found.schema[REPAIRS.name] == REPAIRS.dtype
    assert set(found["consent_email"]) <= set(CONSENT)
    assert set(found["consent_phone"]) <= {"granted", "refused", "unclear", "unknown"}
    told = found["repairs"].explode().struct.field("reason").drop_nulls()
    assert set(told) <= set(reasons())
    silent = clean_consent(pl.DataFrame({"file": ["a"]}))
    assert silent.select(pl.exclude("repairs")).rows() == [("unknown", "unknown", None, None, None, None, False)]


@pytest.mark.parametrize(
    ("record", "basis", "confirmed_at"),
    [
        ({"consent_email": "ja"}, "stated", None),
        (
            {"consent_email": "nein", "consent_doi_at": "24.03.2025 14:05 UTC"},
            "stated",
            datetime(2025, 3, 24, 14, 5, tzinfo=UTC),
        ),
        ({"consent_email": "siehe Akte"}, "stated", None),
        ({"consent_doi_at": "24.03.2025 14:05"}, "double_opt_in", datetime(2025, 3, 24, 13, 5, tzinfo=UTC)),
        ({"consent_doi_at": "2025-03-24T14:05:00Z"}, "double_opt_in", datetime(2025, 3, 24, 14, 5, tzinfo=UTC)),
        (
            {"consent_doi_at": "24.03.2025 14:05", "timezone": "UTC"},
            "double_opt_in",
            datetime(2025, 3, 24, 14, 5, tzinfo=UTC),
        ),
        ({"consent_doi_at": "ja"}, "double_opt_in", None),
        ({"consent_doi_at": "1970-01-01"}, None, None),
        ({"consent_email": "confirmed"}, "double_opt_in", None),
        ({"consent_basis": "form_opt_in"}, "declared", None),
        ({"consent_basis": "double_opt_in"}, "declared", None),
        ({"consent_basis": "Existing customer"}, "existing_customer", None),
        ({"consent_basis": "existing_customer", "consent_email": "ja"}, "existing_customer", None),
        ({"consent_basis": "existing_customer", "consent_email": "nein"}, "stated", None),
        ({"consent_basis": "trade_fair"}, None, None),
        ({"consent_email": "ja", "opt_out": "ja"}, "stated", None),
    ],
)
def test_what_a_consent_rests_on(record: dict[str, str], basis: str | None, confirmed_at: datetime | None) -> None:
    found = clean_consent(pl.DataFrame([record]))
    assert found["consent_email_basis"][0] == basis
    assert found["consent_confirmed_at"][0] == confirmed_at


@pytest.mark.parametrize(
    ("before", "told"),
    [
        (None, ("granted", "granted", False)),
        ("email", ("refused", "granted", False)),
        ("phone", ("granted", "refused", False)),
        ("email_and_phone", ("refused", "refused", False)),
        ("all", ("refused", "refused", True)),
    ],
)
def test_what_an_older_version_refuses_holds(before: str | None, told: tuple[str, str, bool]) -> None:
    said = pl.DataFrame({"consent_email": ["ja"], "consent_phone": ["ja"], "refused_before": [before]})
    found = clean_consent(said.cast(pl.String))
    assert found.select("consent_email", "consent_phone", "opt_out").row(0) == told
    reasons_told = {repair["reason"] for repair in found["repairs"][0]}
    assert ("refused_before" in reasons_told) == (before is not None)


def test_purpose_is_kept_as_written() -> None:
    found = clean_consent(pl.DataFrame({"consent_purpose": ["  Newsletter A,\n Version 3 ", " ", None]}))
    assert found["consent_purpose"].to_list() == ["Newsletter A, Version 3", None, None]


@pytest.mark.parametrize(
    ("purpose", "stated", "consent"),
    [
        ("Newsletter A", "ja", "granted"),
        ("Produktinformationen per E-Mail", "ja", "granted"),
        ("Text 2024-03", "ja", "granted"),
        ("Whitepaper-Download", "ja", "granted"),
        ("Gewinnspiel Hannover Messe", "ja", "unknown"),
        ("Gewinnspiel und Newsletter", "ja", "granted"),
        ("Datenschutzerklärung v3", "ja", "unknown"),
        ("Privacy policy accepted", "yes", "unknown"),
        ("AGB", "ja", "unknown"),
        ("Vertragsabwicklung", "double opt-in", "unknown"),
        ("Rückruf", "ja", "granted"),
        ("Gewinnspiel", "nein", "refused"),
        ("Gewinnspiel", "", "unknown"),
    ],
)
def test_consent_holds_for_its_purpose_only(purpose: str, stated: str, consent: str) -> None:
    found = clean_consent(pl.DataFrame({"consent_purpose": [purpose], "consent_email": [stated]}))
    assert found["consent_email"].to_list() == [consent]
    told = [entry["reason"] for entry in found["repairs"][0]]
    assert told == (["consent_other_purpose"] if stated not in ("nein", "") and consent == "unknown" else [])


def test_evidence_names_what_decided() -> None:
    found = clean_consent(
        pl.DataFrame(
            {
                "consent_email": ["ja", "ja", None, "siehe Notiz"],
                "opt_out": [None, "E-Mail", None, None],
                "consent_basis": [None, None, "form_opt_in", None],
            }
        )
    )
    told = [
        [(entry["field"], entry["raw"], entry["value"], entry["reason"]) for entry in entries]
        for entries in found["repairs"].to_list()
    ]
    assert told == [
        [],
        [("consent_email", "E-Mail", "refused", "objection_outranks")],
        [("consent_email", "form_opt_in", "granted", "consent_by_source")],
        [("consent_email", "siehe Notiz", "unclear", "consent_unclear")],
    ]


@pytest.mark.slow
@given(st.lists(st.text(max_size=20), min_size=1, max_size=10), st.sampled_from(["ja", "E-Mail", "x", "gesperrt"]))
def test_no_text_turns_an_objection_into_consent(texts: list[str], objection: str) -> None:
    frame = pl.DataFrame({"consent_email": texts}).with_columns(opt_out=pl.lit(objection))
    assert set(clean_consent(frame)["consent_email"]) == {"refused"}
