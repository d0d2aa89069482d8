"""The night as its user sees it: files in, tables out, nothing lost, nothing changed without cause."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from rich.console import Console

from assets.resources.home import Home
from assets.resources.lake import HomeInUse, Lake, only_run
from pipelines.definitions import build_definitions
from pipelines.night import _own_way, run_night
from sources.store.catalogue import load_files
from tests.conftest import Run
from tests.pipelines.publication import content, published

KEY = ["source", "source_record_id"]


def test_every_record_is_in_the_crosswalk_or_in_quarantine(night: Path) -> None:
    tables = published(night)
    raw = pl.concat(
        [pl.read_parquet(night / "lake" / f"raw_{channel}_leads.parquet") for channel in ("online", "offline")]
    )
    crosswalk = tables["lead_crosswalk"].select(KEY)
    held = tables["quarantine"].drop_nulls("source_record_id").select(KEY)
    assert pl.concat([crosswalk, held]).sort(KEY).equals(raw.select(KEY).sort(KEY))


def test_progress_stays_in_the_terminal_while_dagster_takes_what_goes_to_stdout() -> None:
    master, slave = os.openpty()
    with (
        os.fdopen(slave, "w") as terminal,
        _own_way(Console(file=terminal)) as shown,
        Path(os.devnull).open("w") as log,
    ):
        os.dup2(log.fileno(), terminal.fileno())  # as Dagster does while steps run
        print("of a step", file=terminal, flush=True)
        shown.print("clean_records 3/30", highlight=False)
        assert os.read(master, 100).decode().strip() == "clean_records 3/30"
    os.close(master)


def test_of_two_runs_that_begin_at_once_the_second_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command had found the home free, and another took it before Dagster began."""
    for name in ("LEADS_HOME", "DAGSTER_HOME"):
        monkeypatch.setenv(name, str(tmp_path))  # put back afterwards
    home = Home(tmp_path).prepare()
    with only_run(home), pytest.raises(HomeInUse, match="Another run is at work"):
        run_night(home, None, Console(quiet=True))


def test_rows_of_every_file_add_up(night: Path) -> None:
    files = load_files(night / "lake" / "raw").filter(pl.col("rows").is_not_null())
    assert files.height >= 12
    assert files.filter(pl.col("rows") != pl.col("records") + pl.col("rejected") + pl.col("duplicates")).is_empty()


def test_most_true_persons_become_one_lead(night: Path) -> None:
    truth = pl.read_parquet(night / "truth.parquet").drop_nulls("person_id")
    joined = published(night)["lead_crosswalk"].join(truth, on=KEY)
    assert joined.height > 350
    whole = joined.group_by("person_id").agg(pl.col("lead_id").n_unique())
    assert (whole["lead_id"] == 1).mean() > 0.85
    pure = joined.group_by("lead_id").agg(pl.col("person_id").n_unique())
    assert (pure["person_id"] == 1).mean() > 0.97


def test_the_report_and_the_funnel_are_there(night: Path) -> None:
    funnel = json.loads((night / "report" / "funnel.json").read_text(encoding="utf-8"))
    assert funnel["counts"]["leads"] == published(night)["leads"].height
    assert funnel["peak_bytes"] > 0
    assert "<html" in (night / "report" / "index.html").read_text(encoding="utf-8")


def test_the_history_is_kept_for_the_ui(night: Path) -> None:
    with dg.DagsterInstance.from_config(str(night / "dagster")) as instance:
        (run,) = instance.get_runs()
        assert run.job_name == "nightly"
        assert run.status == dg.DagsterRunStatus.SUCCESS
        materialised = {key.to_user_string() for key in instance.all_asset_keys()}
    assert {"raw_online_leads", "clean_records", "match_decisions", "leads", "published"} <= materialised


@pytest.mark.slow
def test_running_again_or_on_renamed_files_changes_nothing(night: Path, tmp_path: Path, leads: Run) -> None:
    home = tmp_path / "home"
    shutil.copytree(night, home, symlinks=True)
    before = published(home)
    for path in sorted((home / "inbox").rglob("*.csv")):
        path.rename(path.with_name(f"renamed {path.name}"))
    done = leads("run", "--home", home)
    assert done.returncode == 0, done.stdout + done.stderr
    after = published(home)
    for name, frame in before.items():
        assert frame.equals(after[name]), name


@pytest.mark.slow
def test_the_same_files_in_another_home_give_the_same_tables(night: Path, tmp_path: Path, leads: Run) -> None:
    home = tmp_path / "elsewhere"
    write_back_to_front(night / "inbox", home / "inbox")
    done = leads("run", "--home", home)
    assert done.returncode == 0, done.stdout + done.stderr
    again = content(published(home))
    for name, frame in content(published(night)).items():
        assert frame.equals(again[name]), name


def write_back_to_front(inbox: Path, target: Path) -> None:
    """The same files, put there in the opposite order."""
    for path in sorted((p for p in inbox.rglob("*") if p.is_file()), reverse=True):
        place = target / path.relative_to(inbox)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, place)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_a_killed_run_leaves_nothing_half_done(night: Path, tmp_path: Path, leads: Run, seed: int) -> None:
    home = tmp_path / "home"
    shutil.copytree(night / "inbox", home / "inbox")
    command = [str(Path(sys.executable).with_name("leads")), "run", "--home", str(home)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    time.sleep(random.Random(seed).uniform(2, 12))
    process.send_signal(signal.SIGKILL)
    process.wait()
    done = leads("run", "--home", home)
    assert done.returncode == 0, done.stdout + done.stderr
    again = content(published(home))
    for name, frame in content(published(night)).items():
        assert frame.equals(again[name]), name


class FaultyLake(Lake):
    """A lake on a disk that spoils one table: an e-mail status that no vocabulary knows."""

    def write(self, name: str, frame: pl.DataFrame | pl.LazyFrame) -> Path:
        if name == "leads":
            frame = frame.lazy().with_columns(email_status=pl.lit("splendid"))
        return super().write(name, frame)


@pytest.mark.slow
def test_yesterdays_publication_stays_when_a_check_fails(night: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(night, home, symlinks=True)
    before = (home / "published" / "current").resolve()
    job = build_definitions({"lake": FaultyLake(home=str(home))}).resolve_job_def("nightly")
    with dg.DagsterInstance.ephemeral() as instance:
        result = job.execute_in_process(instance=instance, raise_on_error=False)
        failed = {
            check.asset_key.to_user_string() for check in result.get_asset_check_evaluations() if not check.passed
        }
    assert not result.success
    assert "leads" in failed
    assert (home / "published" / "current").resolve() == before


@pytest.mark.slow
def test_a_broken_file_does_not_stop_the_others(night: Path, tmp_path: Path, leads: Run) -> None:
    home = tmp_path / "home"
    shutil.copytree(night, home, symlinks=True)
    (home / "inbox" / "online" / "web_form" / "broken.xlsx").write_bytes(b"PK\x03\x04 not really")
    (home / "inbox" / "online" / "new_form").mkdir()
    (home / "inbox" / "online" / "new_form" / "new.csv").write_text(
        "Vorname;Nachname;E-Mail\nAnnegret;Neuling;annegret.neuling@example-werke.de\n", encoding="utf-8"
    )
    done = leads("run", "--home", home)
    assert done.returncode == 0, done.stdout + done.stderr
    tables = published(home)
    assert "new_form" in tables["lead_crosswalk"]["source"].to_list()
    (reason,) = tables["quarantine"].filter(pl.col("file").str.ends_with("broken.xlsx"))["reason_code"]
    assert reason
    assert tables["leads"].filter(pl.col("family_name") == "Neuling").height == 1


def test_the_home_is_never_the_working_directory(night: Path) -> None:
    assert Home(night).published == night / "published"
    assert not (Path("/") / "inbox").exists()
