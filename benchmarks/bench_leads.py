"""The bench leads (raw text columns) as match records see them: folded companies, E.164 phones, mail kinds.

Belongs here: the light normalisation all systems of the benchmark are given. Does not belong here: the
pipeline's own cleaning (`enrichment`), which reads messier files than these.
"""

from __future__ import annotations

import polars as pl

from matching.leads.records.codes import encode, fold

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
        phone=pl.col("phone").str.replace_all(r"[^\d+]", "").str.replace("^00", "+").str.replace("^0", "+49"),
        company=_company(ordered["company"]),
    )


def as_enriched(leads: pl.DataFrame) -> pl.DataFrame:
    """`normalise`d leads under the column names of contracts.clean.ENRICHED_RECORDS."""
    domain = pl.col("email").str.splitn("@", 2).struct.field("field_1")
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


def _company(names: pl.Series) -> pl.Series:
    coded = encode(names)
    codes = pl.Series(coded.codes)
    return fold(fold(coded.values).str.replace_all(LEGAL, " ")).gather(codes.set(codes < 0, None).cast(pl.UInt32))
