"""Records over several nights, as their user sees them: corrections, withdrawals, and where each record ended."""

from __future__ import annotations

import os
from pathlib import Path

import polars as pl
import pytest

from sources.store.row_file import scan_rows
from tests.conftest import Run
from tests.pipelines.publication import published
from tests.sources.building import csv_text

KEY = ["source", "source_record_id"]
HEADER = ["Lead-ID", "Vorname", "Nachname", "Firma", "PLZ", "Ort", "E-Mail", "Telefon", "Letzter Login", "Abmeldung"]
ROWS = [
    ["L-1", "Jürgen", "Müller", "Käse & Söhne GmbH", "01067", "Dresden", "j.mueller@kaese-soehne.de", "0351 4810010"],
    ["L-2", "Änne", "Groß", "Straßenbau AG", "80331", "München", "a.gross@strassenbau-ag.de", "+49 89 2180100"],
    ["L-3", "Zoë", "Özdemir", "Öl Köln KG", "50667", "Köln", "z.oezdemir@oel-koeln.de", "0221/9988770"],
]


def night(home: Path, leads: Run, expected: int = 0) -> dict[str, pl.DataFrame]:
    done = leads("run", "--home", home)
    assert done.returncode == expected, done.stdout + done.stderr
    tables = published(home)
    accounted(home, tables)
    return tables


def accounted(home: Path, tables: dict[str, pl.DataFrame]) -> None:
    """Each record of the store is in exactly one of crosswalk, quarantine, history and withdrawn."""
    stored = scan_rows(sorted((home / "lake" / "raw").rglob("*.arrow"))).select(KEY).unique().collect()
    versions = pl.read_parquet(home / "lake" / "record_versions.parquet")
    gone = versions.group_by(KEY).agg(pl.col("current").any()).filter(~pl.col("current")).select(KEY)
    held = tables["quarantine"].drop_nulls("source_record_id").filter(pl.col("field").is_null()).select(KEY).unique()
    places = pl.concat([tables["lead_crosswalk"].select(KEY), held, gone])
    assert places.sort(KEY).equals(stored.sort(KEY))


def deliver(home: Path, name: str, at: int, cells: list[list[str]]) -> None:
    path = home / "inbox" / "online" / "crm" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(csv_text(HEADER, cells), encoding="utf-8")
    os.utime(path, (1_770_000_000 + at, 1_770_000_000 + at))


@pytest.mark.slow
def test_nights_of_exports_corrections_and_withdrawals(tmp_path: Path, leads: Run) -> None:
    home = tmp_path / "home"
    deliver(home, "1.csv", 1, [[*row, "2026-01-01", ""] for row in ROWS])
    first = night(home, leads)["leads"].sort("family_name")
    assert first["source_count"].to_list() == [1, 1, 1]

    moved = [*ROWS[0][:-1], "0351 4810099"]
    deliver(home, "2.csv", 2, [[*row, "2026-01-02", ""] for row in (moved, *ROWS[1:])])
    second = night(home, leads)["leads"].sort("family_name")
    assert second["lead_id"].equals(first["lead_id"])
    assert second["source_count"].to_list() == [1, 1, 1]
    assert second.filter(family_name="Müller")["phone"].to_list() == ["+493514810099"]
    others = pl.col("family_name") != "Müller"
    assert second.filter(others)["content_hash"].equals(first.filter(others)["content_hash"])

    deliver(home, "3.csv", 3, [[*moved, "2026-01-03", "ja"], *([*row, "2026-01-03", ""] for row in ROWS[1:])])
    deliver(home, "4.csv", 4, [[*moved, "2026-01-04", ""], *([*row, "2026-01-04", ""] for row in ROWS[1:])])
    assert leads("withdraw", "crm", "--id", "L-2", "--because", "deleted", "--home", home).returncode == 0
    third = night(home, leads)["leads"].sort("family_name")
    assert third["lead_id"].equals(first.filter(pl.col("family_name") != "Groß")["lead_id"])
    assert third.filter(family_name="Müller")["consent_email"].to_list() == ["refused"]

    assert leads("withdraw", "crm", "--id", "L-2", "--undo", "--because", "a slip", "--home", home).returncode == 0
    (home / "sources").mkdir(exist_ok=True)
    (home / "sources" / "crm.toml").write_text("snapshot = true\n", encoding="utf-8")
    deliver(home, "5.csv", 5, [[*ROWS[2], "2026-01-05", ""]])
    fourth = night(home, leads, expected=1)["leads"]
    assert fourth.height == 3
    assert leads("withdraw", "crm", "--absent-from", "5.csv", "--because", "right", "--home", home).returncode == 0
    assert night(home, leads)["leads"]["family_name"].to_list() == ["Özdemir"]


@pytest.mark.slow
def test_an_objection_is_made_for_the_address_the_record_had_then(tmp_path: Path, leads: Run) -> None:
    home = tmp_path / "home"
    deliver(home, "1.csv", 1, [[*ROWS[0], "2026-01-01", "ja"]])
    moved = [*ROWS[0][:6], "mueller@neue-firma.de", ""]
    heir = ["L-9", "Uta", "Vogt", *ROWS[0][3:]]
    deliver(home, "2.csv", 2, [[*moved, "2026-01-02", ""], [*heir, "2026-01-02", ""]])
    found = night(home, leads)["leads"].sort("family_name")
    assert found["email"].to_list() == ["mueller@neue-firma.de", "j.mueller@kaese-soehne.de"]
    assert found["email_permission"].to_list() == ["objected", "objected"]
    assert found["call_permission"].to_list() == ["missing", "objected"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["crm", "--file", "9.csv"], "crm has delivered no file '9.csv'; it has online/crm/1.csv"),
        (["CRM"], "No source 'CRM' has delivered; there are crm"),
        (["crm", "--id", "L-9"], "crm has no record 'L-9'"),
        (["crm", "--id", "L-1", "--file", "1.csv"], "exclude each other"),
        (["crm", "--absent-from", "1.csv"], "crm is no source of snapshots"),
        (["crm", "--undo"], "Nothing of the kind is withdrawn of crm"),
    ],
)
def test_what_means_nothing_is_not_noted(tmp_path: Path, leads: Run, options: list[str], said: str) -> None:
    from sources.inbox import read_inbox

    deliver(tmp_path, "1.csv", 1, [[*row, "", ""] for row in ROWS])
    read_inbox(tmp_path / "inbox", tmp_path / "lake" / "raw", tmp_path / "sources")
    done = leads("withdraw", *options, "--because", "why", "--home", tmp_path)
    assert done.returncode == 2
    assert said in " ".join(done.stdout.split())
    assert not (tmp_path / "overrides" / "withdrawn.csv").exists()
