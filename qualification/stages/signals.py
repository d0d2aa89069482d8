"""Signals: what may move a lead, from touchpoints, consent, scores, the CRM and orders, with time and evidence.

Belongs here: giving each its name as conditions write it. Does not belong here: conditions (`conditions`), the way
through a model (`walk`).
"""

from __future__ import annotations

import polars as pl

from contracts.table import TIMESTAMP, given_or_null
from qualification.stages.conditions import SIGNALS
from qualification.stages.crm_words import spelt_column

TOUCHED = "touched"
"""A touchpoint of somebody who ordered before: customers may begin anew."""
NAMED = "crm stage "
"""Before a CRM word that has no meaning, as `crm_words.spelt`: it may be the name of a stage."""
_MOVED = pl.lit(None, TIMESTAMP)


def signals(
    touchpoints: pl.DataFrame,
    leads: pl.DataFrame,
    feedback: pl.DataFrame,
    opportunities: pl.DataFrame,
    scored: pl.DataFrame,
    *,
    activity_types: pl.DataFrame,
    words: dict[str, str],
    rules_version: str,
) -> pl.DataFrame:
    """All signals of the leads.

    Args:
        touchpoints: `contracts.qualified.TOUCHPOINTS`.
        leads: lead_id, first_seen_at, consent_email. Signals of others are left out.
        feedback: `contracts.qualified.CRM_FEEDBACK`.
        opportunities: `contracts.qualified.OPPORTUNITIES`.
        scored: lead_id, signal, at, known_at, why of `qualified`, `disqualified` and `behaviour >= n`.
        activity_types: kind, direction, interest of `rules/activity_types.csv`.
        words: meaning by word, of `crm_words.crm_words`.
        rules_version: of the scoring rules, as evidence.

    Returns:
        `conditions.SIGNALS`, in no order.
    """
    orders = _orders(opportunities)
    parts = [
        *_of_people(touchpoints, leads, activity_types),
        *_of_activity(touchpoints, activity_types, orders),
        scored.select(
            "lead_id",
            "signal",
            "at",
            "known_at",
            _MOVED.alias("begun_at"),
            reason=pl.when(pl.col("why") != "grade").then("why"),
            evidence=pl.lit(f"scoring.toml {rules_version}"),
        ),
        _of_crm(feedback, words),
        orders,
        _of_deals(opportunities, feedback, words),
    ]
    every = pl.concat([part.select(pl.col(name).cast(dtype) for name, dtype in SIGNALS.items()) for part in parts])
    return every.join(leads.select("lead_id"), on="lead_id", how="semi")


def customers(opportunities: pl.DataFrame) -> pl.DataFrame:
    """lead_id, customer_since of the people with a won deal that was not taken back."""
    orders = _orders(opportunities).filter(pl.col("signal") == "order")
    return orders.group_by("lead_id").agg(pl.col("at").min().alias("customer_since")).sort("lead_id")


def _row(signal: str | pl.Expr, at: str | pl.Expr, evidence: pl.Expr, **more: pl.Expr) -> list[pl.Expr]:
    """One signal per row of a frame with lead_id and known_at."""
    given = {
        "signal": pl.lit(signal) if isinstance(signal, str) else signal,
        "at": pl.col(at) if isinstance(at, str) else at,
        "begun_at": _MOVED,
        "reason": pl.lit(None, pl.String),
        "evidence": evidence,
    }
    return [pl.col("lead_id"), pl.col("known_at"), *(value.alias(name) for name, value in (given | more).items())]


_TOUCHPOINT = pl.lit("touchpoint ") + pl.col("touchpoint_id")


def _of_people(touchpoints: pl.DataFrame, leads: pl.DataFrame, types: pl.DataFrame) -> list[pl.DataFrame]:
    own = touchpoints.filter(pl.col("lead_id").is_not_null())
    first = _first(own)
    seen = leads.select("lead_id", pl.col("first_seen_at").alias("at"), pl.col("first_seen_at").alias("known_at"))
    either = pl.concat(
        [
            first.select("lead_id", "known_at", at="occurred_at", evidence=_TOUCHPOINT),
            seen.select("lead_id", "known_at", "at", pl.lit("leads.first_seen_at").alias("evidence")),
        ]
    ).filter(pl.col("at").is_not_null())
    identified = either.sort("lead_id", "at", "known_at", "evidence").unique(
        "lead_id", keep="first", maintain_order=True
    )
    agreed = leads.filter(pl.col("consent_email").is_in(["granted", "confirmed"])).select("lead_id")
    interest = _first(own.filter(pl.col("kind").is_in(types.filter(pl.col("interest") == "true")["kind"].implode())))
    return [
        identified.select(_row("identified", "at", pl.col("evidence"))),
        identified.join(agreed, on="lead_id", how="semi").select(
            _row("consented", "at", pl.lit("leads.consent_email"))
        ),
        interest.select(_row("interest", "occurred_at", _TOUCHPOINT)),
    ]


def _first(touchpoints: pl.DataFrame) -> pl.DataFrame:
    columns = ["lead_id", "occurred_at", "touchpoint_id", "known_at"]
    earliest = touchpoints.group_by("lead_id").agg(pl.col("occurred_at").min())
    rows = touchpoints.select(columns).join(earliest, on=["lead_id", "occurred_at"], how="semi")
    return rows.sort(columns).unique("lead_id", keep="first", maintain_order=True)


def _of_activity(touchpoints: pl.DataFrame, types: pl.DataFrame, orders: pl.DataFrame) -> list[pl.DataFrame]:
    """Those that are rare: what conditions name as `activity`, what sales did, what customers do."""
    human = touchpoints.filter((pl.col("human") != "no") & pl.col("lead_id").is_not_null())
    kind = pl.col("kind")
    common = ["page_view", "email_click", "email_open", "email_sent", "price_page_view"]
    sales = human.filter(pl.col("channel") == "sales")
    inward = types.filter(pl.col("direction") != "out")["kind"].implode()
    bought = orders.filter(pl.col("signal") == "order").group_by("lead_id").agg(pl.col("at").min())
    later = human.filter(kind.is_in(inward)).join(bought, on="lead_id").filter(pl.col("occurred_at") > pl.col("at"))
    return [
        human.filter(~kind.is_in(common)).select(_row(pl.lit("activity ") + kind, "occurred_at", _TOUCHPOINT)),
        sales.select(_row("sales_activity", "occurred_at", _TOUCHPOINT)),
        later.select(_row(TOUCHED, "occurred_at", _TOUCHPOINT)),
    ]


def _of_crm(feedback: pl.DataFrame, words: dict[str, str]) -> pl.DataFrame:
    said = feedback.filter(pl.col("lead_id").is_not_null() & pl.col("new_value").is_not_null())
    word = spelt_column("new_value")
    meaning = word.replace_strict(words, default=None, return_dtype=pl.String)
    signal = pl.coalesce(pl.lit("crm ") + meaning, pl.lit(NAMED) + word)
    record = pl.col("source") + "/" + pl.col("source_record_id")
    return said.select(_row(signal, "occurred_at", record, reason=pl.col("reason").fill_null(meaning)))


def _deals(opportunities: pl.DataFrame) -> pl.DataFrame:
    return opportunities.explode("lead_ids", empty_as_null=True).rename({"lead_ids": "lead_id"}).drop_nulls("lead_id")


def _orders(opportunities: pl.DataFrame) -> pl.DataFrame:
    """Won deals; one that was cancelled was won at its closing and lost when that became known."""
    deals = _deals(opportunities)
    evidence = pl.lit("opportunity ") + pl.col("opportunity_id")
    closed, begun = pl.coalesce("closed_at", "known_at"), pl.col("created_at")
    won = deals.filter(pl.col("outcome") == "won")
    cancelled = deals.filter(pl.col("outcome") == "cancelled").join(won.select("lead_id"), on="lead_id", how="anti")
    return pl.concat(
        [
            won.select(_row("order", closed, evidence, begun_at=begun)),
            cancelled.select(_row("order then cancelled", closed, evidence, begun_at=begun)),
            cancelled.select(_row("cancelled", "known_at", evidence, reason=pl.lit("cancelled"))),
        ]
    )


def _of_deals(opportunities: pl.DataFrame, feedback: pl.DataFrame, words: dict[str, str]) -> pl.DataFrame:
    deals = _deals(opportunities)
    evidence = pl.lit("opportunity ") + pl.col("opportunity_id")
    lost = deals.filter((pl.col("outcome") == "lost") & pl.col("closed_at").is_not_null())
    told = feedback.filter(
        spelt_column("new_value")
        .replace_strict(words, default=None, return_dtype=pl.String)
        .is_in(["lost", "rejected"])
    ).select("lead_id", pl.col("occurred_at").dt.date().alias("day"))
    day = pl.col("closed_at").dt.date()
    opened = deals.filter(pl.col("created_at").is_not_null())
    return pl.concat(
        [
            opened.select(_row("opportunity open", "created_at", evidence)),
            opened.filter(pl.col("amount").is_not_null()).select(_row("opportunity valued", "created_at", evidence)),
            lost.with_columns(day.alias("day"))
            .join(told, on=["lead_id", "day"], how="anti")
            .select(_row("opportunity lost", "closed_at", evidence, reason=pl.lit("lost"))),
        ]
    )


def from_others(told: pl.DataFrame) -> pl.DataFrame:
    """Signals another room tells of, such as `handed_over` and `acceptance_missed` of the hand-over.

    Args:
        told: lead_id, signal, at, evidence, and known_at where it is not `at`.

    Returns:
        `conditions.SIGNALS`.
    """
    rows = told if "known_at" in told.columns else told.with_columns(known_at="at")
    return rows.select(given_or_null(rows, SIGNALS))
