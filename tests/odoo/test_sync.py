"""From published tables into a real Odoo, by the engine: right there, right again after everything that goes wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import stamina

from delivery.apply import Applied
from delivery.mapping import GUARDS, read_mapping
from delivery.state import State
from delivery.step import Standing
from delivery.sync import Planned, carry_out, prepare
from delivery.targets.odoo import Odoo, connect
from tests.delivery.publications import Night, account, lead
from tests.delivery.servers.serving import Fault, Faults, Passed, serving
from tests.odoo.conftest import Person
from tests.odoo.server import Server

pytestmark = pytest.mark.odoo
PARTNER, LEAD = "res.partner", "crm.lead"


class Syncing:
    """A home that is synced with Odoo by the shipped mapping; what is published is said a night at a time."""

    def __init__(self, home: Path, target: Odoo, person: Person, faults: Faults) -> None:
        self.target, self.person, self.faults = target, person, faults
        self.state = State(home)
        self.mapping = read_mapping("odoo", home)
        self.published = Night()

    def plan(self, **said: Any) -> Planned:
        if said:
            self.published = Night(**said)
        publication = self.published.publication
        return prepare(self.mapping, publication, self.target, self.state, allowed=GUARDS)

    def night(self, **said: Any) -> Applied:
        """Publish, plan and apply."""
        planned = self.plan(**said)
        assert not planned.holds, planned.holds
        return self.apply()

    def apply(self, **how: Any) -> Applied:
        publication = self.published.publication
        return carry_out(
            *(self.mapping, publication, self.target, self.state),
            adopting=True,
            sleep=lambda seconds: None,
            **how,
        )

    def id(self, key: str) -> str:
        return self.state.bindings()[key].id

    def ours(self, kind: str) -> Counter[str | None]:
        """How many records hold each of our keys."""
        return Counter(it.key for it in self.target.find(kind, []) if it.key)


@pytest.fixture
def syncing(odoo_server: Server, database: str, person: Person, tmp_path: Path) -> Iterator[Syncing]:
    faults = Faults(Passed(odoo_server.url))
    with serving(faults) as address, stamina.set_testing(True, attempts=3, cap=True):
        target = connect({"url": address, "database": database, "key": odoo_server.key})
        yield Syncing(tmp_path, target, person, faults)
        target.close()


ANNA = {
    "given_name": "Anna",
    "family_name": "Klein",
    "academic_title": "Dr.",
    "account_id": "A1",
    "account_name": "Muster GmbH",
    "email": "anna.klein@muster.example",
    "phone": "+493012345678",
    "job_title": "Leiterin Einkauf",
    "buying_role": "buyer",
    "street": "Weg",
    "house_number": "1",
    "postcode": "10115",
    "city": "Berlin",
    "country": "DE",
    "language": "de",
    "lead_source": "Hannover Messe",
    "interest": "Pumpen & <Ventile>",
}
MUSTER = {"name": "Muster GmbH", "city": "Köln", "country": "DE", "website": "muster.example"}


def test_accounts_leads_and_customers_are_right_there_and_a_second_sync_does_nothing(
    syncing: Syncing, person: Person
) -> None:
    leads = [
        lead("L1", **ANNA),
        lead("L2", **{**ANNA, "given_name": "Bert", "customer_no": "K-4711", "email": "bert@muster.example"}),
        lead("L3", given_name="Carla", family_name="Roth", language="xx", email_permission="objected",
             may_email=False, email="carla@example.org"),
    ]  # fmt: skip
    accounts = [account("A1", **MUSTER), account("A2", name="Tochter GmbH", city="Bonn", parent_account_id="A1")]
    leads.append(lead("L4", given_name="Dora", family_name="Stein", account_id="A2", account_name="Tochter GmbH"))
    applied = syncing.night(leads=leads, accounts=accounts)
    assert applied.failed == 0, syncing.state.letters()

    company = person.see(PARTNER, syncing.id("A1"), "name", "is_company", "city", "country_code", "website")
    assert company == {
        "id": int(syncing.id("A1")),
        "name": "Muster GmbH",
        "is_company": True,
        "city": "Köln",
        "country_code": "DE",
        "website": "http://muster.example",
    }
    daughter = person.see(PARTNER, syncing.id("A2"), "parent_id", "city")
    assert (daughter["parent_id"], daughter["city"]) == (int(syncing.id("A1")), "Bonn")

    anna = person.see(
        LEAD,
        syncing.id("L1"),
        "type",
        "contact_name",
        "partner_name",
        "email_from",
        "phone",
        "lang_code",
        "description",
    )
    assert anna == {
        "id": int(syncing.id("L1")),
        "type": "lead",
        "contact_name": "Dr. Anna Klein",
        "partner_name": "Muster GmbH",
        "email_from": "anna.klein@muster.example",
        "phone": "+49 30 12345678",
        "lang_code": "de_DE",
        "description": "<p>Pumpen &amp; &lt;Ventile&gt;</p>",
    }
    assert person.see(LEAD, syncing.id("L1"), "commercial_partner_id")["commercial_partner_id"] == int(syncing.id("A1"))
    bert = person.see(PARTNER, syncing.id("L2"), "parent_id", "ref", "city", "email")
    assert (bert["parent_id"], bert["ref"], bert["city"]) == (int(syncing.id("A1")), "K-4711", "Köln")
    assert next(iter(syncing.target.read(PARTNER, [syncing.id("L2")], ["category_id"]))).values["category_id"] == [
        "Buyer"
    ]
    assert person.see(LEAD, syncing.id("L3"), "is_blacklisted", "lang_code") == {
        "id": int(syncing.id("L3")),
        "is_blacklisted": True,
        "lang_code": False,
    }
    assert syncing.plan().plan.steps == []


def test_what_users_did_is_left_and_what_is_ours_is_put_right(syncing: Syncing, person: Person) -> None:
    leads = [lead(f"L{number}", **{**ANNA, "given_name": f"N{number}"}) for number in range(1, 7)]
    syncing.night(leads=leads, accounts=[account("A1", **MUSTER)])
    person.write(LEAD, syncing.id("L1"), function="Sagt sie selbst", contact_name="Falsch geschrieben")
    person.write(LEAD, syncing.id("L2"), type="opportunity")
    person.archive(LEAD, syncing.id("L3"))
    person.drop(LEAD, syncing.id("L4"))
    stays = person.merge(LEAD, syncing.id("L5"), syncing.id("L6"))

    changed = [{**it, "job_title": "Leiterin Vertrieb", "city": "Potsdam"} for it in leads]
    applied = syncing.night(leads=changed, accounts=[account("A1", **MUSTER)])
    assert applied.failed == 0, syncing.state.letters()
    first = person.see(LEAD, syncing.id("L1"), "function", "contact_name", "city")
    assert first == {
        "id": int(syncing.id("L1")),
        "function": "Sagt sie selbst",
        "contact_name": "Dr. N1 Klein",
        "city": "Potsdam",
    }
    assert person.see(LEAD, syncing.id("L2"), "type", "function") == {
        "id": int(syncing.id("L2")),
        "type": "opportunity",
        "function": "Leiterin Vertrieb",
    }
    third = person.see(LEAD, syncing.id("L3"), "active", "city")
    assert (third["active"], third["city"]) == (False, "Berlin")
    assert person.call(LEAD, "search_count", domain=[], context={"active_test": False}) == 4
    assert stays in (syncing.id("L5"), syncing.id("L6"))
    assert syncing.plan().plan.steps == []


def test_customers_that_a_user_merged_do_not_write_over_each_other(syncing: Syncing, person: Person) -> None:
    leads = [lead(key, **{**ANNA, "customer_no": key, "given_name": key}) for key in ("L1", "L2")]
    accounts = [account("A1", **MUSTER)]
    syncing.night(leads=leads, accounts=accounts)
    person.merge(PARTNER, syncing.id("L1"), syncing.id("L2"))
    changed = [{**it, "job_title": f"Titel {it['lead_id']}"} for it in leads]
    for _ in range(2):
        assert syncing.night(leads=changed, accounts=accounts).failed == 0
    standing = Counter(it.standing for it in syncing.state.bindings().values() if it.entity == "lead")
    assert standing == {Standing.OURS: 1, Standing.SHARED: 1}
    assert syncing.plan().plan.steps == []


def test_ids_that_became_one_are_merged_with_what_hangs_on_them(syncing: Syncing, person: Person) -> None:
    leads = [lead(key, **{**ANNA, "customer_no": key}) for key in ("L1", "L2")]
    accounts = [account("A1", **MUSTER), account("A2", name="Muster Gesellschaft mbH")]
    leads[1]["account_id"] = "A2"
    syncing.night(leads=leads, accounts=accounts)
    loser = syncing.id("L2")
    deal = person.add(LEAD, {"name": "Auftrag", "partner_id": int(loser)})
    applied = syncing.night(leads=leads[:1], accounts=accounts[:1], became={"L2": "L1", "A2": "A1"})
    assert applied.failed == 0, syncing.state.letters()
    assert person.see(LEAD, deal, "partner_id")["partner_id"] == int(syncing.id("L1"))
    assert syncing.ours(PARTNER) == {"A1": 1, "L1": 1}
    assert syncing.plan().plan.steps == []


def test_who_is_erased_or_gone_goes_there_too(syncing: Syncing, person: Person) -> None:
    leads = [lead(key, **{**ANNA, "given_name": key, "email": f"{key}@muster.example"}) for key in ("L1", "L2", "L3")]
    accounts = [account("A1", **MUSTER)]
    syncing.night(leads=leads, accounts=accounts)
    ids = {key: int(syncing.id(key)) for key in ("L1", "L2", "L3")}
    syncing.night(leads=leads[:1], accounts=accounts, gone=["L2"], erased=["L3"])
    rows = person.call(LEAD, "search_read", domain=[], fields=["active"], context={"active_test": False})
    assert {row["id"]: row["active"] for row in rows} == {ids["L1"]: True, ids["L2"]: False}
    assert syncing.plan().plan.steps == []


@pytest.mark.parametrize(
    ("request_of_odoo", "fault"),
    [
        *(("crm.lead/load", fault) for fault in Fault),
        ("res.partner/load", Fault.LOST),
        ("crm.lead/web_save_multi", Fault.LOST),
        ("ir.model.data/search_read", Fault.BROKEN),
    ],
)
def test_lost_answers_and_a_bad_row_end_right_with_nothing_doubled(
    request_of_odoo: str, fault: Fault, syncing: Syncing, person: Person
) -> None:
    leads = [lead(f"L{number}", **{**ANNA, "given_name": f"N{number}"}) for number in range(12)]
    bad = lead("L99", family_name=None)  # nothing to call it by, and Odoo takes no lead without a name
    accounts = [account("A1", **MUSTER)]
    syncing.night(leads=leads[:6], accounts=[])
    syncing.faults.next = [(f"POST /json/2/{request_of_odoo}", fault)] * 2
    changed = [{**it, "city": "Potsdam"} for it in [*leads, bad]]
    applied = syncing.night(leads=changed, accounts=accounts)
    assert not syncing.faults.next, "the faults have met nothing"
    assert applied.failed == 1
    letters = syncing.state.letters()
    assert (letters["key"].to_list(), letters["attempts"].to_list()) == (["L99"], [1])
    assert syncing.ours(LEAD) == {it["lead_id"]: 1 for it in leads}
    assert syncing.ours(PARTNER) == {"A1": 1}
    assert person.call(LEAD, "search_count", domain=[["city", "=", "Potsdam"]]) == len(leads)
    assert syncing.plan().plan.steps == []


def test_a_lost_state_is_found_again_by_the_keys_there(syncing: Syncing, tmp_path: Path) -> None:
    leads, accounts = [lead("L1", **ANNA), lead("L2", **ANNA)], [account("A1", **MUSTER)]
    syncing.night(leads=leads, accounts=accounts)
    again = Syncing(tmp_path / "another", syncing.target, syncing.person, syncing.faults)
    assert again.night(leads=leads, accounts=accounts).failed == 0
    assert (again.ours(LEAD), again.ours(PARTNER)) == ({"L1": 1, "L2": 1}, {"A1": 1})
    assert again.plan().plan.steps == []
