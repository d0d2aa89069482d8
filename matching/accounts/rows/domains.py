"""Whose domain is it: the account a mail or web domain stands for, where that is safe to say.

Belongs here: choosing the owner of a domain among the accounts it was seen with. Does not belong here:
which domains are freemail or hosting (`enrichment`; they never get here) or attaching leads
(`lead_to_account`). An agency writing under its client's domain must not become its owner, and a domain
used by several companies alike has none.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import polars as pl
from rapidfuzz import process
from rapidfuzz.distance import OSA

from enrichment.cells.text import fold
from enrichment.email.near_names import nearest
from matching.accounts.rows.words import background
from matching.first_hit import first_hit
from reference.mail import freemail_domains

CLEAR_SHARE = 0.8
"""Share of a domain's records from which an account owns it although others were seen there."""
CLEAR_RECORDS = 3
FEW_RECORDS = 2
"""Records up to which a domain may be a slip of another."""
CLEARLY_MORE = 2
"""How many times the records of a slip the domain that is meant has."""
LONG_LABEL = 6
"""Letters from which a name of a domain that is one letter off is a slip and not another name."""
LABEL_SLIPS = 2
"""Letters by which two spellings of one label differ at most."""
MOST_DOMAINS = 24
"""Domains of one company name up to which they are compared: of more, the name is in common use."""


class OwnerRule(NamedTuple):
    """When an account owns a domain it was seen with, and how sure that is."""

    reason: str
    when: pl.Expr
    probability: float


_ONLY, _NAMED = pl.col("accounts") == 1, pl.col("named") & (pl.col("namesakes") == 1)
_MOST = (pl.col("share") >= CLEAR_SHARE) & (pl.col("records") >= CLEAR_RECORDS) & (pl.col("namesakes") == 0)
OWNERS = (
    OwnerRule("domain seen with this account only", _ONLY & _NAMED, 0.97),
    OwnerRule("domain carries the name of this account", _NAMED, 0.93),
    OwnerRule("domain seen with this account only", _ONLY, 0.9),
    OwnerRule("domain seen mostly with this account", _MOST, 0.85),
)


def domain_owners(names: pl.DataFrame, clusters: pl.DataFrame) -> pl.DataFrame:
    """The owner of every domain that has one.

    Args:
        names: contracts.matched.COMPANY_NAMES.
        clusters: name, cluster.

    Returns:
        domain, cluster, probability, reason; sorted by domain.
    """
    seen = (
        names.select("name", "domain", "company_key", "records")
        .drop_nulls("domain")
        .join(clusters.select("name", "cluster"), on="name")
        .group_by("domain", "cluster", "company_key")
        .agg(pl.col("records").sum())
    )
    seen = (
        seen.with_columns(named=names_itself(seen))
        .group_by("domain", "cluster")
        .agg(pl.col("records").sum(), pl.col("named").any())
        .with_columns(
            accounts=pl.len().over("domain"),
            share=pl.col("records") / pl.col("records").sum().over("domain"),
            namesakes=pl.col("named").sum().over("domain"),
        )
    )
    owned = seen.with_columns(rule=first_hit(rule.when for rule in OWNERS)).drop_nulls("rule")
    return owned.select(
        "domain",
        "cluster",
        probability=pl.Series([rule.probability for rule in OWNERS], dtype=pl.Float32).gather(owned["rule"]),
        reason=pl.Series([rule.reason for rule in OWNERS]).gather(owned["rule"]),
    ).sort("domain")


def meant_domains(names: pl.DataFrame) -> pl.Series:
    """The domain of each company row, a mistyped one as it is meant.

    Mistyped is what few records write where many of the same company name write one that is a letter off:
    `behrens-heizungsbbau.at` beside `behrens-heizungsbau.at`. A slip of a freemail domain (`t-onlline.de`) is none.

    Args:
        names: contracts.matched.COMPANY_NAMES, at least company_key, domain, records.
    """
    written = names.drop_nulls(["domain", "company_key"]).group_by("company_key", "domain").agg(pl.col("records").sum())
    records = written.group_by("domain").agg(pl.col("records").sum())
    some = written.filter(pl.len().over("company_key").is_between(2, MOST_DOMAINS)).drop("records")
    some = some.join(records, on="domain").with_columns(label=domain_label(pl.col("domain")))
    pairs = some.join(some, on="company_key", suffix="_meant").filter(
        (pl.col("domain") != pl.col("domain_meant"))
        & (pl.col("records") <= FEW_RECORDS)
        & (pl.col("records") * CLEARLY_MORE <= pl.col("records_meant"))
        & (pl.min_horizontal(pl.col("label", "label_meant").str.len_chars()) >= LONG_LABEL)
        & (pl.col("label").str.replace_all(r"\D", "") == pl.col("label_meant").str.replace_all(r"\D", ""))
    )
    slips = process.cpdist(pairs["domain"].to_list(), pairs["domain_meant"].to_list(), scorer=OSA.distance)
    meant = (
        pairs.filter(pl.Series(slips, dtype=pl.Int64) <= 1)
        .sort("domain", "records_meant", "domain_meant", descending=[False, True, False])
        .unique("domain", keep="first", maintain_order=True)
    )
    strange = written.filter(~names_itself(written)).join(records.filter(pl.col("records") <= FEW_RECORDS), on="domain")
    shared = nearest(strange["domain"].unique().sort(), _freemail())
    return names.select(
        pl.col("domain").replace(meant["domain"], meant["domain_meant"]).replace(dict.fromkeys(shared))
    ).to_series()


@cache
def _freemail() -> frozenset[str]:
    """Freemail domains whose name is long enough for a slip of it to be no other name."""
    domains = pl.Series(sorted(freemail_domains()))
    return frozenset(
        domains.filter(domains.to_frame("d").select(domain_label(pl.col("d")).str.len_chars() >= 5).to_series())
    )


def near_labels(left: pl.Series, right: pl.Series) -> pl.Series:
    """near_label: true where two labels (`domain_label`) are alike but for slips, or one of them is not known."""
    slips = process.cpdist(left.fill_null("").to_list(), right.fill_null("").to_list(), scorer=OSA.distance)
    near = pl.Series("near_label", slips, dtype=pl.Int64) <= LABEL_SLIPS
    return near | left.is_null() | right.is_null()


def domain_label(domain: pl.Expr) -> pl.Expr:
    """What a company chose of its domain: `quistberg` of quistberg.de, quistberg.co.uk and mail.quistberg.com."""
    return domain.str.replace(r"(\.(co|com|org|gv|or|ac))?\.[^.]+$", "").str.extract(r"([^.]+)$")


def names_itself(seen: pl.DataFrame) -> pl.Series:
    """True where the label of the row's domain is its company_key, its initials, or begins with a word of it.

    That is its first word, or one that not many companies bear: `ollig-bier.de` names `Brauerei Ollig`.
    """
    key = pl.col("company_key")
    said = seen.select(
        label=fold(domain_label(pl.col("domain"))).str.replace_all(" ", "", literal=True),
        solid=key.str.replace_all(" ", "", literal=True),
        first=key.str.extract(r"^(\S+)"),
        second=key.str.extract(r"^\S+ (\S{4,})"),
        third=key.str.extract(r"^\S+ \S+ (\S{4,})"),
        initials=key.str.replace_all(r"(\S)\S*\s?", "${1}"),
    )
    label, solid, first = pl.col("label"), pl.col("solid"), pl.col("first")
    common = background()["word"].implode()
    return said.select(
        (
            (label == solid)
            | (solid.str.starts_with(label) & (label.str.len_chars() >= 4))
            | (label.str.starts_with(first) & (first.str.len_chars() >= 4))
            | pl.any_horizontal(
                label.str.starts_with(w) & ~w.is_in(common) for w in (pl.col("second"), pl.col("third"))
            )
            | ((label == pl.col("initials")) & (label.str.len_chars() >= 2))
        ).fill_null(False)
    ).to_series()
