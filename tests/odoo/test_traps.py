"""What Odoo 19 does that one would not think, each shown by hand first, and what the adapter makes of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
import stamina
from psycopg import sql

from delivery.record import Outcome, Status, Suppression, Value, Write
from delivery.target import RefusedError, TargetError, UnauthorisedError, UnreachableError
from delivery.targets.odoo import Odoo, connect
from tests.delivery.servers.serving import Fault, Faults, Passed, serving
from tests.odoo.conftest import Person
from tests.odoo.server import Server

pytestmark = pytest.mark.odoo
PARTNER, LEAD = "res.partner", "crm.lead"
NOBODY = "99999999"


def made(odoo: Odoo, kind: str, *keys: str, **values: Value) -> list[str]:
    """Records with these keys, by their ids."""
    outcomes = odoo.create(kind, [Write(key, None, {"name": f"Name {key}", **values}) for key in keys])
    assert {outcome.status for outcome in outcomes} == {Status.WRITTEN}, outcomes
    return [str(outcome.id) for outcome in outcomes]


def statuses(outcomes: list[Outcome]) -> list[Status]:
    return [outcome.status for outcome in outcomes]


def held(odoo: Odoo, kind: str, *keys: str) -> dict[str | None, str]:
    return {it.key: it.id for it in odoo.find(kind, [], keys)}


def loaded(person: Person, kind: str, *rows: list[Any], fields: str = "id name email_from") -> Any:
    return person.call(kind, "load", fields=fields.split(), data=list(rows))


# What an answer says


def test_a_bad_row_is_answered_with_200_and_refuses_the_whole_request(odoo: Odoo, person: Person) -> None:
    answer = loaded(person, LEAD, ["x.1", "good", "abc"], ["x.2", "bad", "abc"], fields="id name expected_revenue")
    assert answer["ids"] is False
    bad = Write("L2", None, {"name": "bad", "parent_id": NOBODY})
    with pytest.raises(RefusedError):
        odoo.create(PARTNER, [Write("L1", None, {"name": "good"}), bad])
    (outcome,) = odoo.create(PARTNER, [bad])
    assert (outcome.status, bool(outcome.reason)) == (Status.REFUSED, True)
    assert held(odoo, PARTNER, "L1", "L2") == {}


def test_a_row_without_what_odoo_requires_is_refused_unsent(odoo: Odoo) -> None:
    writes = [Write("L1", None, {"name": "Anna"}), Write("L2", None, {"city": "Köln"}), Write("L3", None, {"name": ""})]
    assert statuses(odoo.create(LEAD, writes)) == [Status.WRITTEN, Status.REFUSED, Status.REFUSED]
    (number,) = held(odoo, LEAD, "L1", "L2", "L3").values()
    assert statuses(odoo.update(LEAD, [Write("L1", number, {"name": None})])) == [Status.REFUSED]


def test_an_update_with_a_bad_row_writes_none(odoo: Odoo, person: Person) -> None:
    one, two = made(odoo, PARTNER, "L1", "L2", function="old")
    writes = [Write("L1", one, {"function": "new"}), Write("L2", two, {"parent_id": NOBODY})]
    with pytest.raises(RefusedError):
        odoo.update(PARTNER, writes)
    assert person.see(PARTNER, one, "function")["function"] == "old"
    assert statuses(odoo.update(PARTNER, writes[1:])) == [Status.REFUSED]


def test_flags_are_created_for_all_that_load_fails_on_true(odoo: Odoo, person: Person) -> None:
    with pytest.raises(AssertionError, match="AttributeError"):
        loaded(person, PARTNER, ["x.1", "Muster GmbH", True], fields="id name is_company")
    yes, no = made(odoo, PARTNER, "A1", is_company=True) + made(odoo, PARTNER, "A2", is_company=False)
    assert [person.see(PARTNER, it, "is_company")["is_company"] for it in (yes, no)] == [True, False]


def test_a_key_that_comes_twice_is_no_error_to_odoo_but_to_us(odoo: Odoo, person: Person) -> None:
    one, two = loaded(person, LEAD, ["x.1", "first", ""], ["x.1", "second", ""])["ids"]
    assert one == two
    outcomes = odoo.create(LEAD, [Write("L1", None, {"name": "first"}), Write("L1", None, {"name": "second"})])
    assert statuses(outcomes) == [Status.WRITTEN, Status.REFUSED]
    assert [it.values["name"] for it in odoo.find(LEAD, ["name"], ["L1"])] == ["first"]


def test_an_empty_text_wipes_what_sales_typed_so_only_fields_that_are_to_be_written_go_out(
    odoo: Odoo, person: Person
) -> None:
    (number,) = made(odoo, PARTNER, "L1", function="Leiterin", comment="Ruft gern zurück")
    odoo.update(PARTNER, [Write("L1", number, {"city": "Köln"})])
    assert person.see(PARTNER, number, "function", "city") == {
        "id": int(number),
        "function": "Leiterin",
        "city": "Köln",
    }
    odoo.update(PARTNER, [Write("L1", number, {"function": None})])
    assert person.see(PARTNER, number, "function")["function"] is False
    assert odoo.written(PARTNER, "function", "") is None


# What users do


def test_contacts_merged_by_a_user_hold_two_keys_and_are_not_written_over_by_both(odoo: Odoo, person: Person) -> None:
    one, two = made(odoo, PARTNER, "L1", "L2")
    person.merge(PARTNER, one, two)
    assert held(odoo, PARTNER, "L1", "L2") == {"L1": one, "L2": one}
    assert sorted(str(it.key) for it in odoo.read(PARTNER, [one], [])) == ["L1", "L2"]
    outcomes = odoo.update(PARTNER, [Write("L1", one, {"function": "a"}), Write("L2", one, {"function": "b"})])
    assert statuses(outcomes) == [Status.WRITTEN, Status.REFUSED]
    assert person.see(PARTNER, one, "function")["function"] == "a"


def test_leads_merged_by_a_user_lose_the_losers_key_and_are_not_made_anew(odoo: Odoo, person: Person) -> None:
    ids = dict(zip(("L1", "L2"), made(odoo, LEAD, "L1", "L2"), strict=True))
    stays = person.merge(LEAD, *ids.values())
    (lost,) = {key for key, number in ids.items() if number != stays}
    assert lost not in held(odoo, LEAD, *ids)
    assert statuses(odoo.update(LEAD, [Write(lost, ids[lost], {"city": "Köln"})])) == [Status.GONE]
    assert person.call(LEAD, "search_count", domain=[]) == 1


@pytest.mark.parametrize("kind", [PARTNER, LEAD])
def test_what_a_user_deleted_is_gone_where_load_would_make_it_anew(kind: str, odoo: Odoo, person: Person) -> None:
    one, two = made(odoo, kind, "L1", "L2")
    person.drop(kind, one)
    outcomes = odoo.update(kind, [Write("L1", one, {"city": "Köln"}), Write("L2", two, {"city": "Köln"})])
    assert statuses(outcomes) == [Status.GONE, Status.WRITTEN]
    assert held(odoo, kind, "L1", "L2") == {"L2": two}
    assert person.call(kind, "load", fields=["id", "name"], data=[["leadrefinery.L1", "back"]])["ids"] != [int(one)]


@pytest.mark.parametrize("kind", [PARTNER, LEAD])
def test_what_a_user_archived_is_seen_as_such_and_stays_so(kind: str, odoo: Odoo, person: Person) -> None:
    (number,) = made(odoo, kind, "L1")
    person.archive(kind, number)
    assert statuses(odoo.update(kind, [Write("L1", number, {"city": "Köln"})])) == [Status.WRITTEN]
    assert [it.archived for it in odoo.find(kind, ["city"], ["L1"])] == [True]
    assert statuses(odoo.create(kind, [Write("L1", None, {"name": "again"})])) == [Status.REFUSED]


# Merging


def test_two_contacts_made_one_have_the_winners_key_and_what_hangs_on_both(odoo: Odoo, person: Person) -> None:
    one, two = made(odoo, PARTNER, "L1", "L2")
    deal = person.add(LEAD, {"name": "Auftrag", "partner_id": int(two)})
    assert odoo.merge(PARTNER, one, two) == Outcome(one, Status.WRITTEN, one)
    assert held(odoo, PARTNER, "L1", "L2") == {"L1": one}
    assert person.see(LEAD, deal, "partner_id")["partner_id"] == int(one)
    assert odoo.merge(PARTNER, one, two).status is Status.GONE


def test_of_two_leads_odoo_chooses_and_our_key_follows(odoo: Odoo, person: Person) -> None:
    one, two = made(odoo, LEAD, "L1", "L2", type="lead")
    person.write(LEAD, two, type="opportunity")
    assert odoo.merge(LEAD, one, two) == Outcome(one, Status.WRITTEN, two)
    assert held(odoo, LEAD, "L1", "L2") == {"L1": two}


def test_a_merge_that_is_refused_leaves_both_keys(odoo: Odoo) -> None:
    (company,) = made(odoo, PARTNER, "A1", is_company=True)
    (contact,) = made(odoo, PARTNER, "L1", parent_id=company)
    outcome = odoo.merge(PARTNER, company, contact)
    assert (outcome.status, bool(outcome.reason)) == (Status.REFUSED, True)
    assert held(odoo, PARTNER, "A1", "L1") == {"A1": company, "L1": contact}


@pytest.fixture
def faulty(odoo_server: Server, database: str, person: Person) -> Iterator[tuple[Odoo, Faults]]:
    """An adapter with faults laid between it and Odoo."""
    faults = Faults(Passed(odoo_server.url))
    with serving(faults) as address, stamina.set_testing(True, attempts=3, cap=True):
        it = connect({"url": address, "database": database, "key": odoo_server.key})
        yield it, faults
        it.close()


@pytest.mark.parametrize("fault", Fault)
@pytest.mark.parametrize(
    ("verb", "kind", "request_of_odoo"),
    [
        ("update", LEAD, "crm.lead/web_save_multi"),
        ("bind", PARTNER, "ir.model.data/create"),
        ("merge", PARTNER, "base.partner.merge.automatic.wizard/action_merge"),
        ("merge", LEAD, "crm.lead/merge_opportunity"),
        ("archive", LEAD, "crm.lead/action_archive"),
        ("delete", PARTNER, "res.partner/unlink"),
        ("suppress", PARTNER, "mail.blacklist/create"),
    ],
)
def test_a_lost_answer_ends_as_if_it_had_come(
    verb: str, kind: str, request_of_odoo: str, fault: Fault, faulty: tuple[Odoo, Faults], person: Person
) -> None:
    odoo, faults = faulty
    one, two = made(odoo, kind, "L1", "L2")
    faults.next = [(f"POST /json/2/{request_of_odoo}", fault)]
    outcomes = {
        "update": lambda: odoo.update(kind, [Write("L1", one, {"city": "Köln"}), Write("L2", two, {"city": "Bonn"})]),
        "bind": lambda: odoo.bind(kind, [Write("L3", one, {}), Write("L4", two, {})]),
        "merge": lambda: [odoo.merge(kind, one, two)],
        "archive": lambda: odoo.archive(kind, [one, two]),
        "delete": lambda: odoo.delete(kind, [one, two]),
        "suppress": lambda: odoo.suppress([Suppression("L1", "email", "anna@example.org")]),
    }[verb]()
    assert not faults.next, "the fault has met nothing"
    assert set(statuses(outcomes)) == {Status.WRITTEN}
    expected = {"merge": ["L1"], "delete": [], "bind": ["L3", "L4"]}.get(verb, ["L1", "L2"])
    assert sorted(str(it.key) for it in odoo.find(kind, [], ["L1", "L2", "L3", "L4"])) == expected


@pytest.mark.parametrize("fault", Fault)
def test_a_tag_is_made_once_though_the_answer_is_lost(
    fault: Fault, faulty: tuple[Odoo, Faults], person: Person
) -> None:
    odoo, faults = faulty
    write = Write("L1", None, {"name": "Anna", "category_id": [f"Tag {fault.name}"]})
    faults.next = [("POST /json/2/res.partner.category/create", fault)]
    if fault is not Fault.LIMITED:
        with pytest.raises(UnreachableError):
            odoo.create(PARTNER, [write])
        assert held(odoo, PARTNER, "L1") == {}
    assert statuses(odoo.create(PARTNER, [write])) == [Status.WRITTEN]
    assert person.call("res.partner.category", "search_count", domain=[["name", "=", f"Tag {fault.name}"]]) == 1


# Fields


def test_fields_of_older_versions_are_not_there(odoo: Odoo) -> None:
    fields = odoo.fields(PARTNER)
    assert {"mobile", "title"} & fields.keys() == set()
    (outcome,) = odoo.create(PARTNER, [Write("L1", None, {"name": "Anna", "mobile": "+49151"})])
    assert (outcome.status, "mobile" in outcome.reason) == (Status.REFUSED, True)


@pytest.mark.parametrize(
    ("kind", "field", "good", "bad"),
    [
        (PARTNER, "lang", "de_DE", "fr_FR"),  # not installed
        (LEAD, "lang_id", "de_DE", "fr_FR"),
        (PARTNER, "country_id", "DE", "XX"),
        (PARTNER, "state_id", "US-CA", "CA"),
        (LEAD, "user_id", "admin", "nobody@example.org"),
        (LEAD, "priority", "3", "7"),
    ],
)
def test_a_word_that_odoo_lacks_is_told_beforehand_and_refuses_one_row(
    kind: str, field: str, good: str, bad: str, odoo: Odoo
) -> None:
    choices = odoo.fields(kind)[field].choices
    assert choices is not None
    assert good in choices
    assert bad not in choices
    assert (odoo.written(kind, field, good), odoo.written(kind, field, bad)) == (good, None)
    writes = [Write("L1", None, {"name": "Anna", field: good}), Write("L2", None, {"name": "Bert", field: bad})]
    assert statuses(odoo.create(kind, writes)) == [Status.WRITTEN, Status.REFUSED]
    assert [it.values[field] for it in odoo.find(kind, [field], ["L1", "L2"])] == [good]


def test_tags_are_names_made_once_and_stand_as_given(odoo: Odoo, person: Person) -> None:
    made(odoo, PARTNER, "L1", category_id=["User", "Buyer"])
    (number,) = made(odoo, PARTNER, "L2", category_id=["Buyer"])
    odoo.update(PARTNER, [Write("L2", number, {"category_id": ["Decider", "User"]})])
    found = {it.key: it.values["category_id"] for it in odoo.find(PARTNER, ["category_id"], ["L1", "L2"])}
    assert found == {"L1": ["Buyer", "User"], "L2": ["Decider", "User"]}
    names = [it["name"] for it in person.call("res.partner.category", "search_read", domain=[], fields=["name"])]
    assert sorted(names) == sorted(set(names))
    odoo.update(PARTNER, [Write("L2", number, {"category_id": None})])
    assert [it.values["category_id"] for it in odoo.find(PARTNER, ["category_id"], ["L2"])] == [None]


@pytest.mark.parametrize("kind", [PARTNER, LEAD])
def test_a_phone_stands_as_odoos_own_page_would_write_it(kind: str, odoo: Odoo, person: Person) -> None:
    (number,) = made(odoo, kind, "L1", phone="+493012345678")
    shown = person.see(kind, number, "phone")["phone"]
    answer = person.call(
        kind, "onchange", ids=[int(number)], values={"phone": shown}, field_names=["phone"], fields_spec={"phone": {}}
    )
    assert answer["value"].get("phone", shown) == shown == odoo.written(kind, "phone", "+493012345678")


def test_text_is_never_markup(odoo: Odoo, person: Person) -> None:
    (number,) = made(odoo, PARTNER, "L1", comment='<img src=x onerror="alert(1)"> & <b>fett</b>\nzweite Zeile')
    assert "<img" not in person.see(PARTNER, number, "comment")["comment"]
    (it,) = odoo.find(PARTNER, ["comment"], ["L1"])
    assert it.values["comment"] == '<img src=x onerror="alert(1)"> & <b>fett</b>\nzweite Zeile'


def test_a_lead_that_refers_to_a_company_writes_its_address_there_so_the_mapping_does_not(
    odoo: Odoo, person: Person
) -> None:
    (company,) = made(odoo, PARTNER, "A1", is_company=True, email="info@muster.example")
    made(odoo, LEAD, "L1", email_from="anna@muster.example", partner_name="Name A1")
    assert person.see(PARTNER, company, "email")["email"] == "info@muster.example"
    made(odoo, LEAD, "L2", email_from="anna@muster.example", partner_id=company)
    assert person.see(PARTNER, company, "email")["email"] == "anna@muster.example"


def test_a_contact_takes_the_address_of_its_company_so_the_mapping_sends_none(odoo: Odoo, person: Person) -> None:
    (company,) = made(odoo, PARTNER, "A1", is_company=True, street="Firmenweg 1", city="Köln")
    (contact,) = made(odoo, PARTNER, "L1", parent_id=company, street="Am Haus 2", city="Bonn")
    assert person.see(PARTNER, contact, "street", "city") == {
        "id": int(contact),
        "street": "Firmenweg 1",
        "city": "Köln",
    }


def test_a_subsidiary_would_write_its_address_over_its_parents_so_it_is_of_another_type(
    odoo: Odoo, person: Person
) -> None:
    (parent,) = made(odoo, PARTNER, "A1", is_company=True, city="Köln", type="other")
    (child,) = made(odoo, PARTNER, "A2", is_company=True, city="Bonn", type="other", parent_id=parent)
    odoo.update(PARTNER, [Write("A2", child, {"city": "Mainz"})])
    assert [person.see(PARTNER, it, "city")["city"] for it in (parent, child)] == ["Köln", "Mainz"]
    odoo.update(PARTNER, [Write("A1", parent, {"city": "Ulm"})])
    assert [person.see(PARTNER, it, "city")["city"] for it in (parent, child)] == ["Ulm", "Mainz"]
    person.write(PARTNER, child, type="contact")
    assert person.see(PARTNER, child, "city")["city"] == "Ulm"
    person.write(PARTNER, child, city="Trier")
    assert person.see(PARTNER, parent, "city")["city"] == "Trier"


def test_what_a_row_does_not_say_is_odoos_default_whatever_its_neighbours_say(odoo: Odoo) -> None:
    writes = [Write("L1", None, {"name": "Anna", "lang": "en_US"}), Write("L2", None, {"name": "Bert"})]
    odoo.create(PARTNER, writes)
    odoo.create(PARTNER, [Write("L3", None, {"name": "Carla"})])
    found = {it.key: it.values["lang"] for it in odoo.find(PARTNER, ["lang"], ["L1", "L2", "L3"])}
    assert found["L2"] == found["L3"] is not None


def test_a_new_lead_is_nobodys_until_somebody_takes_it(odoo: Odoo, person: Person) -> None:
    by_hand, (ours,) = person.add(LEAD, {"name": "by hand"}), made(odoo, LEAD, "L1")
    assert person.see(LEAD, by_hand, "user_id")["user_id"]
    assert person.see(LEAD, ours, "user_id")["user_id"] is False
    person.write(LEAD, ours, user_id=2)
    odoo.update(LEAD, [Write("L1", ours, {"city": "Köln"})])
    assert person.see(LEAD, ours, "user_id")["user_id"] == 2


def test_whose_language_is_unknown_has_that_of_the_keys_user(odoo: Odoo, person: Person) -> None:
    (me,) = person.call("res.users", "search", domain=[["login", "=", "admin"]])
    person.write("res.users", str(me), lang="de_DE")
    try:
        ids = made(odoo, PARTNER, "A1", is_company=True) + made(odoo, PARTNER, "L1", lang="en_US")
    finally:
        person.write("res.users", str(me), lang="en_US")
    assert [person.see(PARTNER, it, "lang")["lang"] for it in ids] == ["de_DE", "en_US"]


def test_nothing_we_write_is_told_in_the_chatter(odoo: Odoo, person: Person) -> None:
    for kind, key in ((PARTNER, "L1"), (LEAD, "L2")):
        (number,) = made(odoo, kind, key)
        odoo.update(kind, [Write(key, number, {"function": "Leiterin", "phone": "+493012345678"})])
        seen = person.see(kind, number, "message_ids", "message_follower_ids")
        assert (seen["message_ids"], seen["message_follower_ids"]) == ([], [])


# Objections and erasure


def test_an_objection_holds_for_records_there_and_to_come_and_comes_back(odoo: Odoo, person: Person) -> None:
    told = [
        Suppression("L1", "email", "Anna.Klein@Example.org"),
        Suppression("L1", "phone", "+493012345678"),
        Suppression("L2", "email", "no address"),
        Suppression("L2", "phone", "12"),
        Suppression("L3", "fax", "+493012345679"),
        Suppression("L3", "email", "bert@example.org"),
    ]
    refused = [Status.WRITTEN, Status.WRITTEN, Status.REFUSED, Status.REFUSED, Status.REFUSED, Status.WRITTEN]
    assert statuses(odoo.suppress(told)) == refused
    made(odoo, LEAD, "L1", email_from="anna.klein@example.org", phone="030 12345678", country_id="DE")
    (lead,) = held(odoo, LEAD, "L1").values()
    seen = person.see(LEAD, lead, "is_blacklisted", "phone_blacklisted")
    assert (seen["is_blacklisted"], seen["phone_blacklisted"]) == (True, True)
    for model in ("mail.blacklist", "phone.blacklist"):
        person.call(model, "action_archive", ids=person.call(model, "search", domain=[]))
    odoo.suppress(told[:2])
    assert person.see(LEAD, lead, "is_blacklisted")["is_blacklisted"]


def everywhere(server: Server, database: str, text: str) -> set[str]:
    """The tables that hold a text, in any column."""
    with psycopg.connect(server.postgres.get_uri(database)) as connection:
        tables = connection.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()
        query = "select exists (select from {} as it where it::text ilike %s)"
        return {
            name
            for (name,) in tables
            if connection.execute(sql.SQL(query).format(sql.Identifier(name)), [f"%{text}%"]).fetchone() == (True,)
        }


@pytest.mark.parametrize(("kind", "email"), [(PARTNER, "email"), (LEAD, "email_from")])
def test_what_is_erased_is_nowhere_but_on_the_blacklist(
    kind: str, email: str, odoo: Odoo, person: Person, odoo_server: Server, database: str
) -> None:
    address = f"erika.mustermann@{kind}.example"
    (number,) = made(odoo, kind, "L1", **{email: address})
    (other,) = made(odoo, kind, "L2", **{email: "somebody@else.example"})
    odoo.suppress([Suppression("L1", "email", address)])
    person.call(kind, "message_post", ids=[int(number)], body=f"Rief an, {address}")
    if kind == PARTNER:
        person.call(kind, "message_post", ids=[int(other)], body="Schrieb", author_id=int(number), email_from=address)
    assert everywhere(odoo_server, database, address) > {"mail_blacklist"}
    assert odoo.delete(kind, [number]) == [Outcome(number, Status.WRITTEN, number)]
    assert everywhere(odoo_server, database, address) == {"mail_blacklist"}
    assert statuses(odoo.delete(kind, [number, other])) == [Status.GONE, Status.WRITTEN]


def test_a_shared_mailbox_is_told_and_left(odoo: Odoo, person: Person) -> None:
    one, two = made(odoo, PARTNER, "L1", "L2", email="info@muster.example")
    (outcome,) = odoo.delete(PARTNER, [one])
    assert (outcome.status, outcome.reason) == (Status.WRITTEN, f"the address is also in res.partner {two}")
    assert held(odoo, PARTNER, "L1", "L2") == {"L2": two}


# Whom it asks


def test_what_is_not_set_is_named() -> None:
    with pytest.raises(UnauthorisedError, match="LEADS_ODOO_KEY"):
        connect({"url": "https://odoo.example", "database": "crm"})


def test_another_database_is_told(odoo_server: Server) -> None:
    odoo = connect({"url": odoo_server.url, "database": "nowhere", "key": odoo_server.key})
    with pytest.raises(TargetError, match="LEADS_ODOO_DATABASE"):
        odoo.fields(PARTNER)
    odoo.close()


def test_a_thousand_updates_are_all_written(odoo: Odoo) -> None:
    count, names = 1000, {"type": "lead", "function": "Leiterin", "city": "Köln"}
    writes = [Write(f"L{number}", None, {"name": f"Lead {number}", **names}) for number in range(count)]
    ids = [odoo.create(LEAD, writes[begin : begin + odoo.batch]) for begin in range(0, count, odoo.batch)]
    changes = [Write(it.key, it.id, {"city": f"Ort {it.key}"}) for part in ids for it in part]
    for begin in range(0, count, odoo.batch):
        assert set(statuses(odoo.update(LEAD, changes[begin : begin + odoo.batch]))) == {Status.WRITTEN}
