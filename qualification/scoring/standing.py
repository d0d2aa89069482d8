"""Standing: where each lead stands at one moment, by fit, behaviour, grade, triggers and hysteresis, and why.

Belongs here: putting fit, behaviour and moves together. Does not belong here: each of them (`fit`, `explained`,
`moves`), the stage (the room `stages`), the probability (the room `predictive`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

import polars as pl

from contracts.qualified import LEAD_SCORES, SCORE_EXPLANATIONS
from contracts.table import TIMESTAMP
from engine.row_hash import as_bytes, row_hash
from qualification.scoring.explained import explained
from qualification.scoring.fit import fit, grade
from qualification.scoring.judged import ACCOUNT, judged
from qualification.scoring.moves import moves
from qualification.scoring.rules import Scoring
from qualification.scoring.until import grade_until

PART = 50_000  # leads at a time: a few hundred MB where each has ten touchpoints
STANDING = {
    name: LEAD_SCORES.schema[name]
    for name in (
        *("lead_id", "as_of", "rules_version", "fit", "fit_grade", "behaviour", "behaviour_grade", "qualified"),
        *("qualified_by", "grade_until"),
    )
}


class Standing(NamedTuple):
    """What scoring says at one moment."""

    leads: pl.DataFrame
    """`STANDING`, sorted by lead_id."""
    explanations: pl.DataFrame
    """`contracts.qualified.SCORE_EXPLANATIONS`."""
    moves: pl.DataFrame
    """`moves.MOVES`."""
    accounts: pl.DataFrame
    """account_id, behaviour: of what belongs to an account and to none of its people."""


def standing(
    touchpoints: pl.DataFrame,
    people: pl.DataFrame,
    rules: Scoring,
    as_of: datetime,
    *,
    zone: str,
    thresholds: Sequence[float] = (),
) -> Standing:
    """Scores, grades and qualification of each lead at `as_of`.

    Args:
        touchpoints: `contracts.qualified.TOUCHPOINTS`, with the lead ids of today.
        people: as of `people.people`.
        as_of: with its zone.
        zone: IANA zone of business days.
        thresholds: scores whose being reached stages ask for.

    Example:
        A lead of fit B with 50 points of a demo request is `qualified` by `trigger demo_request`; it keeps that until
        its behaviour has been 5 below what grade B asks for during 14 nights.
    """
    parts = zip(*standings(touchpoints, people, rules, as_of, zone=zone, thresholds=thresholds), strict=True)
    return Standing(*(pl.concat(part) for part in parts))


def standings(
    touchpoints: pl.DataFrame,
    people: pl.DataFrame,
    rules: Scoring,
    as_of: datetime,
    *,
    zone: str,
    thresholds: Sequence[float] = (),
) -> Iterator[Standing]:
    """The same in parts of some leads each, sorted from part to part, for homes whose explanations are large."""
    people = people.sort("lead_id")
    lead = pl.col("lead_id")
    for part in people.iter_slices(PART):
        theirs = touchpoints.filter(lead.is_between(pl.lit(part["lead_id"][0]), pl.lit(part["lead_id"][-1])))
        yield _standing(theirs, part, rules, as_of, zone=zone, thresholds=thresholds)
    yield _standing(touchpoints.filter(lead.is_null()), people.clear(), rules, as_of, zone=zone, thresholds=thresholds)


def _standing(
    touchpoints: pl.DataFrame,
    people: pl.DataFrame,
    rules: Scoring,
    as_of: datetime,
    *,
    zone: str,
    thresholds: Sequence[float],
) -> Standing:
    rows = judged(touchpoints, rules, as_of, zone)
    fits, fit_rows = fit(people, rules)
    customer = (pl.col("customer_since") <= as_of).fill_null(False)
    known = people.select(
        "lead_id",
        "customer_since",
        "objected",
        customer=customer,
        factor=pl.when(customer).then(rules.customer_factor).otherwise(1.0),
    ).join(fits, on="lead_id", how="left", maintain_order="left")
    profiled = known.filter(~pl.col("objected"))
    told = rows.filter(pl.col("owner").is_in(profiled["lead_id"].implode()) | pl.col("owner").str.starts_with(ACCOUNT))
    factors = profiled.filter(pl.col("factor") != 1).select(pl.col("lead_id").alias("owner"), "factor")
    scores, parts = explained(told, rules, as_of, factors if factors.height else None)
    happened = moves(told, known, rules, as_of, thresholds)
    changes = grade_until(told, profiled.select("lead_id", "factor"), rules, as_of)
    now = (
        known.join(scores.rename({"owner": "lead_id"}), on="lead_id", how="left")
        .with_columns(pl.when(~pl.col("objected")).then(pl.col("behaviour").fill_null(0.0)).alias("behaviour"))
        .with_columns(grade(pl.col("behaviour"), rules.behaviour_grades).alias("behaviour_grade"))
        .join(_last(happened), on="lead_id", how="left")
        .join(_triggered(parts, rules), on="lead_id", how="left")
        .join(changes, on="lead_id", how="left")
        .with_columns(pl.col("signal").eq("qualified").fill_null(False).alias("qualified"))
        .with_columns(
            _by(rules),
            pl.lit(as_of).cast(TIMESTAMP).alias("as_of"),
            pl.lit(rules.version).alias("rules_version"),
        )
        .sort("lead_id")
    )
    return Standing(
        now.select(pl.col(name).cast(dtype) for name, dtype in STANDING.items()),
        _explanations(fit_rows, parts),
        happened,
        scores.filter(pl.col("owner").str.starts_with(ACCOUNT)).select(
            pl.col("owner").str.strip_prefix(ACCOUNT).alias("account_id"), "behaviour"
        ),
    )


def lead_scores(standing: pl.DataFrame, stages: pl.DataFrame, probabilities: pl.DataFrame) -> pl.DataFrame:
    """The published table.

    Args:
        standing: `STANDING`.
        stages: lead_id, stage, stage_since in the chosen model, of every lead.
        probabilities: lead_id, probability, probability_note of every lead.

    Returns:
        `contracts.qualified.LEAD_SCORES`, sorted by lead_id.
    """
    told = ("fit_grade", "behaviour_grade", "qualified", "stage")
    rows = standing.join(stages, on="lead_id", how="left").join(probabilities, on="lead_id", how="left").sort("lead_id")
    hashes = rows.select(pl.col(name).cast(pl.String) for name in told).select(row_hash((name, name) for name in told))
    hexed = pl.Series("content_hash", as_bytes(hashes.to_series()), dtype=pl.Binary).bin.encode("hex")
    return LEAD_SCORES.conform(rows.with_columns(hexed))


def _last(happened: pl.DataFrame) -> pl.DataFrame:
    """Of each lead, how its qualification changed last."""
    changes = happened.filter(pl.col("signal").is_in(["qualified", "disqualified"]))
    return changes.group_by("lead_id", maintain_order=True).agg(pl.col("signal", "why").last())


def _triggered(parts: pl.DataFrame, rules: Scoring) -> pl.DataFrame:
    triggers = [act.kind for act in rules.acts if act.trigger]
    counts = pl.col("reason").is_null() & (pl.col("part") == "behaviour") & pl.col("rule").is_in(triggers)
    return parts.filter(counts).select(lead_id="owner", triggered=True).unique(maintain_order=False)


def _by(rules: Scoring) -> pl.Expr:
    """Grade, trigger, or what prevents it."""
    both = pl.col("fit_grade") + pl.col("behaviour_grade")
    reached = pl.when("customer").then(both.is_in(list(rules.customer_mql))).otherwise(both.is_in(list(rules.mql)))
    suffices = [letter for letter, _ in rules.fit_grades if rules.trigger_suffices(letter)]
    return (
        pl.when("objected")
        .then(pl.lit("objected"))
        .when(pl.col("qualified") & pl.col("why").str.starts_with("trigger"))
        .then("why")
        .when(pl.col("qualified") & ~reached)
        .then(pl.lit("kept below the threshold, grade ") + both)
        .when(~pl.col("qualified") & pl.col("triggered").fill_null(False) & ~pl.col("fit_grade").is_in(suffices))
        .then(pl.lit(f"trigger_needs_fit_{rules.trigger_fit}"))
        .when(pl.col("why") == "decayed")
        .then(pl.lit("decayed, grade ") + both)
        .otherwise(pl.lit("grade ") + both)
        .alias("qualified_by")
    )


def _explanations(fits: pl.DataFrame, parts: pl.DataFrame) -> pl.DataFrame:
    behaviour = parts.filter(~pl.col("owner").str.starts_with(ACCOUNT)).rename({"owner": "lead_id"})
    rows = pl.concat([fits.with_columns(factor=pl.lit(1.0)), behaviour], how="diagonal")
    return SCORE_EXPLANATIONS.conform(rows.sort("lead_id", maintain_order=True))
