"""Shapes: what a place on the path is worth by a rule, without looking at other paths.

Belongs here: first, last, linear, time decay, and shares of milestones (U, W, full path). Does not belong here: models
that learn from all paths (`qualification.attribution.channels`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import polars as pl

from qualification.attribution.rules import AttributionRules

_SECONDS_OF_A_DAY = 86400


def weights(rules: AttributionRules) -> dict[str, pl.Expr]:
    """By the name of the model, the weight of a touch, over rows of `qualification.attribution.paths.paths`.

    Touches of one moment share the weight of their place. Weights need not sum to 1.
    """
    plain = {
        "first": (pl.col("place") == 1).cast(pl.Float64),
        "last": (pl.col("place") == pl.col("places")).cast(pl.Float64),
        "linear": pl.lit(1.0),
    }
    by_place = {name: plain[name] for name in rules.plain}
    if rules.half_life_days:
        age = (pl.col("converted_at") - pl.col("occurred_at")).dt.total_microseconds() / 1e6 / _SECONDS_OF_A_DAY
        # Counted from the newest touch, so that a path of old ones does not vanish in rounding.
        by_place["time_decay"] = (-math.log(2) / rules.half_life_days * (age - age.min().over("conversion_id"))).exp()
    by_place |= {name: _shape(shares) for name, shares in rules.shapes.items()}
    return {name: weight / pl.col("sharing") for name, weight in by_place.items()}


def _shape(shares: Mapping[str, float]) -> pl.Expr:
    """Milestones get their shares, one that is several gets them all; the places between share the middle.

    A milestone without a touch, and a middle without a place, give their share to the others in proportion.
    """
    milestones = [name for name in shares if name != "middle"]
    at = {name: (pl.col("place") == pl.col(name)).fill_null(False) for name in milestones}
    own = pl.sum_horizontal([here.cast(pl.Float64) * shares[name] for name, here in at.items()])
    between = ~pl.any_horizontal(at.values())
    count = (between.cast(pl.Float64) / pl.col("sharing")).sum().over("conversion_id").round()
    return pl.when(between).then(shares["middle"] / count).otherwise(own)
