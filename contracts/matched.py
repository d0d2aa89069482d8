"""What `matching` promises between its steps: pairs, decisions, clusters, golden leads, accounts.

Belongs here: the tables of the lake between `enriched_records` and the published ones. `record` is the
row position in `enriched_records`, which is sorted by channel, source and id, so it is the same for
shuffled input. Does not belong here: the published tables (`contracts/published`).
"""

from __future__ import annotations

import polars as pl

from contracts.table import Column, Table, text

CANDIDATE_PAIRS = Table(
    "candidate_pairs",
    "Pairs of records worth comparing, each once, left < right, sorted.",
    (
        Column("left", pl.UInt32, "Record", nullable=False),
        Column("right", pl.UInt32, "Record", nullable=False),
        Column("rules", pl.UInt32, "Bit set of the blocking rules that found the pair", nullable=False),
    ),
    key=("left", "right"),
)

MATCH_DECISIONS = Table(
    "match_decisions",
    "Scored pairs that are merged or worth a person's look; pairs left out are apart.",
    (
        Column("left", pl.UInt32, "Record", nullable=False),
        Column("right", pl.UInt32, "Record", nullable=False),
        Column("probability", pl.Float32, "Probability that both are the same person", nullable=False),
        Column("bits", pl.Float32, "Total evidence in bits (log2 of the Bayes factor)", nullable=False),
        text("outcome", "merged, review or apart", nullable=False),
        text("reason", "Short readable reason, e.g. same e-mail; same name", nullable=False),
    ),
    key=("left", "right"),
)

LEAD_CLUSTERS = Table(
    "lead_clusters",
    "One row per record: the cluster (person) it belongs to, with its stable lead id.",
    (
        Column("record", pl.UInt32, "Record", nullable=False),
        Column("cluster", pl.UInt32, "Smallest record of the cluster", nullable=False),
        text("lead_id", "Stable opaque id of the golden lead", nullable=False),
        Column(
            "match_probability",
            pl.Float32,
            "Weakest link that holds this record in; 1.0 for single records",
            nullable=False,
        ),
        text("match_reason", "Readable reason; `single record` where nothing was merged", nullable=False),
    ),
    key=("record",),
)

COMPANY_NAMES = Table(
    "company_names",
    "Distinct company evidence over all records, with how many records carry it.",
    (
        Column("name", pl.UInt32, "Row position, 0-based", nullable=False),
        text("company", "Company name to be shown"),
        text("company_core", "Name without legal form"),
        text("company_key", "Folded match key"),
        text("legal_form", "Legal form in standard notation"),
        text("company_status", "contracts.statuses.COMPANY"),
        text("company_site", "Branch or town suffix"),
        text("domain", "Company domain (no freemail or hosting)"),
        text("postcode", "Postcode"),
        text("city", "City"),
        text("country", "ISO country"),
        text("street", "Street"),
        text("house_number", "House number"),
        text("phone_stem", "E.164 of the switchboard, extension removed"),
        text("vat_id", "VAT number"),
        text("register_no", "Register number"),
        Column("records", pl.UInt32, "Records that carry this evidence", nullable=False),
    ),
    key=("name",),
)

ACCOUNT_CLUSTERS = Table(
    "account_clusters",
    "One row per company name row: the account it belongs to.",
    (
        Column("name", pl.UInt32, "Row of company_names", nullable=False),
        Column("cluster", pl.UInt32, "Smallest name row of the account", nullable=False),
        text("account_id", "Stable opaque id of the account", nullable=False),
        Column("probability", pl.Float32, "Probability that the name belongs to the account", nullable=False),
        text("reason", "Readable reason, e.g. same key and town; alias VW = Volkswagen", nullable=False),
    ),
    key=("name",),
)
