"""A past day has a home of its own: the files received until then, today's decisions; the home stays as it is."""

from __future__ import annotations

import os
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from assets.resources.home import Home
from pipelines.as_of import home_as_of
from tests.conftest import Run

DAY = date(2026, 1, 31)


def deliver(home: Home, name: str, at: str, given_name: str = "Erika") -> Path:
    file = home.inbox / name
    file.parent.mkdir(parents=True, exist_ok=True)
    row = f"{given_name};Mustermann;{given_name.lower()}.mustermann@muster-werke.de;Muster Werke GmbH"
    text = f"Vorname;Nachname;E-Mail;Firma\n{row}\n"
    file.write_text(text, encoding="utf-8")
    received = datetime.fromisoformat(at).timestamp()
    os.utime(file, (received, received))
    return file


def files(home: Home) -> set[str]:
    return {path.relative_to(home.inbox).as_posix() for path in home.inbox.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("at", "is_there"),
    [
        ("2026-01-10T12:00:00+01:00", True),
        ("2026-01-31T23:59:59+01:00", True),  # the day ends in Berlin
        ("2026-02-01T00:00:00+01:00", False),
        ("2026-01-31T23:30:00+00:00", False),
        ("2026-11-01T00:00:00+01:00", False),
    ],
)
def test_the_files_received_until_then_are_there(tmp_path: Path, at: str, is_there: bool) -> None:
    home = Home(tmp_path).prepare()
    file = deliver(home, "online/web/leads.csv", at)
    past = home_as_of(home, home.inbox, DAY)
    assert past.root == tmp_path / "as_of" / "2026-01-31"
    assert files(past) == ({"online/web/leads.csv"} if is_there else set())
    if is_there:
        assert (past.inbox / "online/web/leads.csv").stat().st_mtime_ns == file.stat().st_mtime_ns


SETTINGS = (
    *("overrides/erased.csv", "sources/web.toml", "rules/titles.csv", "mail_evidence.csv", "geoip/own.mmdb"),
    *("suppression/robinson.csv", "register/firms.csv", "publishable.csv"),
)


def test_decisions_and_settings_are_those_of_today(tmp_path: Path) -> None:
    home = Home(tmp_path).prepare()
    for name in SETTINGS:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name, encoding="utf-8")
    past = home_as_of(home, home.inbox, DAY)
    for name in SETTINGS:
        assert (past.root / name).read_text(encoding="utf-8") == name
    (tmp_path / "overrides" / "erased.csv").write_text("one more", encoding="utf-8")
    assert (home_as_of(home, home.inbox, DAY).match_overrides / "erased.csv").read_text(encoding="utf-8") == "one more"


def test_a_link_in_the_inbox_leads_nowhere(tmp_path: Path) -> None:
    home = Home(tmp_path).prepare()
    secret = tmp_path / "secret"
    secret.write_text("x", encoding="utf-8")
    (home.inbox / "online" / "web").mkdir()
    (home.inbox / "online" / "web" / "leads.csv").symlink_to(secret)
    os.utime(home.inbox / "online" / "web" / "leads.csv", (0, 0), follow_symlinks=False)
    assert files(home_as_of(home, home.inbox, DAY)) == set()


@pytest.mark.slow
def test_the_tables_of_a_past_day_change_nothing_of_today(tmp_path: Path, leads: Run) -> None:
    home = Home(tmp_path).prepare()
    deliver(home, "online/web/january.csv", "2026-01-10T12:00:00+01:00", "Erika")
    deliver(home, "online/web/february.csv", "2026-02-10T12:00:00+01:00", "Hans")
    assert leads("run", "--home", tmp_path).returncode == 0
    current = (home.published / "current").resolve()
    lake = {path: path.stat().st_mtime_ns for path in home.lake.rglob("*") if path.is_file()}
    done = leads("run", "--home", tmp_path, "--as-of", "2026-01-31")
    assert done.returncode == 0, done.stdout + done.stderr
    past = pl.read_parquet(tmp_path / "as_of" / "2026-01-31" / "published" / "current" / "leads.parquet")
    assert past["given_name"].to_list() == ["Erika"]
    assert (home.published / "current").resolve() == current
    assert {path: path.stat().st_mtime_ns for path in home.lake.rglob("*") if path.is_file()} == lake
    assert pl.read_parquet(current / "leads.parquet").height == 2
    done = leads("forget", "--yes", "erika.mustermann@muster-werke.de", "--home", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not (tmp_path / "as_of").exists(), "who is forgotten is in no past day either"


def test_a_day_that_is_none_is_refused(tmp_path: Path, leads: Run) -> None:
    done = leads("run", "--home", tmp_path, "--as-of", "31.01.2026")
    assert done.returncode == 2
    assert "Invalid value for '--as-of'" in done.stdout + done.stderr
