"""Suites: what each table promises, as Great Expectations expectations.

Belongs here: one suite per table, declared, readable top to bottom. Does not belong here: running them
(`expectations.adapter`), holding single records back (`expectations.row_rules`), promises between tables
(`publishing.integrity`). Every suite starts from the table's contract: keys unique, nothing null that must not
be. `critical` blocks the publication; `warning` is shown and lets it pass.
Source: the expectation gallery of Great Expectations 1.x; formats by ITU-T E.164 and ISO 3166-1.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

import polars as pl

from contracts import statuses
from contracts.clean import CLEAN_RECORDS
from contracts.published import (
    ACCOUNTS,
    BUYING_CENTERS,
    FIELD_PROVENANCE,
    LEAD_CROSSWALK,
    LEADS,
    QUARANTINE,
    REDIRECTS,
)
from contracts.reasons import reasons
from contracts.table import Table
from enrichment.job.title import ROLES, SENIORITIES
from reference.countries import country_codes

Severity = Literal["critical", "warning"]

E164 = r"^\+[1-9]\d{6,14}$"
# `\s` spelt out: what it stands for differs between engines, so pandas would ask Python value by value.
SPACE = r"\t-\r\x1c-\x20\x85\xa0" + "\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
EMAIL = rf"^[^{SPACE}@A-Z]+@[^{SPACE}@A-Z]+\.[^{SPACE}@A-Z]{{2,}}$"
DOMAIN = rf"^[^{SPACE}@/A-Z]+\.[^{SPACE}@/A-Z]{{2,}}$"
LANGUAGE = r"^[a-z]{2,3}$"
HASH = r"^[0-9a-f]{32}$"
SALUTATION = ("Herr", "Frau", "Mx")


@dataclass(frozen=True, slots=True)
class Expectation:
    """One expectation: its Great Expectations type, arguments, severity, and why it is there.

    `column` is the column under test, None for the table as a whole. Where `derive` is given, that
    expression makes the column, so that what pandas does slowly is done by Polars.
    """

    type: str
    column: str | None
    kwargs: dict[str, Any] = field(default_factory=dict)
    severity: Severity = "critical"
    why: str = ""
    derive: pl.Expr | None = None


@dataclass(frozen=True, slots=True)
class Suite:
    """The promises of one table."""

    table: Table
    expectations: tuple[Expectation, ...]


def rows(at_least: int, *, severity: Severity = "critical") -> Expectation:
    """The table has at least so many rows."""
    return Expectation("expect_table_row_count_to_be_between", None, {"min_value": at_least}, severity)


def unique(*columns: str) -> Expectation:
    """The columns together identify a row; tested on their 64-bit hash."""
    name = f"key({', '.join(columns)})"
    return Expectation("expect_column_values_to_be_unique", name, derive=pl.struct(columns).hash())


def not_null(column: str, *, severity: Severity = "critical", mostly: float = 1.0) -> Expectation:
    """The column is filled, in at least the share `mostly` of the rows."""
    return Expectation("expect_column_values_to_not_be_null", column, {"mostly": mostly}, severity)


def one_of(column: str, words: Iterable[str], *, severity: Severity = "critical") -> Expectation:
    """The column holds only these words (or null)."""
    return Expectation("expect_column_values_to_be_in_set", column, {"value_set": sorted(words)}, severity)


def matches(column: str, pattern: str, *, severity: Severity = "critical", why: str = "") -> Expectation:
    """Every value matches the pattern."""
    return Expectation("expect_column_values_to_match_regex", column, {"regex": pattern}, severity, why)


def between(column: str, low: float, high: float | None = None) -> Expectation:
    """Every value lies between the bounds, ends included."""
    if high is None:
        return holds(f"{column} is at least {low}", pl.col(column) >= low)
    return holds(f"{column} is between {low} and {high}", pl.col(column).is_between(low, high))


def holds(
    name: str, condition: pl.Expr, *, severity: Severity = "critical", why: str = "", mostly: float = 1.0
) -> Expectation:
    """The condition is true for every row (null counts as true)."""
    return Expectation(
        "expect_column_values_to_be_in_set",
        name,
        {"value_set": [True], "mostly": mostly},
        severity,
        why,
        derive=condition.fill_null(True),
    )


def _contract(table: Table) -> tuple[Expectation, ...]:
    """What the contract itself says: the key is unique, and columns that must be filled are."""
    filled = tuple(not_null(column.name) for column in table.columns if not column.nullable)
    return (unique(*table.key), *filled) if table.key else filled


def _filled_unless(value: str, status: str, *words: str) -> Expectation:
    """A value stands beside its verdict: there is one unless the verdict says there is none."""
    return holds(
        f"{value} is there unless {status} is {' or '.join(words)}",
        pl.col(value).is_not_null() | pl.col(status).is_in(words),
        severity="warning",
    )


_CLEAN = Suite(
    CLEAN_RECORDS,
    (
        rows(1),
        *_contract(CLEAN_RECORDS),
        one_of("channel", ("online", "offline")),
        one_of("name_status", statuses.NAME),
        one_of("email_status", statuses.EMAIL),
        one_of("phone_status", statuses.PHONE),
        one_of("mobile_status", statuses.PHONE),
        one_of("address_status", statuses.ADDRESS),
        one_of("company_status", statuses.COMPANY),
        one_of("ip_status", statuses.IP),
        one_of("consent_email", statuses.CONSENT),
        one_of("consent_phone", statuses.CONSENT),
        one_of("email_kind", ("company", "freemail", "role", "disposable")),
        one_of("salutation", SALUTATION, severity="warning"),
        one_of("country", country_codes()),
        one_of("ip_country", country_codes(), severity="warning"),
        matches("email", EMAIL, why="normalised: lower case, one @, no spaces"),
        matches("phone", E164, why="ITU-T E.164"),
        matches("mobile", E164, why="ITU-T E.164"),
        matches("fax", E164, why="ITU-T E.164"),
        not_null("email_status", severity="warning"),
        not_null("phone_status", severity="warning"),
        not_null("address_status", severity="warning"),
        _filled_unless("email", "email_status", "missing", "invalid"),
        holds(
            "postcodes have their country's length",
            pl.col("postcode").str.len_chars()
            == pl.col("country").replace_strict(
                {"DE": 5, "AT": 4, "CH": 4, "LI": 4}, default=None, return_dtype=pl.UInt32
            ),
            severity="warning",
            mostly=0.99,
        ),
        holds(
            "half the records have a channel",
            pl.any_horizontal(pl.col("email", "phone", "mobile").is_not_null()),
            severity="warning",
            mostly=0.5,
            why="a file read with shifted columns shows here first",
        ),
    ),
)

_LEADS = Suite(
    LEADS,
    (
        rows(1),
        *_contract(LEADS),
        matches("lead_id", r"^L[A-Z2-7]{16}$", why="opaque: never derived from e-mail or domain"),
        one_of("salutation", SALUTATION, severity="warning"),
        matches("email", EMAIL, why="normalised: lower case, one @, no spaces"),
        one_of("email_status", statuses.EMAIL),
        matches("phone", E164, why="ITU-T E.164"),
        one_of("phone_status", statuses.PHONE),
        matches("mobile", E164, why="ITU-T E.164"),
        one_of("mobile_status", statuses.PHONE),
        one_of("address_status", statuses.ADDRESS),
        one_of("seniority", SENIORITIES),
        one_of("buying_role", ROLES),
        one_of("country", country_codes()),
        one_of("ip_country", country_codes(), severity="warning"),
        matches("language", LANGUAGE, severity="warning", why="ISO 639"),
        one_of("consent_email", statuses.CONSENT),
        one_of("consent_phone", statuses.CONSENT),
        between("source_count", 1),
        matches("content_hash", HASH),
        holds(
            "publishable says that nothing blocks", pl.col("publishable") == (pl.col("block_reasons").list.len() == 0)
        ),
        holds(
            "a publishable lead has a channel",
            ~pl.col("publishable") | pl.any_horizontal(pl.col("email", "phone", "mobile").is_not_null()),
        ),
        holds("seen first before last", pl.col("first_seen_at") <= pl.col("last_seen_at")),
        holds("every lead has a channel of origin", pl.col("channels").list.len().is_between(1, 2)),
        holds(
            "an invalid number is never shown",
            ~(pl.col("phone_status").is_in(["invalid", "missing"]) & pl.col("phone").is_not_null()),
        ),
    ),
)

_ACCOUNTS = Suite(
    ACCOUNTS,
    (
        rows(1, severity="warning"),
        *_contract(ACCOUNTS),
        matches("account_id", r"^A[A-Z2-7]{16}$", why="opaque: never derived from a domain"),
        one_of("country", country_codes()),
        matches("domain", DOMAIN, severity="warning", why="a bare domain in lower case"),
        matches("content_hash", HASH),
        holds("no company is its own parent", pl.col("parent_account_id") != pl.col("account_id")),
        holds(
            "each role is present or missing",
            (pl.col("roles_present").list.len() + pl.col("roles_missing").list.len()) == len(ROLES) - 1,
        ),
    ),
)

_BUYING_CENTERS = Suite(
    BUYING_CENTERS,
    (*_contract(BUYING_CENTERS), one_of("role", ROLES), between("role_confidence", 0, 1)),
)

_CROSSWALK = Suite(
    LEAD_CROSSWALK,
    (rows(1), *_contract(LEAD_CROSSWALK), between("match_probability", 0, 1)),
)

_PROVENANCE = Suite(
    FIELD_PROVENANCE,
    (
        rows(1),
        *_contract(FIELD_PROVENANCE),
        one_of("field", LEADS.names),
        holds("no value is empty", pl.col("value") != ""),
    ),
)

_REDIRECTS = Suite(
    REDIRECTS,
    (
        *_contract(REDIRECTS),
        one_of("entity", ("lead", "account")),
        holds("no id redirects to itself", pl.col("old_id") != pl.col("new_id")),
    ),
)

_QUARANTINE = Suite(
    QUARANTINE,
    (*_contract(QUARANTINE), one_of("reason_code", reasons(), severity="warning")),
)

SUITES: dict[str, Suite] = {
    suite.table.name: suite
    for suite in (
        *(_CLEAN, _LEADS, _ACCOUNTS, _BUYING_CENTERS),
        *(_CROSSWALK, _PROVENANCE, _REDIRECTS, _QUARANTINE),
    )
}
