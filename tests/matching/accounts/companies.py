"""Company rows for tests, made by the real cleaning: no second idea of what a name looks like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from contracts.clean import ENRICHED_RECORDS
from contracts.matched import COMPANY_NAMES
from enrichment.company.clean import clean_company

GIVEN = ("street", "house_number", "postcode", "city", "country", "domain", "phone", "vat_id", "register_no")


def company_rows(rows: Sequence[Mapping[str, str | int | None]]) -> pl.DataFrame:
    """contracts.matched.COMPANY_NAMES, one row each, from {company, postcode, city, domain, phone, records …}."""
    text = {c: [row.get(c) for row in rows] for c in ("company", *GIVEN)}
    given = pl.DataFrame(text, schema=dict.fromkeys(text, pl.String))
    company = clean_company(given.select("company")).drop("repairs", "vat_id", "register_no", "department", "job_title")
    return COMPANY_NAMES.conform(
        pl.concat([company, given.drop("company")], how="horizontal")
        .rename({"phone": "phone_stem"})
        .with_columns(
            name=pl.int_range(pl.len(), dtype=pl.UInt32),
            records=pl.Series([row.get("records", 1) for row in rows], dtype=pl.UInt32),
        )
    )


def enriched(rows: Sequence[Mapping[str, str | None]]) -> pl.DataFrame:
    """contracts.clean.ENRICHED_RECORDS from {company, company_domain, phone, job_title, …}."""
    columns = sorted({c for row in rows for c in row})
    given = pl.DataFrame({c: [row.get(c) for row in rows] for c in columns}, schema=dict.fromkeys(columns, pl.String))
    company = clean_company(given.select(pl.col("company")) if "company" in columns else given.select(company=None))
    kept = [c for c in company.columns if c not in columns and c != "repairs"]
    known = pl.col("phone").is_not_null() if "phone" in columns else pl.lit(False)
    return ENRICHED_RECORDS.conform(
        pl.concat(
            [given.drop("company", strict=False), company.select("company", *[c for c in kept if c != "company"])],
            how="horizontal",
        ).with_columns(
            source=pl.lit("test"),
            source_record_id=pl.int_range(pl.len()).cast(pl.String),
            phone_status=pl.when(known).then(pl.lit("valid")).otherwise(pl.lit("missing")),
            phone_kind=pl.when(known).then(pl.lit("fixed_line")),
        )
    )
