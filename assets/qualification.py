"""Qualification: what people did, joined to the golden leads, with what their CRM, deals and campaigns say.

Belongs here: the assets of activity, touchpoints and what is read beside them. Does not belong here: reading shapes
(`qualification.activity`), joining (`qualification.touchpoints`), what follows from them (`assets.qualified`).
"""

# No postponed annotations here: Dagster reads the annotation of `context` as it stands.

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import dagster as dg
import polars as pl

from assets.markdown import tally
from assets.metadata import asset_options, asset_spec, materialised
from assets.resources.choices import Choices
from assets.resources.lake import Lake
from contracts.qualified import (
    ACTIVITIES,
    ACTIVITY_REJECTS,
    CAMPAIGN_COSTS,
    CRM_FEEDBACK,
    LEAD_FACTS,
    OPPORTUNITIES,
    TOUCHPOINTS,
)
from contracts.table import Table
from engine.journal import Damaged
from enrichment.erased_store import conceal, take_out_acts
from enrichment.tombstones import read_erasures
from publishing.previous import moment
from publishing.qualified import read_qualified
from qualification.activity.campaign_costs import campaign_costs as costs_table
from qualification.activity.gathered import activities_table
from qualification.activity.parts import Parts
from qualification.activity.tables import ACTS, REST, acting_files, read_store, rejects_table
from qualification.touchpoints.crm_feedback import crm_feedback as feedback_table
from qualification.touchpoints.known_people import known_people
from qualification.touchpoints.lead_acts import lead_acts
from qualification.touchpoints.lead_facts import lead_facts as facts_table
from qualification.touchpoints.opportunities import opportunities as opportunities_table
from qualification.touchpoints.people import People
from qualification.touchpoints.touchpoints import touchpoints as touchpoints_table
from sources.inbox import read_inbox
from sources.lead_files import ACTIVITY, CHANNELS

_GROUP = "qualification"
_RAW = [f"raw_{channel}_leads" for channel in CHANNELS]
_KNOWN = ["activities", "lead_crosswalk", "lead_redirects", "accounts"]
_RECORD = ["source", "source_record_id", "email", "other_emails", "email_kind", "ip_address", "ip_network_kind"]
_TOLD = [
    "note",
    "rating",
    "interest",
    "industry",
    "employees",
    "budget",
    "timeframe",
    "campaign",
    "user_agent",
    "extra",
]
_UTM = ["utm_source", "utm_medium", "utm_campaign"]


@dg.multi_asset(name="activity", specs=[asset_spec(table, "sources", _RAW) for table in (ACTIVITIES, ACTIVITY_REJECTS)])
def activity(lake: Lake, choices: Choices) -> Iterator[dg.MaterializeResult[Any]]:
    store, erasures = lake.where.raw_store, read_erasures(lake.where.match_overrides)
    read_inbox(lake.inbox_folder, store, lake.where.source_settings, (ACTIVITY,), truncate_ips=choices.truncate_ips)
    conceal(store, (ACTIVITY,), erasures)
    take_out_acts(store, erasures)
    acts, rest = read_store(store, ACTS), read_store(store, REST)
    table = activities_table(acts, _now(lake), _before(lake, ACTIVITIES))
    yield materialised(lake.write("activities", table), kinds=tally(table.select("kind"), "kind"))
    yield materialised(lake.write("activity_rejects", rejects_table(Parts().extend([acts, rest]))))


@dg.asset(**asset_options(TOUCHPOINTS, _GROUP), deps=[*_KNOWN, "enriched_records"])
def touchpoints(lake: Lake) -> dg.MaterializeResult[Any]:
    rules, before = lake.where.qualification_rules, _before(lake, TOUCHPOINTS)
    acts = lead_acts(_records(lake).filter(~pl.col("file").is_in(acting_files(lake.where.raw_store))), rules)
    table = touchpoints_table(lake.read("activities"), acts, _people(lake), _now(lake), before, home_rules=rules)
    joined = tally(table.select("join_rule"), "join_rule")
    return materialised(lake.write("touchpoints", table), joined=joined)


@dg.asset(**asset_options(CRM_FEEDBACK, _GROUP), deps=_KNOWN)
def crm_feedback(lake: Lake) -> dg.MaterializeResult[Any]:
    parts = read_store(lake.where.raw_store, REST)
    table = feedback_table(parts, _people(lake), _now(lake), _before(lake, CRM_FEEDBACK))
    return materialised(lake.write("crm_feedback", table))


@dg.asset(**asset_options(OPPORTUNITIES, _GROUP), deps=_KNOWN)
def opportunities(lake: Lake) -> dg.MaterializeResult[Any]:
    parts = read_store(lake.where.raw_store, REST)
    table = opportunities_table(parts, _people(lake), _now(lake), _before(lake, OPPORTUNITIES))
    return materialised(lake.write("opportunities", table))


@dg.asset(**asset_options(CAMPAIGN_COSTS, _GROUP), deps=["activities"])
def campaign_costs(lake: Lake) -> dg.MaterializeResult[Any]:
    return materialised(lake.write("campaign_costs", costs_table(read_store(lake.where.raw_store, {"costs"}))))


@dg.asset(**asset_options(LEAD_FACTS, _GROUP), deps=["enriched_records", "lead_crosswalk"])
def lead_facts(lake: Lake) -> dg.MaterializeResult[Any]:
    members = lake.read("lead_crosswalk", ["source", "source_record_id", "lead_id"])
    return materialised(lake.write("lead_facts", facts_table(_records(lake), members)))


def _now(lake: Lake) -> datetime:
    return moment(lake.where.published)


def _before(lake: Lake, table: Table) -> pl.DataFrame | None:
    """The table as the last run left it, else as it was published (`leads forget` clears the lake); None without."""
    try:
        return lake.scan(table.name).select(table.names).collect()
    except (FileNotFoundError, Damaged, pl.exceptions.ColumnNotFoundError):
        return read_qualified(lake.where.qualified).get(table.name)


def _people(lake: Lake) -> People:
    return known_people(
        lake.read("enriched_records", _RECORD),
        lake.read("lead_crosswalk", ["source", "source_record_id", "lead_id", "account_id"]),
        lake.read("accounts", ["account_id", "domain"]),
        lake.read("lead_redirects"),
    )


def _records(lake: Lake) -> pl.DataFrame:
    """The lead records of tonight: what was received of each, and when it was collected."""
    when = lake.scan("enriched_records").select("source", "source_record_id", "collected_at", "ip_address", *_UTM)
    wanted = ["source", "channel", "source_record_id", "file", "row", "received_at", *_TOLD]
    raw = pl.concat(lake.scan(name).select(wanted) for name in _RAW)
    return raw.join(when, on=["source", "source_record_id"], how="inner").sort("source", "source_record_id").collect()
