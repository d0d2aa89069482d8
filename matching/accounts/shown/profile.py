"""The account as it is shown: its name, form, domain, address and every spelling seen.

Belongs here: choosing among the company rows of one account. Does not belong here: deciding which rows
are one account (`matching/accounts`). The name is chosen by evidence, and the address is one row's.
"""

from __future__ import annotations

import polars as pl

from matching.accounts.linking.aliases import former_names
from matching.accounts.rows.domains import domain_owners


def accounts(names: pl.DataFrame, clusters: pl.DataFrame) -> pl.DataFrame:
    """The account of each cluster as it is to be shown.

    Args:
        names: contracts.matched.COMPANY_NAMES.
        clusters: name, cluster (of `account_clusters`).

    Returns:
        cluster, name, legal_form, domain, street, house_number, postcode, city, country,
        spelling_variants (list of {name, records}, most frequent first), company_status; sorted by
        cluster. The address is that of one row, never mixed.
        A domain another account owns is not its domain.
    """
    rows = names.join(clusters.select("name", "cluster"), on="name").with_columns(
        records=pl.col("records").cast(pl.UInt32), registered=pl.col("register_no").is_not_null()
    )
    shown = canonical_names(rows)
    address = ["street", "house_number", "postcode", "city", "country"]
    places = (
        rows.with_columns(
            filled=pl.sum_horizontal(pl.col(address).is_not_null()), site=pl.col("company_site").is_not_null()
        )
        .with_columns(support=pl.col("records").sum().over("cluster", "postcode", "street", "house_number"))
        .sort(
            ["cluster", "registered", "filled", "site", "support", *address],
            descending=[False, True, True, False, True, *[False] * 5],
            nulls_last=True,
        )
        .unique("cluster", keep="first", maintain_order=True)
        .select("cluster", *address)
    )
    owner = domain_owners(names, clusters).select("domain", owner="cluster")
    domains = _most_frequent(
        rows.join(owner, on="domain", how="left").filter(
            pl.col("owner").is_null() | (pl.col("owner") == pl.col("cluster"))
        ),
        "domain",
    )
    variants = (
        rows.drop_nulls("company")
        .group_by("cluster", "company")
        .agg(pl.col("records").sum())
        .sort("cluster", "records", "company", descending=[False, True, False])
        .group_by("cluster", maintain_order=True)
        .agg(spelling_variants=pl.struct(name=pl.col("company"), records=pl.col("records").cast(pl.UInt32)))
    )
    return (
        shown.join(domains, on="cluster", how="left")
        .join(places, on="cluster", how="left")
        .join(variants, on="cluster", how="left")
        .join(_most_frequent(rows, "company_status"), on="cluster", how="left")
        .with_columns(pl.col("spelling_variants").fill_null([]))
        .sort("cluster")
    )


_ORDER = [
    ("registered", True), ("former", False), ("full", True), ("words", True), ("cased", True), ("shouted", False),
    ("umlauts", True), ("spelling", True), ("abbreviated", False), ("length", True), ("core", False), ("form", False),
]  # fmt: skip
"""What makes a spelling the better one to show, first difference wins: column, larger first."""


def canonical_names(rows: pl.DataFrame) -> pl.DataFrame:
    """The spelling to show per cluster: cluster, name, legal_form.

    A spelling from a register entry wins; then a name of today before a former one (`BASF` before `Badische Anilin-
    und Soda-Fabrik`); then one with a legal form; then the one most records carry,
    counting spellings of the same words together; then mixed case before words in capitals, umlauts before ae,
    words before their abbreviations (`&` before `u.`), the longer, the alphabet. The legal form is written in its
    standard notation.
    """
    form = pl.col("legal_form")
    standard = pl.concat_str(pl.lit(" "), form, pl.lit(" "))
    core = pl.coalesce("company_core", "company", "company_key")
    return (
        rows.with_columns(core=core, form=form)
        .with_columns(
            former=pl.col("company_key").is_in(former_names(rows["company_key"]).implode()),
            full=form.is_not_null(),
            words=pl.col("records").sum().over("cluster", "company_key", "legal_form"),
            spelling=pl.col("records").sum().over("cluster", "core", "legal_form"),
            cased=(pl.col("core") != pl.col("core").str.to_uppercase())
            & (pl.col("core") != pl.col("core").str.to_lowercase()),
            shouted=pl.col("core").str.count_matches(r"\b[A-ZÄÖÜ]{4,}\b"),
            umlauts=pl.col("core").str.contains("[äöüßÄÖÜ]"),
            abbreviated=pl.col("core").str.count_matches(r"\p{Ll}\.(?: |$)"),
            length=pl.col("core").str.len_chars(),
        )
        .sort(
            "cluster",
            *(column for column, _ in _ORDER),
            descending=[False, *(larger for _, larger in _ORDER)],
            nulls_last=True,
        )
        .unique("cluster", keep="first", maintain_order=True)
        .select(
            "cluster",
            name=pl.when(
                form.is_null() | pl.concat_str(pl.col("company"), pl.lit(" ")).str.contains(standard, literal=True)
            )
            .then(pl.coalesce("company", "core"))
            .otherwise(pl.concat_str("core", pl.lit(" "), "form")),
            legal_form="form",
        )
    )  # fmt: skip


def _most_frequent(rows: pl.DataFrame, column: str) -> pl.DataFrame:
    return (
        rows.drop_nulls(column)
        .group_by("cluster", column)
        .agg(pl.col("records").sum())
        .sort("cluster", "records", column, descending=[False, True, False])
        .unique("cluster", keep="first", maintain_order=True)
        .select("cluster", column)
    )
