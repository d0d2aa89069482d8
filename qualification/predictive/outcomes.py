"""Outcomes: which qualified leads became more, once there was time enough to tell.

Belongs here: the target of `[predictive]` of scoring.toml. Does not belong here: features (`features`).
"""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

MATURE = timedelta(days=180)
_QUALIFIED, _REACHED = 3, 5  # of the common ladder


def outcomes(history: pl.DataFrame, model: str, as_of: datetime) -> pl.DataFrame:
    """The first qualification of each lead that lies 180 days back, and whether it was sales-qualified within these.

    Leads that skipped to sales were not qualified by marketing and teach nothing. A loss that was won after all within
    the time counts as reached.

    Args:
        history: `contracts.qualified.STAGE_HISTORY`.
        model: stage model whose rows count.
        as_of: with its zone.

    Returns:
        lead_id, at, outcome, sorted by at and lead_id.
    """
    own = history.filter(pl.col("merged_from").is_null() & (pl.col("model") == model) & (pl.col("pass") == 1))
    first = own.filter(pl.col("ladder") == _QUALIFIED).group_by("lead_id").agg(pl.col("entered_at").min().alias("at"))
    reached = own.filter(pl.col("ladder") >= _REACHED).join(first, on="lead_id")
    before = reached.filter(pl.col("entered_at") < pl.col("at"))
    within = (
        reached.filter(pl.col("entered_at").is_between(pl.col("at"), pl.col("at") + MATURE)).select("lead_id").unique()
    )
    return (
        first.filter(pl.col("at") + MATURE <= as_of)
        .join(before, on="lead_id", how="anti")
        .join(within.with_columns(outcome=pl.lit(True)), on="lead_id", how="left")
        .with_columns(pl.col("outcome").fill_null(False))
        .sort("at", "lead_id")
    )
