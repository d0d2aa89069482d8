"""Salesforce as its documentation has it: the contract of all adapters, by collections and by jobs, and its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import stamina

from delivery.record import Status, Suppression, Write
from delivery.target import TargetError, UnauthorisedError
from delivery.targets import salesforce
from delivery.targets.salesforce import API, KEY, Salesforce, connect
from tests.delivery import adapter_contract
from tests.delivery.adapter_contract import CONTRACT, Bench, carried
from tests.delivery.servers.salesforce import CLIENT_ID, CLIENT_SECRET, SalesforceServer
from tests.delivery.servers.serving import Fault, serving

SETTINGS = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}


class Someone:
    """A user of Salesforce."""

    def __init__(self, server: SalesforceServer) -> None:
        self.server = server

    def add(self, kind: str, values: Any) -> str:
        return self.server.add(kind, **values)

    def archive(self, kind: str, record_id: str) -> None:
        self.server.bin(kind, record_id)

    def drop(self, kind: str, record_id: str) -> None:
        self.server.purge(kind, record_id)

    def merge(self, kind: str, winner: str, loser: str) -> str:
        return self.server.merge(kind, winner, loser)


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(salesforce, "_PAUSE", 0)
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


@pytest.fixture
def server() -> SalesforceServer:
    return SalesforceServer()


@pytest.fixture
def address(server: SalesforceServer) -> Iterator[str]:
    with serving(server.app) as it:
        yield it


@pytest.fixture
def target(address: str) -> Iterator[Salesforce]:
    it = connect({"url": address, **SETTINGS})
    yield it
    it.close()


@pytest.fixture(params=["Contact", "Lead", "Account"])
def bench(request: pytest.FixtureRequest, server: SalesforceServer, target: Salesforce, address: str) -> Bench:
    kind = request.param
    common: dict[str, Any] = {
        "target": target,
        "user": Someone(server),
        "kind": kind,
        "faults": server.app,
        "creates": f"PATCH {API}/composite/sobjects/{kind}/{KEY}",
        "wrong_key": lambda: connect({"url": address, **SETTINGS, "client_secret": "another"}),
    }
    texts: list[Any] = [("Roles__c", ["User", "Buyer"]), ("Visits__c", 12), ("Visits__c", 0.5)]
    if kind == "Account":
        reference = ("ParentId", "Account", {"Name": "Klein Holding"})
        return Bench(
            values=lambda number: {"Name": f"Klein {number}"},
            text="BillingCity",
            other="Website",
            bad={"Rating": "Tepid"},
            reference=reference,
            texts=texts,
            without=frozenset({"suppress"}),  # an account has no address
            **common,
        )
    texts += [("Email", " Anna@Klein.Example "), ("DoNotCall", True), ("DoNotCall", False)]
    contacts = {"Email": "anna.klein@example.org", "Phone": "+49 7"}
    company = {"Company": "Klein Pumpen GmbH"} if kind == "Lead" else {}
    return Bench(
        values=lambda number: {"LastName": f"Klein {number}", **contacts, **company},
        text="Title",
        other="FirstName",
        bad={"Email": "no address"},
        reference=("AccountId", "Account", {"Name": "Klein Pumpen GmbH"}) if kind == "Contact" else None,
        texts=texts,
        addresses=[("email", "Anna.Klein@example.org"), ("phone", "+49 7")],
        **common,
    )


@pytest.mark.parametrize("holds", CONTRACT, ids=lambda it: it.__name__)
def test_contract(holds: Callable[[Bench], None], bench: Bench) -> None:
    holds(bench)


@pytest.mark.parametrize("holds", CONTRACT, ids=lambda it: it.__name__)
def test_contract_by_bulk_jobs(holds: Callable[[Bench], None], bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same, where everything but an objection goes by a job."""
    if bench.kind != "Contact":
        pytest.skip("one kind is enough")
    bench.target.batch = salesforce.BULK
    monkeypatch.setattr(salesforce, "COLLECTED", 0)
    monkeypatch.setattr(adapter_contract, "TEXTS", [it for it in adapter_contract.TEXTS if it != salesforce.CLEAR])
    bench.creates = f"POST {API}/jobs/ingest"
    holds(bench)


def contact(number: int, **values: Any) -> Write:
    return Write(f"L{number}", None, {"LastName": f"Klein {number}", **values})


REFUSALS = [
    # values of one contact among three, what Salesforce says of it
    ({"Email": "no address"}, "INVALID_EMAIL_ADDRESS"),
    ({"Rating": "Tepid"}, "RESTRICTED_PICKLIST"),
    ({"Favourite__c": "blue"}, "No such column"),
    ({"LastName": None}, "REQUIRED_FIELD_MISSING"),
    ({"Title": "x" * 129}, "STRING_TOO_LONG"),
    ({"AccountId": "001000000004711"}, "INVALID_CROSS_REFERENCE_KEY"),
]


@pytest.mark.parametrize(("values", "said"), REFUSALS)
def test_a_row_is_refused_in_salesforces_words(values: dict[str, Any], said: str, target: Salesforce) -> None:
    writes = [contact(0), contact(1, **values), contact(2)]
    outcomes = carried(lambda part: target.create("Contact", part), writes)
    assert [it.status for it in outcomes] == [Status.WRITTEN, Status.REFUSED, Status.WRITTEN]
    assert said in outcomes[1].reason


@pytest.mark.parametrize("rows", [2, 300])
def test_a_locked_row_is_for_later(rows: int, server: SalesforceServer, target: Salesforce) -> None:
    target.batch = salesforce.BULK
    made = target.create("Contact", [contact(it) for it in range(rows)])
    server.locked = {str(made[1].id)}
    outcomes = target.update("Contact", [Write(it.key, it.id, {"Title": "x"}) for it in made])
    assert [it.key for it in outcomes if it.status is Status.LATER] == [made[1].key]
    assert {it.status for it in outcomes if it.key != made[1].key} == {Status.WRITTEN}


@pytest.mark.parametrize("rows", [20, 300])
def test_rows_go_sorted_by_account(rows: int, server: SalesforceServer, target: Salesforce) -> None:
    target.batch = salesforce.BULK
    accounts = [
        str(it.id) for it in target.create("Account", [Write(f"A{it}", None, {"Name": "K"}) for it in range(3)])
    ]
    server.order.clear()
    outcomes = target.create("Contact", [contact(it, AccountId=accounts[it % 3]) for it in range(rows)])
    assert [it.key for it in outcomes] == [f"L{it}" for it in range(rows)]
    written = [server.records["Contact"][it]["AccountId"] for it in server.order]
    assert written == sorted(written)
    assert len(server.jobs) == (rows > 200)


def test_a_job_leaves_what_it_does_not_write_and_clears_what_it_shall(target: Salesforce) -> None:
    target.batch = salesforce.BULK
    made = target.create("Contact", [contact(it, Title="Leiterin", FirstName="Anna") for it in range(201)])
    first, *others = made
    writes = [
        Write(first.key, first.id, {"Title": None}),
        *(Write(it.key, it.id, {"FirstName": "Eva"}) for it in others),
    ]
    assert {it.status for it in target.update("Contact", writes)} == {Status.WRITTEN}
    one, other = target.find("Contact", ["Title", "FirstName"], [first.key, others[0].key])
    assert one.values == {"Title": None, "FirstName": "Anna"}
    assert other.values == {"Title": "Leiterin", "FirstName": "Eva"}


@pytest.mark.parametrize("path", ["/batches", ""])
def test_a_job_whose_answers_are_lost_is_unknown_and_is_found_again(
    path: str, server: SalesforceServer, target: Salesforce
) -> None:
    target.batch = salesforce.BULK
    method = "PUT" if path else "PATCH"
    server.app.next = [(f"{method} {API}/jobs/ingest/750{0:015}{path}", Fault.LOST)]
    outcomes = target.create("Contact", [contact(it) for it in range(201)])
    assert {it.status for it in outcomes} == {Status.UNKNOWN}
    assert len(list(target.find("Contact", []))) == (0 if path else 201)


def test_a_text_that_would_clear_goes_by_collection(target: Salesforce) -> None:
    target.batch = salesforce.BULK
    writes = [contact(it, Title=salesforce.CLEAR if it == 7 else "x") for it in range(201)]
    outcomes = carried(lambda part: target.create("Contact", part), writes)
    assert {it.status for it in outcomes} == {Status.WRITTEN}
    assert [it.values["Title"] for it in target.find("Contact", ["Title"], ["L7"])] == [salesforce.CLEAR]


def test_a_token_that_has_run_out_is_renewed(server: SalesforceServer, target: Salesforce) -> None:
    target.create("Contact", [contact(0)])
    server.token = "00D-2"
    assert [it.status for it in target.create("Contact", [contact(1)])] == [Status.WRITTEN]


@pytest.mark.parametrize("fault", [Fault.BROKEN, Fault.LIMITED])
def test_a_login_that_does_not_work_now_is_no_wrong_key(
    fault: Fault, server: SalesforceServer, target: Salesforce
) -> None:
    server.app.next = [("POST /services/oauth2/token", fault)]
    assert [it.status for it in target.create("Contact", [contact(0)])] == [Status.WRITTEN]


def test_an_organisation_without_our_field_is_told_before_anything_is_sent(
    server: SalesforceServer, target: Salesforce
) -> None:
    server.keyless = True
    with pytest.raises(TargetError, match=r"Lead_Refinery_Id__c.*docs/targets\.md"):
        target.fields("Contact")


def test_deleting_for_good_needs_a_right_of_its_own(server: SalesforceServer, target: Salesforce) -> None:
    (made,) = target.create("Contact", [contact(0)])
    server.may_purge = False
    (outcome,) = target.delete("Contact", [str(made.id)])
    assert (outcome.status, "Bulk API Hard Delete" in outcome.reason) == (Status.REFUSED, True)


def test_an_objection_reaches_everybody_with_the_address(server: SalesforceServer, target: Salesforce) -> None:
    mine = server.add("Contact", LastName="Klein", Email="anna@x.example")
    theirs = server.add("Lead", LastName="Klein", Company="K", Email="Anna@X.example", Phone="+49 7")
    other = server.add("Lead", LastName="Groß", Company="G", Email="eva@x.example", MobilePhone="+49 7")
    told = [
        Suppression("L1", "email", "anna@x.example"),
        Suppression("L2", "phone", "+49 7"),
        Suppression("L3", "email", "nobody@x.example"),
        Suppression("L4", "email", "o'brien@x.example", mine),
    ]
    assert [it.status for it in target.suppress(told)] == [Status.WRITTEN, Status.WRITTEN, Status.GONE, Status.WRITTEN]
    people = {**server.records["Contact"], **server.records["Lead"]}
    flags = {it: (said.get("HasOptedOutOfEmail"), said.get("DoNotCall")) for it, said in people.items()}
    assert flags == {mine: (True, None), theirs: (True, True), other: (None, True)}


@pytest.mark.parametrize("missing", ["url", "client_id", "client_secret"])
def test_a_missing_setting_names_the_variable(missing: str) -> None:
    settings = {"url": "https://klein.my.salesforce.com", **SETTINGS, missing: " "}
    with pytest.raises(UnauthorisedError, match=f"LEADS_SALESFORCE_{missing.upper()}"):
        connect(settings)


def test_a_moment_comes_back_as_it_was_written() -> None:
    assert salesforce._value("2026-03-01T00:00:00.000+0000", "datetime") == "2026-03-01T00:00:00Z"
