"""Permission: each row of the law as a case, objections and suppression above all of them, a home's own rules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.statuses import CONSENT, PERMISSION
from publishing.permission import ALLOWS, Rules, permissions, read_rules, usual_rules

HEADER = "country,channel,addressee,needs,customers,law\n"
FLAGS = [f"{channel}_{what}" for channel in ("email", "phone") for what in ("suppressed", "customer")]


def lead(**values: Any) -> dict[str, Any]:
    """A lead with both channels of whom nothing is known."""
    return {
        **{"country": "DE", "account_id": None, "company_domain": None, "opted_out": False},
        **{"email": "eva@firma.de", "email_status": "valid", "consent_email": "unknown"},
        **{"phone": None, "phone_status": "missing", "mobile": "+491711234567", "mobile_status": "valid"},
        **{"consent_phone": "unknown", **dict.fromkeys(FLAGS, False)},
        **values,
    }


def judged(rules: Rules | None = None, **values: Any) -> dict[str, Any]:
    texts = dict.fromkeys(("country", "account_id", "company_domain", "email", "phone", "mobile"), pl.String)
    frame = pl.DataFrame([lead(**values)], schema_overrides=texts)
    return permissions(frame, usual_rules() if rules is None else rules).row(0, named=True)


# country, addressee, then what each consent gives: e-mail of a stranger and of a customer, calls of both
CASES = [
    ("DE", "business", "unknown", "not_consented", "existing_customer", "presumed", "existing_customer"),
    ("DE", "business", "granted", "unconfirmed", "existing_customer", "consented", "consented"),
    ("DE", "business", "confirmed", "consented", "consented", "consented", "consented"),
    ("DE", "business", "unclear", "in_doubt", "in_doubt", "in_doubt", "in_doubt"),
    ("DE", "business", "refused", "objected", "objected", "objected", "objected"),
    ("DE", "private", "unknown", "not_consented", "existing_customer", "not_consented", "not_consented"),
    ("DE", "private", "granted", "unconfirmed", "existing_customer", "consented", "consented"),
    ("AT", "business", "unknown", "not_consented", "existing_customer", "not_consented", "not_consented"),
    ("AT", "business", "granted", "unconfirmed", "existing_customer", "consented", "consented"),
    ("AT", "private", "unknown", "not_consented", "existing_customer", "not_consented", "not_consented"),
    ("AT", "private", "confirmed", "consented", "consented", "consented", "consented"),
    ("CH", "business", "unknown", "not_consented", "existing_customer", "not_consented", "existing_customer"),
    ("CH", "business", "granted", "consented", "consented", "consented", "consented"),
    ("CH", "private", "unknown", "not_consented", "existing_customer", "not_consented", "existing_customer"),
    ("CH", "private", "granted", "consented", "consented", "consented", "consented"),
    ("FR", "business", "unknown", "not_consented", "not_consented", "not_consented", "not_consented"),
    ("FR", "business", "granted", "unconfirmed", "unconfirmed", "consented", "consented"),
    (None, "private", "granted", "unconfirmed", "unconfirmed", "consented", "consented"),
    (None, "business", "confirmed", "consented", "consented", "consented", "consented"),
]


@pytest.mark.parametrize(("country", "addressee", "consent", "mail", "mail_customer", "call", "call_customer"), CASES)
def test_the_law(
    country: str | None, addressee: str, consent: str, mail: str, mail_customer: str, call: str, call_customer: str
) -> None:
    known = {"country": country, "account_id": "A1" if addressee == "business" else None}
    known |= {"consent_email": consent, "consent_phone": consent}
    stranger = judged(**known)
    customer = judged(**known, email_customer=True, phone_customer=True)
    assert (stranger["email_permission"], stranger["call_permission"]) == (mail, call)
    assert (customer["email_permission"], customer["call_permission"]) == (mail_customer, call_customer)
    for verdict in (stranger, customer):
        assert verdict["may_email"] == (verdict["email_permission"] in ALLOWS)
        assert verdict["may_call"] == (verdict["call_permission"] in ALLOWS)


def test_every_row_of_the_law_has_its_case() -> None:
    told = {("*" if country in (None, "FR") else country, addressee) for country, addressee, *_ in CASES}
    assert {(rule.country, rule.addressee) for rule in usual_rules().values()} == told


def test_a_company_is_known_by_its_domain_too() -> None:
    assert judged(company_domain="firma.de")["call_permission"] == "presumed"


@pytest.mark.parametrize(
    ("values", "mail", "call"),
    [
        ({"email": None, "email_status": "missing"}, "missing", "not_consented"),
        ({"email_status": "invalid"}, "missing", "not_consented"),
        ({"mobile": None, "mobile_status": "missing"}, "not_consented", "missing"),
        ({"mobile": None, "phone": "+4971112345", "phone_status": "possible"}, "not_consented", "not_consented"),
    ],
)
def test_a_channel_that_is_not_there(values: dict[str, Any], mail: str, call: str) -> None:
    found = judged(**values)
    assert (found["email_permission"], found["call_permission"]) == (mail, call)


@given(
    st.fixed_dictionaries(
        {
            "country": st.sampled_from(["DE", "AT", "CH", "FR", None]),
            "account_id": st.sampled_from(["A1", None]),
            "consent_email": st.sampled_from(list(CONSENT)),
            "consent_phone": st.sampled_from([word for word in CONSENT if word != "confirmed"]),
            "opted_out": st.booleans(),
            "email_status": st.sampled_from(["valid", "risky", "invalid", "missing"]),
            **dict.fromkeys(FLAGS, st.booleans()),
        }
    )
)
def test_who_is_suppressed_or_objects_is_never_contacted(values: dict[str, Any]) -> None:
    found = judged(**values)
    assert {found["email_permission"], found["call_permission"]} <= set(PERMISSION)
    if values["email_suppressed"] or values["opted_out"] or values["consent_email"] in ("refused", "unclear"):
        assert not found["may_email"]
    if values["phone_suppressed"] or values["opted_out"] or values["consent_phone"] in ("refused", "unclear"):
        assert not found["may_call"]


def test_a_home_overrides_single_rows(tmp_path: Path) -> None:
    path = tmp_path / "publishable.csv"
    assert read_rules(path) == usual_rules()
    path.write_text(HEADER + "FR,email,business,granted,no,CNIL on B2B\nDE,phone,business,never,no,our choice\n")
    rules = read_rules(path)
    assert judged(rules, country="FR", account_id="A1", consent_email="granted")["may_email"]
    assert not judged(rules, country="FR", consent_email="granted")["may_email"], "private persons as before"
    assert judged(rules, account_id="A1", consent_phone="granted", phone_customer=True)["may_call"] is False
    assert not judged(rules, account_id="A1", consent_email="granted")["may_email"], "the other rows as before"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("country,channel\nDE,email\n", "column addressee, needs, customers, law is missing"),
        (HEADER + "Germany,email,business,granted,no,x\n", "line 2: 'Germany' is no country"),
        (HEADER + "DE,mail,business,granted,no,x\n", "line 2: channel 'mail' is not known; use email or phone"),
        ("# ours\n" + HEADER + "DE,email,business,opt-in,no,x\n", "line 3: needs 'opt-in' is not known"),
        (HEADER + "DE,phone,business,confirmed,no,x\n", "double opt-in confirms addresses"),
        (HEADER + "DE,email,business,granted,no,\n", "say in law why"),
    ],
)
def test_an_error_in_the_rules_is_named_and_stops(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "publishable.csv"
    path.write_text(content)
    with pytest.raises(ValueError, match=r"publishable\.csv") as error:
        read_rules(path)
    assert said in str(error.value)
