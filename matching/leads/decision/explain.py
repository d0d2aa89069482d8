"""Explanations: why two records are, may be, or are not the same person, field by field in bits.

Belongs here: turning the model's evidence into a waterfall a person can read, and printing it.
Does not belong here: the evidence itself (`matching/leads/decision/scoring`) or where golden values come from
(provenance).

A bit doubles the odds: +3 bits make "same person" eight times as likely as before, -3 an eighth. The waterfall
starts at the prior (how rare a duplicate is among all pairs of this data), adds each field, corrects once for what
colleagues or relatives would share anyway, and ends at how often pairs like it are one person.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from engine.escaping import for_markdown, visible
from matching.leads.comparison.levels import FIELDS, Field, at, worth_saying
from matching.leads.decision.calibration import calibrated
from matching.leads.decision.scoring import MERGE_AT, REVIEW_AT, decide
from matching.leads.model.chance import weigh
from matching.leads.model.parameters import Model, same_bits
from matching.leads.records.match_records import MatchRecords

MISSTATED, FAR = (
    0.1,
    40.0,
)  # bits between the evidence and the probability that are worth a step; beyond, it is rounding
SHOWN: dict[str, tuple[str, ...]] = {
    "given name": ("salutation", "given_name"),
    "family name": ("family_name",),
    "name order": (),
    "e-mail": ("email",),
    "phone": ("phone", "phone_extension", "mobile"),
    "company": ("company", "company_domain"),
    "place": ("postcode", "city"),
    "street": ("street", "house_number"),
    "address line 2": ("address_extra",),
    "birth date": ("birth_date",),
    "personal number": ("customer_no",),
    "profile": ("linkedin_url",),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One bar of the waterfall: the field, the level reached, both values as they stand, its weight in bits."""

    field: str
    level: str
    left: str
    right: str
    bits: float


@dataclass(frozen=True, slots=True)
class Waterfall:
    """Why a pair is decided as it is. `prior` and `steps` add up to `total`, the log2 odds of `probability`."""

    left: int
    right: int
    prior: float
    steps: tuple[Step, ...]
    total: float
    probability: float
    outcome: str


def explain_pair(
    enriched: pl.DataFrame,
    records: MatchRecords,
    model: Model,
    *,
    left: int,
    right: int,
    decided: tuple[float, str] | None = None,
) -> Waterfall:
    """The waterfall of one pair of records.

    Args:
        enriched: contracts.clean.ENRICHED_RECORDS the `records` were prepared from.
        decided: the probability and outcome of the pair as they were decided; without them it is decided anew.
    """
    sides = np.array([left], np.uint32), np.array([right], np.uint32)
    evidence = weigh(records, *sides, model)
    levels = evidence.comparison.levels[:, 0]
    rows = [enriched.row(side, named=True) for side in (left, right)]
    steps = [
        Step(
            field.name,
            field.words(levels[at(field)]),
            _shown(field, rows[0]),
            _shown(field, rows[1]),
            round(float(model.same[field.name][levels[at(field)]] - evidence.chance[at(field), 0]), 2),
        )
        for field in FIELDS
        if worth_saying(field, levels[at(field)])
    ]
    steps.sort(key=lambda step: -step.bits)
    prior = round(model.prior_bits, 2)
    total = round(float(same_bits(evidence.comparison, model)[0] - evidence.apart[0]) + model.prior_bits, 2)
    gap = round(total - prior - sum(step.bits for step in steps), 2)
    if gap:
        kin = evidence.relative[0] > max(evidence.colleague[0], evidence.stranger[0])
        who = "relatives share this anyway" if kin else "colleagues share this anyway"
        steps.append(Step("seen together", who if gap < 0 else "fields that vary together", "", "", gap))
    anew = calibrated(decide(records, *sides, model), MERGE_AT).select("probability", "outcome")
    probability, outcome = decided or anew.row(0)
    turned_out = 0.0 if outcome == "merged" else round(float(np.log2(probability / (1 - probability))) - total, 2)
    if MISSTATED <= abs(turned_out) < FAR:
        steps.append(Step("pairs like it", "as they turned out", "", "", turned_out))
        total = round(total + turned_out, 2)
    return Waterfall(left, right, prior, tuple(steps), total, probability, outcome)


def most_doubtful(
    enriched: pl.DataFrame, records: MatchRecords, model: Model, decisions: pl.DataFrame, number: int
) -> list[Waterfall]:
    """The pairs nearest to a probability of one half, without the personal data their evidence rests on."""
    doubtful = decisions.sort((pl.col("probability") - 0.5).abs(), "left", "right").head(number)
    found = [
        explain_pair(enriched, records, model, left=left, right=right)
        for left, right in doubtful.select("left", "right").iter_rows()
    ]
    return [replace(one, steps=tuple(replace(step, left="", right="") for step in one.steps)) for one in found]


def explain_cluster(
    enriched: pl.DataFrame,
    records: MatchRecords,
    model: Model,
    *,
    decisions: pl.DataFrame,
    clusters: pl.DataFrame,
    cluster: int,
    near_misses: int = 5,
) -> tuple[list[Waterfall], list[Waterfall]]:
    """Why the records of a cluster belong together, and which records nearly joined it.

    Args:
        decisions: contracts.matched.MATCH_DECISIONS.
        clusters: record, cluster.
        cluster: number of the cluster (its smallest record).
        near_misses: at most this many.

    Returns:
        The waterfalls of the links inside (strongest first) and of the near misses (likeliest first): of each other
        cluster the pair that came nearest, if it was likely enough to be looked at.
    """
    members = clusters.filter(pl.col("cluster") == cluster)["record"].implode()
    inside = pl.col("left").is_in(members).cast(pl.Int8) + pl.col("right").is_in(members).cast(pl.Int8)
    ranked = decisions.sort("probability", "left", "right", descending=[True, False, False])
    links = ranked.filter((inside == 2) & (pl.col("outcome") != "apart"))
    side_of = clusters.select("record", pl.col("cluster").alias("other"))
    misses = (
        ranked.filter(inside == 1, pl.col("probability") >= REVIEW_AT)
        .with_columns(outside=pl.when(pl.col("left").is_in(members)).then("right").otherwise("left"))
        .join(side_of, left_on="outside", right_on="record", how="left", maintain_order="left")
        .unique("other", keep="first", maintain_order=True)
        .head(near_misses)
    )
    return tuple(  # type: ignore[return-value]
        [
            explain_pair(enriched, records, model, left=left, right=right, decided=(probability, outcome))
            for left, right, probability, outcome in part.select("left", "right", "probability", "outcome").iter_rows()
        ]
        for part in (links, misses)
    )


def as_text(waterfall: Waterfall) -> str:
    """A waterfall as lines of text."""
    running = waterfall.prior
    lines = [f"{'prior':<16} {'':<26} {waterfall.prior:>+7.1f} {running:>+7.1f}"]
    for step in waterfall.steps:
        running += step.bits
        values = f"   {step.left or '-'} | {step.right or '-'}" if step.left or step.right else ""
        lines.append(f"{step.field:<16} {step.level:<26} {step.bits:>+7.1f} {running:>+7.1f}{values}")
    verdict = f"{waterfall.outcome}: {waterfall.total:+.1f} bits, {_percent(waterfall.probability)} the same person"
    return "\n".join([verdict, *lines])


def as_markdown(waterfall: Waterfall) -> str:
    """A waterfall as a Markdown table, as Dagster metadata shows it."""
    lines = [
        f"**{waterfall.outcome}**, {_percent(waterfall.probability)} the same person ({waterfall.total:+.1f} bits)",
        "",
        "| field | agreement | left | right | bits |",
        "| --- | --- | --- | --- | ---: |",
        f"| prior | one duplicate among many pairs | | | {waterfall.prior:+.1f} |",
    ]
    for step in waterfall.steps:
        left, right = map(for_markdown, (step.left, step.right))
        lines.append(f"| {step.field} | {step.level} | {left} | {right} | {step.bits:+.1f} |")
    return "\n".join(lines)


def _shown(field: Field[Any], row: dict[str, object]) -> str:
    return visible(" ".join(str(row[column]) for column in SHOWN[field.name] if row.get(column) is not None))


def _percent(probability: float) -> str:
    if 0.001 <= probability <= 0.999:
        return f"{probability:.1%}"
    return "more than 99.9%" if probability > 0.5 else "less than 0.1%"
