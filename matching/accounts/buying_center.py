"""The buying center of each account: who plays which part, and which parts nobody fills yet.

Belongs here: the roles of an account's leads and their coverage. Does not belong here: reading titles
(`enrichment/job/title`) or drawing the result (`publishing`). Roles after Webster & Wind (1972) plus the
initiator (Bonoma 1982); a lead may play several parts.
"""

from __future__ import annotations

import polars as pl

from contracts.published import BUYING_CENTERS
from contracts.statuses import ROLE, SENIORITY
from enrichment.job.title import classify

PARTS = [role for role in ROLE if role != "unknown"]
FILLED = 0.6
"""A role is present when it is a contact's likeliest, or played with at least this confidence."""

COVERAGE = pl.Schema(
    {
        "account_id": pl.String(),
        "contacts": pl.UInt32(),
        "roles_present": pl.List(pl.String),
        "roles_missing": pl.List(pl.String),
        "contacts_per_role": pl.List(pl.Struct({"role": pl.String, "contacts": pl.UInt32})),
        "coverage": pl.Float32(),
        "most_senior_lead_id": pl.String(),
        "most_senior_title": pl.String(),
        "most_senior_level": pl.String(),
    }
)


def buying_centers(leads: pl.DataFrame) -> pl.DataFrame:
    """The parts each lead plays in its account.

    Args:
        leads: lead_id, account_id, job_title, department (text, may be null). Leads without account
            have no buying center and are left out.

    Returns:
        The table contracts.published.BUYING_CENTERS, not yet dated, sorted by its key; every lead at an account has at
        least one row, role unknown where its title says nothing.

    Example:
        >>> leads = pl.DataFrame({
        ...     "lead_id": ["L-1", "L-2"], "account_id": ["A-1", "A-1"],
        ...     "job_title": ["Leiterin Einkauf", "Assistenz"], "department": [None, None],
        ... })
        >>> buying_centers(leads).drop("account_id", "content_hash", "updated_at")
        shape: (3, 4)
        ┌─────────┬────────────┬─────────────────┬─────────────────────────────────┐
        │ lead_id ┆ role       ┆ role_confidence ┆ role_evidence                   │
        │ ---     ┆ ---        ┆ ---             ┆ ---                             │
        │ str     ┆ str        ┆ f32             ┆ str                             │
        ╞═════════╪════════════╪═════════════════╪═════════════════════════════════╡
        │ L-1     ┆ buyer      ┆ 0.9             ┆ title `Leiterin Einkauf`: buye… │
        │ L-1     ┆ decider    ┆ 0.5             ┆ title `Leiterin Einkauf`: buye… │
        │ L-2     ┆ gatekeeper ┆ 0.75            ┆ title `Assistenz`: gatekeeper … │
        └─────────┴────────────┴─────────────────┴─────────────────────────────────┘
    """
    members = leads.filter(pl.col("account_id").is_not_null())
    read = classify(members["job_title"], members["department"])
    rows = (
        pl.concat([members.select("account_id", "lead_id"), read.select("roles", "role_evidence")], how="horizontal")
        .explode("roles")
        .unnest("roles")
        .select(
            "account_id",
            "lead_id",
            "role",
            role_confidence="confidence",
            role_evidence="role_evidence",
        )
        .sort("account_id", "lead_id", "role")
    )
    return BUYING_CENTERS.conform(rows)


def coverage(centers: pl.DataFrame, leads: pl.DataFrame) -> pl.DataFrame:
    """How well each account's buying center is known.

    Args:
        centers: contracts.published.BUYING_CENTERS.
        leads: lead_id, account_id, job_title, seniority.

    Returns:
        One row per account with contacts (columns of COVERAGE), sorted: contacts, roles present and
        missing (of the six, in the order initiator to gatekeeper), contacts per role, coverage (share
        of the six that are present, 0 to 1), and the most senior contact.
    """
    likeliest = pl.col("role_confidence") == pl.col("role_confidence").max().over("account_id", "lead_id")
    filled = centers.filter((pl.col("role") != "unknown") & (likeliest | (pl.col("role_confidence") >= FILLED)))
    order = pl.DataFrame({"role": PARTS}).with_row_index("place")
    counted = (
        filled.group_by("account_id", "role")
        .agg(contacts=pl.col("lead_id").n_unique().cast(pl.UInt32))
        .join(order, on="role")
        .sort("account_id", "place")
        .group_by("account_id", maintain_order=True)
        .agg(roles_present="role", contacts_per_role=pl.struct("role", "contacts"))
    )
    level = pl.DataFrame({"seniority": list(SENIORITY)}).with_row_index("level")
    senior = (
        leads.filter(pl.col("account_id").is_not_null())
        .with_columns(pl.col("seniority").fill_null("unknown"))
        .join(level, on="seniority", how="left")
        .sort("account_id", "level", "lead_id", nulls_last=True)
        .group_by("account_id", maintain_order=True)
        .agg(
            contacts=pl.len().cast(pl.UInt32),
            most_senior_lead_id=pl.col("lead_id").first(),
            most_senior_title=pl.col("job_title").first(),
            most_senior_level=pl.col("seniority").first(),
        )
    )
    return (
        senior.join(counted, on="account_id", how="left")
        .with_columns(pl.col("roles_present").fill_null([]), pl.col("contacts_per_role").fill_null([]))
        .with_columns(
            roles_missing=pl.concat_list(
                pl.when(~pl.col("roles_present").list.contains(part)).then(pl.lit(part)) for part in PARTS
            ).list.drop_nulls(),
            coverage=(pl.col("roles_present").list.len() / len(PARTS)).cast(pl.Float32),
        )
        .select(list(COVERAGE))
        .cast(COVERAGE)
        .sort("account_id")
    )
