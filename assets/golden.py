"""Golden leads, accounts, buying centers and how they came to be: the tables that will be published.

Belongs here: the assets of the published tables, still in the lake. Does not belong here: choosing values
(`matching.golden`), roles (`matching.accounts.buying_center`) or columns (`publishing.tables`).
"""

# No postponed annotations here: Dagster reads the annotation of `context` as it stands.

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import dagster as dg
import polars as pl

from assets.metadata import asset_options, asset_spec, markdown, materialised, shares
from assets.resources.lake import Lake
from contracts.published import ACCOUNTS, BUYING_CENTERS, FIELD_PROVENANCE, LEAD_CROSSWALK, LEADS, REDIRECTS
from enrichment.job.title import classify
from matching.accounts.buying_center import buying_centers as assign_roles
from matching.accounts.buying_center import coverage
from matching.accounts.corporate_groups import parents
from matching.accounts.overrides import renames, spelling_pairs
from matching.accounts.profile import accounts as describe
from matching.golden.employment import current_accounts
from matching.golden.golden_leads import GOLDEN, golden_slices
from matching.overrides import read_account_overrides, read_competitors
from publishing.previous import load_previous
from publishing.tables import accounts_table, buying_centers_table, crosswalk_table, leads_table

_GROUP = "publishing"
_FROM = ["enriched_records", "lead_clusters", "account_clusters"]


@dg.multi_asset(
    name="golden_leads",
    specs=[asset_spec(table, _GROUP, _FROM) for table in (LEADS, FIELD_PROVENANCE)],
)
def golden(context: dg.AssetExecutionContext, lake: Lake) -> tuple[dg.MaterializeResult[Any], ...]:
    clusters = lake.read("lead_clusters", ["record", "lead_id"])
    employment = lake.read("record_accounts", ["record", "account_id", "probability"])
    members = clusters.join(employment.select("record", "account_id"), on="record", how="left", maintain_order="left")
    slices: list[pl.DataFrame] = [GOLDEN.empty()]
    provenance = _provenance(golden_slices(lake.scan("enriched_records"), members), slices)
    lake.write_parts("field_provenance", provenance, FIELD_PROVENANCE.schema)
    people = pl.concat(slices)
    work = people.select("lead_id", "job_title", "department").join(
        current_accounts(people, clusters, employment), on="lead_id", how="left", maintain_order="left"
    )
    judged = classify(work["job_title"], work["department"]).select("seniority", buying_role="role")
    previous = load_previous(lake.where.published)
    table = leads_table(
        people,
        pl.concat([work.select("lead_id", "account_id"), judged], how="horizontal"),
        run_id=context.run.run_id,
        at=datetime.now(UTC),
        previous=previous.leads if previous else None,
        competitor_domains=read_competitors(lake.where.match_overrides),
    )
    lake.write("leads", table)
    return _leads_result(lake, table), _provenance_result(lake)


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
        asset_key="leads",
        publishable=int(table["publishable"].sum()),
        verdicts=markdown(shares(table.lazy(), statuses), limit=60),
        blocked=markdown(blocked.group_by("reason").len("leads").sort("leads", "reason", descending=[True, False])),
        records_per_lead=markdown(table.group_by("source_count").len("leads").sort("source_count"), limit=15),
    )


def _provenance_result(lake: Lake) -> dg.MaterializeResult[Any]:
    rules = lake.scan("field_provenance").group_by("field", "rule").len("values").sort("field", "rule").collect()
    return materialised(lake.path("field_provenance"), asset_key="field_provenance", rules=markdown(rules, limit=60))


@dg.asset(**asset_options(BUYING_CENTERS, _GROUP), deps=["leads"])
def buying_centers(lake: Lake) -> dg.MaterializeResult[Any]:
    table = buying_centers_table(assign_roles(lake.read("leads", ["lead_id", "account_id", "job_title", "department"])))
    path = lake.write("buying_centers", table)
    return materialised(
        path, roles=markdown(table.group_by("role").len("leads").sort("leads", "role", descending=[True, False]))
    )


@dg.asset(**asset_options(ACCOUNTS, _GROUP), deps=["company_names", "account_clusters", "leads", buying_centers])
def accounts(context: dg.AssetExecutionContext, lake: Lake) -> dg.MaterializeResult[Any]:
    previous = load_previous(lake.where.published)
    members = lake.read("leads", ["lead_id", "account_id", "job_title", "seniority"])
    centers = coverage(lake.read("buying_centers"), members)
    table = accounts_table(
        _described(lake),
        members,
        centers.select("account_id", role="roles_present").explode("role"),
        run_id=context.run.run_id,
        at=datetime.now(UTC),
        previous=previous.accounts if previous else None,
    )
    path = lake.write("accounts", table)
    sizes = table.select(leads=pl.col("lead_count").clip(0, 10)).group_by("leads").len("accounts").sort("leads")
    spellings = table.select(spellings=pl.col("spelling_variants").list.len().clip(0, 10))
    return materialised(
        path,
        leads_per_account=markdown(sizes),
        spellings_per_account=markdown(spellings.group_by("spellings").len("accounts").sort("spellings")),
        parents=table["parent_account_id"].drop_nulls().len(),
    )


def _described(lake: Lake) -> pl.DataFrame:
    """Each account as it is to be shown, with what people said of it: name and parent."""
    names, clusters = lake.read("company_names"), lake.read("account_clusters")
    overrides = read_account_overrides(lake.where.match_overrides)
    shown = describe(names, clusters)
    stated = renames(overrides, names, clusters).rename({"name": "stated_name"})
    shown = shown.join(stated, on="cluster", how="left", maintain_order="left").with_columns(
        name=pl.coalesce("stated_name", "name")
    )
    cluster_of = dict(clusters.select("name", "cluster").iter_rows())
    said = spelling_pairs(overrides, names, "set_parent").select(
        cluster=pl.col("left").replace_strict(cluster_of, return_dtype=pl.UInt32),
        parent=pl.col("right").replace_strict(cluster_of, return_dtype=pl.UInt32),
    )
    links = parents(shown, names, clusters, stated=said.unique("cluster", keep="last", maintain_order=True))
    ids = clusters.select("cluster", "account_id").unique()
    return (
        shown.join(ids, on="cluster", how="inner", maintain_order="left")
        .join(links.select("cluster", "parent"), on="cluster", how="left", maintain_order="left")
        .join(
            ids.rename({"cluster": "parent", "account_id": "parent_account_id"}),
            on="parent",
            how="left",
            maintain_order="left",
        )
    )


@dg.asset(**asset_options(LEAD_CROSSWALK, _GROUP), deps=_FROM)
def lead_crosswalk(lake: Lake) -> dg.MaterializeResult[Any]:
    records = lake.read("enriched_records", ["source", "source_record_id"]).with_row_index("record")
    table = crosswalk_table(records, lake.read("lead_clusters"), lake.read("record_accounts", ["record", "account_id"]))
    path = lake.write("lead_crosswalk", table)
    reasons = table.group_by("match_reason").len("records").sort("records", "match_reason", descending=[True, False])
    return materialised(path, reasons=markdown(reasons))


@dg.asset(**asset_options(REDIRECTS, _GROUP), deps=["lead_clusters", "account_clusters"])
def redirects(lake: Lake) -> dg.MaterializeResult[Any]:
    table = pl.concat([lake.read("account_redirects"), lake.read("lead_redirects")])
    path = lake.write("redirects", REDIRECTS.conform(table).sort("entity", "old_id"))
    return materialised(path, entities=markdown(table.group_by("entity").len("ids").sort("entity")))
