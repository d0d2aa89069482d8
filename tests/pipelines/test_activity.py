"""A night with activity in the inbox: leads stay as they are, objections count, touchpoints are somebody's."""

from __future__ import annotations

import os
from pathlib import Path

import polars as pl
import pytest

from tests.conftest import Run
from tests.pipelines.publication import content, published
from tests.qualification.activity.test_shapes import GA_FLAT, GOTO, HUBSPOT, MARKETO, TEAMS, ZOOM
from tests.sources.building import csv_text

LEADS = [
    ["99", "Anna", "Klein", "Nord Maschinenbau GmbH", "80331", "München", "anna@nord.de", "+49 89 2180100"],
    ["98", "Jens", "Hof", "Nord Maschinenbau GmbH", "80331", "München", "jens@nord.de", "+49 89 2180101"],
    ["97", "Eva", "Süß", "Süd Technik AG", "50667", "Köln", "eva@sued.de", "0221/9988770"],
]
HEADER = ["Lead-ID", "Vorname", "Nachname", "Firma", "PLZ", "Ort", "E-Mail", "Telefon"]
QUIET = [text for text in HUBSPOT.splitlines(keepends=True) if "STATUSCHANGE" not in text and "SPAM" not in text]
ACTIVITY = {
    "activity/hubspot/events.csv": "".join(QUIET),
    "online/crm/events.csv": "".join(QUIET),
    "activity/google/ga.csv": GA_FLAT,
    "activity/zoom/zoom.csv": ZOOM,
    "activity/teams/teams.csv": TEAMS,
    "offline/sheets/budget.csv": "Kampagne;Monat;Ist-Kosten\nhm26;2026-03;8.400,00\nSumme;;8.400,00\n",
    "activity/erp/orders.csv": "Auftragsnummer;Auftragsdatum;E-Mail;Betrag\nA1;15.05.2026;anna@nord.de;48.000,00\n",
    "activity/odd/odd.csv": "Zeit;Wer;Was\n1;2;3\n",
}
OBJECTIONS = {
    "activity/hubspot/events.csv": HUBSPOT.replace("anna@nord.de", "eva@sued.de").replace(
        "Anna@Nord.de", "eva@sued.de"
    ),
    "activity/marketo/events.csv": MARKETO,
    "activity/goto/goto.csv": GOTO,
}


def night(home: Path, leads: Run, files: dict[str, str]) -> dict[str, pl.DataFrame]:
    for name, text in {"online/marketo/leads.csv": csv_text(HEADER, LEADS), **files}.items():
        path = home / "inbox" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        os.utime(path, (1_770_000_000, 1_770_000_000))
    done = leads("run", "--home", home)
    assert done.returncode == 0, done.stdout + done.stderr
    return published(home)


@pytest.mark.slow
def test_activity_leaves_leads_accounts_and_crosswalk_as_they_were(tmp_path: Path, leads: Run) -> None:
    without = content(night(tmp_path / "without", leads, {}))
    beside = night(tmp_path / "beside", leads, ACTIVITY)
    for name in ("leads", "accounts", "lead_crosswalk", "consents"):
        assert content(beside)[name].equals(without[name]), name
    reasons = beside["quarantine"].select("file", "reason_code").sort("file").rows()
    assert reasons == [("activity/odd/odd.csv", "unknown_activity"), ("offline/sheets/budget.csv", "total_row")]
    lake = {path.stem: pl.read_parquet(path) for path in (tmp_path / "beside" / "lake").glob("*.parquet")}
    anna = beside["leads"].filter(family_name="Klein")["lead_id"][0]
    touched = lake["touchpoints"].filter(lead_id=anna)
    assert {"email_click", "webinar_attended"} <= set(touched["kind"])
    assert touched.filter(kind="email_click")["evidence"].list.len().to_list() == [2]  # two copies in two folders
    assert lake["opportunities"].select("lead_ids", "outcome").rows() == [([anna], "won")]
    assert lake["campaign_costs"].height == 1


@pytest.mark.slow
def test_objections_in_activity_take_effect(tmp_path: Path, leads: Run) -> None:
    said = night(tmp_path / "home", leads, OBJECTIONS)["leads"].sort("family_name")
    assert said.select("family_name", "consent_email", "may_email").rows() == [
        ("Hof", "refused", False),  # GoTo: Unsubscribed
        ("Klein", "refused", False),  # Marketo: type 9 of record 99
        ("Süß", "refused", False),  # HubSpot: STATUSCHANGE and SPAMREPORT
    ]
