"""Golden leads, accounts, buying centers and how they came to be: the tables that will be published.

Belongs here: the assets of the published tables, still in the lake. Does not belong here: choosing values
(`matching.golden`), roles (`matching.accounts.buying_center`) or columns (`publishing.tables`).
"""

# No postponed annotations here: Dagster reads the annotation of `context` as it stands.

from collections.abc import Iterator
from typing import Any

import dagster as dg
import polars as pl

from assets.metadata import asset_options, asset_spec, materialised
from assets.resources.home import Home
from assets.resources.lake import Lake
from assets.stamping import stamp_of
from contracts.published import (
    ACCOUNTS,
    BUYING_CENTERS,
    CONSENTS,
    FIELD_PROVENANCE,
    LEAD_CROSSWALK,
    LEADS,
    REDIRECTS,
    TOMBSTONES,
)
from contracts.raw import RECORD_ID
from enrichment.clean_records import ContextSource
from enrichment.earlier_objections import earlier_objections
from enrichment.suppression import read_suppression
from enrichment.unread_objections import unread_objections
from matching.accounts.buying_center import buying_centers as assign_roles
from matching.accounts.buying_center import coverage
from matching.competitors import read_competitors
from matching.decisions.standing import active
from matching.decisions.values import Decided, decided_values
from matching.golden.employment import current_posts
from matching.golden.write_golden import write_golden
from publishing.permission import read_rules
from publishing.tables import accounts_table, buying_centers_table, crosswalk_table, leads_table, trail_tables
from qualification.activity.objections import objections_in
from sources.lead_files import CHANNELS
from sources.store.catalogue import load_rejects
from sources.store.channel_records import load_earlier

_SAYS = ["source", "source_record_id", "email", "consent_confirmed_at"]
_FROM = ["enriched_records", "lead_clusters", "record_accounts"]


@dg.multi_asset(
    name="golden_leads",
    specs=[
        asset_spec(table, "leads", [*_FROM, "held_back", "account_profiles", "record_versions", "activities"])
        for table in (LEADS, FIELD_PROVENANCE, CONSENTS)
    ],
)
def golden(context: dg.AssetExecutionContext, lake: Lake) -> Iterator[dg.MaterializeResult[Any]]:
    clusters, employment = _members(lake)
    stamp, said = stamp_of(context, lake), {"decided": _decided(lake, clusters), **_closed(lake)}
    with lake.writing("field_provenance", "consents") as files:
        people = write_golden(lake.scan("enriched_records"), clusters, employment, *files, stamp=stamp, **said)
    posts = current_posts(people, clusters, employment)
    table = leads_table(people, posts, stamp, account_names=_names(lake), **_rules(lake.where))
    yield materialised(lake.write("leads", table))
    yield materialised(lake.path("field_provenance"))
    yield materialised(lake.path("consents"))


def _members(lake: Lake) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Each record's lead, and its account."""
    employment = lake.read("record_accounts", ["record", "account_id", "probability"])
    return lake.read("lead_clusters", ["record", "lead_id"]), employment


def _decided(lake: Lake, clusters: pl.DataFrame) -> Decided:
    keys = lake.read("enriched_records", ["source", "source_record_id"])
    return decided_values(active(lake.read("decisions")), keys.with_columns(clusters["lead_id"]))


@dg.asset(**asset_options(BUYING_CENTERS, "accounts"), deps=["leads"])
def buying_centers(context: dg.AssetExecutionContext, lake: Lake) -> dg.MaterializeResult[Any]:
    roles = assign_roles(lake.read("leads", ["lead_id", "account_id", "job_title", "department"]))
    table = buying_centers_table(roles, stamp_of(context, lake))
    return materialised(lake.write("buying_centers", table))


@dg.asset(**asset_options(ACCOUNTS, "accounts"), deps=["account_profiles", "leads", buying_centers])
def accounts(context: dg.AssetExecutionContext, lake: Lake) -> dg.MaterializeResult[Any]:
    members = lake.read("leads", ["lead_id", "account_id", "job_title", "seniority"])
    centers = coverage(lake.read("buying_centers"), members)
    filled = centers.select("account_id", role="roles_present").explode("role")
    table = accounts_table(lake.read("account_profiles"), members, filled, stamp_of(context, lake))
    return materialised(lake.write("accounts", table))


@dg.asset(**asset_options(LEAD_CROSSWALK, "leads"), deps=_FROM)
def lead_crosswalk(context: dg.AssetExecutionContext, lake: Lake) -> dg.MaterializeResult[Any]:
    records = lake.read("enriched_records", ["source", "source_record_id"]).with_row_index("record")
    clusters, employment = lake.read("lead_clusters"), lake.read("record_accounts", ["record", "account_id"])
    table = crosswalk_table(records, clusters, employment, stamp_of(context, lake))
    return materialised(lake.write("lead_crosswalk", table))


@dg.multi_asset(
    name="trails",
    specs=[
        asset_spec(table, "publishing", ["lead_redirects", "account_redirects"]) for table in (REDIRECTS, TOMBSTONES)
    ],
)
def trails(context: dg.AssetExecutionContext, lake: Lake) -> Iterator[dg.MaterializeResult[Any]]:
    retired = pl.concat([lake.read("account_redirects"), lake.read("lead_redirects")])
    for name, table in trail_tables(retired, stamp_of(context, lake)).items():
        yield materialised(lake.write(name, table))


def _closed(lake: Lake) -> dict[str, Any]:
    """What closes channels beside the records: objections in rows that are held back or outdated and in what people
    did, the home's lists."""
    acting = objections_in(lake.read("activities"), lake.read("enriched_records", _SAYS))
    unread = unread_objections(pl.concat([load_rejects(lake.where.raw_store), lake.read("held_back"), acting]))
    return {
        "unread": pl.concat([unread, _earlier(lake)], how="diagonal_relaxed"),
        "suppressed": read_suppression(lake.where.suppression),
    }


def _earlier(lake: Lake) -> pl.DataFrame:
    """What older versions of records object to, where that still holds for their record."""
    records = pl.concat(lake.scan(f"raw_{channel}_leads") for channel in CHANNELS)
    objecting = records.filter(pl.col("refused_before").is_not_null()).select("channel", "source", RECORD_ID)
    older = lake.scan("record_versions").filter(~pl.col("current"), pl.col("withdrawn_because").is_null())
    wanted = older.select("source", RECORD_ID, "content_hash").join(objecting, on=["source", RECORD_ID]).collect()
    return earlier_objections(load_earlier(lake.where.raw_store, wanted), ContextSource())


def _names(lake: Lake) -> pl.DataFrame:
    """What each account is called."""
    return lake.read("account_profiles", ["account_id", "name"])


def _rules(home: Home) -> dict[str, Any]:
    """What people of this home say of whom to contact."""
    return {"competitor_domains": read_competitors(home.match_overrides), "rules": read_rules(home.publishable)}
