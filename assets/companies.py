"""Company spellings become accounts with stable ids.

Belongs here: the assets of account matching. Does not belong here: how names are compared (`matching`).
"""

# No postponed annotations here: Dagster reads the annotation of `context` as it stands.

from collections.abc import Iterator
from typing import Any

import dagster as dg

from assets.metadata import asset_spec, materialised, tally
from assets.resources.lake import Lake
from contracts.matched import (
    ACCOUNT_CLUSTERS,
    ACCOUNT_REDIRECTS,
    ACCOUNT_REVIEW,
    COMPANY_NAMES,
    RECORD_ACCOUNTS,
    RECORD_COMPANY,
)
from matching.accounts.company_names import COLUMNS as NAME_COLUMNS
from matching.accounts.company_names import company_names as fold_names
from matching.accounts.lead_to_account import COLUMNS as EMPLOYMENT_COLUMNS
from matching.accounts.resolution import resolve_accounts
from matching.identity import KEYS
from matching.overrides import read_account_overrides
from publishing.previous import load_previous, moment

_GROUP = "account_matching"


@dg.multi_asset(
    name="company_names",
    specs=[asset_spec(table, _GROUP, ["enriched_records"]) for table in (COMPANY_NAMES, RECORD_COMPANY)],
)
def company_names(lake: Lake) -> Iterator[dg.MaterializeResult[Any]]:
    names, name_of_record = fold_names(lake.read("enriched_records", [*NAME_COLUMNS]))
    record_company = RECORD_COMPANY.conform(name_of_record.to_frame("name").with_row_index("record"))
    domains = names.select("domain").drop_nulls().n_unique()
    yield materialised(lake.write("company_names", names), keys=names["company_key"].n_unique(), domains=domains)
    yield materialised(lake.write("record_company", record_company))


@dg.multi_asset(
    name="account_clusters",
    specs=[
        asset_spec(ACCOUNT_CLUSTERS, _GROUP, ["enriched_records", "company_names", "record_company"]),
        asset_spec(RECORD_ACCOUNTS, _GROUP, ["enriched_records", "record_company", "account_clusters"]),
        asset_spec(ACCOUNT_REVIEW, _GROUP, ["account_clusters", "record_accounts"]),
        asset_spec(ACCOUNT_REDIRECTS, _GROUP, ["account_clusters", "record_accounts"]),
    ],
)
def account_clusters(lake: Lake) -> Iterator[dg.MaterializeResult[Any]]:
    previous = load_previous(lake.where.published)
    found = resolve_accounts(
        lake.read("enriched_records", [*KEYS, *EMPLOYMENT_COLUMNS]),
        lake.read("company_names"),
        lake.read("record_company")["name"],
        read_account_overrides(lake.where.match_overrides),
        previous=previous.account_ids,
        retired=previous.retired,
        at=moment(lake.where.published),
    )
    accounts, reasons = found.clusters["account_id"].n_unique(), tally(found.clusters, "reason", of="spellings")
    employment = tally(found.employment, "outcome", "reason", of="records")
    yield materialised(lake.write("account_clusters", found.clusters), accounts=accounts, reasons=reasons)
    yield materialised(lake.write("record_accounts", found.employment), employment=employment)
    yield materialised(lake.write("account_review", found.review), reasons=tally(found.review, "reason", of="pairs"))
    yield materialised(lake.write("account_redirects", found.redirects))
