"""Company spellings become accounts with stable ids.

Belongs here: the assets of account matching. Does not belong here: how names are compared (`matching`).
"""

# No postponed annotations here: Dagster reads the annotation of `context` as it stands.

from datetime import UTC, datetime
from typing import Any

import dagster as dg
import polars as pl

from assets.metadata import asset_options, markdown, materialised
from assets.resources.lake import Lake
from contracts.matched import ACCOUNT_CLUSTERS, COMPANY_NAMES
from matching.accounts.account_clusters import account_clusters as find_accounts
from matching.accounts.company_names import COLUMNS as NAME_COLUMNS
from matching.accounts.company_names import company_names as fold_names
from matching.accounts.lead_to_account import COLUMNS as EMPLOYMENT_COLUMNS
from matching.accounts.lead_to_account import between_accounts, lead_accounts
from matching.accounts.overrides import spelling_pairs
from matching.identity import KEYS, assign_ids
from matching.overrides import read_account_overrides
from publishing.previous import load_previous


@dg.asset(**asset_options(COMPANY_NAMES, "accounts"), deps=["enriched_records"])
def company_names(lake: Lake) -> dg.MaterializeResult[Any]:
    names, name_of_record = fold_names(lake.read("enriched_records", [*NAME_COLUMNS]))
    lake.write("record_company", name_of_record.to_frame("name"))
    path = lake.write("company_names", names)
    domains = names.select("domain").drop_nulls().n_unique()
    return materialised(path, keys=names["company_key"].n_unique(), domains=domains)


@dg.asset(**asset_options(ACCOUNT_CLUSTERS, "accounts"), deps=["enriched_records", company_names])
def account_clusters(lake: Lake) -> dg.MaterializeResult[Any]:
    enriched = lake.read("enriched_records", [*KEYS, *EMPLOYMENT_COLUMNS])
    names = lake.read("company_names")
    overrides = read_account_overrides(lake.where.match_overrides)
    found = find_accounts(
        names,
        must_link=spelling_pairs(overrides, names, "must_link"),
        cannot_link=spelling_pairs(overrides, names, "cannot_link"),
    )
    employment = lead_accounts(enriched, lake.read("record_company")["name"], names, found.clusters)
    previous = load_previous(lake.where.published)
    keys = enriched.select(KEYS).with_row_index("record")
    ids, redirects = assign_ids(
        employment.select("record", "cluster").drop_nulls(),
        keys,
        previous.account_ids if previous else None,
        "account",
        redirects=previous.redirects if previous else None,
        at=datetime.now(UTC),
    )
    ids = ids.rename({"id": "account_id"})
    lake.write("account_redirects", redirects)
    review = pl.concat([found.review, between_accounts(employment)]).unique(
        ["left", "right"], keep="first", maintain_order=True
    )
    lake.write("account_review", review)
    lake.write("record_accounts", employment.join(ids, on="cluster", how="left", maintain_order="left"))
    table = found.clusters.join(ids, on="cluster", how="inner", maintain_order="left")
    path = lake.write("account_clusters", ACCOUNT_CLUSTERS.conform(table))
    reasons = table.group_by("reason").len("spellings").sort("spellings", "reason", descending=[True, False])
    return materialised(
        path,
        accounts=table["account_id"].n_unique(),
        review=review.height,
        reasons=markdown(reasons),
        employment=markdown(
            employment.group_by("outcome", "reason").len("records").sort("records", "reason", descending=[True, False])
        ),
    )
