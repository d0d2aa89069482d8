"""Facts: what the rules of hand-over may ask of a lead.

Belongs here: the facts by name and kind, and those of each lead from the tables. Does not belong here: what follows
from them (`qualification.handover.holds`, `qualification.handover.routing`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import polars as pl

from contracts.table import given_or_null
from qualification.handover.condition import Kind

KNOWN: dict[str, Kind] = {
    **dict.fromkeys(("publishable", "may_email", "may_call", "trigger", "presumed_interest"), "bool"),
    **dict.fromkeys(
        ("consent_email", "consent_phone", "email_permission", "call_permission", "email", "phone"), "text"
    ),
    **dict.fromkeys(("country", "postcode", "industry", "product", "price_class", "language"), "text"),
    **dict.fromkeys(("seniority", "buying_role", "fit_grade", "behaviour_grade", "stage", "last_outcome"), "text"),
    **dict.fromkeys(("fit", "behaviour", "probability", "ladder", "employees", "expected_value"), "number"),
    **dict.fromkeys(("days_since_last_handover", "missed_acceptances"), "number"),
    **dict.fromkeys(
        ("account.open_opportunities", "account.active_handovers", "account.unanswered_handovers"), "number"
    ),
    **dict.fromkeys(("queue.open", "queue.capacity"), "number"),
    **dict.fromkeys(("block_reasons", "sources", "served_countries"), "texts"),
}
_DIALABLE = ["valid", "possible"]
_LEAD = {
    **dict.fromkeys(
        ("lead_id", "account_id", "country", "postcode", "language", "seniority", "buying_role"), pl.String
    ),
    **dict.fromkeys(("consent_email", "consent_phone", "email_permission", "call_permission", "email"), pl.String),
    **dict.fromkeys(("phone", "phone_status", "mobile", "mobile_status", "industry", "employees"), pl.String),
    **dict.fromkeys(("interest", "product"), pl.String),
    **dict.fromkeys(("publishable", "may_email", "may_call"), pl.Boolean),
    **dict.fromkeys(("budget_amount", "expected_value"), pl.Float64),
    **dict.fromkeys(("block_reasons", "sources"), pl.List(pl.String)),
}
_SCORE = {
    **dict.fromkeys(("lead_id", "fit_grade", "behaviour_grade", "stage"), pl.String),
    **dict.fromkeys(("fit", "behaviour", "probability"), pl.Float64),
}
_COUNT = re.compile(r"\d{1,3}(?:[.' ’]\d{3})+(?!\d)|\d+")


def lead_facts(
    leads: pl.DataFrame, accounts: pl.DataFrame, scores: pl.DataFrame, presumed_sources: Iterable[str]
) -> dict[str, dict[str, Any]]:
    """What is known of each lead, by its id; who objected to profiling has no score, and facts all the same.

    Args:
        leads: `contracts.published.LEADS` of those that are asked for; `expected_value` or else `budget_amount` (EUR)
            and `product` or else `interest` where there are such columns.
        accounts: `contracts.published.ACCOUNTS`; its industry and size go before those of the lead.
        scores: `contracts.qualified.LEAD_SCORES`.
        presumed_sources: sources whose people asked to be called.

    Returns:
        The facts of `KNOWN` that are the lead's own, and its `account_id`.
    """
    firm = accounts.select(
        pl.col("account_id"),
        *(
            column.alias(f"firm_{column.meta.output_name()}")
            for column in given_or_null(accounts, ["industry", "employees"])
        ),
    )
    phone = pl.coalesce(
        *(pl.when(pl.col(f"{name}_status").is_in(_DIALABLE)).then(name) for name in ("phone", "mobile"))
    )
    rows = (
        leads.select(given_or_null(leads, _LEAD))
        .join(scores.select(given_or_null(scores, _SCORE)), on="lead_id", how="left")
        .join(firm, on="account_id", how="left")
        .with_columns(
            phone=phone,
            industry=pl.coalesce("firm_industry", "industry"),
            employees=pl.coalesce("firm_employees", "employees"),
            product=pl.coalesce("product", "interest"),
            expected_value=pl.coalesce("expected_value", "budget_amount"),
            presumed_interest=pl.col("sources").list.eval(pl.element().is_in(sorted(presumed_sources))).list.any(),
        )
        .drop("phone_status", "mobile", "mobile_status", "firm_industry", "firm_employees", "interest", "budget_amount")
        .sort("lead_id")
        .to_dicts()
    )
    return {row["lead_id"]: row | {"employees": head_count(row["employees"])} for row in rows}


def head_count(text: str | None) -> float | None:
    """The least number of people a size as written stands for; None where it names none.

    Example:
        >>> [head_count(size) for size in ("250-999", "ca. 1.200 Mitarbeiter", "> 5000", "viele")]
        [250.0, 1200.0, 5000.0, None]
    """
    found = _COUNT.search(text or "")
    return float(re.sub(r"\D", "", found[0])) if found else None
