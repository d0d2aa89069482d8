"""Bad nights as their user sees them: held, named, released or left; and the way back."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from pipelines.upkeep.outcome import outcome_of
from publishing.last_night import last_night
from tests.conftest import Run
from tests.pipelines.publication import content, published

pytestmark = pytest.mark.slow


def no_mails(home: Path) -> None:
    (home / "sources").mkdir(exist_ok=True)
    (home / "sources" / "web_form.toml").write_text('[columns]\n"Email" = "ignore"\n', encoding="utf-8")


def no_consent(home: Path) -> None:
    (home / "sources").mkdir(exist_ok=True)
    columns = '[columns]\n"Newsletter" = "ignore"\n"Abgemeldet" = "ignore"\n"DOI-Datum" = "ignore"\n'
    (home / "sources" / "newsletter.toml").write_text(columns, encoding="utf-8")
    (home / "sources" / "web_form.toml").write_text('[columns]\n"Consent" = "ignore"\n', encoding="utf-8")


def links_of_strangers(home: Path) -> None:
    records = published(home)["lead_crosswalk"].unique("lead_id", keep="first", maintain_order=True).head(60)
    keys = list(records.select("source", "source_record_id").iter_rows())
    (home / "overrides").mkdir(exist_ok=True)
    with (home / "overrides" / "leads.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["decision", "left_source", "left_id", "right_source", "right_id"])
        rows.writerows(["must_link", *left, *right] for left, right in zip(keys[::2], keys[1::2], strict=True))


BAD: dict[str, tuple[str, Callable[[Path], None]]] = {
    "emptied_fields": ("Field emptied in known leads", no_mails),
    "lost_opt_outs": ("Refusals that are gone", no_consent),
    "merged_leads": ("Known leads merged into others", links_of_strangers),
}


@pytest.fixture
def home(night: Path, tmp_path: Path) -> Path:
    place = tmp_path / "home"
    shutil.copytree(night, place, symlinks=True)
    return place


def current(home: Path) -> Path:
    return (home / "published" / "current").resolve()


@pytest.mark.parametrize("gate", BAD)
def test_a_bad_night_is_held_by_the_gate_named_for_it(home: Path, leads: Run, gate: str) -> None:
    title, spoil = BAD[gate]
    before = current(home)
    spoil(home)
    done = leads("run", "--home", home)
    assert done.returncode == 4, done.stdout + done.stderr
    held = last_night(home / "published")
    assert held is not None
    run = held.run_id
    assert held.state == "held"
    assert gate in {it.gate.name for it in held.verdict.tripped}
    assert current(home) == before
    for said in ("Held, not published", title, "usual", f"leads release {run}"):
        assert said in done.stdout
    page = (home / "report" / "index.html").read_text(encoding="utf-8")
    assert "Held, not published" in page and title in page
    with dg.DagsterInstance.from_config(str(home / "dagster")) as instance:
        last = instance.get_run_by_id(run)
        assert last is not None and last.status == dg.DagsterRunStatus.FAILURE
        told = outcome_of(instance, run)
        (check,) = instance.event_log_storage.get_asset_check_execution_history(
            dg.AssetCheckKey(dg.AssetKey("published"), gate), limit=1
        )
        assert check.status.value == "FAILED"
    assert told is not None
    assert told.subject == "Lead Refinery: the night is held, not published"
    assert any(line.startswith(f"{gate} of published did not hold") for line in told.lines), told.lines


def test_release_rollback_and_the_nights_after(home: Path, leads: Run) -> None:
    first, tables = current(home), content(published(home))
    links_of_strangers(home)
    assert leads("run", "--home", home).returncode == 4
    held = last_night(home / "published")
    assert held is not None
    run = held.run_id

    done = leads("release", run[:8], "--home", home, "--because", "they are one team")
    assert done.returncode == 0, done.stdout
    assert current(home).name == run

    done = leads("rollback", first.name[:8], "--home", home, "--because", "they are not")
    assert done.returncode == 0, done.stdout
    assert "⏎" not in done.stdout
    assert current(home) == first
    listed = leads("history", "--home", home).stdout
    for said in (
        "undone",
        "current",
        f"released {run}: they are one team",
        f"went back to {first.name}: they are not",
        f"stays on {first.name}",
        "--end",
    ):
        assert said in listed

    new = home / "inbox" / "online" / "new_form"
    new.mkdir()
    text = "Vorname;Nachname;E-Mail\nAnnegret;Neuling;annegret.neuling@example-werke.de\n"
    (new / "new.csv").write_text(text, encoding="utf-8")
    (home / "overrides" / "leads.csv").unlink()
    done = leads("run", "--home", home)
    assert done.returncode == 4
    assert "Somebody went back to" in done.stdout
    assert current(home) == first

    assert leads("rollback", "--end", "--home", home, "--because", "the links are out").returncode == 0
    done = leads("run", "--home", home)
    assert done.returncode == 0, done.stdout + done.stderr
    after = content(published(home))
    assert set(tables["leads"]["lead_id"]) < set(after["leads"]["lead_id"])
    assert after["leads"].filter(pl.col("family_name") == "Neuling").height == 1
    assert set(after["redirects"]["old_id"]) == set(tables["redirects"]["old_id"])


@pytest.mark.parametrize(
    "wrong",
    [
        ("release", "run-1"),
        ("release", "run-1", "--because", " "),
        ("release", "run-1", "--because", "x"),
        ("rollback", "--because", "x"),
        ("rollback", "run-1", "--end", "--because", "x"),
        ("rollback", "run-1", "--because", "x"),
        ("rollback", "--end", "--because", "x"),
    ],
)
def test_what_cannot_be_done_is_told_and_changes_nothing(night: Path, leads: Run, wrong: tuple[str, ...]) -> None:
    before = current(night)
    assert leads(*wrong, "--home", night).returncode == 2
    assert current(night) == before
    assert not (night / "published" / "log.jsonl").exists()
