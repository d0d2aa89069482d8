"""Board: what the report shows of lead management on one page.

Belongs here: small tables from the large ones, ready to be shown. Does not belong here: the words around them and how
they are drawn (the report), the figures themselves (the files beside).
It holds ids and no names: who shows it looks them up where they may be seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

import polars as pl

from qualification.figures.bottleneck import standing
from qualification.figures.costs import budgets, campaigns
from qualification.figures.figure import EVER
from qualification.figures.kpis import Basis, Measured, earned
from qualification.handover.escalation import escalations
from qualification.handover.rules import HandoverRules

MONTHS = 12
AGES = (7, 30, 90)  # days that part the classes of age
AGE_CLASSES = (f"<{AGES[0]}d", *(f"{low}-{high}d" for low, high in pairwise(AGES)), f">{AGES[-1]}d")
_FIGURES = ("cost_per_lead", "cost_per_order", "roi")
_TO_CALL = ("handed_over", "accepted")


class Board(NamedTuple):
    """The tables of the page.

    - funnel: month, stage, leads that stood in it at the end of the month, or now;
    - aging: stage, age (class of days), leads, days (median of the stage);
    - campaigns: as of `qualification.figures.costs.campaigns`, each with its figures and why one is missing;
    - sla: key (owner), met, decided, share, of the last two months;
    - call_today: who to call, whose turn it is, until when and why; the most urgent first;
    - silent: conversion, model and reason of what attribution does not say;
    - next_steps: why leads wait, and how many;
    - escalated: as of `qualification.handover.escalation.escalations`;
    - bottleneck: the stage that piles up most, and how much; null where none does.
    """

    funnel: pl.DataFrame
    aging: pl.DataFrame
    campaigns: pl.DataFrame
    sla: pl.DataFrame
    call_today: pl.DataFrame
    silent: pl.DataFrame
    next_steps: pl.DataFrame
    escalated: pl.DataFrame
    bottleneck: tuple[str, float] | None


def board(measured: Measured, scores: pl.DataFrame, figures: pl.DataFrame, basis: Basis, rules: HandoverRules) -> Board:
    """The board as of a run.

    Args:
        scores: `contracts.qualified.LEAD_SCORES`.
        figures: as of `qualification.figures.kpis.kpis`.
    """
    measured = measured._replace(stages=measured.stages.filter(pl.col("merged_from").is_null()))
    spent = budgets(measured.costs, basis.rates)
    return Board(
        funnel(measured.stages, basis.ranks, basis.as_of, basis.timezone),
        aging(measured.stages, basis.ranks, basis.as_of),
        _with_figures(campaigns(spent, earned(measured, basis)), figures),
        _sla(figures, basis.as_of, basis.timezone),
        call_today(measured.followed(), scores, basis.as_of),
        measured.attribution.silent,
        next_steps(measured.handovers),
        escalations(measured.handovers, rules, basis.as_of),
        _bottleneck(figures),
    )


def funnel(stages: pl.DataFrame, ranks: Mapping[str, int], as_of: datetime, timezone: str) -> pl.DataFrame:
    """How many leads stood in each stage at the end of each of the last months, the running one as of now.

    Returns:
        month, stage, leads; months in order, stages from the lowest.
    """
    running = pl.lit(as_of).dt.convert_time_zone(timezone).dt.truncate("1mo")
    rows = []
    for back in range(MONTHS - 1, -1, -1):
        begin = running.dt.offset_by(f"-{back}mo")
        name, end = pl.select(
            begin.dt.strftime("%Y-%m"), end=begin.dt.offset_by("1mo").dt.convert_time_zone("UTC")
        ).row(0)
        counted = dict(standing(stages, min(end, as_of)).group_by("stage").len().iter_rows())
        rows += [(name, stage, counted.get(stage, 0)) for stage in ranks]
    return pl.DataFrame(rows, schema={"month": pl.String, "stage": pl.String, "leads": pl.Int64}, orient="row")


def aging(stages: pl.DataFrame, ranks: Mapping[str, int], as_of: datetime) -> pl.DataFrame:
    """How long leads have stood in their stage.

    Returns:
        stage, age, leads, days (median of the stage); stages from the lowest, ages from the youngest.
    """
    order = {stage: place for place, stage in enumerate(ranks)}
    now = standing(stages, as_of).filter(pl.col("stage").is_in(list(ranks)))
    classes = pl.sum_horizontal((pl.col("days") >= bound).cast(pl.Int32) for bound in AGES)
    return (
        now.with_columns(at=classes, median=pl.col("days").median().over("stage"))
        .group_by("stage", "at")
        .agg(pl.len().cast(pl.Int64).alias("leads"), pl.col("median").first().round(1).alias("days"))
        .sort(pl.col("stage").replace_strict(order, return_dtype=pl.Int32), "at")
        .with_columns(age=pl.col("at").replace_strict(dict(enumerate(AGE_CLASSES)), return_dtype=pl.String))
        .select("stage", "age", "leads", "days")
    )


def call_today(handovers: pl.DataFrame, scores: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """Who waits for an answer: the earliest end of a window first, then the higher score.

    Beside those that are with sales these are the requests nobody could be given to: their clock runs as well.

    Returns:
        lead_id, account_id, status, owner, team, channel, due_at, overdue, window, reason (why the lead is qualified),
        rule (why it is this owner's), fit, behaviour, attached (people of the account who share the caller).
    """
    attached = (
        handovers.filter(pl.col("status") == "attached", pl.col("account_id").is_not_null())
        .group_by("account_id")
        .agg(pl.col("lead_id").n_unique().cast(pl.Int64).alias("attached"))
    )
    asked = (pl.col("status") == "queued") & pl.col("window").is_not_null()
    return (
        handovers.filter(pl.col("status").is_in(_TO_CALL) | asked, pl.col("first_response_at").is_null())
        .join(attached, on="account_id", how="left")
        .join(scores.select("lead_id", "fit", "behaviour", reason="qualified_by"), on="lead_id", how="left")
        .with_columns(pl.col("attached").fill_null(0), overdue=pl.col("due_at") < as_of)
        .sort(
            pl.col("due_at"),
            pl.col("fit").fill_null(0.0) + pl.col("behaviour").fill_null(0.0),
            "lead_id",
            descending=[False, True, False],
            nulls_last=True,
        )
        .select(
            *("lead_id", "account_id", "status", "owner", "team", "channel", "due_at", "overdue", "window"),
            *("reason", "rule", "fit", "behaviour", "attached"),
        )
    )


def next_steps(handovers: pl.DataFrame) -> pl.DataFrame:
    """Why qualified leads are with nobody: those that wait first, as a person can help them, then those kept back.

    Returns:
        status, code, team, leads, oldest (since when the first of them is qualified).
    """
    return (
        handovers.filter(pl.col("status").is_in(["queued", "held"]))
        .group_by("status", pl.col("hold_code").alias("code"), "team")
        .agg(pl.len().cast(pl.Int64).alias("leads"), pl.col("qualified_at").min().alias("oldest"))
        .sort("status", "leads", "code", "team", descending=[True, True, False, False])
    )


def _with_figures(rows: pl.DataFrame, figures: pl.DataFrame) -> pl.DataFrame:
    own = figures.filter(pl.col("period") == EVER, pl.col("dimension") == "campaign")
    for kpi in _FIGURES:
        of_kpi = own.filter(pl.col("kpi") == kpi)
        rows = rows.join(
            of_kpi.select("key", pl.col("value").alias(kpi), pl.col("reason").alias(f"{kpi}_reason")),
            on="key",
            how="left",
            maintain_order="left",
        )
    return rows.rename({"key": "campaign"})


def _sla(figures: pl.DataFrame, as_of: datetime, timezone: str) -> pl.DataFrame:
    now = pl.lit(as_of).dt.convert_time_zone(timezone)
    recent = [pl.select(moment.dt.strftime("%Y-%m")).item() for moment in (now, now.dt.offset_by("-1mo"))]
    return (
        figures.filter(pl.col("kpi") == "sla_kept", pl.col("dimension") == "owner", pl.col("period").is_in(recent))
        .group_by("key")
        .agg(pl.col("numerator").sum().alias("met"), pl.col("denominator").sum().alias("decided"))
        .with_columns(share=pl.when(pl.col("decided") > 0).then((pl.col("met") / pl.col("decided")).round(4)))
        .sort("share", "key", nulls_last=True)
    )


def _bottleneck(figures: pl.DataFrame) -> tuple[str, float] | None:
    risen = figures.filter(pl.col("kpi") == "bottleneck", pl.col("value") > 1).sort(
        "value", "key", descending=[True, False]
    )
    return (risen["key"][0], risen["value"][0]) if risen.height else None
