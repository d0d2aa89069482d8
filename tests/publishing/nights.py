"""Nights to hold against the gates: a home of three sources, and what honest and bad nights make of it.

A night is a frame of people, one row each: source, number (its record), account, the values of leads, and `into`, the
number of the person whose lead its record belongs to.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import polars as pl

from contracts.published import (
    ACCOUNTS,
    BUYING_CENTERS,
    CONSENTS,
    FIELD_PROVENANCE,
    LEAD_CROSSWALK,
    LEADS,
    QUARANTINE,
    REDIRECTS,
    TOMBSTONES,
)
from matching.accounts.buying_center import PARTS
from matching.identity import mint
from publishing.stamp import Stamp

AT = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)
STAMP = Stamp("fixed", AT)
People = pl.DataFrame
Tables = dict[str, pl.DataFrame]
VALUES = ("given_name", "family_name", "email", "phone", "job_title", "street", "postcode", "city")


def people(source: str, first: int, count: int) -> People:
    """People of one source; every tenth refused e-mail, every thirtieth any contact."""
    number = pl.Series("number", range(first, first + count), dtype=pl.Int64)
    text = number.cast(pl.String)
    return pl.DataFrame({"number": number}).with_columns(
        pl.lit(source).alias("source"),
        *((pl.lit(f"{name} ") + text).alias(name) for name in VALUES if name != "email"),
        ("person" + text + "@example.org").alias("email"),
        pl.lit("valid").alias("email_status"),
        pl.lit("valid").alias("phone_status"),
        pl.lit("locality").alias("address_status"),
        pl.when(number % 10 == 0).then(pl.lit("refused")).otherwise(pl.lit("granted")).alias("consent_email"),
        pl.when(number % 30 == 0).then(pl.lit("refused")).otherwise(pl.lit("unknown")).alias("consent_phone"),
        (number // 4).alias("account"),
        number.alias("into"),
    )


def home() -> People:
    return pl.concat([people("web", 0, 400), people("fair", 1_000, 400), people("crm", 2_000, 400)])


def account_ids(numbers: pl.Series) -> pl.Series:
    keys = pl.DataFrame({"source": "account", "source_record_id": numbers.cast(pl.String)})
    return mint("account", keys)


def tables(night: People, run_id: str, before: People | None = None, held: Tables | None = None) -> Tables:
    """The tables of a night; leads and accounts of `before` that are merged into others lead there."""
    ids = mint(
        "lead", night.select(pl.lit("p").alias("source"), pl.col("into").cast(pl.String).alias("source_record_id"))
    )
    rows = night.with_columns(lead_id=ids, account_id=account_ids(night["account"]))
    own = rows.sort(pl.col("number") != pl.col("into"), maintain_order=True).unique(
        "into", keep="first", maintain_order=True
    )
    refused = (pl.col("consent_email") == "refused") & (pl.col("consent_phone") == "refused")
    leads = own.select("lead_id", "account_id", *VALUES, r"^.*_status$", r"^consent_.*$").with_columns(
        mobile_status=pl.lit("missing"),
        may_email=~refused,
        email_permission=pl.when(refused).then(pl.lit("objected")).otherwise(pl.lit("consented")),
        may_call=~refused,
        call_permission=pl.when(refused).then(pl.lit("objected")).otherwise(pl.lit("presumed")),
        publishable=~refused,
        block_reasons=pl.when(refused).then(pl.lit(["opted_out"])).otherwise(pl.lit([], pl.List(pl.String))),
        source_count=pl.lit(1, pl.UInt32),
        channels=pl.lit(["online"], pl.List(pl.String)),
        sources=pl.lit(["p"], pl.List(pl.String)),
        **{f"other_{what}": pl.lit([], pl.List(pl.String)) for what in ("emails", "phones")},
        first_seen_at=pl.lit(AT, LEADS.schema["first_seen_at"]),
        last_seen_at=pl.lit(AT, LEADS.schema["last_seen_at"]),
    )
    accounts = (
        rows.group_by("account_id", maintain_order=True)
        .agg(lead_count=pl.len().cast(pl.UInt32))
        .with_columns(
            name=pl.col("account_id"),
            spelling_variants=pl.lit([], ACCOUNTS.schema["spelling_variants"]),
            roles_present=pl.lit([], pl.List(pl.String)),
            roles_missing=pl.lit(PARTS, pl.List(pl.String)),
        )
    )
    crosswalk = rows.select("source", "lead_id", "account_id", source_record_id=pl.col("number").cast(pl.String))
    return {
        "leads": STAMP(LEADS, leads),
        "accounts": STAMP(ACCOUNTS, accounts.sort("account_id")),
        "buying_centers": BUYING_CENTERS.empty(),
        "lead_crosswalk": STAMP(
            LEAD_CROSSWALK, crosswalk.with_columns(match_probability=pl.lit(1.0), match_reason=pl.lit("alone"))
        ).sort(LEAD_CROSSWALK.key),
        "field_provenance": FIELD_PROVENANCE.empty(),
        "consents": _consents(leads),
        "redirects": REDIRECTS.empty() if before is None else redirects(night, before),
        "tombstones": TOMBSTONES.empty(),
        "quarantine": QUARANTINE.empty() if held is None else held["quarantine"],
    }


def redirects(night: People, before: People) -> pl.DataFrame:
    """Where leads and accounts that are no more lead to."""
    moved = before.filter(pl.col("number") == pl.col("into")).join(night, on="number", suffix="_now")
    lead = pl.lit("p").alias("source")
    leads = pl.DataFrame(
        {
            "entity": "lead",
            "old_id": mint("lead", moved.select(lead, source_record_id=pl.col("into").cast(pl.String))),
            "new_id": mint("lead", moved.select(lead, source_record_id=pl.col("into_now").cast(pl.String))),
        }
    )
    firms = moved.unique("account", keep="first", maintain_order=True)
    accounts = pl.DataFrame(
        {"entity": "account", "old_id": account_ids(firms["account"]), "new_id": account_ids(firms["account_now"])}
    )
    both = pl.concat([accounts, leads]).filter(pl.col("old_id") != pl.col("new_id"))
    live = pl.concat([account_ids(night["account"]), both["new_id"].clear()])
    of_account = (pl.col("entity") == "account") & pl.col("old_id").is_in(live.implode())
    return STAMP(REDIRECTS, both.filter(~of_account).with_columns(at=pl.lit(AT, REDIRECTS.schema["at"]))).sort(
        REDIRECTS.key
    )


def held_rows(source: str, count: int) -> Tables:
    """A quarantine with rows of one source."""
    rows = pl.DataFrame({"row": range(2, count + 2)}).with_columns(
        source=pl.lit(source), file=pl.lit("a.csv"), reason_code=pl.lit("ragged_row"), message=pl.lit("Too few cells.")
    )
    return {"quarantine": STAMP(QUARANTINE, rows)}


def where(source: str, **values: str | None) -> Callable[[People], People]:
    """The people of one source with other values."""
    return lambda night: night.with_columns(
        pl.when(pl.col("source") == source).then(pl.lit(value, pl.String)).otherwise(pl.col(name)).alias(name)
        for name, value in values.items()
    )


def _consents(leads: pl.DataFrame) -> pl.DataFrame:
    """Each lead's own word on each channel."""
    said = pl.concat(
        leads.select("lead_id", channel=pl.lit(channel), status=f"consent_{channel}") for channel in ("email", "phone")
    )
    told = said.filter(pl.col("status") != "unknown").with_columns(
        basis=pl.lit("stated"), source=pl.lit("web"), source_record_id=pl.col("lead_id")
    )
    return STAMP(CONSENTS, told).sort(CONSENTS.key)
