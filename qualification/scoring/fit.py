"""Fit: does the lead suit us, by the columns of the lead and its company.

Belongs here: the rules [[fit]], where the record was bought, the range. Does not belong here: what a column means
(`matching`, `enrichment`), behaviour (`judged`). A value nobody knows gives `else`, never a guess.
"""

from __future__ import annotations

import polars as pl

from contracts.table import Dtype
from qualification.scoring.explained import amount, cents
from qualification.scoring.rules import FitRule, Scoring

FIT: dict[str, Dtype] = {"lead_id": pl.String, "fit": pl.Float64, "fit_grade": pl.String}
FIT_ROWS: dict[str, Dtype] = {
    "lead_id": pl.String,
    "part": pl.String,
    "rule": pl.String,
    "field": pl.String,
    "points": pl.Float64,
    "contribution": pl.Float64,
    "reason": pl.String,
}


def fit(facts: pl.DataFrame, rules: Scoring) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The fit of each lead and the rows that sum to it.

    Args:
        facts: lead_id, the columns of leads and `rules.FACTS` the rules ask for (those that are missing are unknown),
            and source_kind, first_party or bought_list.

    Returns:
        `FIT`, and `FIT_ROWS` of the rules that gave something; both sorted by lead_id.
    """
    here = set(facts.columns)
    asked = [rule for rule in rules.fit if rule.column in here]
    given = {rule.name: cents(_points(rule)) for rule in asked}
    unknown = sum(rule.otherwise for rule in rules.fit if rule.column not in here)
    if "source_kind" in here:
        prior = pl.col("source_kind").replace_strict(rules.source_prior, default=0.0, return_dtype=pl.Float64)
        given["qualification.source_prior"] = cents(prior)
    points = facts.sort("lead_id").select("lead_id", **given)
    low, high = (bound * 100 for bound in rules.fit_range)
    total = pl.sum_horizontal(pl.lit(unknown * 100), *given)
    points = points.with_columns(total=total).with_columns(
        **{"model.fit_range": pl.col("total").clip(low, high) - pl.col("total")}
    )
    score = amount(pl.col("total") + pl.col("model.fit_range"))
    scores = points.select("lead_id", fit=score).with_columns(grade(pl.col("fit"), rules.fit_grades).alias("fit_grade"))
    fields = {rule.name: rule.column for rule in asked} | {"qualification.source_prior": "source_kind"}
    named = [*given, "model.fit_range"]
    absent = [_unknown(points, rule) for rule in rules.fit if rule.column not in here and rule.otherwise]
    rows = (
        points.unpivot(named, index="lead_id", variable_name="rule", value_name="cents")
        .filter(pl.col("cents") != 0)
        .select(
            "lead_id",
            pl.when(pl.col("rule") == "model.fit_range").then(pl.lit("cap")).otherwise(pl.lit("fit")).alias("part"),
            "rule",
            pl.col("rule").replace_strict(fields, default=None, return_dtype=pl.String).alias("field"),
            amount(pl.col("cents")).alias("points"),
            amount(pl.col("cents")).alias("contribution"),
            pl.when(pl.col("rule") == "model.fit_range").then(pl.lit("range")).alias("reason"),
        )
    )
    return scores.select(*FIT), pl.concat([rows, *absent]).sort("lead_id", "part", "rule").select(*FIT_ROWS)


def grade(score: pl.Expr, bounds: tuple[tuple[str, float], ...]) -> pl.Expr:
    """The best grade whose lower bound the score reaches; null for null."""
    found: pl.Expr = pl.lit(None, pl.String)
    for name, bound in reversed(bounds):
        found = pl.when(score >= bound).then(pl.lit(name)).otherwise(found)
    return found


def _points(rule: FitRule) -> pl.Expr:
    """Texts are compared in any case."""
    value = pl.col(rule.column)
    if rule.operator in ("at_least", "at_most"):
        meets = value >= rule.value if rule.operator == "at_least" else value <= rule.value
        return pl.when(meets).then(rule.points).otherwise(rule.otherwise)
    text = value.cast(pl.String).str.strip_chars().str.to_lowercase()
    if rule.operator == "map":
        points = {word.lower(): number for word, number in rule.value.items()}
        return text.replace_strict(points, default=rule.otherwise, return_dtype=pl.Float64)
    words = [rule.value] if rule.operator == "equals" else rule.value
    return pl.when(text.is_in([word.lower() for word in words])).then(rule.points).otherwise(rule.otherwise)


def _unknown(points: pl.DataFrame, rule: FitRule) -> pl.DataFrame:
    return points.select(
        "lead_id",
        pl.lit("fit").alias("part"),
        pl.lit(rule.name).alias("rule"),
        pl.lit(rule.column).alias("field"),
        pl.lit(rule.otherwise).alias("points"),
        pl.lit(rule.otherwise).alias("contribution"),
        pl.lit("unknown").alias("reason"),
    )
