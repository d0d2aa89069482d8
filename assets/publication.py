"""Published: all tables swapped in as one, and the night's report.

Belongs here: the last two assets. Does not belong here: writing and swapping (`publishing.publish`) or drawing
the page (`publishing.report`).
"""

# No postponed annotations here: Dagster reads the annotation of `context` as it stands.

import json
from functools import partial
from pathlib import Path
from typing import Any

import dagster as dg

from assets.markdown import counts
from assets.metadata import FRESH, OWNERS
from assets.resources.choices import Choices
from assets.resources.lake import Lake
from assets.resources.meter import Meter
from assets.resources.versions import versions_tonight
from contracts.published import PUBLISHED
from contracts.qualified import CAMPAIGN_COSTS, CRM_FEEDBACK, LEAD_FACTS, OPPORTUNITIES, TOUCHPOINTS
from engine.rules_folder import in_force
from engine.swap import swap
from publishing.funnel import funnel_counts
from publishing.last_night import Night, last_night
from publishing.previous import moment
from publishing.publish import publish
from publishing.report.page import write_report
from publishing.report.words import Language
from sources.store.catalogue import load_files

QUALIFICATION = [table.name for table in (CAMPAIGN_COSTS, CRM_FEEDBACK, LEAD_FACTS, OPPORTUNITIES, TOUCHPOINTS)]


@dg.asset(
    deps=[*(table.name for table in PUBLISHED), "match_model"],
    group_name="publishing",
    kinds={"parquet"},
    owners=OWNERS,
    description="What the CRM reads: all published tables, swapped in as one under published/current, or held where a "
    "gate finds the night unusual.",
    freshness_policy=FRESH,
)
def published(context: dg.AssetExecutionContext, lake: Lake, choices: Choices) -> dg.MaterializeResult[Any]:
    where, run_id, at = lake.where.published, context.run.run_id, moment(lake.where.published)
    tables = {table.name: lake.sound(table.name) for table in PUBLISHED}
    keep, versions = choices.retention, versions_tonight(lake, choices)
    return _result(where, publish(tables, where, run_id, at=at, keep=keep, versions=versions, wait=choices.wait))


def _result(where: Path, night: Night) -> dg.MaterializeResult[Any]:
    shown: dict[str, Any] = {
        "dagster/uri": (where / "current").as_uri(),
        "outcome": night.state,
        "versions": night.manifest.versions,
        "changed_rules": list(night.changed_rules) or "none",
        "rules_of_home": in_force().digests or "none",
        "schema_version": f"{night.manifest.schema_version}.{night.manifest.schema_minor_version}",
        **{f"rows/{name}": entry.rows for name, entry in night.manifest.tables.items()},
    }
    return dg.MaterializeResult(metadata=shown)


@dg.asset(
    deps=[
        published,
        "clean_records",
        "enriched_records",
        "match_decisions",
        "lead_review",
        "account_review",
        "decision_notices",
        *QUALIFICATION,
    ],
    group_name="publishing",
    kinds={"html"},
    owners=OWNERS,
    description="A page for people: the night's funnel, data quality, repairs, merges, accounts and buying centers; "
    "beside it the list of what can be corrected at the sources.",
)
def report(context: dg.AssetExecutionContext, lake: Lake, meter: Meter, choices: Choices) -> dg.MaterializeResult[Any]:
    home, funnel, waiting = lake.where, _funnel(context, lake, meter), _waiting(lake)
    page = _page(lake, funnel, waiting, choices.language)
    with swap(home.report / "funnel.json") as new:
        new.write_text(json.dumps(funnel, indent=1), encoding="utf-8")
    return dg.MaterializeResult(metadata=_figures(page, funnel, waiting))


def _page(lake: Lake, funnel: dict[str, Any], waiting: dict[str, Any], language: Language) -> Path:
    clean, decisions = lake.sound("enriched_records"), lake.sound("match_decisions")
    published, out = lake.where.published, lake.where.report / "index.html"
    told = partial(write_report, clean=clean, decisions=decisions, night=last_night(published), language=language)
    return told(published / "current", funnel, out, **waiting)


def _figures(page: Path, funnel: dict[str, Any], waiting: dict[str, Any]) -> dict[str, Any]:
    """The night in numbers, each a line over the nights."""
    return {
        "page": dg.MetadataValue.path(page),
        **{name.replace(" ", "_"): count for name, count in funnel["counts"].items()},
        "merged_records": funnel["counts"]["records"] - funnel["counts"]["leads"],
        "review": waiting["review"],
        "decision_notices": len(waiting["notices"]),
        "seconds": round(sum(funnel["seconds"].values()), 1),
        "peak_memory_mb": round(funnel["peak_bytes"] / 1e6),
        "funnel": counts(funnel["counts"]),
    }


def _waiting(lake: Lake) -> dict[str, Any]:
    """What people have to decide or to correct."""
    review = sum(lake.read(name).height for name in ("lead_review", "account_review"))
    return {"review": review, "notices": lake.read("decision_notices")["notice"].to_list()}


def _funnel(context: dg.AssetExecutionContext, lake: Lake, meter: Meter) -> dict[str, Any]:
    files, records = load_files(lake.where.raw_store), lake.scan("clean_records")
    tallies = funnel_counts(files, records, *(lake.read(name) for name in ("quarantine", "leads", "accounts")))
    return {
        "run_id": context.run.run_id,
        "counts": tallies,
        "seconds": _seconds(context),
        "peak_bytes": meter.peak_bytes,
    }


def _seconds(context: dg.AssetExecutionContext) -> dict[str, float]:
    """Seconds of each step that has ended, in the order they began."""
    steps = context.instance.get_run_step_stats(context.run.run_id)
    return {
        step.step_key: round(step.end_time - step.start_time, 2)
        for step in sorted(steps, key=lambda step: step.start_time or 0.0)
        if step.start_time and step.end_time
    }
