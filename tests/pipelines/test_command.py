"""The command: what a person may type to mean a lead, what a script reads, what is refused in words."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.core import TyperGroup
from typer.main import get_command

import lead_refinery
from pipelines.cli import app
from pipelines.finding import NobodyMeant, SeveralMeant, lead_meant
from tests.conftest import Run
from tests.pipelines.publication import published
from tests.test_docs import COMMANDS

Means = Callable[[dict[str, Any]], str]


@pytest.fixture(scope="module")
def lead(night: Path) -> dict[str, Any]:
    """A lead with all that it can be called by, and nobody else of its name."""
    tables = published(night)
    of_records = tables["lead_crosswalk"].group_by("lead_id").first().rename({"account_id": "_"})
    known = tables["leads"].drop_nulls(["given_name", "family_name", "email", "account_name"])
    alone = known.filter(pl.struct("given_name", "family_name").is_unique(), pl.col("email").is_unique())
    found = alone.join(of_records, on="lead_id").filter(pl.col("given_name").str.contains(r"^\p{L}{4,}$"))
    return found.sort("source_count", "lead_id", descending=True).row(0, named=True)


def current(home: Path) -> Path:
    return (home / "published" / "current").resolve()


# Whom a person means


@pytest.mark.parametrize(
    "said",
    [
        lambda it: it["lead_id"],
        lambda it: f"  {it['lead_id']} ",
        lambda it: it["email"].upper(),
        lambda it: f"{it['given_name']} {it['family_name']} <{it['email']}>",
        lambda it: it["email"].replace("@", "+fair@"),
        lambda it: f"{it['given_name']} {it['family_name']}",
        lambda it: f"{it['family_name'].upper()}, {it['given_name']}",
        lambda it: f"{it['given_name']} {it['family_name']} {it['account_name']}",
        lambda it: f"{it['source']}/{it['source_record_id']}",
    ],
)
def test_a_lead_is_meant_by(night: Path, lead: dict[str, Any], said: Means) -> None:
    assert lead_meant(current(night), said(lead)) == lead["lead_id"]


@pytest.mark.parametrize(
    "said",
    [
        "",
        " ",
        "@",
        "%",
        "GmbH",
        "nobody@nowhere.de",
        "L" + "A" * 16,
        "A" * 17,
        "../../etc",
        "web_form/",
        "[red]x",
        "; --",
    ],
)
def test_nobody_is_meant_by(night: Path, said: str) -> None:
    with pytest.raises(NobodyMeant):
        lead_meant(current(night), said)


def test_of_several_each_is_listed_with_its_id(night: Path, leads: Run) -> None:
    names = published(night)["leads"].drop_nulls("family_name").filter(pl.col("family_name").str.contains(r"^\p{L}+$"))
    (name,) = names.group_by("family_name").len().sort("len", "family_name", descending=True)["family_name"].head(1)
    with pytest.raises(SeveralMeant) as several:
        lead_meant(current(night), name)
    ids = [line.split()[0] for line in several.value.leads]
    assert len(ids) > 1
    for command in (["explain"], ["forget", "--yes"]):
        done = leads(*command, name, "--home", night)
        assert done.returncode == 2
        assert all(f"  {one}  " in done.stdout for one in ids if one.startswith("L"))
    assert published(night)["leads"].filter(pl.col("family_name") == name).height >= len(ids), "nobody was erased"
    assert lead_meant(current(night), ids[0]) == ids[0]


def test_forget_shows_whom_a_name_means_and_asks(night: Path, leads: Run, lead: dict[str, Any]) -> None:
    done = leads("forget", f"{lead['given_name']} {lead['family_name']}", "--home", night)
    assert done.returncode == 2
    assert "will be erased" in done.stdout and lead["lead_id"] in done.stdout and "Nothing was erased" in done.stdout


# What a script reads


@pytest.mark.parametrize(
    ("command", "code", "keys"),
    [
        (["history"], 0, {"publications", "rolled_back_to"}),
        (["review"], 0, {"record_pairs", "company_pairs", "records", "companies"}),
        (["evaluate"], 0, {"merged_pairs", "precision", "recall", "review_pairs", "to_label"}),
        (["verify"], 0, {"damaged"}),
        (["decisions"], 0, {"decisions", "withdrawals", "unread", "contradictions"}),
        (["diff"], 2, None),  # there is nothing to compare with: no word on stdout
        (["explain", "nobody"], 2, None),
    ],
)
def test_answers_in_json(night: Path, leads: Run, command: list[str], code: int, keys: set[str] | None) -> None:
    done = leads(*command, "--json", "--home", night)
    assert done.returncode == code, done.stdout + done.stderr
    if keys is None:
        assert done.stdout == "" and done.stderr.strip()
    else:
        assert set(json.loads(done.stdout)) == keys


def test_an_explanation_in_json_names_records_by_what_can_be_looked_up(
    night: Path, leads: Run, lead: dict[str, Any]
) -> None:
    told = json.loads(leads("explain", lead["email"], "--json", "--home", night).stdout)
    assert told["lead_id"] == lead["lead_id"]
    pairs = [*told["links"], *told["near_misses"]]
    places = {"source", "source_record_id", "file", "sheet", "row"}
    assert all(places <= set(side) for pair in pairs for side in (pair["left"], pair["right"]))
    assert {(one["field"], one["value"]) for one in told["values"]} >= {("email", lead["email"])}


@pytest.mark.slow
def test_every_place_counts_the_same_review(night: Path, leads: Run, tmp_path: Path) -> None:
    waiting = json.loads(leads("review", "--json", "--home", night).stdout)
    records, companies = waiting["record_pairs"], waiting["company_pairs"]
    pairs = f"{records + companies:,} pairs ({records:,} of records, {companies:,} of companies)"
    assert pairs in leads("review", "--home", night).stdout
    assert pairs in leads("review", "--csv", tmp_path / "x.csv", "--home", night).stdout
    assert json.loads(leads("evaluate", "--json", "--home", night).stdout)["review_pairs"] == records
    assert f"Decide {records + companies:,} pairs that" in (night / "report/index.html").read_text("utf-8")


# Evidence beside accounts, near misses


@pytest.mark.slow
def test_evidence_agrees_with_what_is_shown(night: Path, leads: Run) -> None:
    tables = published(night)
    account_of = {row[:2]: row[3] for row in tables["lead_crosswalk"].select(pl.nth(0, 1, 2, 3)).iter_rows()}
    found = 0
    for lead_id in tables["leads"].sort("source_count", descending=True)["lead_id"].head(4):
        told = json.loads(leads("explain", lead_id, "--json", "--home", night).stdout)
        assert all(pair["probability"] >= 0.1 for pair in told["near_misses"])
        others = [pair["other_lead"] for pair in told["near_misses"]]
        assert lead_id not in others and len(others) == len(set(others))
        for pair in [*told["links"], *told["near_misses"]]:
            ends = [account_of[side["source"], side["source_record_id"]] for side in (pair["left"], pair["right"])]
            bits = sum(step["bits"] for step in pair["steps"] if step["field"] == "company")
            contradicts = bits != 0 and None not in ends and (bits > 0) != (ends[0] == ends[1])
            assert (pair["about_accounts"] is not None) == contradicts
            found += bits != 0
            if contradicts and bits < 0:
                assert "one account" in pair["about_accounts"] and ends[0] in pair["about_accounts"]
    assert found


# Nonsense is refused


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["evaluate", "/tmp"], "is a directory"),
        (["evaluate", "{tmp}/nobody.csv"], "says of none of the"),
        (["evaluate", "{tmp}/garbage.parquet"], "cannot be read as a table"),
        (["evaluate", "{tmp}/lists.parquet"], "cannot be read as a table"),
        (["evaluate", "{tmp}/columns.parquet"], "lacks the columns source, source_record_id"),
        (["evaluate", "{tmp}/nobody.csv", "--plot", "{tmp}/none/x.svg"], "there is no folder"),
        (["evaluate", "--plot", "{tmp}/x.svg"], "against a truth file"),
        (["review", "--top", "-3"], "greater than or equal to 1"),
        (["review", "--csv", "{tmp}/none/x.csv"], "there is no folder"),
        (["review", "--csv", "{tmp}/x.csv", "--json"], "exclude each other"),
        (["diff", "--examples", "-1"], "greater than or equal to 0"),
        (["export", "leads", "--to", "{home}/published/x.csv"], "in a folder of the home"),
        (["run", "--as-of", "2999-01-01"], "has not come yet"),
        (["run", "--as-of", "1999-01-01"], "No file had been received by 1999-01-01"),
        (["ui", "--host", "nowhere.invalid"], "is no address of this machine"),
    ],
)
def test_nonsense_is_refused_with_a_sentence(
    night: Path, leads: Run, tmp_path: Path, command: list[str], said: str
) -> None:
    (tmp_path / "nobody.csv").write_text("source,source_record_id,person_id\nnowhere,1,p\n", encoding="utf-8")
    (tmp_path / "garbage.parquet").write_bytes(b"PAR1")
    keys = {"source": ["a"], "source_record_id": ["1"]}
    pl.DataFrame(keys | {"person_id": [["p"]]}).write_parquet(tmp_path / "lists.parquet")
    pl.DataFrame({"person_id": ["p"]}).write_parquet(tmp_path / "columns.parquet")
    done = leads(*(part.format(tmp=tmp_path, home=night) for part in command), "--home", night)
    assert done.returncode == 2, done.stdout + done.stderr
    assert said in " ".join(re.sub("[│\n]", " ", done.stdout + done.stderr).split())
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("number", ["9", "99999999999999"])
def test_a_sample_has_a_size_that_can_be_written(leads: Run, tmp_path: Path, number: str) -> None:
    done = leads("sample", tmp_path, "--leads", number)
    assert done.returncode == 2 and "Invalid value for '--leads'" in done.stderr


def test_as_a_module_too_it_says_whose_room_stands_in_its_way(tmp_path: Path) -> None:
    (tmp_path / "engine").mkdir()
    (tmp_path / "engine" / "__init__.py").touch()
    done = subprocess.run(
        [sys.executable, "-m", "pipelines.cli", "--version"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(lead_refinery.__file__).parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("Lead Refinery cannot begin: `engine` should be")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["run", "review", "history", "verify", "explain x", "export leads --to x.csv"])
def test_a_file_is_no_home(tmp_path: Path, leads: Run, command: str) -> None:
    file = tmp_path / "file"
    file.touch()
    done = leads(*command.split(), "--home", file)
    assert done.returncode == 2
    assert f"{file} is not a folder, so it is no home" in done.stdout.replace("\n", " ")


# Help, versions, completion


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_each_help_has_an_example_that_can_be_typed(name: str) -> None:
    (example,) = re.findall(r"Example: `(leads .+)`", COMMANDS[name].help or "")
    assert example.startswith(name)
    known = {option for parameter in COMMANDS[name].params for option in parameter.opts}
    assert set(re.findall(r"--[a-z-]+", example)) <= known


def test_versions_are_told(night: Path, leads: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADS_HOME", str(night))
    told = dict(line.split(maxsplit=1) for line in leads("--version").stdout.splitlines())
    made_with = json.loads((current(night) / "manifest.json").read_text(encoding="utf-8"))["versions"]
    assert {name: told[name] for name in ("rules", "packages", "reference", "model")} == {
        name: made_with[name] for name in ("rules", "packages", "reference", "model")
    }
    assert set(told) == {"lead-refinery", "schema", "rules", "packages", "reference", "model"}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_completes(leads: Run, monkeypatch: pytest.MonkeyPatch, shell: str) -> None:
    group = get_command(app)
    assert isinstance(group, TyperGroup)
    assert {"install_completion", "show_completion"} <= {parameter.name for parameter in group.params}
    monkeypatch.setenv("_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION", "1")
    assert "leads" in leads("--show-completion", shell).stdout
