"""A rule change as an engineer sees it: run dry, compared, approved, and told by everything that shows the night."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from assets.resources.lake import Lake
from lead_refinery import ROOMS
from publishing.last_night import last_night
from tests.conftest import Run
from tests.pipelines.publication import published

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
TITLES = Path("enrichment/data/job_titles.csv")
Changed = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def home(night: Path, tmp_path: Path) -> Path:
    place = tmp_path / "home"
    shutil.copytree(night, place, symlinks=True)
    return place


@pytest.fixture
def changed(tmp_path: Path) -> Changed:
    """Run `leads ...` of a copy of the project, in which heads of something are managers."""
    project = tmp_path / "project"
    for room in ROOMS:
        shutil.copytree(ROOT / room, project / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "lead_refinery.py", project)
    titles = (project / TITLES).read_text(encoding="utf-8")
    assert ",director,,,50," in titles
    (project / TITLES).write_text(titles.replace(",director,,,50,", ",manager,,,50,"), encoding="utf-8")

    def run(*arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pipelines.cli", *map(str, arguments)]
        environment = os.environ | {"PYTHONPATH": str(project)} | variables
        return subprocess.run(command, cwd=project, capture_output=True, text=True, check=False, env=environment)

    return run


def current(home: Path) -> Path:
    return (home / "published" / "current").resolve()


def held(home: Path) -> str:
    night = last_night(home / "published")
    assert night is not None and night.state == "held"
    return night.run_id


def test_a_rule_change_is_seen_before_it_is_published(home: Path, changed: Changed) -> None:
    before = current(home)
    leads = published(home)["leads"]

    done = changed("run", "--dry", "--home", home)
    assert done.returncode == 0, done.stdout + done.stderr
    assert current(home) == before
    for said in ("Dry run", f"{TITLES} changed", "leads diff --candidate", f"leads release {held(home)}"):
        assert said in done.stdout

    done = changed("diff", "--candidate", "--home", home)
    assert done.returncode == 1, done.stdout
    for said in (f"rules and word lists: {TITLES}", "leads changed in seniority", "director → manager"):
        assert said in done.stdout
    assert not [mail for mail in leads["email"].drop_nulls() if mail in done.stdout]

    page = (home / "report" / "index.html").read_text(encoding="utf-8")
    for said in ("A dry run, not published.", "What changed rules did", str(TITLES), "director", "manager"):
        assert said in page
    assert not [mail for mail in leads["email"].drop_nulls() if mail in page]

    done = changed("release", held(home), "--home", home, "--because", "heads are managers here")
    assert done.returncode == 0, done.stdout
    told = changed("diff", "--home", home).stdout
    assert "leads changed in seniority" in told
    now = published(home)["leads"].select("lead_id", now="seniority")
    both = leads.select("lead_id", "seniority").join(now, on="lead_id")
    moved = both.filter(pl.col("seniority").ne_missing(pl.col("now")))
    assert moved.height and f"leads changed in seniority  {moved.height:,}, {moved.height:,} of" in told


def test_a_home_may_want_every_rule_change_approved(home: Path, leads: Run, changed: Changed) -> None:
    before = current(home)
    done = changed("run", "--home", home, LEADS_RULE_CHANGE="hold")
    assert done.returncode == 4, done.stdout + done.stderr
    assert current(home) == before and str(TITLES) in done.stdout
    assert "held: rules" in leads("history", "--home", home).stdout

    done = leads("run", "--home", home)
    assert done.returncode == 0, done.stdout + done.stderr
    assert current(home) == before, "with the rules of before nothing changed"
    assert leads("diff", before.name[:8], before.name, "--home", home).returncode == 0
    assert changed("run", "--home", home, LEADS_RULE_CHANGE="perhaps").returncode == 2


def test_explanations_are_by_the_model_that_decided(home: Path, leads: Run) -> None:
    clusters = Lake(home=str(home)).read("lead_clusters")
    (lead,) = clusters.group_by("lead_id").len().sort("len", "lead_id", descending=True)["lead_id"].head(1)
    told = leads("explain", lead, "--home", home).stdout
    assert "Why they are one person" in told and "changed since" not in told

    lake = Lake(home=str(home))
    doubled = pl.when(pl.col("figure") == "duplicates").then(pl.col("value") * 8).otherwise("value")
    lake.write("match_model", lake.read("match_model").with_columns(value=doubled))
    assert priors(leads("explain", lead, "--home", home).stdout) == pytest.approx([prior + 3 for prior in priors(told)])

    lake.write("match_model", lake.read("match_model").filter(pl.col("figure") != "n"))
    said = leads("explain", lead, "--home", home)
    assert said.returncode == 0 and "No evidence in bits" in said.stdout


def test_after_a_night_that_is_not_published_explanations_are_of_what_is(home: Path, leads: Run) -> None:
    lake = Lake(home=str(home))
    crosswalk, clusters = lake.read("lead_crosswalk"), lake.read("lead_clusters")
    (lead,) = clusters.group_by("lead_id").len().sort("len", "lead_id", descending=True)["lead_id"].head(1)
    told = leads("explain", lead, "--home", home).stdout
    theirs = pl.col("lead_id") == lead

    lake.write("lead_crosswalk", crosswalk.with_columns(lead_id=pl.when(theirs).then("lead_id").otherwise(pl.lit("L"))))
    said = leads("explain", lead, "--home", home).stdout
    assert "of this lead it decided the same" in said and "Why they are one person" in said

    for name, table in (("lead_crosswalk", crosswalk), ("lead_clusters", clusters)):
        lake.write(name, table.with_columns(lead_id=pl.when(theirs).then(pl.lit("L")).otherwise("lead_id")))
    said = leads("explain", lead, "--home", home).stdout
    assert said.startswith(told[: told.index("Why they are one person")].rstrip())
    assert "No evidence in bits" in said and "Why they are one person" not in said


def priors(told: str) -> list[float]:
    found = [float(line.split()[1]) for line in told.splitlines() if line.startswith("prior")]
    assert found
    return found


@pytest.mark.parametrize("asked", [("--candidate",), ("x",), ("x", "y"), (), ("x", "--candidate")], ids=str)
def test_what_cannot_be_compared_is_told(night: Path, leads: Run, asked: tuple[str, ...]) -> None:
    done = leads("diff", *asked, "--home", night)
    assert done.returncode == 2
    assert done.stdout.strip()
