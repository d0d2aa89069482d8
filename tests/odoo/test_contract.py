"""The adapter to Odoo keeps to what every adapter keeps to, against a real server, with faults laid between."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import stamina

from delivery.targets.odoo import Odoo, connect
from tests.delivery.adapter_contract import CONTRACT, Bench
from tests.delivery.servers.serving import Faults, Passed, serving
from tests.odoo.conftest import Person
from tests.odoo.server import Server

pytestmark = pytest.mark.odoo


@pytest.fixture(autouse=True)
def hurried() -> Iterator[None]:
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


@pytest.fixture
def bench(odoo_server: Server, database: str, person: Person) -> Iterator[Bench]:
    faults = Faults(Passed(odoo_server.url))
    with serving(faults) as address:

        def reached(key: str) -> Odoo:
            return connect({"url": address, "database": database, "key": key})

        target = reached(odoo_server.key)
        yield Bench(
            target=target,
            user=person,
            kind="crm.lead",
            values=lambda number: {"name": f"Lead {number}", "type": "lead"},
            text="function",
            other="street",
            bad={"country_id": "XX"},
            reference=("partner_id", "res.partner", {"name": "Muster GmbH", "is_company": True}),
            texts=[
                ("phone", "+493012345678"),
                ("phone", "030 / 1 23"),
                ("website", "example.org/a?b=c"),
                ("website", "https://example.org"),
                ("website", "//example.org"),
                ("description", "a < b & c\n<b>d</b>"),
                ("expected_revenue", 12.345),
                ("probability", 12.5),
                ("priority", "2"),
                ("country_id", "DE"),
                ("state_id", "US-CA"),
                ("lang_id", "de_DE"),
                ("tag_ids", ["User", "Buyer", "Größe"]),
                ("source_id", "Hannover Messe"),
                ("email_from", "Anna.Klein@Example.ORG"),
            ],
            without=frozenset({"merge"}),  # Odoo does not tell what became of a merged record
            faults=faults,
            creates="POST /json/2/crm.lead/load",
            wrong_key=lambda: reached("wrong"),
            addresses=[("email", "anna.klein@example.org"), ("phone", "+493012345678")],
        )
        target.close()


@pytest.mark.parametrize("holds", CONTRACT, ids=lambda it: it.__name__)
def test_contract(holds: Callable[[Bench], None], bench: Bench) -> None:
    holds(bench)
