"""Qualified: scores, stages, hand-overs, credits and figures, computed as one and published behind the leads.

Belongs here: the assets that compute and publish. Does not belong here: any rule (`qualification`), what is read for
them (`assets.qualification`), writing and swapping (`publishing.qualified`).
"""

# No postponed annotations here: Dagster reads the annotation of `context` as it stands.

from collections.abc import Iterator
from typing import Any

import dagster as dg
import polars as pl

from assets.metadata import OWNERS, asset_spec, materialised
from assets.resources.lake import Lake
from contracts.qualified import (
    ACCOUNT_SCORES,
    ATTRIBUTION,
    HANDOVERS,
    KPIS,
    LEAD_SCORES,
    QUALIFIED,
    SCORE_EXPLANATIONS,
    STAGE_HISTORY,
)
from publishing.last_night import last_night
from publishing.previous import moment
from publishing.qualified import publish_qualified, read_qualified, read_redirects
from publishing.qualified_promises import PROMISES, broken
from qualification.handover.signals import SIGNALS
from qualification.night import Known
from qualification.qualify import Before, qualify, rule_set

_GROUP = "qualification"
_MADE = (LEAD_SCORES, SCORE_EXPLANATIONS, ACCOUNT_SCORES, STAGE_HISTORY, HANDOVERS, ATTRIBUTION, KPIS)
_READ = ["touchpoints", "crm_feedback", "opportunities", "campaign_costs", "lead_facts"]
_PUBLISHED = ["leads", "accounts", "buying_centers", "redirects"]


@dg.multi_asset(name="qualification", specs=[asset_spec(table, _GROUP, [*_READ, *_PUBLISHED]) for table in _MADE])
def qualification(lake: Lake) -> Iterator[dg.MaterializeResult[Any]]:
    rules, before = rule_set(lake.where.qualification_rules), read_qualified(lake.where.qualified)
    then = Before(before["stage_history"], before["handovers"], before["lead_scores"])
    found = qualify(known(lake), lake.read("campaign_costs"), then, rules, moment(lake.where.published))
    for name, table in found.tables.items():
        yield materialised(lake.write(name, table))


@dg.asset(
    deps=["published", *(table.name for table in QUALIFIED)],
    group_name=_GROUP,
    kinds={"parquet"},
    owners=OWNERS,
    description="What sales and marketing read: all tables of qualification, swapped in as one under "
    "qualified/current; as they were where the leads of the night are held.",
)
def qualified(lake: Lake) -> dg.MaterializeResult[Any]:
    night, where = last_night(lake.where.published), lake.where.qualified
    held = night is not None and night.state == "held"
    if night is not None and not held:
        tables = {table.name: lake.sound(table.name) for table in QUALIFIED}
        publish_qualified(tables, where, night.folder.name, lake.read("redirects"))
    return dg.MaterializeResult(metadata={"dagster/uri": (where / "current").as_uri(), "outcome": _outcome(held)})


@dg.multi_asset_check(
    name="qualification_checks",
    specs=[dg.AssetCheckSpec(name, asset="qualified", description=what) for name, what in PROMISES.items()],
)
def qualification_checks(lake: Lake) -> Iterator[dg.AssetCheckResult]:
    tables = {table.name: lake.read(table.name) for table in QUALIFIED}
    for name, rows in broken(tables, lake.read("leads", ["lead_id"])["lead_id"]).items():
        yield dg.AssetCheckResult(
            check_name=name, asset_key="qualified", passed=not rows, metadata={"rows_breaking_it": rows}
        )


def _outcome(held: bool) -> str:
    return "held with the leads" if held else "published"


def known(lake: Lake) -> Known:
    """What the lake holds for qualification."""
    read = {name: lake.read(name) for name in (*_READ, *_PUBLISHED)}
    return Known(
        touchpoints=read["touchpoints"],
        feedback=read["crm_feedback"],
        opportunities=read["opportunities"],
        leads=read["leads"],
        facts=read["lead_facts"],
        accounts=read["accounts"],
        buying_centers=read["buying_centers"],
        redirects=read["redirects"],
        redirects_before=read_redirects(lake.where.qualified),
        others=pl.DataFrame(schema=SIGNALS),
    )
