"""Qualified: scores, stages, hand-overs, credits and figures, computed as one and published behind the leads.

Belongs here: the assets that compute, publish and show. Does not belong here: any rule (`qualification`), what is read
for them (`assets.qualification`), writing and swapping (`publishing.qualified`), the page (`publishing.report`).
"""

# No postponed annotations here: Dagster reads the annotation of `context` as it stands.

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl

from assets.metadata import OWNERS, asset_spec, materialised
from assets.resources.choices import Choices
from assets.resources.lake import Lake
from contracts.published import ACCOUNTS, BUYING_CENTERS, LEADS, REDIRECTS
from contracts.qualified import (
    ACCOUNT_SCORES,
    ATTRIBUTION,
    CAMPAIGN_COSTS,
    CRM_FEEDBACK,
    HANDOVERS,
    KPIS,
    LEAD_FACTS,
    LEAD_SCORES,
    OPPORTUNITIES,
    QUALIFIED,
    SCORE_EXPLANATIONS,
    STAGE_HISTORY,
    TOUCHPOINTS,
)
from publishing.current import CURRENT
from publishing.last_night import last_night
from publishing.previous import moment
from publishing.qualified import publish_qualified, read_qualified, read_redirects
from publishing.qualified_promises import PROMISES, broken
from publishing.report.qualification_board import FILE as BOARD
from publishing.report.qualification_board import write_board
from qualification.handover.signals import SIGNALS
from qualification.night import Known
from qualification.qualify import Before, board_of, qualify, rule_set

_GROUP = "qualification"
_MADE = (LEAD_SCORES, SCORE_EXPLANATIONS, ACCOUNT_SCORES, STAGE_HISTORY, HANDOVERS, ATTRIBUTION, KPIS)
_SHOWN = (TOUCHPOINTS, LEAD_SCORES, STAGE_HISTORY, HANDOVERS, OPPORTUNITIES, CAMPAIGN_COSTS, ATTRIBUTION, KPIS)
_READ = ["touchpoints", "crm_feedback", "opportunities", "campaign_costs", "lead_facts"]
_PUBLISHED = ["leads", "accounts", "buying_centers", "redirects"]


@dg.multi_asset(name="qualification", specs=[asset_spec(table, _GROUP, [*_READ, *_PUBLISHED]) for table in _MADE])
def qualification(lake: Lake) -> Iterator[dg.MaterializeResult[Any]]:
    rules, before = rule_set(lake.where.qualification_rules), read_qualified(lake.where.qualified)
    then, now = _before(before), moment(lake.where.published)
    found = qualify(known(lake), lake.read("campaign_costs"), then, rules, now)
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


@dg.asset(
    deps=["qualified"],
    group_name=_GROUP,
    kinds={"html"},
    owners=OWNERS,
    description="A page for sales and marketing beside the report: who to call today and why, where leads stand and "
    "wait, what campaigns cost and brought, whose answers come in time.",
)
def qualification_board(lake: Lake, choices: Choices) -> dg.MaterializeResult[Any]:
    rules, tables = rule_set(lake.where.qualification_rules), read_qualified(lake.where.qualified, _SHOWN)
    of, as_of = _spoken_of(lake.where.published / CURRENT, tables), _before(tables).at
    silent = pl.DataFrame(schema=dict.fromkeys(("conversion", "model", "reason"), pl.String))
    board = board_of(tables, of, silent, rules) if as_of else None
    told = partial(write_board, as_of=as_of, timezone=rules.handover.sla.timezone, language=choices.language)
    page = told(board, of.leads, of.accounts, lake.where.report / BOARD)
    return dg.MaterializeResult(metadata={"page": dg.MetadataValue.path(page)})


def _before(tables: Mapping[str, pl.DataFrame]) -> Before:
    return Before(tables["stage_history"], tables["handovers"], tables["lead_scores"])


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


def _spoken_of(current: Path, tables: Mapping[str, pl.DataFrame]) -> Known:
    """The published leads and accounts that the published tables of qualification speak of."""
    leads, accounts, centers, redirects = (
        pl.read_parquet(path, glob=False) if path.exists() else table.empty()
        for table in (LEADS, ACCOUNTS, BUYING_CENTERS, REDIRECTS)
        for path in (current / f"{table.name}.parquet",)
    )
    return Known(
        touchpoints=tables["touchpoints"],
        feedback=CRM_FEEDBACK.empty(),
        opportunities=tables["opportunities"],
        leads=leads,
        facts=LEAD_FACTS.empty(),
        accounts=accounts,
        buying_centers=centers,
        redirects=redirects,
        redirects_before=redirects,
        others=pl.DataFrame(schema=SIGNALS),
    )
