"""`leads sync` and the job `sync` as their users see them, with the target in memory behind them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
import typer
from typer.testing import CliRunner

import delivery.registry as registry
from assets.resources.home import Home
from assets.resources.lake import Lake
from assets.sync import sync_assets
from contracts.delivery import SYNCED
from delivery.record import Outcome, Status, Suppression
from pipelines.commands import sync
from pipelines.definitions import build_definitions
from publishing.publish import publish
from tests.delivery import memory_target
from tests.delivery.memory_target import MemoryTarget
from tests.delivery.publications import home_of
from tests.publishing.example import AT, tables

CREATED = 4  # three leads and their account
TABLES = [f"sync_memory_{table.name}" for table in SYNCED]


@pytest.fixture
def target(monkeypatch: pytest.MonkeyPatch) -> MemoryTarget:
    it = MemoryTarget()
    monkeypatch.setattr(memory_target, "connect", lambda settings: it, raising=False)
    monkeypatch.setitem(registry.TARGETS, "memory", "tests.delivery.memory_target")
    monkeypatch.setenv("LEADS_MEMORY_URL", "here")
    monkeypatch.setattr("delivery.sending.WAITS", ())
    return it


@pytest.fixture
def home(tmp_path: Path) -> Path:
    Home(tmp_path).prepare()
    night = tables()
    night["leads"] = night["leads"].with_columns(
        *(pl.lit(True).alias(name) for name in ("publishable", "may_email")),
        email=pl.lit("anna@klein.example"),
        email_status=pl.lit("valid"),
        email_permission=pl.lit("consented"),
        block_reasons=pl.lit([], pl.List(pl.String)),
    )
    publish(night, tmp_path / "published", "run-1", at=AT)
    return home_of(tmp_path)


def leads_sync(home: Path, *arguments: str) -> tuple[int, str]:
    app = typer.Typer()
    app.command("memory")(sync.sync_of("memory"))
    app.command()(sync.status)
    app.command()(sync.replay)
    result = CliRunner().invoke(app, [*arguments, "--home", str(home)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def told(home: Path, *arguments: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(leads_sync(home, *arguments, "--json")[1])
    return found


def test_it_is_shown_then_done_then_there_is_nothing_to_do(target: MemoryTarget, home: Path) -> None:
    code, shown = leads_sync(home, "memory")
    assert code == 0
    assert "create" in shown
    assert "leads sync memory --apply" in shown
    assert target.records["person"] == {}
    code, shown = leads_sync(home, "memory", "--apply")
    assert (code, len(target.records["person"])) == (0, CREATED - 1)
    assert leads_sync(home, "memory") == (0, "Nothing to do: memory says what is published\n")
    assert "4 ours" in leads_sync(home, "status")[1]


def test_what_stays_here_is_shown_with_the_reason(target: MemoryTarget, home: Path) -> None:
    own = home / "sync" / "memory.toml"
    own.write_text(own.read_text().replace("publishable = true", 'publishable = true, country = ["AT", "CH"]'))
    shown = leads_sync(home, "memory")[1]
    assert "3 leads stay here: the mapping delivers those with publishable = true, country = AT or CH\n" in shown
    assert "1 accounts stay here: none of their leads is delivered\n" in shown


def test_rows_that_failed_are_no_success_and_are_tried_again(target: MemoryTarget, home: Path) -> None:
    plan = told(home, "memory")
    target.bad = {plan["samples"][-1]["key"]}  # type: ignore[index]
    assert leads_sync(home, "memory", "--apply")[0] == 3
    assert "create: wrong (1 tries" in leads_sync(home, "status")[1]
    assert told(home, "memory")["waiting"] == 1
    target.bad = set()
    assert leads_sync(home, "replay", "memory")[0] == 0
    assert told(home, "status")["targets"][0]["letters"] == []  # type: ignore[index]


def test_replaying_nothing_leaves_the_plan_that_was_shown(target: MemoryTarget, home: Path) -> None:
    leads_sync(home, "memory")
    assert "No row failed in memory" in leads_sync(home, "replay", "memory")[1]
    assert leads_sync(home, "memory", "--apply")[0] == 0
    assert len(target.records["person"]) == CREATED - 1


def test_a_long_value_leaves_room_for_others(target: MemoryTarget, home: Path) -> None:
    leads_sync(home, "memory")
    leads_sync(home, "memory", "--apply")
    for id_ in target.records["person"]:
        target.user_edits("person", id_, company="\x1b[2J[red]" + "x" * 1_000_000)
    shown = leads_sync(home, "memory")[1]
    assert "(1,000,009 signs)" in shown
    assert "\x1b" not in shown
    assert len(shown) < 10_000


def test_an_objection_that_the_target_refuses_is_told(
    target: MemoryTarget, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(suppressions: Sequence[Suppression]) -> list[Outcome]:
        return [Outcome(it.key, Status.REFUSED, reason="no address") for it in suppressions]

    monkeypatch.setattr(target, "suppress", refuse)
    leads = pl.read_parquet(home / "published" / "current" / "leads.parquet", glob=False)
    night = {name: home / "published" / "current" / f"{name}.parquet" for name in tables()}
    objecting = leads.with_columns(call_permission=pl.lit("objected"), phone=pl.lit("+493012345678"))
    publish({**night, "leads": objecting}, home / "published", "run-2", at=AT)
    leads_sync(home, "memory")
    assert leads_sync(home, "memory", "--apply")[0] == 3
    assert "suppress: no address (each sync tries it again)" in leads_sync(home, "status")[1]


def test_a_run_in_which_all_failed_says_so(target: MemoryTarget, home: Path) -> None:
    plan = told(home, "memory")
    target.bad = {sample["key"] for sample in plan["samples"]}  # type: ignore[attr-defined]
    assert leads_sync(home, "memory", "--apply")[0] == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--apply"], "there is no plan"),
        (["--apply", "--plan", "abc"], "there is no plan abc"),
        (["--apply", "--allow", "create"], "leads sync memory --allow create; look at it, then --apply"),
        (["--allow", "everything"], "everything is no limit; there are create"),
    ],
)
def test_what_cannot_be_done_is_said(target: MemoryTarget, home: Path, arguments: list[str], said: str) -> None:
    code, shown = leads_sync(home, "memory", *arguments)
    assert code == 2
    assert said in shown


def test_a_limit_holds_it(target: MemoryTarget, home: Path) -> None:
    own = home / "sync" / "memory.toml"
    own.write_text(own.read_text().replace("most = 1_000", "most = 1"))
    code, shown = leads_sync(home, "memory")
    assert (code, "To allow all of it, this once: leads sync memory --allow create\n" in shown) == (4, True)
    assert leads_sync(home, "memory", "--apply")[0] == 4
    assert leads_sync(home, "memory", "--allow", "create")[0] == 0
    assert leads_sync(home, "memory", "--apply")[0] == 0


class TestDagster:
    def test_nothing_is_there_until_a_target_is_configured(self) -> None:
        assert sync_assets() == []

    def test_a_configured_target_has_its_job_after_the_night(self, target: MemoryTarget) -> None:
        definitions = build_definitions()
        graph = definitions.resolve_asset_graph()
        assert {it.to_user_string() for it in graph.get(dg.AssetKey("published")).child_keys} >= set(TABLES)
        assert set(TABLES).isdisjoint(
            key.to_user_string() for key in definitions.resolve_job_def("nightly").asset_layer.executable_asset_keys
        )
        assert {sensor.name for sensor in definitions.sensors or []} >= {"sync_after_night"}

    def test_it_delivers_and_shows_its_tables(self, target: MemoryTarget, home: Path) -> None:
        result = dg.materialize(sync_assets(), resources={"lake": Lake(home=str(home))})
        assert result.success
        assert {check.check_name: check.passed for check in result.get_asset_check_evaluations()} == {
            "within_limits": True,
            "delivered": True,
        }
        lake = Lake(home=str(home))
        assert [lake.read(name).height for name in TABLES] == [CREATED, 2 * CREATED, 0]
        ids, rows, _ = (result.asset_materializations_for_node("sync_memory")[place].metadata for place in range(3))
        assert [ids[key].value for key in ("bound/lead", "bound/account", "standing/ours")] == [CREATED - 1, 1, CREATED]
        assert [rows[key].value for key in ("done", "failed", "waiting")] == [CREATED, 0, 0]

    def test_a_sync_that_failed_is_no_success(self, target: MemoryTarget, home: Path) -> None:
        target.bad = {"A" + "A" * 16}
        result = dg.materialize(sync_assets(), resources={"lake": Lake(home=str(home))}, raise_on_error=False)
        assert not result.success
        passed = {check.check_name: check.passed for check in result.get_asset_check_evaluations()}
        assert passed == {"within_limits": True, "delivered": False}
        (told,) = (it.description for it in result.get_asset_check_evaluations() if it.check_name == "delivered")
        assert told == f"{CREATED - 4:,} rows are there, 4 failed. `leads sync status` says why."

    def test_a_row_that_waits_is_told_by_a_sync_that_has_nothing_else_to_do(
        self, target: MemoryTarget, home: Path
    ) -> None:
        target.bad = {"A" + "A" * 16}
        leads_sync(home, "memory")
        leads_sync(home, "memory", "--apply")
        result = dg.materialize(sync_assets(), resources={"lake": Lake(home=str(home))})
        (told,) = (it.description for it in result.get_asset_check_evaluations() if it.check_name == "delivered")
        assert told == (
            "Nothing had to be written; 1 that failed before wait for their next try. `leads sync status` says why."
        )

    def test_a_plan_that_is_held_says_why_on_its_check(self, target: MemoryTarget, home: Path) -> None:
        own = home / "sync" / "memory.toml"
        own.write_text(own.read_text().replace("most = 1_000", "most = 1"))
        result = dg.materialize(sync_assets(), resources={"lake": Lake(home=str(home))}, raise_on_error=False)
        told = {it.check_name: it.description for it in result.get_asset_check_evaluations()}
        assert "create" in str(told["within_limits"])
        assert told["delivered"] == "Nothing was written; a person looks at the plan first."
