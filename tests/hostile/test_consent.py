"""Consent, suppression and retention through whole nights: who may be contacted, and what is left of whom."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import polars as pl
import pytest

from tests.conftest import Run
from tests.pipelines.publication import published

pytestmark = pytest.mark.slow

NOW = datetime.now(UTC)
RECENT, OLD = ((NOW - timedelta(days=days)).strftime("%Y-%m-%d") for days in (20, 900))
HEADER = "Lead-ID;Vorname;Nachname;Firma;E-Mail;Mobil;Land;Datum;DOI-Datum;Newsletter\n"
ROWS = f"""\
1;Anna;Albers;Albers Pumpen GmbH;anna@albers-pumpen.de;0171 2000001;DE;{RECENT};{RECENT};ja
2;Bernd;Brandt;Brandt Werke AG;bernd@brandt-werke.de;0171 2000002;DE;{RECENT};{RECENT};ja
3;Clara;Claasen;Claasen Bau GmbH;clara@claasen-bau.de;0171 2000003;DE;{RECENT};{RECENT};ja
4;Dieter;Dietrich;Dietrich Stahl GmbH;dieter@dietrich-stahl.de;0171 2000004;DE;{RECENT};;ja
5;Erika;Engel;Engel Optik GmbH;erika@engel-optik.at;+43 664 2000005;AT;{RECENT};;ja
6;Frieda;Falk;Falk Druck GmbH;frieda@falk-druck.dee;0171 2000006;DE;{OLD};{OLD};ja
7;Georg;Gerlach;Gerlach Holz GmbH;georg@gerlach-holz.de;0171 2000007;DE;{OLD};{RECENT};ja
8;Heike;Hagen;Hagen Textil GmbH;heike@hagen-textil.de;0171 2000008;DE;{OLD};;nein
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, leads: Run) -> Path:
    """After two nights; everybody lies in one file, two on lists, and the source keeps two years."""
    home = tmp_path_factory.mktemp("consent")
    for folder in ("inbox/online/newsletter", "sources", "suppression"):
        (home / folder).mkdir(parents=True)
    (home / "inbox/online/newsletter/a.csv").write_text(HEADER + ROWS, encoding="utf-8")
    first = leads("run", "--home", home)
    assert first.returncode == 0, first.stdout + first.stderr
    assert "frieda@" in (home / "report/to_correct.csv").read_text(encoding="utf-8-sig")
    (home / "sources/newsletter.toml").write_text('retention_days = "730 days"\n')
    (home / "suppression/robinson.csv").write_text("Datum;Nummer\n2024-05-01;+49 171 2000002\n")
    (home / "suppression/hashed.txt").write_text(sha256(b"clara@claasen-bau.de").hexdigest() + "\n")
    second = leads("run", "--home", home)
    assert second.returncode == 0, second.stdout + second.stderr
    return home


def test_each_channel_has_its_verdict(home: Path) -> None:
    found = published(home)["leads"].select("given_name", "email_permission", "call_permission", "publishable")
    assert {row[0]: row[1:] for row in found.iter_rows()} == {
        "Anna": ("consented", "presumed", True),
        "Bernd": ("consented", "suppressed", True),
        "Clara": ("suppressed", "presumed", True),
        "Dieter": ("unconfirmed", "presumed", True),
        "Erika": ("unconfirmed", "not_consented", False),
        "Georg": ("consented", "presumed", True),
        "Heike": ("objected", "presumed", True),
    }


def test_a_consent_has_its_proof(home: Path) -> None:
    proof = published(home)["consents"].join(published(home)["leads"].select("lead_id", "given_name"), on="lead_id")
    (anna,) = proof.filter(pl.col("given_name") == "Anna").to_dicts()
    assert (anna["basis"], anna["source"], anna["source_record_id"]) == ("double_opt_in", "newsletter", "1")
    assert anna["confirmed_at"] is not None


def test_who_is_past_their_time_is_gone_but_for_a_line(home: Path) -> None:
    held = published(home)["quarantine"].filter(pl.col("reason_code") == "retention_expired")
    assert held["row"].to_list() == [7]
    assert held["raw"].to_list() == [None]
    assert published(home)["tombstones"]["entity"].to_list().count("lead") == 1
    tables = list(published(home).values())
    tables += [pl.read_parquet(path) for path in (home / "lake").glob("*.parquet")]
    assert not any("falk" in str(table.to_dicts()).lower() for table in tables)
    stored = [path.read_bytes().lower() for path in (home / "lake/raw").rglob("*") if path.is_file()]
    assert not any(b"frieda" in content for content in stored)
    assert not any(b"frieda" in path.read_bytes().lower() for path in (home / "report").iterdir())


def test_a_third_night_changes_nothing(home: Path, leads: Run) -> None:
    before = published(home)
    assert leads("run", "--home", home).returncode == 0
    for name, table in published(home).items():
        assert table.equals(before[name]), name


def test_a_broken_list_keeps_yesterdays_tables(home: Path, leads: Run) -> None:
    before = (home / "published/current").readlink()
    broken = home / "suppression/vendor.csv"
    broken.write_bytes(b"PK\x03\x04 cut short")
    done = leads("run", "--home", home)
    broken.unlink()
    assert done.returncode != 0
    assert "vendor.csv" in done.stdout + done.stderr
    assert (home / "published/current").readlink() == before
