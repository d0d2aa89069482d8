"""What `matching` promises between its steps: pairs, decisions, clusters, accounts.

Belongs here: the tables of the lake between `enriched_records` and the published ones. `record` is the
row position in `enriched_records`, which is sorted by channel, source and id, so it is the same for
shuffled input. Does not belong here: the published tables (`contracts/published`).
"""

from __future__ import annotations

import polars as pl

from contracts import forms, statuses
from contracts.published import ACCOUNTS, REDIRECTS
from contracts.table import TIMESTAMP, Column, Table, text

CANDIDATE_PAIRS = Table(
    "candidate_pairs",
    "Pairs of records worth comparing, for they share something: a mailbox, a number, a name at a company. Each once, "
    "left < right, sorted.",
    (
        Column("left", pl.UInt32, "Record", nullable=False),
        Column("right", pl.UInt32, "Record", nullable=False),
        Column("rules", pl.UInt32, "Bit set of the blocking rules that found the pair", nullable=False),
    ),
    key=("left", "right"),
)

MATCH_MODEL = Table(
    "match_model",
    "How much each agreement and disagreement of two records counts, learnt from these records: no person's data.",
    (
        text("figure", "What is told, a field of matching.leads.model.parameters.Model", nullable=False),
        text("field", "The compared field whose levels are told; null where the figure is of no field"),
        Column(
            "place", pl.UInt16, "Level of the field, or place in the figure; 0 where it is one number", nullable=False
        ),
        Column("value", pl.Float64, "The number; shares as log2, minus infinity where none", nullable=False),
    ),
    key=("figure", "field", "place"),
)

MATCH_DECISIONS = Table(
    "match_decisions",
    "What was decided of pairs of records: merged into one person, or worth a person's look. Pairs left out are apart.",
    (
        Column("left", pl.UInt32, "Record", nullable=False),
        Column("right", pl.UInt32, "Record", nullable=False),
        Column("probability", pl.Float32, "Probability that both are the same person", nullable=False, least=0, most=1),
        Column("bits", pl.Float32, "Total evidence in bits (log2 of the Bayes factor)", nullable=False),
        text("outcome", "What was decided", nullable=False, words=statuses.MATCH),
        text("reason", "Short readable reason, e.g. same e-mail; same name", nullable=False),
    ),
    key=("left", "right"),
)

LEAD_CLUSTERS = Table(
    "lead_clusters",
    "Who is the same person: one row per record, with the person (cluster) it belongs to and the stable lead id.",
    (
        Column("record", pl.UInt32, "Record", nullable=False),
        Column("cluster", pl.UInt32, "Smallest record of the cluster", nullable=False),
        text("lead_id", "Stable id of the golden lead", nullable=False, form=forms.LEAD_ID),
        Column(
            "match_probability",
            pl.Float32,
            "Weakest link that holds this record in; 1.0 for single records",
            nullable=False,
            least=0,
            most=1,
        ),
        text("match_reason", "Readable reason; `single record` where nothing was merged", nullable=False),
    ),
    key=("record",),
)

LEAD_REVIEW = Table(
    "lead_review",
    "Pairs of records a person should decide, those that change most first.",
    (
        Column("left", pl.UInt32, "Record", nullable=False),
        Column("right", pl.UInt32, "Record", nullable=False),
        Column("probability", pl.Float32, "Probability that both are one person", nullable=False, least=0, most=1),
        text("reason", "Short readable reason", nullable=False),
        Column("joins", pl.Int64, "Pairs of records that a yes would join", nullable=False, least=1),
        Column("stake", pl.Float64, "What a decision would change: doubt times joins", nullable=False, least=0),
    ),
    key=("left", "right"),
)

RETIRED = Table(
    "retired",
    "The trail of ids no longer in use: merged away, or their person or company is gone.",
    (
        text("entity", "What the ids stand for", nullable=False, words=statuses.ENTITY),
        text("old_id", "Id published before", nullable=False),
        text("new_id", "Id to use now; null where no record is left"),
        Column("at", TIMESTAMP, "When it was retired", nullable=False),
    ),
    key=REDIRECTS.key,
)

LEAD_REDIRECTS = Table(
    "lead_redirects",
    "Ids of leads no longer in use; with account_redirects they become redirects and tombstones.",
    RETIRED.columns,
    key=RETIRED.key,
)

DECISIONS = Table(
    "decisions",
    "What people decided and how it stands tonight, in the order it was said. The lines of one decision share its id: "
    "what is on its left and what is on its right, line by line.",
    (
        text("id", "Number of the decision in the log, else file and row of the line people wrote", nullable=False),
        text("place", "File and row", nullable=False),
        Column("at", TIMESTAMP, "When it was decided, where known"),
        text("who", "Who decided, where known"),
        text("about", "Records of leads, or companies", nullable=False, words=statuses.ENTITY),
        text("decision", "What was decided", nullable=False, words=statuses.DECISION),
        text("left", "Record as source/id, or company as a source spells it"),
        text("right", "As left; for set_parent the parent company"),
        text("field", "Column of leads, for set_field"),
        text("value", "For set_field the value, null for none; for rename the name to show"),
        text("because", "Why"),
        Column("until", pl.Date, "Last day it holds"),
        text("state", "How it stands tonight", nullable=False, words=statuses.DECISION_STATE),
        text("note", "Why it stands so"),
    ),
)

DECISION_NOTICES = Table(
    "decision_notices",
    "What those who decide have to know tonight: decisions that match nothing or contradict each other, files and "
    "lines that cannot be read. Empty where every decision counts.",
    (
        text("kind", "Why it is told", nullable=False, words=statuses.DECISION_NOTICE),
        text("notice", "File, line, what is wrong and what to do", nullable=False),
    ),
)

COMPANY_NAMES = Table(
    "company_names",
    "Every way in which records name a company (spelling, place, domain), with how many records do.",
    (
        Column("name", pl.UInt32, "Row position, 0-based", nullable=False),
        text("company", "Company name to be shown"),
        text("company_core", "Name without legal form"),
        text("company_key", "Folded match key"),
        text("legal_form", "Legal form in standard notation"),
        text("company_status", "Verdict on the company", words=statuses.COMPANY),
        text("company_site", "Branch or town suffix"),
        text("domain", "Company domain (no freemail or hosting)"),
        text("postcode", "Postcode"),
        text("city", "City"),
        text("country", "Country", form=forms.COUNTRY),
        text("street", "Street"),
        text("house_number", "House number"),
        text("phone_stem", "Number of the switchboard, extension removed", form=forms.E164),
        text("vat_id", "VAT number"),
        text("register_no", "Register number"),
        Column("records", pl.UInt32, "Records that carry this evidence", nullable=False),
    ),
    key=("name",),
)

RECORD_COMPANY = Table(
    "record_company",
    "One row per record: the company name it carries.",
    (
        Column("record", pl.UInt32, "Record", nullable=False),
        Column("name", pl.UInt32, "Row of company_names; null where the record names no company"),
    ),
    key=("record",),
)

ACCOUNT_CLUSTERS = Table(
    "account_clusters",
    "Which names are one company: one row per row of company_names, with the account it belongs to.",
    (
        Column("name", pl.UInt32, "Row of company_names", nullable=False),
        Column("cluster", pl.UInt32, "Smallest name row of the account", nullable=False),
        text("account_id", "Stable id of the account", nullable=False, form=forms.ACCOUNT_ID),
        Column(
            "probability",
            pl.Float32,
            "Probability that the name belongs to the account",
            nullable=False,
            least=0,
            most=1,
        ),
        text("reason", "Readable reason, e.g. same key and town; alias VW = Volkswagen", nullable=False),
    ),
    key=("name",),
)

RECORD_ACCOUNTS = Table(
    "record_accounts",
    "One row per record: the account its person works for, by the company named, the mail domain or the switchboard.",
    (
        Column("record", pl.UInt32, "Record", nullable=False),
        Column("cluster", pl.UInt32, "Smallest name row of the account; null where none is safe"),
        Column("probability", pl.Float32, "Probability that the record belongs to the account", least=0, most=1),
        text("reason", "Readable reason", nullable=False),
        text("outcome", "What was decided", nullable=False, words=statuses.EMPLOYMENT),
        Column("candidate", pl.UInt32, "Smallest name row of the account to look at where outcome is review"),
        text("account_id", "Stable id of the account", form=forms.ACCOUNT_ID),
    ),
    key=("record",),
)

ACCOUNT_PROFILES = Table(
    "account_profiles",
    "The account as it is to be shown, before its leads are counted.",
    tuple(
        column
        for column in ACCOUNTS.columns
        if column.name not in {"lead_count", "roles_present", "roles_missing", "content_hash", "updated_at", "run_id"}
    ),
    key=ACCOUNTS.key,
)

ACCOUNT_REVIEW = Table(
    "account_review",
    "Pairs of company names whose accounts may be one, for a person to decide.",
    (
        Column("left", pl.UInt32, "Row of company_names", nullable=False),
        Column("right", pl.UInt32, "Row of company_names", nullable=False),
        Column("probability", pl.Float32, "Probability that both are one company", nullable=False, least=0, most=1),
        text("reason", "Readable reason", nullable=False),
    ),
    key=("left", "right"),
)

ACCOUNT_REDIRECTS = Table(
    "account_redirects",
    "Ids of accounts no longer in use; with lead_redirects they become redirects and tombstones.",
    RETIRED.columns,
    key=RETIRED.key,
)
