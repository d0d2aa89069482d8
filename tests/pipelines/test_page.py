"""The page tells the truth of a run of the command: on the overview, under its job, as its latest run; with numbers."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import psutil
import pytest
from playwright.sync_api import Browser, Page, expect

from assets.resources.home import WORKSPACE
from pipelines.jobs import ORIGIN, nightly
from tests.conftest import Run
from tests.hostile.test_page import SECONDS, Ui, ended, free_port, started, until
from tests.publishing.report.test_page import browser

__all__ = ["browser"]

pytestmark = pytest.mark.slow
LATEST = """query => fetch("/graphql", {method: "POST", body: JSON.stringify({query}),
    headers: {"Content-Type": "application/json"}}).then(got => got.json())"""
LEADS_CSV = "decision,left_source,left_id,right_source,right_id\nmust_link,web,nobody,web,none\nmust_link,web,1,web\n"
LEADS = Path(sys.executable).with_name("leads")


@pytest.fixture(scope="module")
def told(night: Path, tmp_path_factory: pytest.TempPathFactory, leads: Run) -> tuple[Path, str]:
    """A home with decisions that match nothing, and what the terminal said of its second night."""
    home = shutil.copytree(night, tmp_path_factory.mktemp("told") / "home", symlinks=True)
    (home / "overrides").mkdir(exist_ok=True)
    for name, text in {
        "leads.csv": LEADS_CSV,
        "leads2.csv": LEADS_CSV,
        "accounts.csv": "decision,left,right\nrename,Niemand AG,Jemand AG\n",
    }.items():
        (home / "overrides" / name).write_text(text, encoding="utf-8")
    done = leads("run", "--home", home)
    assert done.returncode == 0, done.stdout + done.stderr
    return home, done.stdout


PLACES = ["leads.csv, row 2: must_link", "leads.csv, row 3", "leads2.csv is not read", "accounts.csv, row 2: rename"]


@pytest.mark.parametrize("place", PLACES)
def test_a_decision_that_does_not_count_is_said_in_terminal_report_log_and_on_the_asset(
    told: tuple[Path, str], place: str
) -> None:
    home, terminal = told
    assert f"overrides/{place}" in terminal
    assert f"overrides/{place}" in (home / "report" / "index.html").read_text(encoding="utf-8")
    with dg.DagsterInstance.from_config(str(home / "dagster")) as instance:
        event = instance.get_latest_materialization_event(dg.AssetKey("decision_notices"))
        (check,) = (
            entry.dagster_event.asset_check_evaluation_data
            for entry in instance.all_logs(instance.get_runs(limit=1)[0].run_id)
            if entry.dagster_event is not None
            and entry.dagster_event.event_type is dg.DagsterEventType.ASSET_CHECK_EVALUATION
            and entry.dagster_event.asset_check_evaluation_data.check_name == "every_decision_counts"
        )
    assert event is not None
    assert event.asset_materialization is not None
    assert f"overrides/{place}" in str(event.asset_materialization.metadata["notices"].value)
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert f"overrides/{place}" in str(check.metadata["notices"].value)


def test_the_origin_names_the_job_and_the_code_location_of_the_workspace() -> None:
    workspace = WORKSPACE.read_text(encoding="utf-8")
    location = ORIGIN.repository_origin.code_location_origin.location_name
    assert f"location_name: {location}" in workspace
    assert ORIGIN.job_name == nightly.name


@pytest.fixture(scope="module")
def ui(told: tuple[Path, str]) -> Iterator[Ui]:
    ui = started(told[0])
    yield ui
    assert ended(ui, signal.SIGTERM) == []


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1500, "height": 1000})
    yield page
    page.close()


def test_a_run_of_the_command_is_the_latest_run_of_its_job_and_on_the_overview(page: Page, ui: Ui) -> None:
    with dg.DagsterInstance.from_config(str(ui.home / "dagster")) as instance:
        run_id = instance.get_runs(limit=1)[0].run_id
    page.goto(f"{ui.url}/locations/lead_refinery/jobs/nightly/runs")
    expect(page.get_by_text(run_id[:8]).first).to_be_visible(timeout=SECONDS * 1000)
    page.goto(f"{ui.url}/overview/activity/timeline")
    expect(page.get_by_role("link", name="nightly").first).to_be_visible(timeout=SECONDS * 1000)
    origin = "repositoryOrigin {repositoryName repositoryLocationName}"
    said = page.evaluate(LATEST, f"query {{ runsOrError(limit: 1) {{ ... on Runs {{ results {{ {origin} }} }} }} }}")
    (run,) = said["data"]["runsOrError"]["results"]
    assert run["repositoryOrigin"] == {
        "repositoryName": "__repository__",
        "repositoryLocationName": "lead_refinery",
    }


def test_the_numbers_of_an_asset_are_drawn(page: Page, ui: Ui) -> None:
    page.goto(f"{ui.url}/assets/enriched_records?view=overview")
    page.get_by_role("button", name="Plots").click(timeout=SECONDS * 1000)
    expect(page.get_by_text("validity/email", exact=True).first).to_be_visible(timeout=SECONDS * 1000)


def test_the_page_that_was_begun_behind_nohup_ends_on_a_signal_with_all_it_started(night: Path, tmp_path: Path) -> None:
    home = shutil.copytree(night, tmp_path / "home", symlinks=True)
    port, log = free_port(), tmp_path / "ui.log"
    command = f'nohup "$0" ui --home "$1" --port {port} >"$2" 2>&1 & echo $!'
    asked = ["bash", "-c", command, str(LEADS), str(home), str(log)]
    number = int(subprocess.run(asked, capture_output=True, text=True, check=True).stdout)
    until(lambda: log.exists() and "Dagster is on" in log.read_text())
    page = psutil.Process(number)
    family = [page, *page.children(recursive=True)]
    assert len(family) > 2
    os.kill(number, signal.SIGTERM)
    until(lambda: not any(it.is_running() and it.status() != psutil.STATUS_ZOMBIE for it in family))
    assert "Traceback" not in log.read_text()
