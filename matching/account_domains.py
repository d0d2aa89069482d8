"""Whose domain is it: the account a mail or web domain stands for, where that is safe to say.

Belongs here: choosing the owner of a domain among the accounts it was seen with. Does not belong here:
which domains are freemail or hosting (`enrichment`; they never get here) or attaching leads
(`lead_to_account`). An agency writing under its client's domain must not become its owner, and a domain
used by several companies alike has none.
"""

from __future__ import annotations

import polars as pl

from enrichment.text import fold
from matching.account_words import background

CLEAR_SHARE = 0.8
"""Share of a domain's records from which an account owns it although others were seen there."""
CLEAR_RECORDS = 3


def domain_owners(names: pl.DataFrame, clusters: pl.DataFrame) -> pl.DataFrame:
    """The owner of every domain that has one.

    Args:
        names: contracts.matched.COMPANY_NAMES.
        clusters: name, cluster.

    Returns:
        domain, cluster, probability, reason; sorted by domain.
    """
    seen = (
        names.drop_nulls("domain")
        .join(clusters.select("name", "cluster"), on="name")
        .group_by("domain", "cluster", "company_key")
        .agg(pl.col("records").sum())
        .with_columns(named=names_itself(pl.col("domain"), pl.col("company_key")))
        .group_by("domain", "cluster")
        .agg(pl.col("records").sum(), pl.col("named").any())
        .with_columns(
            accounts=pl.len().over("domain"),
            share=pl.col("records") / pl.col("records").sum().over("domain"),
            namesakes=pl.col("named").sum().over("domain"),
        )
    )
    only, named = pl.col("accounts") == 1, pl.col("named") & (pl.col("namesakes") == 1)
    most = (pl.col("share") >= CLEAR_SHARE) & (pl.col("records") >= CLEAR_RECORDS) & (pl.col("namesakes") == 0)
    return (
        seen.filter(only | named | most)
        .select(
            "domain",
            "cluster",
            probability=pl.when(only & named).then(0.97).when(named).then(0.93).when(only).then(0.9).otherwise(0.85),
            reason=pl.when(only)
            .then(pl.lit("domain seen with this account only"))
            .when(named)
            .then(pl.lit("domain carries the name of this account"))
            .otherwise(pl.lit("domain seen mostly with this account")),
        )
        .with_columns(pl.col("probability").cast(pl.Float32))
        .sort("domain")
    )


def domain_label(domain: pl.Expr) -> pl.Expr:
    """What a company chose of its domain: `quistberg` of quistberg.de, quistberg.co.uk and mail.quistberg.com."""
    return domain.str.replace(r"(\.(co|com|org|gv|or|ac))?\.[^.]+$", "").str.extract(r"([^.]+)$")


def names_itself(domain: pl.Expr, company_key: pl.Expr) -> pl.Expr:
    """True where the domain's own label is the company's name, its initials, or begins with a word of it.

    That is its first word, or one that not many companies bear: `ollig-bier.de` names `Brauerei Ollig`.
    """
    label = fold(domain_label(domain)).str.replace_all(" ", "")
    solid = company_key.str.replace_all(" ", "")
    first = company_key.str.extract(r"^(\S+)")
    later = [company_key.str.extract(rf"^(?:\S+ ){{{k}}}(\S{{4,}})") for k in (1, 2)]
    common = background()["word"].implode()
    initials = company_key.str.replace_all(r"(\S)\S*\s?", "${1}")
    return (
        (label == solid)
        | (solid.str.starts_with(label) & (label.str.len_chars() >= 4))
        | (label.str.starts_with(first) & (first.str.len_chars() >= 4))
        | pl.any_horizontal(label.str.starts_with(word) & ~word.is_in(common) for word in later)
        | ((label == initials) & (label.str.len_chars() >= 2))
    ).fill_null(False)
