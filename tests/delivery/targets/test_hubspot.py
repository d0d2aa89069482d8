"""HubSpot as its documentation has it: the contract of all adapters, and what is HubSpot's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import stamina

from delivery.record import Outcome, Status, Suppression, Write
from delivery.target import RefusedError, TargetError, UnauthorisedError
from delivery.targets import hubspot
from delivery.targets.hubspot import COMPANY, HubSpot, connect
from tests.delivery.adapter_contract import CONTRACT, Bench, carried
from tests.delivery.servers.hubspot import TOKEN, VERSION, HubSpotServer
from tests.delivery.servers.serving import Fault, serving


class Someone:
    """A user of HubSpot."""

    def __init__(self, server: HubSpotServer) -> None:
        self.server = server

    def add(self, kind: str, values: Any) -> str:
        return self.server.add(kind, **values)

    def archive(self, kind: str, record_id: str) -> None:
        self.server.bin(kind, record_id)

    def drop(self, kind: str, record_id: str) -> None:
        self.server.drop(kind, record_id)

    def merge(self, kind: str, winner: str, loser: str) -> str:
        return self.server.merge(kind, winner, loser)


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(hubspot, "RATES", {})
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


@pytest.fixture
def server() -> HubSpotServer:
    return HubSpotServer()


@pytest.fixture
def address(server: HubSpotServer) -> Iterator[str]:
    with serving(server.app) as it:
        yield it


@pytest.fixture
def target(address: str) -> Iterator[HubSpot]:
    it = connect({"url": address, "token": TOKEN})
    yield it
    it.close()


@pytest.fixture(params=["contacts", "companies"])
def bench(request: pytest.FixtureRequest, server: HubSpotServer, target: HubSpot, address: str) -> Bench:
    common: dict[str, Any] = {
        "target": target,
        "user": Someone(server),
        "kind": request.param,
        "faults": server.app,
        "creates": f"POST /crm/objects/{VERSION}/{request.param}/batch/upsert",
        "wrong_key": lambda: connect({"url": address, "token": "another"}),
    }
    if request.param == "companies":
        name, no_text = (lambda number: {"name": f"Klein {number}"}), {"name": "Klein", "no_such_property": "x"}
        domains = [("domain", it) for it in ("https://www.Klein.de/shop", "klein.de")]
        return Bench(values=name, text="city", other="zip", bad=no_text, texts=domains, bin=True, **common)
    return Bench(
        values=lambda number: {"email": f"anna{number}@klein.example"},
        text="jobtitle",
        other="city",
        bad={"email": "no address"},
        reference=(COMPANY, "companies", {"name": "Klein Pumpen GmbH"}),
        texts=[
            ("email", " Anna.Klein@Klein.Example "),
            ("hs_buying_role", ["END_USER", "CHAMPION"]),
            ("num_visits", 12),
            ("num_visits", 0.5),
            ("opted_in", False),
            ("opted_in", True),
        ],
        **common,
    )


@pytest.mark.parametrize("holds", CONTRACT, ids=lambda it: it.__name__)
def test_contract(holds: Callable[[Bench], None], bench: Bench) -> None:
    holds(bench)


def contact(number: int, **values: Any) -> Write:
    return Write(f"L{number}", None, {"email": f"a{number}@x.example", **values})


REFUSALS = [
    # values of one contact among three, what HubSpot says of it
    ({"email": "no address"}, "invalid"),
    ({"lifecyclestage": "prospect"}, "allowed options"),
    ({"hs_buying_role": ["CHAMPION", "KING"]}, "allowed options"),
    ({"favourite_colour": "blue"}, "does not exist"),
    ({"email": "a0@x.example"}, "already exists"),
    ({COMPANY: "4711"}, "not its company"),
]


@pytest.mark.parametrize(("values", "said"), REFUSALS)
def test_a_row_is_refused_in_hubspots_words(values: dict[str, Any], said: str, target: HubSpot) -> None:
    writes = [contact(0), contact(1, **values), contact(2)]
    outcomes = carried(lambda part: target.create("contacts", part), writes)
    assert [it.status for it in outcomes] == [Status.WRITTEN, Status.REFUSED, Status.WRITTEN]
    assert said in outcomes[1].reason


def test_an_address_that_somebody_has_already_is_refused_with_their_id(server: HubSpotServer, target: HubSpot) -> None:
    theirs = server.add("contacts", email="a0@x.example", firstname="typed in by sales")
    assert target.create("contacts", [contact(0)]) == [
        Outcome("L0", Status.REFUSED, theirs, f"Contact already exists. Existing ID: {theirs}")
    ]
    assert server.records["contacts"][theirs].values["firstname"] == "typed in by sales"


def test_more_than_a_batch_is_refused_whole(target: HubSpot) -> None:
    with pytest.raises(RefusedError, match="100"):
        target.create("contacts", [contact(number) for number in range(101)])


def test_an_account_without_our_property_is_told_before_anything_is_sent(
    server: HubSpotServer, target: HubSpot
) -> None:
    server.keyless = True
    with pytest.raises(TargetError, match=r"lead_refinery_id.*docs/targets\.md"):
        target.fields("contacts")


def test_a_merge_gives_a_new_id_and_both_old_ones_lead_there(target: HubSpot) -> None:
    first, second = target.create("contacts", [contact(0), contact(1)])
    merged = target.merge("contacts", str(first.id), str(second.id))
    assert merged.id not in (first.id, second.id, None)
    read = target.read("contacts", [str(first.id), str(second.id)], [])
    assert [(held.id, held.merged_into) for held in read] == [(first.id, merged.id), (second.id, merged.id)]


def test_a_merge_whose_answer_is_lost_is_not_sent_again(server: HubSpotServer, target: HubSpot) -> None:
    first, second = target.create("contacts", [contact(0), contact(1)])
    path = f"POST /crm/objects/{VERSION}/contacts/merge"
    server.app.next = [(path, Fault.LOST)]
    assert target.merge("contacts", str(first.id), str(second.id)).status is Status.UNKNOWN
    assert server.app.heard.count(path) == 1


def test_an_update_of_a_contact_merged_meanwhile_tells_the_id_it_went_to(
    server: HubSpotServer, target: HubSpot
) -> None:
    first, second = target.create("contacts", [contact(0), contact(1)])
    now = server.merge("contacts", str(first.id), str(second.id))
    (outcome,) = target.update("contacts", [Write("L1", second.id, {"city": "Ulm"})])
    assert (outcome.status, outcome.id) == (Status.WRITTEN, now)


def test_the_erased_are_forgotten_by_hubspot_too(server: HubSpotServer, target: HubSpot) -> None:
    (made,) = target.create("contacts", [contact(0)])
    target.delete("contacts", [str(made.id)])
    assert server.forgotten == {made.id}


def test_objections_become_unsubscriptions_of_known_and_unknown_addresses(
    server: HubSpotServer, target: HubSpot
) -> None:
    told = [
        Suppression("L1", "email", "Anna@X.example"),
        Suppression("L2", "email", "no address"),
        Suppression("L3", "phone", "+497111234567"),
    ]
    assert [(it.key, it.status) for it in target.suppress(told)] == [
        ("L1", Status.WRITTEN),
        ("L2", Status.REFUSED),
        ("L3", Status.REFUSED),
    ]
    assert server.unsubscribed == {"anna@x.example"}


@pytest.mark.parametrize("settings", [{}, {"token": "  "}])
def test_no_token_names_the_variable(settings: dict[str, str]) -> None:
    with pytest.raises(UnauthorisedError, match="LEADS_HUBSPOT_TOKEN"):
        connect(settings)


def test_a_moment_comes_back_as_it_was_written() -> None:
    assert hubspot._value("2026-03-01T00:00:00.000Z", "datetime") == "2026-03-01T00:00:00Z"
