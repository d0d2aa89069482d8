"""Golden leads, accounts, buying centers and how they came to be: the tables that will be published.

Belongs here: the assets of the published tables, still in the lake. Does not belong here: choosing values
(`matching.golden`), roles (`matching.accounts.buying_center`) or columns (`publishing.tables`).
"""

# No postponed annotations here: Dagster reads the annotation of `context` as it stands.

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl

from assets.metadata import asset_options, asset_spec, markdown, materialised, shares, tally
from assets.resources.lake import Lake
from contracts.published import ACCOUNTS, BUYING_CENTERS, FIELD_PROVENANCE, LEAD_CROSSWALK, LEADS, REDIRECTS
from enrichment.unread_objections import unread_objections
from matching.accounts.buying_center import buying_centers as assign_roles
from matching.accounts.buying_center import coverage
from matching.accounts.shown import shown_accounts
from matching.golden.employment import current_posts
from matching.golden.golden_leads import GOLDEN, golden_slices
from matching.overrides import read_account_overrides, read_competitors
from publishing.previous import load_previous, moment
from publishing.tables import accounts_table, buying_centers_table, crosswalk_table, leads_table
from sources.store.catalogue import load_rejects

_GROUP = "publishing"
_FROM = ["enriched_records", "lead_clusters", "record_accounts"]


@dg.multi_asset(
    name="golden_leads",
    specs=[asset_spec(table, _GROUP, [*_FROM, "held_back"]) for table in (LEADS, FIELD_PROVENANCE)],
)
def golden(context: dg.AssetExecutionContext, lake: Lake) -> Iterator[dg.MaterializeResult[Any]]:
    clusters = lake.read("lead_clusters", ["record", "lead_id"])
    employment = lake.read("record_accounts", ["record", "account_id", "probability"])
    members = clusters.join(employment.select("record", "account_id"), on="record", how="left", maintain_order="left")
    slices: list[pl.DataFrame] = [GOLDEN.empty()]
    unread = unread_objections(pl.concat([load_rejects(lake.where.raw_store), lake.read("held_back")]))
    provenance = _provenance(golden_slices(lake.scan("enriched_records"), members, unread=unread), slices)
    lake.write_parts("field_provenance", provenance, FIELD_PROVENANCE.schema)
    people = pl.concat(slices)
    table = leads_table(
        people,
        current_posts(people, clusters, employment),
        run_id=context.run.run_id,
        at=moment(lake.where.published),
        previous=load_previous(lake.where.published).leads,
        competitor_domains=read_competitors(lake.where.match_overrides),
    )
    lake.write("leads", table)
    yield _leads_result(lake, table)
    yield _provenance_result(lake)


def _provenance(
    slices: Iterable[tuple[pl.DataFrame, pl.DataFrame]], leads: list[pl.DataFrame]
) -> Iterator[pl.DataFrame]:
    """The provenance of each slice in turn; its leads, which are small, are put aside into `leads`."""
    for people, provenance in slices:
        leads.append(people)
        yield provenance


def _leads_result(lake: Lake, table: pl.DataFrame) -> dg.MaterializeResult[Any]:
    statuses = ["email_status", "phone_status", "mobile_status", "address_status", "seniority", "buying_role"]
    blocked = table.select(pl.col("block_reasons").explode().drop_nulls().alias("reason"))
    return materialised(
        lake.path("leads"),
        publishable=int(table["publishable"].sum()),
        verdicts=markdown(shares(table.lazy(), statuses), limit=60),
        blocked=tally(blocked, "reason", of="leads"),
        records_per_lead=markdown(table.group_by("source_count").len("leads").sort("source_count"), limit=15),
    )


def _provenance_result(lake: Lake) -> dg.MaterializeResult[Any]:
    rules = lake.scan("field_provenance").group_by("field", "rule").len("values").sort("field", "rule").collect()
    return materialised(lake.path("field_provenance"), rules=markdown(rules, limit=60))


@dg.asset(**asset_options(BUYING_CENTERS, _GROUP), deps=["leads"])
def buying_centers(lake: Lake) -> dg.MaterializeResult[Any]:
    table = buying_centers_table(assign_roles(lake.read("leads", ["lead_id", "account_id", "job_title", "department"])))
    return materialised(lake.write("buying_centers", table), roles=tally(table, "role", of="leads"))


@dg.asset(**asset_options(ACCOUNTS, _GROUP), deps=["company_names", "account_clusters", "leads", buying_centers])
def accounts(context: dg.AssetExecutionContext, lake: Lake) -> dg.MaterializeResult[Any]:
    overrides = read_account_overrides(lake.where.match_overrides)
    members = lake.read("leads", ["lead_id", "account_id", "job_title", "seniority"])
    centers = coverage(lake.read("buying_centers"), members)
    table = accounts_table(
        shown_accounts(lake.read("company_names"), lake.read("account_clusters"), overrides),
        members,
        centers.select("account_id", role="roles_present").explode("role"),
        run_id=context.run.run_id,
        at=moment(lake.where.published),
        previous=load_previous(lake.where.published).accounts,
    )
    return _accounts_result(lake.write("accounts", table), table)


def _accounts_result(path: Path, table: pl.DataFrame) -> dg.MaterializeResult[Any]:
    sizes = table.select(leads=pl.col("lead_count").clip(0, 10)).group_by("leads").len("accounts").sort("leads")
    spellings = table.select(spellings=pl.col("spelling_variants").list.len().clip(0, 10))
    return materialised(
        path,
        leads_per_account=markdown(sizes),
        spellings_per_account=markdown(spellings.group_by("spellings").len("accounts").sort("spellings")),
        parents=table["parent_account_id"].drop_nulls().len(),
    )


@dg.asset(**asset_options(LEAD_CROSSWALK, _GROUP), deps=_FROM)
def lead_crosswalk(lake: Lake) -> dg.MaterializeResult[Any]:
    records = lake.read("enriched_records", ["source", "source_record_id"]).with_row_index("record")
    table = crosswalk_table(records, lake.read("lead_clusters"), lake.read("record_accounts", ["record", "account_id"]))
    return materialised(lake.write("lead_crosswalk", table), reasons=tally(table, "match_reason", of="records"))


@dg.asset(**asset_options(REDIRECTS, _GROUP), deps=["lead_redirects", "account_redirects"])
def redirects(lake: Lake) -> dg.MaterializeResult[Any]:
    table = pl.concat([lake.read("account_redirects"), lake.read("lead_redirects")]).sort(REDIRECTS.key)
    return materialised(lake.write("redirects", table), entities=tally(table, "entity", of="ids"))
