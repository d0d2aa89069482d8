"""What a publication was made with: known, compared, and waited for where the home wants that."""

from __future__ import annotations

import ast
import sys
from datetime import timedelta
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from publishing.current import current_name
from publishing.manifest import read_manifest
from publishing.publish import Wait, publish
from publishing.release import release
from publishing.versions import KINDS, PACKAGES, ROOMS, Kind, Versions, causes, made_with, read_versions, versions_of
from tests.publishing import example

ROOT = Path(__file__).parents[2]
# Of pages, checks, exports, the feed and the terminal.
DRAWN = {"jinja2", "markupsafe", "rich", "great_expectations", "dagster", "pandas", "pydantic", "duckdb", "xlsxwriter"}
DRAWN |= {"psycopg", "deltalake", "open_data_contract_standard"}


def taken(tmp_path: Path) -> Versions:
    home = tmp_path / "home"
    return versions_of(
        tmp_path / "project",
        home,
        reference=[home / "geoip" / "city.mmdb", home / "streets.parquet"],
        statements=(home / "overrides").glob("*.csv"),
        settings={"truncate_ips": "False"},
        model=home / "lake" / "match_model.parquet",
    )


def lay(path: Path, text: str = "1") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("path", "kind", "told"),
    [
        ("project/enrichment/data/job_titles.csv", "rules", "enrichment/data/job_titles.csv (new)"),
        ("project/matching/leads/beliefs.py", "rules", "matching/leads/beliefs.py (new)"),
        ("project/expectations/row_rules.py", "rules", "expectations/row_rules.py (new)"),
        ("project/reference/data/countries.csv", "reference", "reference/data/countries.csv (new)"),
        ("home/geoip/city.mmdb", "reference", "geoip/city.mmdb (new)"),
        ("home/sources/web.toml", "settings", "sources/web.toml (new)"),
        ("home/rules/titles.csv", "rules", "rules/titles.csv (new)"),
        ("home/rules/gates.toml", None, None),
        ("home/publishable.csv", "settings", "publishable.csv (new)"),
        ("home/overrides/leads.csv", "statements", "overrides/leads.csv (new)"),
        ("home/lake/match_model.parquet", "model", "match_model.parquet (new)"),
        ("project/publishing/report/page.py", None, None),
        ("project/publishing/templates/report.css", None, None),
        ("project/reference/build/places.py", None, None),
        ("project/enrichment/README.md", None, None),
        ("project/assets/raw.py", None, None),
        ("home/overrides/erased.key", None, None),
    ],
)
def test_what_decides_values_has_a_version(tmp_path: Path, path: str, kind: Kind | None, told: str | None) -> None:
    other = tmp_path / "other"
    lay(tmp_path / path)
    found = causes(taken(other), taken(tmp_path))
    assert [(cause.kind, str(cause)) for cause in found] == ([(kind, told)] if kind else [])


def test_where_the_project_lies_makes_no_other_version(tmp_path: Path) -> None:
    for place in ("build/a", "b"):
        lay(tmp_path / place / "project" / "enrichment" / "data" / "words.csv")
    assert taken(tmp_path / "build" / "a") == taken(tmp_path / "b")
    assert taken(tmp_path / "b").parts["rules"].keys() == {"enrichment/data/words.csv"}


def test_every_library_that_the_rooms_use_is_counted() -> None:
    known = packages_distributions()
    used = {
        name.split(".")[0]
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        if "build" not in path.relative_to(ROOT).parts
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else names(node))
    }
    foreign = {name for name in used if name in known and name not in sys.stdlib_module_names} - DRAWN
    ours = {name for name in foreign if (ROOT / name).is_dir()}
    assert {known[name][0].lower().replace("_", "-") for name in foreign - ours} == set(PACKAGES)


def names(node: ast.AST) -> list[str]:
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else []


def test_the_model_and_statements_are_causes_but_no_change_of_rules() -> None:
    one, two = (Versions({kind: {"part": number} for kind in KINDS}) for number in "12")
    assert {cause.kind for cause in causes(one, two)} == set(KINDS)
    assert {cause.kind for cause in causes(one, two) if not cause.is_rule_change} == {"model", "statements"}


def test_a_publication_says_what_it_was_made_with(tmp_path: Path) -> None:
    made = Versions({"rules": {"a.csv": "1"}, "model": {"m": "2"}})
    night = publish(example.tables(), tmp_path, "run-1", at=example.AT, versions=made)
    assert read_versions(tmp_path / "current") == made
    assert read_manifest(night.folder).versions == made.digests
    assert len(made_with(made.digests)) == 8 and made_with({}) == ""


OLD, NEW = Versions({"rules": {"a.csv": "1"}}), Versions({"rules": {"a.csv": "2"}})
LEARNT = Versions({"rules": {"a.csv": "1"}, "model": {"m": "2"}})


@pytest.mark.parametrize(
    ("before", "now", "wait", "state", "rules"),
    [
        (OLD, NEW, Wait(), "published", ()),
        (OLD, NEW, Wait(rules=True), "held", ("a.csv",)),
        (OLD, OLD, Wait(rules=True), "published", ()),
        (OLD, LEARNT, Wait(rules=True), "published", ()),
        (Versions(), NEW, Wait(rules=True), "published", ()),
        (OLD, OLD, Wait(dry=True), "held", ()),
    ],
)
def test_a_night_waits_where_the_home_wants_that(
    tmp_path: Path, before: Versions, now: Versions, wait: Wait, state: str, rules: tuple[str, ...]
) -> None:
    publish(example.tables(rows=4), tmp_path, "run-1", at=example.AT, versions=before)
    night = publish(
        example.tables(rows=5), tmp_path, "run-2", at=example.AT + timedelta(days=1), versions=now, wait=wait
    )
    assert (night.state, night.verdict.rules) == (state, rules)
    assert night.verdict.wants_a_person == bool(rules)
    assert current_name(tmp_path) == ("run-1" if state == "held" else "run-2")


def test_released_rules_are_the_ones_to_compare_with(tmp_path: Path) -> None:
    publish(example.tables(rows=4), tmp_path, "run-1", at=example.AT, versions=OLD)
    for run, rows in (("run-2", 5), ("run-3", 6)):
        at = example.AT + timedelta(days=rows)
        night = publish(example.tables(rows=rows), tmp_path, run, at=at, versions=NEW, wait=Wait(rules=True))
        if run == "run-2":
            assert night.state == "held"
            release(tmp_path, run, who="me", why="looked at", at=at)
            assert read_versions(tmp_path / "current") == NEW
    assert night.state == "published"
