"""The published contract, version 1: the tables CRM sync jobs read.

Belongs here: the published tables and the schema version; a change of a column is a new version.
Does not belong here: how they are filled (`matching`, `publishing`).
Conventions: ids are opaque and never derived from e-mail or domain; null, never an empty string;
phones E.164, countries ISO 3166-1 alpha-2, timestamps UTC.
"""

from __future__ import annotations

import polars as pl

from contracts.raw import REJECTS
from contracts.table import TIMESTAMP, Column, Table, text, texts

SCHEMA_VERSION = 1

_CHANGE = (
    text("content_hash", "Hash of the row's content, without updated_at and run_id", nullable=False),
    Column("updated_at", TIMESTAMP, "When the content last changed", nullable=False),
    text("run_id", "Run in which the content last changed", nullable=False),
)

LEADS = Table(
    "leads",
    "One golden lead per person.",
    (
        text("lead_id", "Stable opaque id", nullable=False),
        text("account_id", "Account of the lead; null for private persons"),
        *texts(
            [
                ("salutation", "Herr, Frau or Mx as stated by a source"),
                ("academic_title", "Academic titles"),
                ("given_name", "Given name(s)"),
                ("family_name", "Family name with particles"),
                ("email", "Best e-mail address"),
                ("email_status", "valid, risky, invalid, unknown, missing"),
                ("phone", "Landline, E.164"),
                ("phone_status", "valid, possible, invalid, missing"),
                ("mobile", "Mobile, E.164"),
                ("mobile_status", "valid, possible, invalid, missing"),
                ("job_title", "Job title"),
                ("department", "Department"),
                ("seniority", "c_level, director, manager, specialist, assistant, trainee, unknown"),
                ("buying_role", "initiator, user, influencer, buyer, decider, gatekeeper, unknown"),
                ("street", "Street"),
                ("house_number", "House number"),
                ("postcode", "Postcode"),
                ("city", "City"),
                ("region", "Region"),
                ("country", "ISO 3166-1 alpha-2"),
                ("address_status", "house_number, street, locality, corrected, conflict, unverifiable, missing"),
                ("ip_country", "Country of the IP address (evidence, never overrides the form)"),
                ("ip_city", "City of the IP address"),
                ("ip_network", "Owner of the network"),
                ("language", "Preferred language, ISO 639-1"),
                ("consent_email", "confirmed, granted, refused, unknown"),
                ("consent_phone", "granted, refused, unknown"),
            ]
        ),
        Column("publishable", pl.Boolean, "True when nothing blocks handing the lead to sales", nullable=False),
        Column("block_reasons", pl.List(pl.String), "Reason codes why not", nullable=False),
        Column("source_count", pl.UInt32, "Number of source records merged", nullable=False),
        Column("channels", pl.List(pl.String), "online, offline or both, sorted", nullable=False),
        Column("first_seen_at", TIMESTAMP, "Earliest evidence", nullable=False),
        Column("last_seen_at", TIMESTAMP, "Latest evidence", nullable=False),
        *_CHANGE,
    ),
    key=("lead_id",),
)

ACCOUNTS = Table(
    "accounts",
    "One account per real company.",
    (
        text("account_id", "Stable opaque id", nullable=False),
        text("name", "Canonical name", nullable=False),
        *texts(
            [
                ("legal_form", "Legal form in standard notation"),
                ("domain", "Main domain"),
                ("street", "Street"),
                ("house_number", "House number"),
                ("postcode", "Postcode"),
                ("city", "City"),
                ("country", "ISO 3166-1 alpha-2"),
                ("parent_account_id", "Account of the parent company, inferred"),
            ]
        ),
        Column(
            "spelling_variants",
            pl.List(pl.Struct({"name": pl.String, "records": pl.UInt32})),
            "Every spelling seen, with its count, most frequent first",
            nullable=False,
        ),
        Column("lead_count", pl.UInt32, "Golden leads at the account", nullable=False),
        Column("roles_present", pl.List(pl.String), "Buying roles with at least one contact", nullable=False),
        Column("roles_missing", pl.List(pl.String), "Buying roles with none", nullable=False),
        *_CHANGE,
    ),
    key=("account_id",),
)

BUYING_CENTERS = Table(
    "buying_centers",
    "The part each lead plays in its account's purchase decisions.",
    (
        text("account_id", "Account", nullable=False),
        text("lead_id", "Lead", nullable=False),
        text("role", "initiator, user, influencer, buyer, decider, gatekeeper, unknown", nullable=False),
        Column("role_confidence", pl.Float32, "0 to 1", nullable=False),
        text("role_evidence", "Rule and words that decided, e.g. title `Leiter Einkauf`: buyer", nullable=False),
    ),
    key=("account_id", "lead_id", "role"),
)

LEAD_CROSSWALK = Table(
    "lead_crosswalk",
    "Which source record became which lead and account.",
    (
        text("source", "Source folder", nullable=False),
        text("source_record_id", "The record's id", nullable=False),
        text("lead_id", "Golden lead", nullable=False),
        text("account_id", "Account of this record's employment; null for private persons"),
        Column(
            "match_probability",
            pl.Float32,
            "Weakest link that holds the record in; 1.0 for single records",
            nullable=False,
        ),
        text("match_reason", "Readable reason", nullable=False),
    ),
    key=("source", "source_record_id"),
)

FIELD_PROVENANCE = Table(
    "field_provenance",
    "Where each value of a golden lead comes from.",
    (
        text("lead_id", "Golden lead", nullable=False),
        text("field", "Column of leads", nullable=False),
        text("value", "The value as text", nullable=False),
        text("source", "Source folder", nullable=False),
        text("source_record_id", "The record's id", nullable=False),
        text("rule", "Survivorship rule that chose it", nullable=False),
        Column("observed_at", TIMESTAMP, "Date of the evidence", nullable=False),
    ),
    key=("lead_id", "field"),
)

REDIRECTS = Table(
    "redirects",
    "Ids that were merged away: follow old to new once (flattened, acyclic).",
    (
        text("entity", "lead or account", nullable=False),
        text("old_id", "Id published before", nullable=False),
        text("new_id", "Id to use now", nullable=False),
        Column("at", TIMESTAMP, "When it was redirected", nullable=False),
    ),
    key=("entity", "old_id"),
)

QUARANTINE = Table(
    "quarantine",
    "Files and records held back, with reason and the text as received.",
    tuple(column for column in REJECTS.columns if column.name != "channel"),
)

PUBLISHED = (LEADS, ACCOUNTS, BUYING_CENTERS, LEAD_CROSSWALK, FIELD_PROVENANCE, REDIRECTS, QUARANTINE)
