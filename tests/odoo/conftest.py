"""What the tests of Odoo share: one server a session, a fresh database a module, an adapter, and somebody at work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from delivery.targets.odoo import Odoo, connect
from tests.odoo.package import NotToBeHadError
from tests.odoo.server import Server, server


@pytest.fixture(scope="session")
def odoo_server() -> Iterator[Server]:
    running = server()
    try:
        it = running.__enter__()
    except NotToBeHadError as error:
        pytest.skip(f"no Odoo: {error}")
    yield it
    running.__exit__(None, None, None)


@dataclass(frozen=True)
class Person:
    """Somebody who works in Odoo by hand, past the adapter: calls its API as its own pages do."""

    url: str
    database: str
    key: str

    def call(self, model: str, method: str, **arguments: Any) -> Any:
        headers = {"Authorization": f"bearer {self.key}", "X-Odoo-Database": self.database}
        answer = httpx.post(f"{self.url}/json/2/{model}/{method}", json=arguments, headers=headers, timeout=300)
        assert answer.status_code == 200, answer.text[:2000]
        return answer.json()

    def add(self, kind: str, values: Mapping[str, Any]) -> str:
        (number,) = self.call(kind, "create", vals_list=[dict(values)])
        return str(number)

    def write(self, kind: str, number: str, **values: Any) -> None:
        self.call(kind, "write", ids=[int(number)], vals=values)

    def see(self, kind: str, number: str, *fields: str) -> dict[str, Any]:
        (row,) = self.call(kind, "read", ids=[int(number)], fields=list(fields), load="")
        return dict(row)

    def archive(self, kind: str, number: str) -> None:
        self.call(kind, "action_archive", ids=[int(number)])

    def drop(self, kind: str, number: str) -> None:
        self.call(kind, "unlink", ids=[int(number)])

    def merge(self, kind: str, winner: str, loser: str) -> str:
        ids = [int(winner), int(loser)]
        if kind == "crm.lead":
            (stays,) = self.call(kind, "merge_opportunity", ids=ids)
            return str(stays)
        model = "base.partner.merge.automatic.wizard"
        values = {"state": "selection", "dst_partner_id": ids[0], "partner_ids": [[6, 0, ids]]}
        self.call(model, "action_merge", ids=self.call(model, "create", vals_list=[values]))
        return winner

    def clean(self) -> None:
        """Away with all leads, and with what we made."""
        everything = {"active_test": False}
        made = self.call(
            "ir.model.data", "search_read", domain=[["module", "=", "leadrefinery"]], fields=["model", "res_id"]
        )
        for kind in ("crm.lead", "res.partner"):
            domain = (
                [["id", "in", [row["res_id"] for row in made if row["model"] == kind]]] if kind == "res.partner" else []
            )
            if ids := self.call(kind, "search", domain=domain, context=everything):
                self.call(kind, "unlink", ids=ids)


@pytest.fixture(scope="module")
def database(odoo_server: Server) -> Iterator[str]:
    with odoo_server.database() as name:
        yield name


@pytest.fixture
def person(odoo_server: Server, database: str) -> Iterator[Person]:
    it = Person(odoo_server.url, database, odoo_server.key)
    yield it
    it.clean()


@pytest.fixture
def odoo(odoo_server: Server, database: str, person: Person) -> Iterator[Odoo]:
    it = connect({"url": odoo_server.url, "database": database, "key": odoo_server.key})
    yield it
    it.close()
