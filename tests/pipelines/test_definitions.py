"""The code location as Dagster sees it."""

import os
import time
from graphlib import TopologicalSorter
from pathlib import Path

import dagster as dg
import pytest

from contracts.published import PUBLISHED
from pipelines.definitions import build_definitions, defs
from pipelines.graph import PAGE, mermaid, page
from pipelines.schedules import SETTLED_SECONDS, inbox_sensor, nightly_schedule

ROOT = Path(__file__).parent.parent.parent
DESIGNED = {
    *("raw_online_leads", "raw_offline_leads", "clean_records", "quarantine", "enriched_records"),
    *("candidate_pairs", "match_decisions", "lead_clusters", "company_names", "account_clusters"),
    *("held_back", "mail_domains", "lead_review", "lead_redirects"),
    *("record_company", "record_accounts", "account_review", "account_redirects"),
    *("leads", "accounts", "buying_centers", "lead_crosswalk", "field_provenance", "redirects", "published"),
}


def test_every_designed_asset_exists_with_owner_group_kind_and_description() -> None:
    graph = defs.resolve_asset_graph()
    nodes = {key.to_user_string(): graph.get(key) for key in graph.materializable_asset_keys}
    assert set(nodes) >= DESIGNED
    for name, node in nodes.items():
        assert node.group_name != "default", name
        assert node.owners, name
        assert node.kinds, name
        assert node.description, name


def test_tables_show_their_columns() -> None:
    graph = defs.resolve_asset_graph()
    for table in PUBLISHED:
        schema = graph.get(dg.AssetKey(table.name)).metadata["dagster/column_schema"]
        assert [column.name for column in schema.columns] == table.names


def test_clean_records_and_each_published_table_have_a_blocking_contract() -> None:
    graph = defs.resolve_asset_graph()
    blocking = {key.asset_key.to_user_string() for key in graph.asset_check_keys if graph.get(key).blocking}
    assert blocking >= {"clean_records", *(table.name for table in PUBLISHED)}


def test_the_night_is_at_two_in_berlin() -> None:
    assert nightly_schedule.cron_schedule == "0 2 * * *"
    assert nightly_schedule.execution_timezone == "Europe/Berlin"
    assert nightly_schedule.default_status is dg.DefaultScheduleStatus.RUNNING


def test_published_tables_promise_to_be_fresh() -> None:
    graph = defs.resolve_asset_graph()
    for name in ("published", *(table.name for table in PUBLISHED)):
        assert graph.get(dg.AssetKey(name)).freshness_policy is not None, name


def test_the_sensor_asks_once_per_state_of_a_settled_inbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADS_HOME", str(tmp_path))

    def look(cursor: str | None) -> dg.SensorResult | dg.SkipReason:
        result = inbox_sensor(dg.build_sensor_context(cursor=cursor))
        assert isinstance(result, dg.SensorResult | dg.SkipReason)
        return result

    assert isinstance(look(None), dg.SkipReason)
    file = tmp_path / "inbox" / "online" / "web" / "a.csv"
    file.parent.mkdir(parents=True)
    file.write_text("E-Mail\na@firma.de\n", encoding="utf-8")
    assert isinstance(look(None), dg.SkipReason), "the file has just arrived"
    settled = time.time() - SETTLED_SECONDS - 1
    os.utime(file, (settled, settled))
    asked = look(None)
    assert isinstance(asked, dg.SensorResult)
    assert asked.run_requests is not None
    assert len(asked.run_requests) == 1
    assert isinstance(look(asked.cursor), dg.SkipReason)


def test_resources_can_be_replaced() -> None:
    build_definitions({"lake": object()})


def test_the_picture_leaves_out_arrows_that_follow_from_others() -> None:
    def asset(name: str, *deps: str) -> dg.AssetsDefinition:
        @dg.asset(name=name, deps=deps, group_name="room")
        def made() -> None: ...

        return made

    drawn = mermaid(dg.Definitions(assets=[asset("a"), asset("b", "a"), asset("c", "a", "b"), asset("d", "a")]))
    assert [line.strip() for line in drawn.splitlines() if "-->" in line] == ["a --> b", "a --> d", "b --> c"]


def test_an_asset_named_like_a_group_is_in_it() -> None:
    graph = defs.resolve_asset_graph()
    group_of = {key.to_user_string(): graph.get(key).group_name for key in graph.materializable_asset_keys}
    named = {group for group in group_of.values() if group in group_of}
    assert named >= {"accounts", "leads", "quarantine", "decisions"}
    assert {group: group_of[group] for group in named} == {group: group for group in named}


def test_the_groups_are_chapters_of_a_story_that_never_goes_back() -> None:
    graph = defs.resolve_asset_graph()
    above: dict[str | None, set[str | None]] = {}
    for key in graph.materializable_asset_keys:
        node = graph.get(key)
        parents = {graph.get(parent).group_name for parent in node.parent_keys}
        above.setdefault(node.group_name, set()).update(parents - {node.group_name})
    order = list(TopologicalSorter(above).static_order())
    assert (order[0], *order[-2:]) == ("sources", "publishing", "qualification")


def test_the_page_of_assets_is_the_real_graph() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(defs), "run `make docs` to write it anew"
