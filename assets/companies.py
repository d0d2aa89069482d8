"""Company spellings become accounts with stable ids.

Belongs here: the assets of account matching. Does not belong here: how names are compared (`matching`).
"""

# No postponed annotations here: Dagster reads the annotation of `context` as it stands.

from collections.abc import Iterator
from typing import Any

import dagster as dg

from assets.metadata import asset_options, asset_spec, materialised
from assets.resources.lake import Lake
from contracts.matched import (
    ACCOUNT_CLUSTERS,
    ACCOUNT_PROFILES,
    ACCOUNT_REDIRECTS,
    ACCOUNT_REVIEW,
    COMPANY_NAMES,
    RECORD_ACCOUNTS,
    RECORD_COMPANY,
)
from matching.accounts.company_names import COLUMNS as NAME_COLUMNS
from matching.accounts.company_names import company_names as fold_names
from matching.accounts.known.known_companies import known_companies
from matching.accounts.lead_to_account import COLUMNS as EMPLOYMENT_COLUMNS
from matching.accounts.resolution import resolve_accounts
from matching.accounts.shown.shown_accounts import shown_accounts
from matching.accounts.shown.stated import COLUMNS as STATED_COLUMNS
from matching.accounts.shown.stated import stated
from matching.decisions.standing import active
from matching.identity import KEYS
from publishing.previous import load_previous, moment

_GROUP = "account_matching"


@dg.multi_asset(
    name="company_names",
    specs=[asset_spec(table, "enrichment", ["enriched_records"]) for table in (COMPANY_NAMES, RECORD_COMPANY)],
)
def company_names(lake: Lake) -> Iterator[dg.MaterializeResult[Any]]:
    names, name_of_record = fold_names(lake.read("enriched_records", [*NAME_COLUMNS]))
    record_company = RECORD_COMPANY.conform(name_of_record.to_frame("name").with_row_index("record"))
    yield materialised(lake.write("company_names", names))
    yield materialised(lake.write("record_company", record_company))


@dg.multi_asset(
    name="account_clusters",
    specs=[
        asset_spec(
            ACCOUNT_CLUSTERS,
            _GROUP,
            ["enriched_records", "company_names", "record_company", "decisions", "lead_clusters"],
        ),
        asset_spec(RECORD_ACCOUNTS, _GROUP, ["enriched_records", "record_company", "account_clusters"]),
        asset_spec(ACCOUNT_REVIEW, _GROUP, ["account_clusters", "record_accounts"]),
        asset_spec(ACCOUNT_REDIRECTS, _GROUP, ["account_clusters", "record_accounts"]),
    ],
)
def account_clusters(lake: Lake) -> Iterator[dg.MaterializeResult[Any]]:
    at, previous = moment(lake.where.published), load_previous(lake.where.published)
    said, leads = active(lake.read("decisions")), lake.read("lead_clusters", ["lead_id"])["lead_id"]
    records = lake.read("enriched_records", [*KEYS, *EMPLOYMENT_COLUMNS])
    names, named, known = lake.read("company_names"), lake.read("record_company")["name"], previous.account_ids
    found = resolve_accounts(records, names, named, said, leads, previous=known, retired=previous.retired, at=at)
    yield materialised(lake.write("account_clusters", found.clusters))
    yield materialised(lake.write("record_accounts", found.employment))
    yield materialised(lake.write("account_review", found.review))
    yield materialised(lake.write("account_redirects", found.redirects))


@dg.asset(
    **asset_options(ACCOUNT_PROFILES, _GROUP),
    deps=["enriched_records", "company_names", "account_clusters", "record_accounts", "decisions"],
)
def account_profiles(lake: Lake) -> dg.MaterializeResult[Any]:
    said, before = active(lake.read("decisions")), load_previous(lake.where.published).account_names
    accounts = lake.read("record_accounts", ["account_id"])["account_id"]
    told = stated(lake.read("enriched_records", [*STATED_COLUMNS]), accounts)
    names, clusters = lake.read("company_names"), lake.read("account_clusters")
    known = known_companies(lake.where.register, names, clusters)
    shown = shown_accounts(names, clusters, said, before, told, known=known)
    return materialised(lake.write("account_profiles", shown))
