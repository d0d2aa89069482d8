"""Suites: what each table promises, as Great Expectations expectations.

Belongs here: one suite per table: what its contract says (`promises.of_table`) and, by hand, what holds between columns
or for the table as a whole. Does not belong here: the words, form or bounds of one column (`contracts`), running suites
(`expectations.adapter`), holding single records back (`expectations.row_rules`), promises between tables
(`publishing.integrity`). `critical` blocks the publication; `warning` is shown and lets it pass.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from contracts.clean import CLEAN_RECORDS
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
from contracts.statuses import ROLE
from contracts.table import Table
from expectations.promises import Expectation, holds, of_table, rows


@dataclass(frozen=True, slots=True)
class Suite:
    """The promises of one table."""

    table: Table
    expectations: tuple[Expectation, ...]


def _suite(table: Table, *further: Expectation) -> Suite:
    return Suite(table, (*of_table(table), *further))


_HAS_CHANNEL = pl.any_horizontal(pl.col("email", "phone", "mobile").is_not_null())
_POSTCODE_LENGTH = pl.col("country").replace_strict(
    {"DE": 5, "AT": 4, "CH": 4, "LI": 4}, default=None, return_dtype=pl.UInt32
)

_SUITES = (
    _suite(
        CLEAN_RECORDS,
        rows(1),
        holds(
            "email is there unless email_status is missing or invalid",
            pl.col("email").is_not_null() | pl.col("email_status").is_in(["missing", "invalid"]),
            severity="warning",
        ),
        holds(
            "postcodes have their country's length",
            pl.col("postcode").str.len_chars() == _POSTCODE_LENGTH,
            severity="warning",
            mostly=0.99,
        ),
        holds(
            "half the records have a channel",
            _HAS_CHANNEL,
            severity="warning",
            mostly=0.5,
            why="a file read with shifted columns shows here first",
        ),
    ),
    _suite(
        LEADS,
        rows(1),
        holds(
            "publishable says that nothing blocks", pl.col("publishable") == (pl.col("block_reasons").list.len() == 0)
        ),
        holds("a publishable lead has a channel", ~pl.col("publishable") | _HAS_CHANNEL),
        holds("a publishable lead may be contacted", ~pl.col("publishable") | pl.col("may_email") | pl.col("may_call")),
        holds("nobody is mailed who objects", ~pl.col("may_email") | (pl.col("consent_email") != "refused")),
        holds("nobody is called who objects", ~pl.col("may_call") | (pl.col("consent_phone") != "refused")),
        holds("seen first before last", pl.col("first_seen_at") <= pl.col("last_seen_at")),
        holds("every lead has a channel of origin", pl.col("channels").list.len().is_between(1, 2)),
        holds(
            "an invalid number is never shown",
            ~(pl.col("phone_status").is_in(["invalid", "missing"]) & pl.col("phone").is_not_null()),
        ),
    ),
    _suite(
        ACCOUNTS,
        rows(1, severity="warning"),
        holds("no company is its own parent", pl.col("parent_account_id") != pl.col("account_id")),
        holds(
            "each role is present or missing",
            (pl.col("roles_present").list.len() + pl.col("roles_missing").list.len()) == len(ROLE) - 1,
        ),
    ),
    _suite(BUYING_CENTERS),
    _suite(LEAD_CROSSWALK, rows(1)),
    _suite(FIELD_PROVENANCE, rows(1), holds("no value is empty", pl.col("value") != "")),
    _suite(
        CONSENTS,
        holds(
            "what was confirmed has its proof", (pl.col("basis") == "double_opt_in") | pl.col("confirmed_at").is_null()
        ),
    ),
    _suite(REDIRECTS, holds("no id redirects to itself", pl.col("old_id") != pl.col("new_id"))),
    _suite(TOMBSTONES),
    _suite(QUARANTINE),
)

SUITES: dict[str, Suite] = {suite.table.name: suite for suite in _SUITES}
