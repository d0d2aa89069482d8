"""The published tables: golden leads, accounts and their links in the shape the CRM contract promises.

Belongs here: assembling `contracts.published` tables. Does not belong here: choosing values
(`matching.golden.survivorship`), block reasons (`publishing.block_reasons`), dating changes (`publishing.stamp`),
writing files (`publishing.publish`).
"""

from __future__ import annotations

from collections.abc import Callable, Set

import polars as pl

from contracts.published import ACCOUNTS, BUYING_CENTERS, LEAD_CROSSWALK, LEADS, QUARANTINE, REDIRECTS, TOMBSTONES
from contracts.reasons import reasons
from matching.accounts.buying_center import PARTS
from publishing.block_reasons import block_reasons
from publishing.permission import Rules, permissions, usual_rules
from publishing.stamp import CHANGE_COLUMNS, Stamp

_RAW_LENGTH = 2_000  # signs of a row that quarantine shows


def leads_table(
    golden: pl.DataFrame,
    roles: pl.DataFrame,
    stamp: Stamp,
    *,
    account_names: pl.DataFrame | None = None,
    competitor_domains: Set[str] = frozenset(),
    rules: Rules | None = None,
) -> pl.DataFrame:
    """The published leads, sorted by lead_id.

    Args:
        golden: `matching.golden.golden_leads.GOLDEN`.
        roles: lead_id, account_id, seniority, buying_role; at most one row per lead, missing leads have none.
        stamp: dates the rows.
        account_names: account_id, name; none are known by default.
        competitor_domains: company domains never handed to sales.
        rules: what the law asks for (`publishing.permission.read_rules`), the usual rules by default.
    """
    columns = ["lead_id", "account_id", "seniority", "buying_role"]
    leads = golden.join(roles.select(columns), on="lead_id", how="left", maintain_order="left").with_columns(
        pl.col("seniority", "buying_role").fill_null("unknown")
    )
    if account_names is not None:
        named = account_names.select("account_id", account_name="name")
        leads = leads.join(named, on="account_id", how="left", maintain_order="left")
    leads = pl.concat([leads, permissions(leads, rules or usual_rules())], how="horizontal")
    leads = leads.with_columns(block_reasons(leads, competitor_domains))
    leads = leads.with_columns(publishable=pl.col("block_reasons").list.len() == 0)
    return stamp(LEADS, leads)


def accounts_table(
    accounts: pl.DataFrame,
    leads: pl.DataFrame,
    roles: pl.DataFrame,
    stamp: Stamp,
) -> pl.DataFrame:
    """The published accounts, sorted by account_id, with how many leads they have and which parts of the buying center.

    Args:
        accounts: account_id, name and what else of `contracts.published.ACCOUNTS` is known.
        leads: published leads (lead_id, account_id).
        roles: account_id, role: the parts that count as filled (`matching.accounts.buying_center.coverage`).
        stamp: dates the rows.
    """
    known = [name for name in ACCOUNTS.names if name in accounts.columns and name not in _COUNTED]
    count = leads.group_by("account_id").agg(lead_count=pl.len())
    filled = roles.group_by("account_id").agg(_roles=pl.col("role").unique())
    played = pl.col("_roles").fill_null([])
    table = (
        accounts.select(known)
        .join(count, on="account_id", how="left")
        .join(filled, on="account_id", how="left")
        .with_columns(
            lead_count=pl.col("lead_count").fill_null(0),
            roles_present=_parts(played.list.contains),
            roles_missing=_parts(lambda part: ~played.list.contains(part)),
        )
        .drop("_roles")
    )
    table = ACCOUNTS.conform(table).with_columns(pl.col("spelling_variants").fill_null([]))
    return stamp(ACCOUNTS, table.sort(ACCOUNTS.key))


def _parts(applies: Callable[[str], pl.Expr]) -> pl.Expr:
    """The parts of a buying center for which the condition holds, in their usual order."""
    return pl.concat_list(pl.when(applies(part)).then(pl.lit(part)) for part in PARTS).list.drop_nulls()


def crosswalk_table(
    records: pl.DataFrame, clusters: pl.DataFrame, employment: pl.DataFrame, stamp: Stamp
) -> pl.DataFrame:
    """Which source record became which lead and account, sorted by source and record id.

    Args:
        records: record, source, source_record_id.
        clusters: `contracts.matched.LEAD_CLUSTERS`.
        employment: record, account_id; records of private persons may be missing.
        stamp: dates the rows.
    """
    table = (
        records.select("record", "source", "source_record_id")
        .join(clusters.select("record", "lead_id", "match_probability", "match_reason"), on="record", how="inner")
        .join(employment.select("record", "account_id"), on="record", how="left")
        .drop("record")
    )
    return stamp(LEAD_CROSSWALK, table.sort(LEAD_CROSSWALK.key))


def quarantine_table(rejects: pl.DataFrame, stamp: Stamp) -> pl.DataFrame:
    """What was held back, sorted by place, each message followed by the remedy of its reason code.

    Args:
        rejects: `contracts.raw.REJECTS`.
        stamp: dates the rows.
    """
    remedies = {reason.code: reason.remedy.rstrip(".") for reason in reasons().values()}
    remedy = pl.col("reason_code").replace_strict(remedies, default="", return_dtype=pl.String)
    said = pl.col("message").str.strip_chars_end(". ")
    told = rejects.with_columns(
        message=pl.when((remedy == "") | said.str.contains(remedy, literal=True))
        .then(pl.format("{}.", said))
        .otherwise(pl.format("{}. {}.", said, remedy)),
        raw=pl.when(pl.col("raw") != "").then(pl.col("raw").str.head(_RAW_LENGTH)),  # an empty card or row has no text
    )
    place = ("source", "file", "sheet", "row", "field", "reason_code", "raw")
    return stamp(QUARANTINE, told.sort(place))


def trail_tables(retired: pl.DataFrame, stamp: Stamp) -> dict[str, pl.DataFrame]:
    """Redirects and tombstones, each sorted by entity and old_id.

    Args:
        retired: `contracts.matched.RETIRED` of leads and accounts.
        stamp: dates the rows.
    """
    followed = pl.col("new_id").is_not_null()
    return {
        table.name: stamp(table, retired.filter(which).sort(table.key))
        for table, which in ((REDIRECTS, followed), (TOMBSTONES, ~followed))
    }


def buying_centers_table(buying_centers: pl.DataFrame, stamp: Stamp) -> pl.DataFrame:
    """The buying centers, sorted by account, lead and role."""
    return stamp(BUYING_CENTERS, buying_centers.sort(BUYING_CENTERS.key))


_COUNTED = ("lead_count", "roles_present", "roles_missing", *CHANGE_COLUMNS)
