"""The bench leads (raw text columns) as match records see them: folded companies, E.164 phones, mail kinds.

Belongs here: the light normalisation all systems of the benchmark are given. Does not belong here: the
pipeline's own cleaning (`enrichment`), which reads messier files than these.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from matching.records import encode, fold

FREEMAIL = (
    *("gmx.de", "gmx.net", "web.de", "t-online.de", "gmail.com", "googlemail.com", "freenet.de"),
    *("yahoo.de", "outlook.de", "outlook.com", "hotmail.de", "hotmail.com", "icloud.com"),
)
ROLE = r"^(info|kontakt|office|einkauf|vertrieb|service|post|mail|zentrale|buchhaltung)@"
LEGAL = (
    r"\b(gesellschaft mit beschraenkter haftung|gesellschaft mbh|gesellschaft m b h|haftungsbeschraenkt|"
    r"kommanditgesellschaft|aktiengesellschaft|gmbh|mbh|ag|kg|ohg|ek|e k|ug|co|se|inh|und)\b"
)


def normalise(leads: pl.DataFrame) -> pl.DataFrame:
    """rec_id, entity_id, source, first_name, last_name, email, phone, company, postcode, city: values folded."""
    ordered = leads.sort("rec_id")
    return ordered.with_columns(
        email=pl.col("email").str.strip_chars().str.to_lowercase(),
        phone=_on_distinct(ordered["phone"], _e164),
        company=_on_distinct(ordered["company"], _company),
    )


def as_enriched(leads: pl.DataFrame) -> pl.DataFrame:
    """`normalise`d leads under the column names of contracts.clean.ENRICHED_RECORDS."""
    domain = pl.col("email").str.split("@").list.last()
    mobile = pl.col("phone").str.contains(r"^\+491[5-7]")
    return leads.select(
        given_name="first_name",
        family_name="last_name",
        email="email",
        email_domain=domain,
        email_kind=pl.when(pl.col("email").is_not_null()).then(
            pl.when(domain.is_in(FREEMAIL))
            .then(pl.lit("freemail"))
            .when(pl.col("email").str.contains(ROLE))
            .then(pl.lit("role"))
            .otherwise(pl.lit("company"))
        ),
        mobile=pl.when(mobile).then("phone"),
        phone=pl.when(~mobile).then("phone"),
        company_key="company",
        postcode="postcode",
        city="city",
    )


def _on_distinct(text: pl.Series, rule: Callable[[pl.Series], pl.Series]) -> pl.Series:
    coded = encode(text)
    codes = pl.Series(coded.codes)
    return rule(coded.values).gather(codes.set(codes < 0, None).cast(pl.UInt32))


def _e164(numbers: pl.Series) -> pl.Series:
    digits = pl.col("n").str.replace_all(r"[^\d+]", "")
    return pl.DataFrame({"n": numbers}).select(
        pl.when(digits.str.starts_with("00"))
        .then("+" + digits.str.slice(2))
        .when(digits.str.starts_with("0"))
        .then("+49" + digits.str.slice(1))
        .otherwise(digits)
        .alias("n")
    )["n"]


def _company(names: pl.Series) -> pl.Series:
    return fold(fold(names).str.replace_all(LEGAL, " "))
