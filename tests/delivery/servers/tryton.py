"""A real Tryton for tests, on SQLite, from an environment of its own: `make test-tryton` makes that.

Tryton is under the GPL and no part of this project: it is spoken with over HTTP, as anybody's would be.
"""

from __future__ import annotations

import base64
import os
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.test_house import ROOT

BIN = ROOT / ".venv-tryton" / "bin"
PASSWORD = "of-this-test-alone"
PARTY = "party.party"


@dataclass
class TrytonServer:
    """A database of Tryton, and somebody who works in it by hand."""

    url: str
    folder: Path
    header: str = ""

    def call(self, method: str, *said: Any) -> Any:
        body = {"id": 1, "method": method, "params": [*said, {"active_test": False}]}
        answer = httpx.post(f"{self.url}/crm/rpc/", json=body, headers={"Authorization": self.header}, timeout=60)
        told = answer.raise_for_status().json()
        if "error" in told and told["error"][0] == "UserWarning":  # "are you sure?"
            self.call("model.res.user.warning.skip", told["error"][1][0], False)
            return self.call(method, *said)
        assert "result" in told, told
        return told["result"]

    def clear(self) -> None:
        """An empty database again."""
        for merged in ("!=", "="):  # first what names its successor
            if ids := self.call(f"model.{PARTY}.search", [["replaced_by", merged, None]]):
                self.call(f"model.{PARTY}.delete", ids)

    def log_in(self) -> None:
        said = {"id": 1, "method": "common.db.login", "params": ["admin", {"password": PASSWORD}, "en"]}
        answer = httpx.post(f"{self.url}/crm/rpc/", json=said, timeout=60).raise_for_status().json()
        user, token, _ = answer["result"]
        self.header = f"Session {base64.b64encode(f'admin:{user}:{token}'.encode()).decode()}"

    def end_sessions(self) -> None:
        """Everybody's, as a restart or a long night does."""
        with closing(sqlite3.connect(self.folder / "crm.sqlite")) as database, database:
            database.execute("DELETE FROM ir_session")
        self.log_in()

    def add(self, kind: str, values: Mapping[str, str]) -> str:
        return str(self.call(f"model.{kind}.create", [{"name": values["name"], "code": "K0042"}])[0])

    def archive(self, kind: str, record_id: str) -> None:
        self.call(f"model.{kind}.write", [int(record_id)], {"active": False})

    def drop(self, kind: str, record_id: str) -> None:
        self.call(f"model.{kind}.delete", [int(record_id)])

    def merge(self, kind: str, winner: str, loser: str) -> str:
        session = self.call("wizard.party.replace.create")[0]
        said = {"ask": {"source": int(loser), "destination": int(winner)}}
        self.call("wizard.party.replace.execute", session, said, "replace")
        return winner


@contextmanager
def tryton(folder: Path) -> Iterator[TrytonServer]:
    """A server with an empty database below `folder`; about 20 seconds."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config, password = folder / "trytond.conf", folder / "password"
    config.write_text(
        f"[database]\nuri = sqlite://\npath = {folder}\n[web]\nlisten = 127.0.0.1:{port}\n", encoding="utf-8"
    )
    password.write_text(PASSWORD, encoding="utf-8")
    (folder / "crm.sqlite").touch()
    environment = {**os.environ, "TRYTONPASSFILE": str(password)}
    make = [
        BIN / "trytond-admin",
        "-c",
        config,
        "-d",
        "crm",
        "--all",
        "--activate-dependencies",
        "--email",
        "a@b.example",
    ]
    subprocess.run([*make, "-u", "party", "party_relationship"], env=environment, check=True, capture_output=True)
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen(
            [BIN / "trytond", "-c", config, "-d", "crm"], stdout=log, stderr=log, env=environment
        ) as server,
    ):
        try:
            yield _ready(TrytonServer(f"http://127.0.0.1:{port}", folder))
        finally:
            server.terminate()
            server.wait(20)


def _ready(server: TrytonServer) -> TrytonServer:
    for _ in range(240):
        try:
            server.log_in()
        except httpx.TransportError:
            time.sleep(0.25)
        else:
            countries = [{"name": name, "code": name} for name in ("DE", "AT", "CH")]
            server.call("model.country.country.create", countries)
            server.call("model.party.relation.type.create", [{"name": "Employee of"}])
            return server
    raise RuntimeError("Tryton did not start; its log is beside its database")
