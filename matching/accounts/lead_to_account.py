"""Every record finds its account: by the company it names, else by mail domain or switchboard.

Belongs here: the account of each record (a job change gives a person two, one per record) with
probability and reason, and what a person must look at. Does not belong here: which company rows are one
account (`accounts`) or which account the golden lead takes (survivorship: the newest record's). Where
in doubt there is no account: a freelancer writing from a client's domain is not the client's employee.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from enrichment.cells.distinct import each_once
from matching.accounts.company_names import switchboard
from matching.accounts.domains import domain_owners, names_itself

# All that this module reads of contracts.clean.ENRICHED_RECORDS.
COLUMNS = (
    *("company_domain", "phone", "phone_extension", "phone_status", "phone_kind"),
    *("company_status", "company", "job_title", "department"),
)

_EXTERNAL = (
    r"(?i)\b(free ?lanc\w*|freiberuf\w*|selbst+[äa]e?ndig\w*|extern\w*|interim\w*|contractor|self.?employed|"
    r"agentur|agency|auftrag von|i\.? ?a\.? von)\b"
)


def lead_accounts(
    enriched: pl.DataFrame, record_to_name: pl.Series, names: pl.DataFrame, clusters: pl.DataFrame
) -> pl.DataFrame:
    """The account of each record.

    Args:
        enriched: contracts.clean.ENRICHED_RECORDS.
        record_to_name: per record its row in `names`, null where it names no company.
        names: contracts.matched.COMPANY_NAMES.
        clusters: name, cluster, probability, reason (`clusters.account_clusters`).

    Returns:
        One row per record: record, cluster (null where none is safe), probability, reason, outcome
        (assigned, review, none) and candidate (the cluster to look at where outcome is review).
    """
    records = enriched.select(
        record=pl.int_range(pl.len(), dtype=pl.UInt32),
        name=record_to_name,
        domain=pl.col("company_domain").str.to_lowercase(),
        phone=switchboard(),
        status=pl.col("company_status").fill_null("missing"),
        external=pl.any_horizontal(_says_external(pl.col(c)) for c in ("company", "job_title", "department")),
    )
    owners = domain_owners(names, clusters)
    boards = _switchboards(names, clusters)
    found = (
        records.join(
            clusters.rename({"cluster": "named", "probability": "p_name", "reason": "r_name"}),
            on="name",
            how="left",
            maintain_order="left",
        )
        .join(
            owners.rename({"cluster": "owner", "probability": "p_owner", "reason": "r_owner"}),
            on="domain",
            how="left",
            maintain_order="left",
        )
        .join(boards, on="phone", how="left", maintain_order="left")
        .join(names.select("name", "company_key"), on="name", how="left", maintain_order="left")
    )
    elsewhere = found.filter(pl.col("owner") != pl.col("named")).select("domain", "company_key").unique()
    elsewhere = elsewhere.filter(~names_itself(elsewhere)).with_columns(elsewhere=True)
    found = found.join(elsewhere, on=["domain", "company_key"], how="left", maintain_order="left")
    by_name = pl.col("named").is_not_null()
    foreign = (pl.col("owner") != pl.col("named")) & pl.col("elsewhere")
    private = pl.col("status") == "none"
    guest = pl.col("owner").is_not_null() & (private | pl.col("external"))
    at_domain = pl.col("owner").is_not_null()
    at_phone = pl.col("board").is_not_null() & pl.col("domain").is_null() & ~private & ~pl.col("external")
    safe_phone = at_phone & (pl.col("board_records") >= 2)

    case = (
        pl.when(foreign).then(pl.lit("foreign"))
        .when(by_name).then(pl.lit("name"))
        .when(guest).then(pl.lit("guest"))
        .when(private).then(pl.lit("private"))
        .when(at_domain).then(pl.lit("domain"))
        .when(safe_phone).then(pl.lit("phone"))
        .when(at_phone).then(pl.lit("unsure_phone"))
        .otherwise(pl.lit("nothing"))
    )  # fmt: skip
    return found.with_columns(case=case).select(
        "record",
        cluster=_by_case({"name": "named", "foreign": "named", "domain": "owner", "phone": "board"}),
        probability=_by_case({"name": "p_name", "domain": "p_owner", "phone": 0.85, "foreign": 0.6}).cast(pl.Float32),
        reason=_by_case(_REASONS),
        outcome=pl.col("case").replace_strict(_OUTCOMES, return_dtype=pl.String),
        candidate=_by_case({"foreign": "owner", "guest": "owner", "unsure_phone": "board"}),
    )


_OUTCOMES = {
    "name": "assigned",
    "domain": "assigned",
    "phone": "assigned",
    "foreign": "review",
    "guest": "review",
    "unsure_phone": "review",
    "private": "none",
    "nothing": "none",
}
_REASONS: dict[str, pl.Expr | str | float] = {
    "name": pl.concat_str(pl.lit("company named; "), "r_name"),
    "domain": "r_owner",
    "foreign": pl.lit("company named, but the mail domain belongs to another account"),
    "guest": pl.lit("freelance or external, writing from the domain of an account"),
    "private": pl.lit("stated to be private or self-employed"),
    "phone": pl.lit("switchboard of one account only"),
    "unsure_phone": pl.lit("phone number seen once with one account"),
    "nothing": pl.lit("no company, company domain or switchboard"),
}


def between_accounts(employment: pl.DataFrame) -> pl.DataFrame:
    """Pairs of accounts a person should look at, since a record of one writes from the domain of the other.

    Args:
        employment: `lead_accounts`.

    Returns:
        left, right (clusters, which are name rows), probability, reason: the shape of `AccountClusters.review`.
    """
    return (
        employment.filter((pl.col("outcome") == "review") & (pl.col("cluster") != pl.col("candidate")))
        .select(
            left=pl.min_horizontal("cluster", "candidate"),
            right=pl.max_horizontal("cluster", "candidate"),
            probability=pl.lit(0.2, pl.Float32),
            reason="reason",
        )
        .unique()
        .sort("left", "right")
    )


def _says_external(text: pl.Expr) -> pl.Expr:
    return each_once(text, lambda cell: cell.str.contains(_EXTERNAL), pl.Boolean).fill_null(False)


def _by_case(values: Mapping[str, pl.Expr | str | float]) -> pl.Expr:
    """The value of the record's case (a column name, an expression or a number), else null."""
    return pl.coalesce(pl.when(pl.col("case") == case).then(value) for case, value in values.items())


def _switchboards(names: pl.DataFrame, clusters: pl.DataFrame) -> pl.DataFrame:
    """Numbers seen with exactly one account: phone, board (cluster), board_records."""
    return (
        names.select("name", "phone_stem", "records")
        .drop_nulls("phone_stem")
        .join(clusters.select("name", "cluster"), on="name")
        .group_by(phone="phone_stem")
        .agg(
            accounts=pl.col("cluster").n_unique(),
            board=pl.col("cluster").min(),
            board_records=pl.col("records").sum(),
        )
        .filter(pl.col("accounts") == 1)
        .drop("accounts")
    )
