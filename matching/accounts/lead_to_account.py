"""Every record finds its account: by the company it names, else by mail domain or switchboard.

Belongs here: the account of each record (a job change gives a person two, one per record) with
probability and reason, and what a person must look at. Does not belong here: which company rows are one
account (`accounts`) or which account the golden lead takes (survivorship: the newest record's). Where
in doubt there is no account: a freelancer writing from a client's domain is not the client's employee.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import polars as pl

from enrichment.cells.distinct import each_once
from enrichment.cells.word_lists import any_of
from matching.accounts.company_names import switchboard
from matching.accounts.rows.domains import domain_owners, names_itself
from matching.first_hit import first_hit

# All that this module reads of contracts.clean.ENRICHED_RECORDS.
COLUMNS = (
    *("company_domain", "phone", "phone_extension", "phone_status", "phone_kind"),
    *("company_status", "company", "job_title", "department"),
)

_EXTERNAL = rf"(?i)\b{any_of('job_words.csv', 'external')}\b"


class EmploymentRule(NamedTuple):
    """When a record belongs to an account (column of its cluster), or to which one (`candidate`) it might."""

    outcome: str
    when: pl.Expr
    reason: pl.Expr
    account: pl.Expr | None = None
    probability: pl.Expr | None = None
    candidate: pl.Expr | None = None


_NAMED, _OWNER, _BOARD = pl.col("named"), pl.col("owner"), pl.col("board")  # by name, mail domain, switchboard
_PRIVATE, _EXTERNALLY = pl.col("status") == "none", pl.col("external")
_AT_SWITCHBOARD = _BOARD.is_not_null() & pl.col("domain").is_null() & ~_PRIVATE & ~_EXTERNALLY
EMPLOYMENT = (
    EmploymentRule(
        "assigned",
        pl.col("told").is_not_null(),
        pl.lit("company named; another record of the person says which of that name"),
        pl.col("told"),
        pl.lit(0.93),
    ),
    EmploymentRule(
        "review",
        (_OWNER != _NAMED) & pl.col("elsewhere"),
        pl.lit("company named, but the mail domain belongs to another account"),
        _NAMED,
        pl.lit(0.6),
        candidate=_OWNER,
    ),
    EmploymentRule(
        "assigned",
        _NAMED.is_not_null(),
        pl.concat_str(pl.lit("company named; "), "r_name"),
        _NAMED,
        pl.col("p_name"),
    ),
    EmploymentRule(
        "review",
        _OWNER.is_not_null() & (_PRIVATE | _EXTERNALLY),
        pl.lit("freelance or external, writing from the domain of an account"),
        candidate=_OWNER,
    ),
    EmploymentRule("none", _PRIVATE, pl.lit("stated to be private or self-employed")),
    EmploymentRule("assigned", _OWNER.is_not_null(), pl.col("r_owner"), _OWNER, pl.col("p_owner")),
    EmploymentRule(
        "assigned",
        _AT_SWITCHBOARD & (pl.col("board_records") >= 2),
        pl.lit("switchboard of one account only"),
        _BOARD,
        pl.lit(0.85),
    ),
    EmploymentRule("review", _AT_SWITCHBOARD, pl.lit("phone number seen once with one account"), candidate=_BOARD),
    EmploymentRule("none", pl.lit(True), pl.lit("no company, company domain or switchboard")),
)


def lead_accounts(
    enriched: pl.DataFrame,
    record_to_name: pl.Series,
    names: pl.DataFrame,
    clusters: pl.DataFrame,
    *,
    leads: pl.Series | None = None,
    torn: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """The account of each record.

    Args:
        enriched: contracts.clean.ENRICHED_RECORDS.
        record_to_name: per record its row in `names`, null where it names no company.
        names: contracts.matched.COMPANY_NAMES.
        clusters: name, cluster, probability, reason (`clusters.account_clusters`).
        leads: per record the lead it belongs to.
        torn: left, right: name rows of which the left is the company of the right where one lead named both.

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
    named = clusters.rename({"cluster": "named", "probability": "p_name", "reason": "r_name"})
    owners = domain_owners(names, clusters).rename({"cluster": "owner", "probability": "p_owner", "reason": "r_owner"})
    found = records
    for known, on in (
        (named, "name"),
        (owners, "domain"),
        (_switchboards(names, clusters), "phone"),
        (names.select("name", "company_key"), "name"),
    ):
        found = found.join(known, on=on, how="left", maintain_order="left")
    found = found.join(
        _of_person(record_to_name, clusters, leads, torn), on="record", how="left", maintain_order="left"
    )
    elsewhere = found.filter(pl.col("owner") != pl.col("named")).select("domain", "company_key").unique()
    elsewhere = elsewhere.filter(~names_itself(elsewhere)).with_columns(elsewhere=True)
    found = found.join(elsewhere, on=["domain", "company_key"], how="left", maintain_order="left")
    return found.with_columns(rule=first_hit(rule.when for rule in EMPLOYMENT)).select(
        "record",
        cluster=_by_rule([rule.account for rule in EMPLOYMENT]),
        probability=_by_rule([rule.probability for rule in EMPLOYMENT]).cast(pl.Float32),
        reason=_by_rule([rule.reason for rule in EMPLOYMENT]),
        outcome=_by_rule([pl.lit(rule.outcome) for rule in EMPLOYMENT]),
        candidate=_by_rule([rule.candidate for rule in EMPLOYMENT]),
    )


def _of_person(
    record_to_name: pl.Series, clusters: pl.DataFrame, leads: pl.Series | None, torn: pl.DataFrame | None
) -> pl.DataFrame:
    """record, told: the one cluster that the other records of its lead give to a record of a torn name row."""
    if leads is None or torn is None:
        return pl.DataFrame(schema={"record": pl.UInt32, "told": pl.UInt32})
    named = pl.DataFrame({"name": record_to_name.cast(pl.UInt32), "lead": leads}).with_row_index("record").drop_nulls()
    others = named.join(clusters.select("name", "cluster"), on="name").select("lead", "cluster", right="name").unique()
    return (
        named.join(torn, left_on="name", right_on="left")
        .join(others, on=["lead", "right"])
        .group_by("record")
        .agg(told=pl.col("cluster").min(), accounts=pl.col("cluster").n_unique())
        .filter(pl.col("accounts") == 1)
        .select(pl.col("record").cast(pl.UInt32), "told")
    )


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


def _by_rule(values: Sequence[pl.Expr | None]) -> pl.Expr:
    """The value of the rule that decided, null where it has none."""
    return pl.coalesce(pl.when(pl.col("rule") == n).then(value) for n, value in enumerate(values) if value is not None)


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
