"""Leads find their account by company, mail domain or switchboard, and only where that is safe."""

import polars as pl

from matching.accounts.company_names import company_names
from matching.accounts.lead_to_account import between_accounts, lead_accounts
from matching.accounts.linking.account_clusters import account_clusters
from tests.matching.accounts.companies import enriched

STAFF = {"company": "Hafepa GmbH", "company_domain": "hafepa.de", "phone": "+4976112340"}


def found(*leads: dict[str, str | None]) -> list[tuple[str | None, str]]:
    """Account (`hafepa`, `other` or None) and outcome of each lead; two employees of Hafepa GmbH are known."""
    records = enriched([STAFF, STAFF, *leads])
    names, name_of_record = company_names(records)
    employment = lead_accounts(records, name_of_record, names, account_clusters(names).clusters)
    assert employment["record"].to_list() == list(range(records.height))
    assert employment["reason"].null_count() == 0
    hafepa = employment["cluster"][0]
    account = {None: None, hafepa: "hafepa"}
    return [(account.get(c, "other"), o) for c, o in employment.select("cluster", "outcome").rows()[2:]]


def test_a_lead_without_company_is_found_by_the_domain_of_its_mail() -> None:
    assert found({"company_domain": "hafepa.de"}) == [("hafepa", "assigned")]


def test_or_by_the_switchboard_of_one_account() -> None:
    assert found({"phone": "+4976112340"}) == [("hafepa", "assigned")]


def test_a_private_person_has_no_account() -> None:
    assert found({"company": "privat"}) == [(None, "none")]


def test_a_stranger_has_no_account() -> None:
    assert found({"company_domain": "andere.de"}, {}) == [(None, "none"), (None, "none")]


def test_a_freelancer_at_a_clients_domain_is_left_to_a_person() -> None:
    assert (
        found(
            {"company": "selbständig", "company_domain": "hafepa.de"},
            {"company_domain": "hafepa.de", "job_title": "Freelance Consultant"},
            {"company_domain": "hafepa.de", "job_title": "Externer Berater"},
        )
        == [(None, "review")] * 3
    )


def test_an_agency_at_a_clients_domain_keeps_its_own_account_and_is_left_to_a_person() -> None:
    assert found({"company": "Webagentur Pixel GmbH", "company_domain": "hafepa.de"}) == [("other", "review")]


def test_the_agency_and_its_client_stand_in_the_review_of_accounts_once() -> None:
    agency = {"company": "Webagentur Pixel GmbH", "company_domain": "hafepa.de"}
    freelancer = {"company": "selbständig", "company_domain": "hafepa.de"}
    records = enriched([STAFF, STAFF, agency, {**agency, "phone": "+4989111"}, freelancer])
    names, name_of_record = company_names(records)
    clusters = account_clusters(names).clusters
    review = between_accounts(lead_accounts(records, name_of_record, names, clusters))
    accounts = {clusters["cluster"][name_of_record[record]] for record in (0, 2)}
    assert [set(pair) for pair in review.select("left", "right").rows()] == [accounts]


def test_a_client_named_after_its_trade_owns_its_domain_beside_its_agency() -> None:
    client = {"company": "Brauerei Ollig KG", "company_domain": "ollig-bier.de"}
    agency = {"company": "Werbeagentur Blitz", "company_domain": "ollig-bier.de"}
    records = enriched([client, agency, {"company_domain": "ollig-bier.de"}])
    names, name_of_record = company_names(records)
    employment = lead_accounts(records, name_of_record, names, account_clusters(names).clusters)
    assert employment["outcome"].to_list() == ["assigned", "review", "assigned"]
    assert employment["cluster"][2] == employment["cluster"][0] != employment["cluster"][1]


def test_a_domain_of_several_companies_alike_decides_nothing() -> None:
    rows = found(
        {"company": "Dufner Landtechnik GmbH", "company_domain": "gemeinsam.de"},
        {"company": "Windpark Kuhs GmbH", "company_domain": "gemeinsam.de"},
        {"company_domain": "gemeinsam.de"},
    )
    assert rows[2] == (None, "none")


def test_a_job_change_is_two_employments() -> None:
    rows = found({"company": "Hafepa GmbH", "company_domain": "hafepa.de"}, {"company": "Dufner Landtechnik GmbH"})
    assert rows == [("hafepa", "assigned"), ("other", "assigned")]


def test_records_map_to_distinct_evidence_whatever_their_order() -> None:
    records = enriched([STAFF, {"company": "Dufner Landtechnik GmbH"}, STAFF, {"company": None}])
    names, of_record = company_names(records)
    backwards, of_backwards = company_names(records.reverse())
    assert names.equals(backwards)
    assert of_record.to_list() == of_backwards.reverse().to_list()
    assert of_record.to_list() == [1, 0, 1, None]
    assert names["records"].to_list() == [1, 2]


def test_no_records_no_accounts() -> None:
    names, of_record = company_names(enriched([{"company": "privat"}]))
    assert names.is_empty() and of_record.to_list() == [None]
    clusters = account_clusters(names).clusters
    employment = lead_accounts(enriched([{"company": "privat"}]), of_record, names, clusters)
    assert employment["outcome"].to_list() == ["none"]
    assert employment.schema["cluster"] == pl.UInt32
