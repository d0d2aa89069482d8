"""The engine with each connector through everything that goes wrong: it ends in the right state, and nothing doubled.

One script for all of them, by the shipped mappings: answers that are lost or late, a process that is killed, users who
merge, delete, archive and edit, a row that is refused, a record that has a key already.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import stamina

from delivery.mapping import GUARDS, read_mapping
from delivery.record import Held, Write
from delivery.state import State
from delivery.sync import Planned
from delivery.target import Ability, Target
from delivery.targets import hubspot, salesforce, tryton
from delivery.targets.http import Client
from tests.delivery.adapter_contract import User
from tests.delivery.publications import Night, account, lead
from tests.delivery.servers.hubspot import TOKEN, HubSpotServer
from tests.delivery.servers.salesforce import CLIENT_ID, CLIENT_SECRET, SalesforceServer
from tests.delivery.servers.serving import Fault, Faults, Passed, serving
from tests.delivery.servers.tryton import BIN, PASSWORD, TrytonServer
from tests.delivery.servers.tryton import tryton as real_tryton
from tests.delivery.syncing import Syncing
from tests.delivery.targets import test_hubspot, test_salesforce

BAD = {  # what makes the target refuse one lead
    "hubspot": {"email": "no address"},
    "salesforce": {"email": "no address"},
    "tryton": {"phone": "0711 nonsense"},
}


class Killed(BaseException):
    """The process ends here, as by SIGKILL."""


@dataclass
class World:
    """A target, somebody who works in it, and the faults before it."""

    target: Target
    user: User
    faults: Faults
    company: str
    person: str

    def found(self, kind: str, *fields: str) -> list[Held]:
        return [it for it in self.target.find(kind, fields) if it.key and not it.archived and not it.merged_into]


def in_hubspot() -> Iterator[World]:
    server = HubSpotServer()
    with serving(server.app) as address:
        target = hubspot.connect({"url": address, "token": TOKEN})
        yield World(target, test_hubspot.Someone(server), server.app, "companies", "contacts")


def in_salesforce() -> Iterator[World]:
    server = SalesforceServer()
    with serving(server.app) as address:
        settings = {"url": address, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
        target = salesforce.connect(settings)
        yield World(target, test_salesforce.Someone(server), server.app, "Account", "Contact")


def in_tryton(server: TrytonServer) -> Iterator[World]:
    faults = Faults(Passed(server.url))
    with serving(faults) as address:
        settings = {"url": address, "database": "crm", "user": "admin", "password": PASSWORD}
        yield World(tryton.connect(settings), server, faults, tryton.PARTY, tryton.PARTY)
    server.clear()


@pytest.fixture(scope="module")
def tryton_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrytonServer]:
    with real_tryton(tmp_path_factory.mktemp("tryton")) as it:
        yield it


REAL = [pytest.mark.tryton, pytest.mark.slow]
REAL.append(pytest.mark.skipif(not (BIN / "trytond").exists(), reason="no Tryton here: make test-tryton"))


@pytest.fixture(params=["hubspot", "salesforce", pytest.param("tryton", marks=REAL)])
def world(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(hubspot, "RATES", {})
    with stamina.set_testing(True, attempts=3, cap=True):
        if request.param == "tryton":
            yield from in_tryton(request.getfixturevalue("tryton_server"))
        else:
            yield from {"hubspot": in_hubspot, "salesforce": in_salesforce}[request.param]()


class Cloud(Syncing):
    """A sync with a target of the world, by its shipped mapping."""

    def __init__(self, home: Path, world: World) -> None:
        self.home, self.target, self.published = home, world.target, Night()  # type: ignore[assignment]
        self.mapping = read_mapping(world.target.name, home / "sync")
        self.state = State(home / "sync" / world.target.name)

    def plan(self, **how: Any) -> Planned:
        """A plan whose limits a person allows; they have tests of their own."""
        return super().plan(**{"allowed": GUARDS, **how})

    def again(self) -> None:
        """Another process takes up what the last one left."""
        self.state.close()
        self.state = State(self.home / "sync" / self.target.name)


@pytest.fixture
def cloud(world: World, tmp_path: Path) -> Iterator[Cloud]:
    it = Cloud(tmp_path, world)
    yield it
    it.state.close()


def night(count: int = 6, **said: dict[str, Any]) -> dict[str, Any]:
    """So many leads with two accounts; `said` of single leads goes before."""
    leads = [
        lead(
            f"L{it}",
            **{
                "given_name": "Anna",
                "family_name": f"Klein{it}",
                "email": f"anna{it}@klein.example",
                "phone": f"+49711123456{it}",
                "city": "Ulm",
                "country": "DE",
                "account_id": f"A{it % 2}",
                "account_name": f"Firm A{it % 2}",
                "customer_no": "K1",  # a contact of Salesforce, not a lead
                "buying_role": "buyer",
                **said.get(f"L{it}", {}),
            },
        )
        for it in range(count)
    ]
    return {"leads": leads, "accounts": [account("A0", city="Ulm"), account("A1", city="Bonn")]}


def ends_right(cloud: Cloud, world: World, keys: set[str]) -> None:
    """The plan has nothing left to do, each key stands once."""
    assert cloud.actions() == []
    kinds = dict.fromkeys((world.company, world.person))
    assert Counter(it.key for kind in kinds for it in world.found(kind)) == dict.fromkeys(keys | {"A0", "A1"}, 1)


ALL = {f"L{it}" for it in range(6)}


def test_leads_arrive_with_their_accounts_and_the_second_sync_does_nothing(cloud: Cloud, world: World) -> None:
    applied = cloud.night(**night()).sync()
    assert (applied.failed, applied.done >= 8) == (0, True)
    ends_right(cloud, world, ALL)
    firms = {it.key: it.id for it in world.found(world.company)}
    reference = {"hubspot": "associatedcompanyid", "salesforce": "AccountId", "tryton": "employer"}[cloud.target.name]
    people = {it.key: it.values[reference] for it in world.found(world.person, reference) if it.key in ALL}
    assert people == {key: firms[f"A{int(key[1:]) % 2}"] for key in ALL}


def test_a_lead_of_salesforce_becomes_no_contact_behind_the_back_of_sales(cloud: Cloud, world: World) -> None:
    if cloud.target.name != "salesforce":
        pytest.skip("only Salesforce has two sorts of people")
    cloud.night(**night(L0={"customer_no": None})).sync()
    assert [it.key for it in world.found("Lead")] == ["L0"]
    cloud.night(**night()).sync()
    assert [it.key for it in world.found("Lead")] == ["L0"]
    assert {it.key for it in world.found("Contact")} == ALL - {"L0"}
    assert cloud.actions() == []


@pytest.mark.parametrize("fault", Fault)
def test_no_answer_to_a_write_doubles_anything(fault: Fault, cloud: Cloud, world: World) -> None:
    cloud.night(**night())
    cloud.plan()
    creates = {"hubspot": "POST /crm/objects/2026-03/contacts/batch/upsert", "salesforce": "PATCH", "tryton": "POST"}
    world.faults.next = [(creates[cloud.target.name], fault)] * 2
    cloud.apply()
    assert world.faults.next == []
    cloud.sync()
    ends_right(cloud, world, ALL)


@pytest.mark.parametrize("request_number", [1, 2, 3, 4])
def test_a_killed_run_is_taken_up_without_doubles(
    request_number: int, cloud: Cloud, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.night(**night()).plan()
    sends, left = Client._once, [request_number]

    def once(self: Client, *request: Any) -> Any:
        answer = sends(self, *request)
        left[0] -= 1
        if left[0] == 0:
            raise Killed
        return answer

    monkeypatch.setattr(Client, "_once", once)
    with pytest.raises(Killed):
        cloud.apply()
    cloud.again()
    cloud.apply()
    ends_right(cloud, world, ALL)


def test_one_bad_row_is_a_letter_and_goes_through_once_it_is_right(cloud: Cloud, world: World) -> None:
    applied = cloud.night(**night(L3=BAD[cloud.target.name])).sync()
    assert applied.failed == 1
    assert cloud.state.letters()["key"].to_list() == ["L3"]
    cloud.night(**night())
    assert cloud.sync(only=["L3"]).failed == 0
    ends_right(cloud, world, ALL)


def test_lost_state_is_rebuilt_from_the_keys_there(cloud: Cloud, world: World, tmp_path: Path) -> None:
    cloud.night(**night()).sync()
    cloud.state.close()
    cloud.state = State(tmp_path / "another")
    cloud.sync()
    ends_right(cloud, world, ALL)


def test_what_users_delete_archive_and_merge_is_not_made_anew(cloud: Cloud, world: World) -> None:
    cloud.night(**night()).sync()
    ids = {str(it.key): it.id for it in world.found(world.person)}
    world.user.drop(world.person, ids["L0"])
    world.user.archive(world.person, ids["L1"])
    survivor = world.user.merge(world.person, ids["L2"], ids["L3"])
    cloud.sync()
    cloud.sync()
    assert cloud.actions() == []
    left = {str(it.key): it.id for it in world.found(world.person) if it.key in ALL}
    assert {"L0", "L1"} & left.keys() == set()
    assert survivor in left.values()
    assert len(set(left.values())) == 3, "nothing was made anew"


def test_edits_to_what_we_own_are_told_and_taken_back(cloud: Cloud, world: World) -> None:
    cloud.night(**night(L0={"city": "Ulm"})).sync()
    field = {"hubspot": "firstname", "salesforce": "FirstName", "tryton": "name"}[cloud.target.name]
    (held,) = world.target.find(world.person, [field], ["L0"])
    world.target.update(world.person, [Write("L0", held.id, {field: "Bob"})])
    planned = cloud.plan()
    assert [(it.event, it.field, it.theirs) for it in planned.plan.events] == [("edited", field, "Bob")]
    cloud.apply()
    ends_right(cloud, world, ALL)
    assert [it.values[field] for it in world.target.find(world.person, [field], ["L0"])] == [held.values[field]]


def test_two_of_ours_that_became_one_are_one_there_where_the_target_can(cloud: Cloud, world: World) -> None:
    cloud.night(**night()).sync()
    said = night()
    said["leads"] = [it for it in said["leads"] if it["lead_id"] != "L5"]
    cloud.night(**said, became={"L5": "L4"}).sync()
    left = {it.key for it in world.found(world.person)} & ALL
    assert left == (ALL - {"L5"} if Ability.MERGE in world.target.abilities else ALL)
    assert cloud.actions() == []


def test_the_erased_are_gone(cloud: Cloud, world: World) -> None:
    cloud.night(**night()).sync()
    said = night()
    said["leads"] = [it for it in said["leads"] if it["lead_id"] != "L5"]
    cloud.night(**said, erased=["L5"]).sync()
    assert [it for it in world.target.find(world.person, []) if it.key == "L5"] == []
    ends_right(cloud, world, ALL - {"L5"})


def test_objections_arrive_before_and_with_the_records(cloud: Cloud, world: World) -> None:
    if Ability.SUPPRESS not in world.target.abilities:
        pytest.skip("no place for objections")
    refused = {"L0": {"may_email": False, "consent_email": "refused", "email_permission": "objected"}}
    cloud.night(**night(**refused)).sync()
    assert cloud.actions() == []
    if isinstance(server := world.user, test_hubspot.Someone):
        assert server.server.unsubscribed == {"anna0@klein.example"}
    elif isinstance(server, test_salesforce.Someone):
        flags = {it[salesforce.KEY]: it.get("HasOptedOutOfEmail") for it in server.server.records["Contact"].values()}
        assert flags == {key: True if key == "L0" else None for key in ALL}
