"""`leads rules diff`: changed rules of qualification are tried on what a home knows, and nothing is published."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assets.resources.home import Home
from assets.resources.lake import Lake
from contracts.published import ACCOUNTS, BUYING_CENTERS, LEADS, REDIRECTS
from contracts.qualified import (
    CAMPAIGN_COSTS,
    CRM_FEEDBACK,
    LEAD_FACTS,
    LEAD_SCORES,
    OPPORTUNITIES,
    TOUCHPOINTS,
)
from pipelines.rehearsing import rehearse
from qualification.rule_files import SHIPPED, UnsoundRules
from tests.conftest import Run
from tests.qualification.homes import frame

NIGHT = datetime(2026, 3, 11, 1, tzinfo=UTC)
ANNA, JENS = (f"L{letter * 16}" for letter in "AJ")
LEAD = {
    "country": "DE",
    "seniority": "c_level",
    "buying_role": "decider",
    "consent_email": "confirmed",
    "consent_phone": "unknown",
    "email": "a@nord.de",
    "may_email": True,
    "may_call": True,
    "publishable": True,
    "block_reasons": [],
    "sources": ["web_form"],
    "first_seen_at": NIGHT,
}
PLACE = {"source": "web", "source_record_id": "7", "file": "activity/web/downloads.csv", "row": 7}
ACT = {"channel": "web", "human": "yes", "join_rule": "email", "evidence": [PLACE]}
MORE = ("points = 10                   # blue.LEAD article: whitepaper 10", "points = 30")
DE_ALONE = ('served_countries = ["DE", "AT", "CH", "LI"]', 'served_countries = ["AT"]')


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home whose last night knows Anna, who downloaded a paper, and Jens, who asked for a demo."""
    lake = Lake(home=str(tmp_path / "home"))
    acts = [
        {"touchpoint_id": "T1", "lead_id": ANNA, "kind": "download", "content_id": "a", **ACT},
        {"touchpoint_id": "T2", "lead_id": JENS, "kind": "demo_request", **ACT},
    ]
    at = datetime(2026, 3, 2, 9, tzinfo=UTC)
    scores = {
        "as_of": NIGHT,
        "rules_version": "1",
        "fit": 45.0,
        "fit_grade": "B",
        "stage": "lead",
        "stage_since": NIGHT,
    }
    tables = {
        "leads": frame(LEADS, [{"lead_id": lead, **LEAD} for lead in (ANNA, JENS)]),
        "accounts": frame(ACCOUNTS, []),
        "buying_centers": frame(BUYING_CENTERS, []),
        "redirects": frame(REDIRECTS, []),
        "touchpoints": frame(TOUCHPOINTS, [row | {"occurred_at": at, "known_at": at} for row in acts]),
        "crm_feedback": frame(CRM_FEEDBACK, []),
        "opportunities": frame(OPPORTUNITIES, []),
        "campaign_costs": frame(CAMPAIGN_COSTS, []),
        "lead_facts": frame(LEAD_FACTS, []),
        "lead_scores": frame(LEAD_SCORES, [{"lead_id": lead, **scores} for lead in (ANNA, JENS)]),
    }
    for name, table in tables.items():
        lake.write(name, table)
    return tmp_path / "home"


def drafts(folder: Path, name: str, old: str, new: str) -> Path:
    text = (SHIPPED / name).read_text(encoding="utf-8")
    assert old in text
    path = folder / "drafts" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path.parent


def files(home: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in sorted(home.rglob("*")) if path.is_file()}


def test_who_gains_and_by_which_row_is_shown_and_nothing_changes(home: Path, tmp_path: Path, leads: Run) -> None:
    folder, before = drafts(tmp_path, "scoring.toml", *MORE), files(home)
    done = leads("rules", "diff", folder, "--home", home)
    assert done.returncode == 0, done.stdout
    assert "MQL by the changed rules alone: 1 lead\n" in done.stdout
    assert f"{ANNA} 2026-03-02 09:00 UTC, grade: fit 45.00 → 45.00, behaviour 10.00 → 30.00" in done.stdout
    assert "+10.00 →   +30.00  download · activity/web/downloads.csv, row 7" in done.stdout
    assert "Hand-overs added: 1 lead\n" in done.stdout
    assert "nord.de" not in done.stdout
    assert files(home) == before


def test_scripts_get_all_rows(home: Path, tmp_path: Path, leads: Run) -> None:
    done = leads("rules", "diff", drafts(tmp_path, "scoring.toml", *MORE), "--home", home, "--days", "30", "--json")
    told = json.loads(done.stdout)
    assert [(row["lead_id"], row["change"]) for row in told["leads"]] == [(ANNA, "gained")]
    assert (told["changed"], told["not_replayed"], len(told["days"])) == (["scoring.toml"], [], 31)


def test_a_hold_that_is_new_withdraws_hand_overs(home: Path, tmp_path: Path) -> None:
    found = rehearse(Home(home), drafts(tmp_path, "handover.toml", *DE_ALONE), 90)
    assert found.diff.leads.is_empty()
    assert found.diff.handovers.select("lead_id", "change", "why").rows() == [
        (JENS, "withdrawn", "hold outside_territory")
    ]
    assert (found.diff.days["old"].sum(), found.diff.days["new"].sum()) == (1, 0)


def test_files_the_folder_lacks_are_the_homes_own(home: Path, tmp_path: Path) -> None:
    own = drafts(tmp_path / "own", "scoring.toml", *MORE)
    own.rename(home / "qualification")
    found = rehearse(Home(home), drafts(tmp_path, "kpis.toml", "immature_days = 90", "immature_days = 30"), 90)
    assert found.old == found.new
    assert (found.changed, found.not_replayed) == ([], ["kpis.toml"])
    assert found.diff.won.filter(of="old")["leads"].to_list() == [2]


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("scoring.toml", "horizon_days = 365", "horizont_days = 365", r"drafts/scoring.toml: \[model\]"),
        ("handover.toml", "not publishable and", "not publishabel and", "drafts/handover.toml: hold not_publishable"),
        ("scoring.toml", "[model]", "[model", "drafts/scoring.toml: "),
        ("stages/marketo.toml", "rank = 0", "rank = 'no'", "drafts/stages/marketo.toml"),
    ],
    ids=["an unknown key", "an unknown name", "no TOML", "a stage model"],
)
def test_unsound_rules_are_refused_with_the_place(
    home: Path, tmp_path: Path, name: str, old: str, new: str, says: str
) -> None:
    drafts(tmp_path, name, old, new)
    with pytest.raises(UnsoundRules, match=says):
        rehearse(Home(home), tmp_path / "drafts", 90)


def test_a_folder_without_rules_is_refused(home: Path, tmp_path: Path, leads: Run) -> None:
    (tmp_path / "scorings.toml").write_text("", encoding="utf-8")
    done = leads("rules", "diff", tmp_path, "--home", home)
    assert (done.returncode, "is read by nobody" in done.stdout) == (2, True)
    (tmp_path / "empty").mkdir()
    with pytest.raises(UnsoundRules, match="holds no rule file"):
        rehearse(Home(home), tmp_path / "empty", 90)


def test_a_home_that_qualified_nobody_yet_says_so(tmp_path: Path, leads: Run) -> None:
    (tmp_path / "home" / "lake").mkdir(parents=True)
    done = leads("rules", "diff", drafts(tmp_path, "scoring.toml", *MORE), "--home", tmp_path / "home")
    assert (done.returncode, "leads run" in done.stdout) == (2, True)
