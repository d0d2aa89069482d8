"""A value set by hand has to be what its field can hold, by the field's own rule."""

from __future__ import annotations

import polars as pl
import pytest

from contracts.published import LEADS
from matching.decisions.fields import FIELDS, checked, verdicts


@pytest.mark.parametrize(
    ("field", "typed", "kept"),
    [
        ("email", " Anna.Klein@Nordwerk.DE ", "anna.klein@nordwerk.de"),
        ("phone", "0711 9876543", "+497119876543"),
        ("mobile", "0151/23456789", "+4915123456789"),
        ("country", "Österreich", "AT"),
        ("postcode", "70173", "70173"),
        ("salutation", "frau", "Frau"),
        ("language", "DE", "de"),
        ("consent_phone", "refused", "refused"),
        ("family_name", "deLuca y Sánchez", "deLuca y Sánchez"),  # the person's spelling is the decision
        ("job_title", "Head of Quatsch", "Head of Quatsch"),
        ("city", "Ulm", "Ulm"),
        ("email", "", None),
        ("street", "  ", None),
    ],
)
def test_values_that_can_be(field: str, typed: str, kept: str | None) -> None:
    assert checked(field, typed) == kept


@pytest.mark.parametrize(
    ("field", "typed", "country", "kept"),
    [("phone", "01 5134567", "AT", "+4315134567"), ("postcode", "1010", "AT", "1010")],
)
def test_numbers_are_read_by_the_country_of_the_lead(field: str, typed: str, country: str, kept: str) -> None:
    assert checked(field, typed, country) == kept


@pytest.mark.parametrize(
    ("field", "typed", "explanation"),
    [
        ("email", "anna at nordwerk", "is no e-mail address"),
        ("email", "anna@", "is no e-mail address"),
        ("phone", "123", "is no phone number"),
        ("phone", "0151 23456789", "it is one for the field mobile"),
        ("postcode", "123456", "is no postcode"),
        ("country", "Atlantis", "is no country"),
        ("salutation", "Lord", "is not a word of salutation; use "),
        ("language", "deutsch", "is no language"),
        ("consent_email", "confirmed", "is not a word of consent_email; use refused"),
        ("consent_email", "", "can only be `refused`"),
        ("family_name", "n/a", "is not what a family_name can be"),
        ("city", "-", "is not what a city can be"),
        ("job_title", "a\nb", "one line of at most 200 signs"),
        ("job_title", "a\u202eb", "one line of at most 200 signs"),
        ("job_title", "a" * 201, "one line of at most 200 signs"),
        ("publishable", "true", "cannot be set by hand; fields are given_name, "),
        ("lead_id", "L1", "cannot be set by hand"),
    ],
)
def test_values_that_cannot_be_are_refused_with_the_reason(field: str, typed: str, explanation: str) -> None:
    with pytest.raises(ValueError, match=explanation):
        checked(field, typed)


def test_every_field_is_one_of_a_lead() -> None:
    assert set(FIELDS) <= set(LEADS.names)


def test_verdicts_go_with_their_values() -> None:
    rows = [
        ("1", "email", "info@nordwerk.de"),
        ("2", "mobile", None),
        ("3", "phone", "+497119876543"),
        ("4", "city", "Ulm"),
    ]
    said = pl.DataFrame(rows, schema=dict.fromkeys(("id", "field", "value"), pl.String), orient="row")
    found = {(number, name): value for number, name, value in verdicts(said).iter_rows()}
    assert found[("1", "email_kind")] == "role"
    assert found[("2", "mobile_status")] == "missing"
    assert found[("3", "phone_status")] in {"valid", "possible"}
    assert not any(number == "4" for number, _ in found)
