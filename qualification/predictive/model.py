"""Model: a predictive score of this home's own outcomes, or the reason why there is none.

Belongs here: the split by time, the conditions under which the score is shown, probabilities and reasons per lead. Does
not belong here: the arithmetic (`logistic`), what was known when (`features`, `outcomes`).
The earliest three fifths of the outcomes are learned from, the next fifth calibrates, the latest tells how good it is:
never at random, since times change.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import polars as pl

from contracts.table import Dtype
from qualification.predictive.features import FEATURES
from qualification.predictive.logistic import Logistic, auc, bins, calibrated, calibration_error, fitted
from qualification.scoring.rules import PredictiveRules

LEAST_OUTCOMES = 200
LEAST_POSITIVE = 50
_REASONS = 3  # per lead

RELIABILITY: dict[str, Dtype] = {"leads": pl.UInt32, "predicted": pl.Float64, "observed": pl.Float64}
"""A bin of the latest period each: how likely the model called its leads, and how many of them were reached."""
PROBABILITIES: dict[str, Dtype] = {"lead_id": pl.String, "probability": pl.Float64, "probability_note": pl.String}
REASONS: dict[str, Dtype] = {
    "lead_id": pl.String,
    "rank": pl.UInt8,
    "feature": pl.String,
    "value": pl.Float64,
    "effect": pl.Float64,
}
"""effect: log odds against the average lead; rank 1 is the greatest."""


@dataclass(frozen=True)
class Predictive:
    """A model, or none and why."""

    model: Logistic | None
    note: str
    """Version of the model, or why it is off."""
    auc: float | None
    rule_auc: float | None
    """Of the sum of fit and behaviour, on the same leads."""
    calibration_error: float | None
    reliability: pl.DataFrame
    """`RELIABILITY`."""


def trained(known: pl.DataFrame, rules: PredictiveRules) -> Predictive:
    """The model of the outcomes there are, if it may be shown.

    Args:
        known: lead_id, at, `features.FEATURES` and outcome; any order.
    """
    known = known.sort("at", "lead_id")
    outcome = known["outcome"].to_numpy().astype(bool)
    if rules.enabled == "off":
        return _off("switched off in scoring.toml")
    if known.height < LEAST_OUTCOMES:
        return _off(f"{known.height} of {LEAST_OUTCOMES} outcomes")
    if (positive := int(outcome.sum())) < LEAST_POSITIVE:
        return _off(f"{positive} of {LEAST_POSITIVE} positive outcomes")
    rows = known.select(*FEATURES).to_numpy()
    learned, checked = known.height * 3 // 5, known.height * 4 // 5
    parts = (slice(0, learned), slice(learned, checked), slice(checked, None))
    if any(outcome[part].all() or not outcome[part].any() for part in parts):
        return _off("all outcomes of a period are alike: nothing can be learned or checked from it")
    early, middle, late = parts
    model = calibrated(fitted(rows[early], outcome[early]), rows[middle], outcome[middle])
    probability = model.probability(rows[late])
    own = auc(probability, outcome[late])
    by_rules = auc((known["fit"] + known["behaviour"]).to_numpy()[late], outcome[late])
    reliability = bins(probability, outcome[late])
    error = calibration_error(reliability)
    assert own is not None
    assert by_rules is not None
    note = _version(known, model)
    shown: Logistic | None = model
    if own - by_rules < rules.auc_gain:
        shown, note = None, f"AUC {own:.3f} against {by_rules:.3f} of the rule score: it must gain {rules.auc_gain:g}"
    elif error > rules.ece_at_most:
        shown, note = None, f"calibration error {error:.3f} on the latest outcomes: at most {rules.ece_at_most:g}"
    plot = pl.DataFrame(reliability, schema=RELIABILITY, orient="row")
    return Predictive(shown, note, own, by_rules, error, plot)


def probabilities(predictive: Predictive, now: pl.DataFrame, leads: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The probability of each qualified lead and its reasons.

    Args:
        now: lead_id and `features.FEATURES` of today's qualified leads.
        leads: lead_id of every lead.

    Returns:
        `PROBABILITIES` of every lead, and `REASONS` of those that have one; sorted.
    """
    every = leads.select("lead_id").sort("lead_id")
    if predictive.model is None:
        off = every.with_columns(
            probability=pl.lit(None, pl.Float64), probability_note=pl.lit(f"off: {predictive.note}")
        )
        return off.select(*PROBABILITIES), pl.DataFrame(schema=REASONS)
    now = now.sort("lead_id")
    rows = now.select(*FEATURES).to_numpy()
    given = now.select("lead_id", probability=pl.Series(np.round(predictive.model.probability(rows), 4)))
    told = every.join(given, on="lead_id", how="left").with_columns(
        probability_note=pl.when(pl.col("probability").is_null())
        .then(pl.lit("not qualified"))
        .otherwise(pl.lit(predictive.note))
    )
    effects = pl.DataFrame(np.round(predictive.model.effects(rows), 4), schema=list(FEATURES), orient="row")
    long = pl.concat([now.select("lead_id"), effects], how="horizontal").unpivot(
        list(FEATURES), index="lead_id", variable_name="feature", value_name="effect"
    )
    values = now.unpivot(list(FEATURES), index="lead_id", variable_name="feature", value_name="value")
    reasons = (
        long.join(values, on=["lead_id", "feature"])
        .filter(pl.col("effect") != 0)
        .sort("lead_id", pl.col("effect").abs(), "feature", descending=[False, True, False])
        .with_columns(rank=pl.int_range(1, pl.len() + 1).over("lead_id"))
        .filter(pl.col("rank") <= _REASONS)
    )
    return told.select(*PROBABILITIES), reasons.select(pl.col(name).cast(dtype) for name, dtype in REASONS.items())


def _off(why: str) -> Predictive:
    return Predictive(None, why, None, None, None, pl.DataFrame(schema=RELIABILITY))


def _version(known: pl.DataFrame, model: Logistic) -> str:
    """How many outcomes until when, and a hash of the coefficients."""
    digest = hashlib.sha256(np.round([*model.weights, model.bias, model.slope, model.shift], 6).tobytes()).hexdigest()
    return f"logistic, {known.height} outcomes until {known['at'][-1]:%Y-%m-%d}, {digest[:8]}"
