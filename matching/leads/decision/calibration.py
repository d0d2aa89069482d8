"""Calibration: the probability of a pair as such pairs turned out, by what becomes of them.

Belongs here: that step, from `data/calibration.csv`. Does not belong here: the evidence
(`matching/leads/decision/scoring`), measuring (`matching/leads/evaluate`). Source: reliability as in Niculescu-Mizil
and Caruana, Predicting Good Probabilities with Supervised Learning (2005), piecewise in log-odds.

The evidence speaks of the usual pair. Pairs held back by caution are the unusual ones, less often one person than they
look; of pairs apart inside a chain the unlikely ones are more often. Merged pairs, and doubtful ones, are stated right.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import polars as pl

from matching.leads.beliefs import Doubles
from matching.leads.clustering import CONFLICT, CONTRADICTION
from matching.word_lists import LISTS

HELD = "held"


def calibrated(decisions: pl.DataFrame, merge_at: float) -> pl.DataFrame:
    """contracts.matched.MATCH_DECISIONS with the probabilities of some groups put right.

    Args:
        decisions: with the probabilities that the evidence gives.
        merge_at: probability from which a pair would be merged if nothing held it back.
    """
    apart, reason = pl.col("outcome") == "apart", pl.col("reason")
    group = (
        pl.when((pl.col("outcome") == "review") & (pl.col("probability") >= merge_at))
        .then(pl.lit(HELD))
        .when(apart & reason.str.starts_with(CONTRADICTION))
        .then(pl.lit(CONTRADICTION))
        .when(apart & reason.str.starts_with(CONFLICT))
        .then(pl.lit(CONFLICT))
    )
    groups = decisions.select(group).to_series()
    stated = decisions["probability"].to_numpy().astype(np.float64)
    for name in (HELD, CONTRADICTION, CONFLICT):
        rows = (groups == name).fill_null(False).to_numpy()
        knots, true = _curve(name)
        stated[rows] = 1 / (1 + np.exp(-np.interp(_log_odds(stated[rows]), knots, true)))
    return decisions.with_columns(probability=pl.Series(stated).cast(pl.Float32))


@cache
def _curve(group: str) -> tuple[Doubles, Doubles]:
    rows = [row for row in LISTS.rows("calibration.csv") if row["group"] == group]
    stated, true = (_log_odds(np.array([float(row[column]) for row in rows])) for column in ("stated", "true"))
    return stated, true


def _log_odds(probability: Doubles) -> Doubles:
    inside = np.clip(probability, 1e-9, 1 - 1e-9)
    return np.asarray(np.log(inside / (1 - inside)))
