"""`leads sync odoo` on a whole sample night: shown, carried out, killed in the middle, done once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from delivery.targets.odoo import Odoo
from publishing.previous import current_folder
from tests.odoo.conftest import Person
from tests.odoo.server import Server

pytestmark = pytest.mark.odoo
PARTNER, LEAD = "res.partner", "crm.lead"


@pytest.fixture
def environment(odoo_server: Server, database: str) -> Mapping[str, str]:
    settings = {"URL": odoo_server.url, "DATABASE": database, "KEY": odoo_server.key}
    return {**os.environ, **{f"LEADS_ODOO_{name}": value for name, value in settings.items()}}


def started(environment: Mapping[str, str], *arguments: str | Path) -> subprocess.Popen[str]:
    command = [str(Path(sys.executable).with_name("leads")), *map(str, arguments)]
    return subprocess.Popen(command, cwd="/", env=environment, stdout=-1, stderr=-1, text=True)


def said(environment: Mapping[str, str], *arguments: str | Path) -> Any:
    process = started(environment, *arguments, "--json")
    out, error = process.communicate(timeout=600)
    assert process.returncode == 0, out + error
    return json.loads(out)


def test_a_night_is_shown_then_brought_there_once_though_it_is_killed_on_its_way(
    night: Path, environment: Mapping[str, str], odoo: Odoo, person: Person
) -> None:
    before = person.call(PARTNER, "search_count", domain=[])
    allowed = [it for guard in ("create", "update", "suppress") for it in ("--allow", guard)]  # of the first time
    plan = said(environment, "sync", "odoo", "--home", night, *allowed)
    assert person.call(LEAD, "search_count", domain=[]) == 0, "a plan writes nothing"
    assert person.call(PARTNER, "search_count", domain=[]) == before

    killed = started(environment, "sync", "odoo", "--home", night, "--apply", "--adopt", "--plan", plan["plan"])
    while person.call(PARTNER, "search_count", domain=[]) == before:
        assert killed.poll() is None, killed.communicate()
        time.sleep(0.05)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    said(environment, "sync", "odoo", "--home", night, "--apply", "--adopt")

    folder = current_folder(night / "published")
    assert folder is not None
    leads, accounts = (pl.read_parquet(folder / f"{it}.parquet", glob=False) for it in ("leads", "accounts"))
    wanted = leads.filter("publishable")
    found = Counter(str(it.key) for kind in odoo.kinds for it in odoo.find(kind, []) if it.key)
    assert set(found.values()) == {1}
    assert found.keys() == {*wanted["lead_id"], *accounts.filter(
        pl.col("account_id").is_in(wanted["account_id"].unique().to_list()))["account_id"]}  # fmt: skip
    again = said(environment, "sync", "odoo", "--home", night)
    assert (again["counts"], again["waiting"]) == ([], 0)
