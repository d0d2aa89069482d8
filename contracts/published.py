"""The published contract: the tables CRM sync jobs read.

Belongs here: the published tables and the schema version. Does not belong here: how they are filled (`matching`,
`publishing`). What readers were promised last is pinned in `published_schema.json`; a change of a column asks for a
new version (`contracts.compatibility` says which) and a test asks for it.
Conventions: ids are opaque and never derived from e-mail or domain; null, never an empty string;
phones E.164, countries ISO 3166-1 alpha-2, timestamps UTC; a word a reader does not know means `unknown`.
"""

from __future__ import annotations

import polars as pl

from contracts import forms, statuses
from contracts.compatibility import Version
from contracts.raw import REJECTS
from contracts.table import TIMESTAMP, Column, Table, text

SCHEMA_VERSION = Version(1, 4)

CHANGE = (
    text(
        "content_hash",
        "Hash of what the row says, without counts and dates that move with every delivery",
        nullable=False,
        form=forms.HASH,
    ),
    Column("updated_at", TIMESTAMP, "Night on which content_hash last changed", nullable=False),
)
_OF_RUN = (*CHANGE, text("run_id", "Run in which content_hash last changed", nullable=False))

LEADS = Table(
    "leads",
    "One golden lead per person: the best known value of each field, and whether sales may have it.",
    (
        text("lead_id", "Stable id", nullable=False, form=forms.LEAD_ID),
        text("account_id", "Account of the lead; null for private persons"),
        text("account_name", "Name of the account, as in accounts"),
        text("salutation", "As stated by a source", words=statuses.SALUTATION, strict=False),
        text("academic_title", "Academic titles"),
        text("given_name", "Given name(s)"),
        text("family_name", "Family name with particles"),
        text("email", "Best e-mail address", form=forms.EMAIL),
        text("email_status", "Verdict on the address", words=statuses.EMAIL),
        text("email_suggestion", "What was probably meant where a typo is suspected; for a person to confirm"),
        Column(
            "other_emails",
            pl.List(pl.String),
            "Further addresses of the person, sorted; may_email does not speak of them",
            nullable=False,
            form=forms.EMAIL,
            strict=False,
        ),
        text("phone", "Landline number", form=forms.E164),
        text("phone_status", "Verdict on the landline number", words=statuses.PHONE),
        text("mobile", "Mobile number", form=forms.E164),
        text("mobile_status", "Verdict on the mobile number", words=statuses.PHONE),
        Column(
            "other_phones",
            pl.List(pl.String),
            "Further numbers of the person, sorted; may_call does not speak of them",
            nullable=False,
            form=forms.E164,
            strict=False,
        ),
        text("fax", "Fax number", form=forms.E164, strict=False),
        text("linkedin_url", "Page of the person in a business network, as written"),
        text("job_title", "Job title"),
        text("department", "Department"),
        text("seniority", "Level of the job title", words=statuses.SENIORITY),
        text("buying_role", "Likeliest part in buying", words=statuses.ROLE),
        text("street", "Street"),
        text("house_number", "House number"),
        text("postcode", "Postcode"),
        text("city", "City"),
        text("region", "Region"),
        text("country", "Country", form=forms.COUNTRY),
        text("address_status", "Verdict on the address", words=statuses.ADDRESS),
        text("address_suggestion", "What was probably meant where a conflict is suspected; for a person to confirm"),
        text("website", "Website of the employer, as written"),
        text("industry", "Industry of the employer, as written"),
        text("employees", "Size of the employer, as written"),
        text("vat_id", "VAT number of the employer, compact"),
        text("customer_no", "Our customer number"),
        text("lead_source", "Where the lead came from last: fair, form, platform; else utm_source"),
        text("campaign", "Campaign that brought the lead last; else utm_campaign"),
        text("utm_source", "Tag of the link: where the visit came from"),
        text("utm_medium", "Tag of the link: the medium"),
        text("utm_campaign", "Tag of the link: the campaign"),
        text("utm_content", "Tag of the link: which ad or link was followed"),
        text("utm_term", "Tag of the link: the words searched for"),
        text("interest", "What the person last was interested in, as written"),
        text("note", "Free text of the last record that has one, as written"),
        text(
            "ip_country",
            "Country of the IP address (evidence, never overrides the form)",
            form=forms.COUNTRY,
            strict=False,
        ),
        text("ip_city", "City of the IP address"),
        text("ip_network", "Owner of the network"),
        text("language", "Preferred language", form=forms.LANGUAGE, strict=False),
        text("consent_email", "Consent to e-mail", words=statuses.CONSENT),
        text("consent_phone", "Consent to calls", words=statuses.CONSENT),
        Column(
            "may_email", pl.Boolean, "True when the law lets the lead be sent advertising by e-mail", nullable=False
        ),
        text("email_permission", "Why, or why not", nullable=False, words=statuses.PERMISSION),
        Column("may_call", pl.Boolean, "True when the law lets the lead be called for advertising", nullable=False),
        text("call_permission", "Why, or why not", nullable=False, words=statuses.PERMISSION),
        Column(
            "publishable",
            pl.Boolean,
            "True when nothing blocks handing the lead to sales; then may_email, may_call or both are true",
            nullable=False,
        ),
        Column("block_reasons", pl.List(pl.String), "Why not", nullable=False, form=forms.REASON, strict=False),
        Column("source_count", pl.UInt32, "Number of source records merged", nullable=False, least=1, volatile=True),
        Column("sources", pl.List(pl.String), "Sources that know the person, sorted", nullable=False),
        Column(
            "channels", pl.List(pl.String), "How the lead was collected, sorted", nullable=False, words=statuses.CHANNEL
        ),
        Column("first_seen_at", TIMESTAMP, "Earliest evidence", nullable=False, volatile=True),
        Column("last_seen_at", TIMESTAMP, "Latest evidence", nullable=False, volatile=True),
        *_OF_RUN,
    ),
    key=("lead_id",),
)

ACCOUNTS = Table(
    "accounts",
    "One account per real company: its name and place, every spelling seen, and the buying roles that are known there.",
    (
        text("account_id", "Stable id", nullable=False, form=forms.ACCOUNT_ID),
        text("name", "Canonical name", nullable=False),
        text("legal_form", "Legal form in standard notation"),
        text("domain", "Main domain", form=forms.DOMAIN, strict=False),
        text("street", "Street"),
        text("house_number", "House number"),
        text("postcode", "Postcode"),
        text("city", "City"),
        text("country", "Country", form=forms.COUNTRY),
        text("website", "Website most of its records name, as written"),
        text("industry", "Industry most of its records name, as written"),
        text("employees", "Size most of its records name, as written"),
        text("vat_id", "VAT number most of its records name, compact"),
        text("register_no", "Register number most of its records name"),
        text("parent_account_id", "Account of the parent company, inferred"),
        Column(
            "spelling_variants",
            pl.List(pl.Struct({"name": pl.String, "records": pl.UInt32})),
            "Every spelling seen, with its count, most frequent first",
            nullable=False,
        ),
        Column("lead_count", pl.UInt32, "Golden leads at the account", nullable=False, volatile=True),
        Column(
            "roles_present",
            pl.List(pl.String),
            "Buying roles with at least one contact",
            nullable=False,
            words=statuses.ROLE,
        ),
        Column("roles_missing", pl.List(pl.String), "Buying roles with none", nullable=False, words=statuses.ROLE),
        *_OF_RUN,
    ),
    key=("account_id",),
)

BUYING_CENTERS = Table(
    "buying_centers",
    "The part each lead plays in its account's purchase decisions.",
    (
        text("account_id", "Account", nullable=False),
        text("lead_id", "Lead", nullable=False),
        text("role", "Part in buying", nullable=False, words=statuses.ROLE),
        Column("role_confidence", pl.Float32, "How sure the part is", nullable=False, least=0, most=1),
        text("role_evidence", "Rule and words that decided, e.g. title `Leiter Einkauf`: buyer", nullable=False),
        *CHANGE,
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
            least=0,
            most=1,
            volatile=True,
        ),
        text("match_reason", "Readable reason", nullable=False),
        *CHANGE,
    ),
    key=("source", "source_record_id"),
)

FIELD_PROVENANCE = Table(
    "field_provenance",
    "Where each value of a golden lead comes from.",
    (
        text("lead_id", "Golden lead", nullable=False),
        text(
            "field",
            "Column of leads",
            nullable=False,
            words={column.name: column.description for column in LEADS.columns},
        ),
        text("value", "The value as text", nullable=False),
        text("source", "Source folder", nullable=False),
        text("source_record_id", "The record's id", nullable=False),
        text("rule", "Survivorship rule that chose it", nullable=False),
        Column("observed_at", TIMESTAMP, "Date of the evidence", nullable=False),
        *CHANGE,
    ),
    key=("lead_id", "field"),
)

CONSENTS = Table(
    "consents",
    "What each channel of a lead rests on: consent or objection, with its purpose, date and proof. No row: nothing is "
    "stated, and no source declares the person a customer.",
    (
        text("lead_id", "Golden lead", nullable=False, form=forms.LEAD_ID),
        text("channel", "What it is about", nullable=False, words=statuses.REACH),
        text("basis", "What it rests on", nullable=False, words=statuses.CONSENT_BASIS),
        text("status", "As in leads: consent_email or consent_phone", nullable=False, words=statuses.CONSENT),
        text("purpose", "What the consent is for, as written"),
        Column("obtained_at", TIMESTAMP, "Date of the record that consents or states the customer; null for a refusal"),
        Column("confirmed_at", TIMESTAMP, "When the address was confirmed by double opt-in"),
        text("ip_network", "Owner of the network it was sent from"),
        Column(
            "objected_at", TIMESTAMP, "Date of the record that objects; null where another lead's record or a list does"
        ),
        text("source", "Source folder of the record that decided", nullable=False),
        text("source_record_id", "The record's id", nullable=False),
        *CHANGE,
    ),
    key=("lead_id", "channel", "basis"),
)

REDIRECTS = Table(
    "redirects",
    "Ids that were merged away: follow old to new once (flattened, acyclic).",
    (
        text("entity", "What the ids stand for", nullable=False, words=statuses.ENTITY),
        text("old_id", "Id published before", nullable=False),
        text("new_id", "Id to use now", nullable=False),
        Column("at", TIMESTAMP, "When it was redirected", nullable=False),
        *CHANGE,
    ),
    key=("entity", "old_id"),
)

TOMBSTONES = Table(
    "tombstones",
    "Ids whose person or company is gone: no record of it is left. The end of a trail; stop using them.",
    (
        text("entity", "What the id stood for", nullable=False, words=statuses.ENTITY),
        text("old_id", "Id published before", nullable=False),
        Column("at", TIMESTAMP, "When it was gone", nullable=False),
        *CHANGE,
    ),
    key=("entity", "old_id"),
)

QUARANTINE = Table(
    "quarantine",
    "Files and rows held back, each with the reason, where it stands and the text as received: correct it at the "
    "source, and the next night takes it up.",
    (
        *(column for column in REJECTS.columns if column.name not in ("channel", "default_country", "consent")),
        *CHANGE,
    ),
)

PUBLISHED = (
    LEADS,
    ACCOUNTS,
    BUYING_CENTERS,
    LEAD_CROSSWALK,
    FIELD_PROVENANCE,
    CONSENTS,
    REDIRECTS,
    TOMBSTONES,
    QUARANTINE,
)
