"""Tryton, real: the contract of all adapters, and what hangs on a party. `make test-tryton` makes its environment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import stamina

from delivery.record import Status, Write
from delivery.target import TargetError, UnauthorisedError
from delivery.targets.tryton import PARTY, Tryton, connect
from tests.delivery.adapter_contract import CONTRACT, Bench, carried
from tests.delivery.servers.serving import Faults, Passed, serving
from tests.delivery.servers.tryton import BIN, PASSWORD, TrytonServer, tryton

pytestmark = [
    pytest.mark.tryton,
    pytest.mark.slow,
    pytest.mark.skipif(not (BIN / "trytond").exists(), reason="no Tryton here: make test-tryton"),
]
ACCESS = {"database": "crm", "user": "admin", "password": PASSWORD}


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrytonServer]:
    with tryton(tmp_path_factory.mktemp("tryton")) as it:
        yield it


@pytest.fixture
def server(started: TrytonServer) -> Iterator[TrytonServer]:
    with stamina.set_testing(True, attempts=3, cap=True):
        yield started
    started.clear()


@pytest.fixture
def faults(server: TrytonServer) -> Faults:
    return Faults(Passed(server.url))


@pytest.fixture
def target(faults: Faults) -> Iterator[Tryton]:
    with serving(faults) as address:
        it = connect({"url": address, **ACCESS})
        yield it
        it.close()


@pytest.fixture
def bench(server: TrytonServer, target: Tryton, faults: Faults) -> Bench:
    return Bench(
        target=target,
        user=server,
        kind=PARTY,
        values=lambda number: {"name": f"Anna Klein {number}"},
        text="city",
        other="street",
        bad={"vat_id": "DE000000000"},
        reference=("employer", PARTY, {"name": "Klein Pumpen GmbH"}),
        texts=[
            ("phone", "+497111234567"),
            ("mobile", "+49 171 1234567"),
            ("email", "anna.klein@klein.example"),
            ("website", "https://klein.example/a?b=c"),
            ("country", "AT"),
            ("vat_id", "DE136695976"),
            ("categories", ["decider", "buyer"]),
            ("name", "  Anna  "),
        ],
        faults=faults,
        wrong_key=lambda: connect({"url": server.url, **ACCESS, "password": "another"}),
    )


@pytest.mark.parametrize("holds", CONTRACT, ids=lambda it: it.__name__)
def test_contract(holds: Callable[[Bench], None], bench: Bench) -> None:
    holds(bench)


PERSON: dict[str, Any] = {
    "name": "Anna Klein",
    "email": "anna@klein.example",
    "phone": "+49 711 1234567",
    "street": "Hauptstraße 12a",
    "postal_code": "70173",
    "city": "Stuttgart",
    "country": "DE",
    "categories": ["buyer"],
}


def test_what_hangs_on_a_party_is_written_in_place(server: TrytonServer, target: Tryton) -> None:
    """A new address takes the place of the old one: no second row, and those that users made stay."""
    (made,) = target.create(PARTY, [Write("L1", None, PERSON)])
    theirs = [{"party": int(str(made.id)), "type": "email", "value": "private@klein.example"}]
    server.call("model.party.contact_mechanism.create", theirs)
    new = {"email": "a.klein@klein.example", "city": "Ulm", "phone": None, "categories": ["decider", "buyer"]}
    assert [it.status for it in target.update(PARTY, [Write("L1", made.id, new)])] == [Status.WRITTEN]
    (held,) = target.read(PARTY, [str(made.id)], list(PERSON))
    assert held.values == {**PERSON, **new, "categories": ["buyer", "decider"]}
    rows = server.call("model.party.contact_mechanism.search_read", [], 0, None, None, ["value"])
    assert sorted(it["value"] for it in rows) == ["a.klein@klein.example", "private@klein.example"]
    assert len(server.call("model.party.address.search", [])) == 1


def test_the_code_on_their_invoices_stays_when_a_party_is_bound(server: TrytonServer, target: Tryton) -> None:
    theirs = server.add(PARTY, {"name": "Klein"})
    target.bind(PARTY, [Write("L1", theirs, {})])
    assert [it["code"] for it in server.call(f"model.{PARTY}.read", [int(theirs)], ["code"])] == ["K0042"]


def test_what_hangs_on_the_loser_of_a_merge_goes_to_the_winner_but_its_key(
    server: TrytonServer, target: Tryton
) -> None:
    first, second = target.create(PARTY, [Write("L1", None, {"name": "Klein"}), Write("L2", None, PERSON)])
    assert target.merge(PARTY, str(first.id), str(second.id)).status is Status.WRITTEN
    (held,) = target.find(PARTY, ["email"], ["L1", "L2"])
    assert (held.id, held.key, held.values["email"]) == (first.id, "L1", "anna@klein.example")


def test_two_that_users_made_one_have_two_keys_until_one_is_bound(server: TrytonServer, target: Tryton) -> None:
    first, second = target.create(PARTY, [Write("L1", None, {"name": "Klein"}), Write("L2", None, PERSON)])
    server.merge(PARTY, str(first.id), str(second.id))
    assert [(it.id, it.key) for it in target.find(PARTY, [], ["L1", "L2"])] == [(first.id, "L1"), (first.id, "L2")]
    target.bind(PARTY, [Write("L2", first.id, {})])
    assert [(it.id, it.key) for it in target.find(PARTY, [], ["L1", "L2"])] == [(first.id, "L2")]


REFUSALS = [
    # values of one party among three, what Tryton says of it
    ({"phone": "0711 nonsense"}, "phone number"),
    ({"vat_id": "DE000000000"}, "VAT Number"),
    ({"city": "Stutt\tgart"}, "invalid chars"),
    ({"country": "FR"}, "no country FR"),
    ({"favourite_colour": "blue"}, "no field"),
]


@pytest.mark.parametrize(("values", "said"), REFUSALS)
def test_a_row_is_refused_in_trytons_words(values: dict[str, Any], said: str, target: Tryton) -> None:
    writes = [Write(f"L{it}", None, {"name": "Klein", **(values if it == 1 else {})}) for it in range(3)]
    outcomes = carried(lambda part: target.create(PARTY, part), writes)
    assert [it.status for it in outcomes] == [Status.WRITTEN, Status.REFUSED, Status.WRITTEN]
    assert said in outcomes[1].reason


def test_a_session_that_has_ended_is_begun_anew(server: TrytonServer, target: Tryton) -> None:
    target.create(PARTY, [Write("L1", None, PERSON)])
    server.end_sessions()
    assert len(list(target.find(PARTY, [], ["L1"]))) == 1


def test_another_database_is_told(server: TrytonServer) -> None:
    with pytest.raises((TargetError, UnauthorisedError)):
        connect({"url": server.url, **ACCESS, "database": "none"}).fields(PARTY)


@pytest.mark.parametrize("missing", ["url", "database", "user", "password"])
def test_a_missing_setting_names_the_variable(missing: str) -> None:
    with pytest.raises(UnauthorisedError, match=f"LEADS_TRYTON_{missing.upper()}"):
        connect({"url": "https://tryton.example", **ACCESS, missing: ""})
