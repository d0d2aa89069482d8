"""Resolution of accounts: company names become accounts with stable ids, and every record finds its account.

Belongs here: the course of it: people's decisions, clustering, employment, ids, review. Does not belong here: the
single steps (`matching.accounts.linking.account_clusters`, `matching.accounts.lead_to_account`, `matching.identity`) or
reading and writing tables.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import polars as pl

from contracts.matched import ACCOUNT_CLUSTERS, ACCOUNT_REDIRECTS, ACCOUNT_REVIEW, RECORD_ACCOUNTS
from matching.accounts.lead_to_account import between_accounts, lead_accounts
from matching.accounts.linking.account_clusters import account_clusters
from matching.accounts.linking.people import named_by
from matching.decisions.spellings import spelling_pairs
from matching.identity import KEYS, assign_ids


class ResolvedAccounts(NamedTuple):
    """`contracts.matched` ACCOUNT_CLUSTERS, RECORD_ACCOUNTS, ACCOUNT_REVIEW and ACCOUNT_REDIRECTS."""

    clusters: pl.DataFrame
    employment: pl.DataFrame
    review: pl.DataFrame
    redirects: pl.DataFrame


def presumed_accounts(
    enriched: pl.DataFrame, names: pl.DataFrame, name_of_record: pl.Series, said: pl.DataFrame
) -> pl.Series:
    """Per record the account it presumably belongs to, by names and places alone, while no leads are known yet.

    Args:
        enriched: `contracts.clean.ENRICHED_RECORDS`, at least `matching.accounts.lead_to_account.COLUMNS`.
        names: `contracts.matched.COMPANY_NAMES`.
        name_of_record: per record its row in `names`, null where it names no company.
        said: what people decided, `contracts.matched.DECISIONS`, those that count.

    Returns:
        A text that is the same for records of one account; null where none is safe.
    """
    clusters = account_clusters(names, **_stated(said, names)).clusters
    return lead_accounts(enriched, name_of_record, names, clusters).sort("record")["cluster"].cast(pl.String)


def resolve_accounts(
    enriched: pl.DataFrame,
    names: pl.DataFrame,
    name_of_record: pl.Series,
    said: pl.DataFrame,
    leads: pl.Series | None = None,
    *,
    previous: pl.DataFrame,
    retired: pl.DataFrame,
    at: datetime,
) -> ResolvedAccounts:
    """Decide which company names are one account, and which account each record belongs to.

    Args:
        enriched: `contracts.clean.ENRICHED_RECORDS`, at least `matching.identity.KEYS` and
            `matching.accounts.lead_to_account.COLUMNS`.
        names: `contracts.matched.COMPANY_NAMES`.
        name_of_record: per record its row in `names`, null where it names no company.
        said: what people decided, `contracts.matched.DECISIONS`, those that count.
        leads: per record the lead it belongs to; without them names and places decide alone.
        previous: source, source_record_id, id as last published.
        retired: `contracts.matched.RETIRED` as last published.
        at: time of this run.
    """
    named = None if leads is None else named_by(_meant(enriched, names, name_of_record), leads)
    found = account_clusters(names, named=named, **_stated(said, names))
    employment = lead_accounts(enriched, name_of_record, names, found.clusters, leads=leads, torn=found.torn)
    members = employment.select("record", "cluster").drop_nulls()
    keys = enriched.select(KEYS).with_row_index("record")
    ids, trail = assign_ids(members, keys, previous, "account", retired=retired, at=at)
    ids = ids.rename({"id": "account_id"})
    review = pl.concat([found.review, between_accounts(employment)])
    one, other = (names["company"][review[side]] for side in ("left", "right"))
    review = review.filter(one.ne_missing(other))  # a decision names spellings, so it cannot tell one from itself
    return ResolvedAccounts(
        clusters=ACCOUNT_CLUSTERS.conform(found.clusters.join(ids, on="cluster", how="inner", maintain_order="left")),
        employment=RECORD_ACCOUNTS.conform(employment.join(ids, on="cluster", how="left", maintain_order="left")),
        review=ACCOUNT_REVIEW.conform(review.unique(["left", "right"], keep="first", maintain_order=True)),
        redirects=ACCOUNT_REDIRECTS.conform(trail),
    )


def _meant(enriched: pl.DataFrame, names: pl.DataFrame, name_of_record: pl.Series) -> pl.Series:
    """Per record its row in `names`; of one that names no company, yet has its domain, the row most records say."""
    usual = names.drop_nulls("domain").sort("domain", "records", "name", descending=[False, True, False])
    usual = usual.unique("domain", keep="first", maintain_order=True).select("domain", usual="name")
    said = enriched.select(
        name=name_of_record, domain=pl.col("company_domain").str.to_lowercase(), status="company_status"
    )
    silent = pl.col("name").is_null() & (pl.col("status").fill_null("missing") == "missing")
    found = said.join(usual, on="domain", how="left", maintain_order="left")
    return found.select(pl.when(silent).then("usual").otherwise("name").alias("name")).to_series()


def _stated(said: pl.DataFrame, names: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Rows of `names` that a person said are one company, or are not."""
    return {decision: spelling_pairs(said, names, decision) for decision in ("must_link", "cannot_link")}
