"""Decisions through whole nights: obeyed, kept through every later night, and undone as if they had never been."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import polars as pl
import pytest

from tests.conftest import Run
from tests.pipelines.publication import content, published

pytestmark = pytest.mark.slow
KEY = pl.concat_str("source", pl.lit("/"), "source_record_id")


@pytest.fixture
def home(night: Path, tmp_path: Path) -> Path:
    """A home of its own after one night."""
    return shutil.copytree(night, tmp_path / "home", symlinks=True)


def crosswalk(home: Path) -> dict[str, str]:
    """The lead of each record."""
    return dict(published(home)["lead_crosswalk"].select(KEY, "lead_id").iter_rows())


def two_leads(home: Path) -> tuple[str, str]:
    """A record of each of two leads of several records, for which nothing speaks that they are one."""
    leads = published(home)["leads"].filter(pl.col("source_count") == 2).sort("lead_id")
    found = published(home)["lead_crosswalk"].filter(pl.col("lead_id").is_in(leads["lead_id"][:2].implode()))
    one, other = found.sort("source", "source_record_id").unique("lead_id", keep="first").select(KEY).to_series()
    return one, other


def run(leads: Run, home: Path) -> str:
    done = leads("run", "--home", home)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def decide(leads: Run, home: Path, *arguments: str, code: int = 0) -> str:
    done = leads("decide", *arguments, "--because", "we phoned", "--home", home)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def test_a_merge_by_hand_is_undone_after_three_nights_with_ids_and_values(home: Path, leads: Run) -> None:
    before = content(published(home))
    one, other = two_leads(home)
    ids = crosswalk(home)[one], crosswalk(home)[other]
    decide(leads, home, "must-link", one, other)
    assert "decided before" in decide(leads, home, "must-link", other, one, code=2)
    assert "contradicts what was decided" in decide(leads, home, "cannot-link", ids[0], ids[1], code=2)
    for _ in range(3):
        run(leads, home)
        merged = crosswalk(home)
        assert merged[one] == merged[other]
    assert published(home)["redirects"].filter(pl.col("old_id").is_in(ids))["new_id"].to_list() == [merged[one]]
    retired = next(old for old in ids if old != merged[one])
    assert f"{retired} was merged into {merged[one]}" in leads("explain", retired, "--home", home).stdout

    later = shutil.copytree(
        home, home.with_name("later"), symlinks=True
    )  # when no publication shows the parts any more
    current = (later / "published" / "current").resolve()
    for folder in (path for path in (later / "published").iterdir() if path.is_dir() and path.resolve() != current):
        shutil.rmtree(folder)
    parts = (
        decide(leads, later, "unmerge", merged[one]).split("different people: ")[1].split(". Revoked")[0].split("; ")
    )
    assert len(parts) == 2
    assert not any(one in part and other in part for part in parts)

    assert "Revoked with it: 1" in decide(leads, home, "unmerge", retired)  # an id of before does as well
    run(leads, home)
    assert (crosswalk(home)[one], crosswalk(home)[other]) == ids
    after = content(published(home))
    for name, frame in before.items():
        assert frame.equals(after[name]), name
    listed = leads("decisions", "--home", home).stdout
    assert "revoked by 2" in " ".join(listed.split())


def test_what_the_machine_merged_is_taken_apart_and_stays_so_in_a_home_built_anew(home: Path, leads: Run) -> None:
    (_, _), lead = two_leads(home), published(home)["leads"].sort("source_count", "lead_id")["lead_id"][-1]
    records = [record for record, found in crosswalk(home).items() if found == lead]
    assert "No publication that is kept shows this lead in parts" in decide(leads, home, "unmerge", lead, code=2)
    decide(leads, home, "unmerge", lead, records[0])
    run(leads, home)
    apart = crosswalk(home)
    assert apart[records[0]] not in {apart[record] for record in records[1:]}
    shutil.rmtree(home / "lake")
    shutil.rmtree(home / "published")
    run(leads, home)
    anew = crosswalk(home)
    assert anew[records[0]] not in {anew[record] for record in records[1:]}
    decide(leads, home, "revoke", "1")
    run(leads, home)
    assert len({crosswalk(home)[record] for record in records}) == 1


def test_values_names_and_expiry(home: Path, leads: Run) -> None:
    lead = published(home)["leads"].drop_nulls("email").sort("lead_id")["lead_id"][0]
    account = published(home)["accounts"].sort("lead_count", "account_id")["account_id"][-1]
    assert "is no e-mail address" in decide(leads, home, "set-field", lead, "email", "nobody at home", code=2)
    decide(leads, home, "set-field", lead, "email", "Neu@Nordwerk-Beispiel.de")
    decide(leads, home, "set-field", lead, "city", "Ulm", "--until", "2020-01-01")
    decide(leads, home, "rename", account, "Nordwerk (Konzern)")
    run(leads, home)
    tables = published(home)
    assert tables["leads"].filter(lead_id=lead)["email"].to_list() == ["neu@nordwerk-beispiel.de"]
    said = tables["field_provenance"].filter(pl.col("lead_id") == lead, pl.col("rule").str.starts_with("decision"))
    assert said["field"].to_list() == ["email"]
    assert tables["accounts"].filter(account_id=account)["name"].to_list() == ["Nordwerk (Konzern)"]
    assert "expired" in leads("decisions", "--home", home).stdout
    assert "overrides/decisions.csv" in leads("explain", lead, "--home", home).stdout


def test_contradictions_cost_no_night_and_are_named_with_every_line(home: Path, leads: Run) -> None:
    one, other = two_leads(home)
    (home / "overrides").mkdir(exist_ok=True)
    rows = [("decision", "left_source", "left_id", "right_source", "right_id", "who")]
    rows += [(word, *one.split("/"), *other.split("/"), "anna") for word in ("must_link", "cannot_link")]
    with (home / "overrides" / "leads.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    said = run(leads, home)
    assert "cannot_link (leads.csv, row 3, anna) parts what must_link (leads.csv, row 2, anna) joins" in said
    assert crosswalk(home)[one] != crosswalk(home)[other]
    assert "Correct a decision. cannot_link (leads.csv, row 3, anna)" in (home / "report" / "index.html").read_text(
        encoding="utf-8"
    )
    assert "contradicted" in leads("decisions", "--home", home).stdout


def test_a_review_goes_to_excel_and_comes_back(home: Path, leads: Run, tmp_path: Path) -> None:
    path = tmp_path / "review.csv"
    assert leads("review", "--csv", path, "--home", home).returncode == 0
    assert path.stat().st_mode & 0o777 == 0o600
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    assert {row["about"] for row in rows} == {"lead", "account"}
    rows[0]["decision"], rows[1]["decision"] = "must_link", "perhaps"
    with path.open("w", encoding="cp1252", errors="replace", newline="") as file:
        writer = csv.DictWriter(file, ["right", "left", "decision"], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    first, again = (leads("review", "--read", path, "--home", home) for _ in range(2))
    assert (first.returncode, again.returncode) == (3, 3)
    assert "review.csv, row 3: `decision` is none of its words; use must_link, cannot_link" in first.stdout
    assert "1 decisions noted" in first.stdout
    assert "0 decisions noted" in again.stdout
    shutil.copytree(
        tmp_path, home / "overrides" / "decided", ignore=lambda _, names: [n for n in names if n != path.name]
    )
    assert "overrides/decided/review.csv, row 3" in run(leads, home)
    found = crosswalk(home)
    assert found[rows[0]["left"]] == found[rows[0]["right"]]
