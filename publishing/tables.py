"""The published tables: golden leads, accounts and their links in the shape the CRM contract promises.

Belongs here: assembling `contracts.published` tables and dating their changes. Does not belong here: choosing values
(`matching.golden.survivorship`), block reasons (`publishing.block_reasons`), writing files (`publishing.publish`).
"""

from __future__ import annotations

from collections.abc import Callable, Set
from datetime import datetime
from hashlib import blake2b

import polars as pl

from contracts.published import ACCOUNTS, BUYING_CENTERS, LEAD_CROSSWALK, LEADS, QUARANTINE, REDIRECTS, TOMBSTONES
from contracts.reasons import reasons
from contracts.table import Table
from matching.accounts.buying_center import PARTS
from publishing.block_reasons import block_reasons
from publishing.permission import Rules, permissions, usual_rules

_RAW_LENGTH = 2_000  # signs of a row that quarantine shows
CHANGE_COLUMNS = ("content_hash", "updated_at", "run_id")


def leads_table(
    golden: pl.DataFrame,
    roles: pl.DataFrame,
    *,
    run_id: str,
    at: datetime,
    previous: pl.DataFrame | None = None,
    competitor_domains: Set[str] = frozenset(),
    rules: Rules | None = None,
) -> pl.DataFrame:
    """The published leads, sorted by lead_id.

    Args:
        golden: `matching.golden.golden_leads.GOLDEN`.
        roles: lead_id, account_id, seniority, buying_role; at most one row per lead, missing leads have none.
        run_id: this run; stamped, with the time `at`, on rows whose content changed.
        previous: lead_id, content_hash, updated_at, run_id as last published.
        competitor_domains: company domains never handed to sales.
        rules: what the law asks for (`publishing.permission.read_rules`), the usual rules by default.
    """
    columns = ["lead_id", "account_id", "seniority", "buying_role"]
    leads = golden.join(roles.select(columns), on="lead_id", how="left", maintain_order="left").with_columns(
        pl.col("seniority", "buying_role").fill_null("unknown")
    )
    leads = pl.concat([leads, permissions(leads, rules or usual_rules())], how="horizontal")
    leads = leads.with_columns(block_reasons(leads, competitor_domains))
    leads = leads.with_columns(publishable=pl.col("block_reasons").list.len() == 0)
    return stamp(LEADS, leads, run_id=run_id, at=at, previous=previous)


def accounts_table(
    accounts: pl.DataFrame,
    leads: pl.DataFrame,
    roles: pl.DataFrame,
    *,
    run_id: str,
    at: datetime,
    previous: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """The published accounts, sorted by account_id, with how many leads they have and which parts of the buying center.

    Args:
        accounts: account_id, name and what else of `contracts.published.ACCOUNTS` is known.
        leads: published leads (lead_id, account_id).
        roles: account_id, role: the parts that count as filled (`matching.accounts.buying_center.coverage`).
        run_id, at, previous: as for `leads_table`, previous keyed by account_id.
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
    return stamp(ACCOUNTS, table, run_id=run_id, at=at, previous=previous)


def _parts(applies: Callable[[str], pl.Expr]) -> pl.Expr:
    """The parts of a buying center for which the condition holds, in their usual order."""
    return pl.concat_list(pl.when(applies(part)).then(pl.lit(part)) for part in PARTS).list.drop_nulls()


def crosswalk_table(records: pl.DataFrame, clusters: pl.DataFrame, employment: pl.DataFrame) -> pl.DataFrame:
    """Which source record became which lead and account, sorted by source and record id.

    Args:
        records: record, source, source_record_id.
        clusters: `contracts.matched.LEAD_CLUSTERS`.
        employment: record, account_id; records of private persons may be missing.
    """
    table = (
        records.select("record", "source", "source_record_id")
        .join(clusters.select("record", "lead_id", "match_probability", "match_reason"), on="record", how="inner")
        .join(employment.select("record", "account_id"), on="record", how="left")
        .drop("record")
    )
    return LEAD_CROSSWALK.conform(table).sort(LEAD_CROSSWALK.key)


def quarantine_table(rejects: pl.DataFrame) -> pl.DataFrame:
    """What was held back, sorted by place, each message followed by the remedy of its reason code.

    Args:
        rejects: `contracts.raw.REJECTS`.
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
    return QUARANTINE.conform(told.select(QUARANTINE.names)).sort(place)


def trail_tables(retired: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Redirects and tombstones, each sorted by entity and old_id.

    Args:
        retired: `contracts.matched.RETIRED` of leads and accounts.
    """
    followed = pl.col("new_id").is_not_null()
    return {
        table.name: table.conform(retired.filter(which).select(table.names)).sort(table.key)
        for table, which in ((REDIRECTS, followed), (TOMBSTONES, ~followed))
    }


def buying_centers_table(buying_centers: pl.DataFrame) -> pl.DataFrame:
    """The buying centers, sorted by account, lead and role."""
    return BUYING_CENTERS.conform(buying_centers).sort(BUYING_CENTERS.key)


def stamp(
    table: Table, frame: pl.DataFrame, *, run_id: str, at: datetime, previous: pl.DataFrame | None = None
) -> pl.DataFrame:
    """`frame` in the shape of `table`, with content_hash, and updated_at and run_id of the last change.

    A row whose hash equals the one published before keeps its updated_at and run_id, so that running again
    on the same input publishes identical rows. `frame` may carry further columns; they are dropped.
    """
    key = list(table.key)
    rows = table.conform(frame.select(name for name in table.names if name in frame.columns)).drop(CHANGE_COLUMNS)
    rows = rows.with_columns(content_hash(rows)).sort(key)
    before = (table.empty() if previous is None else previous).select(*key, *CHANGE_COLUMNS)
    unchanged = rows.join(before, on=[*key, "content_hash"], how="left", maintain_order="left")
    return table.conform(
        unchanged.with_columns(
            updated_at=pl.col("updated_at").fill_null(pl.lit(at, table.schema["updated_at"])),
            run_id=pl.col("run_id").fill_null(pl.lit(run_id)),
        )
    )


def content_hash(rows: pl.DataFrame) -> pl.Series:
    """A hash of each row's content: the same on any machine and for any version of the libraries.

    BLAKE2b-128 (RFC 7693) over the values as text in column order. Null and the empty list differ from each other
    and from any text.
    """
    hashes: list[str] = []
    for part in rows.iter_slices(_SLICE):
        content = pl.concat_str([_as_text(rows, name) for name in rows.columns], separator="\x1f")
        texts = part.select(content.cast(pl.Binary)).to_series()
        hashes += [blake2b(text, digest_size=16).hexdigest() for text in texts]
    return pl.Series("content_hash", hashes, dtype=pl.String)


_SLICE = 100_000  # rows whose text is in memory at a time
_COUNTED = ("lead_count", "roles_present", "roles_missing", *CHANGE_COLUMNS)


def _as_text(rows: pl.DataFrame, name: str) -> pl.Expr:
    column, dtype = pl.col(name), rows.schema[name]
    if isinstance(dtype, pl.Datetime):
        column = column.dt.epoch("us")
    if isinstance(dtype, pl.List):
        parts = pl.element()
        if isinstance(dtype.inner, pl.Struct):
            parts = pl.concat_str(
                [pl.element().struct.field(field.name).cast(pl.String) for field in dtype.inner.fields],
                separator="\x1d",
                ignore_nulls=True,
            )
        column = pl.lit("\x1e") + column.list.eval(parts).cast(pl.List(pl.String)).list.join("\x1e")
    return column.cast(pl.String).fill_null("\x00")
