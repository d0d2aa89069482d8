"""Promises of qualification: what holds between its tables, beyond what each holds by itself.

Belongs here: sums that have to be exact, ids that have to be there. Does not belong here: columns, nulls and keys of
one table (`publishing.integrity`), what a number means (`qualification`).
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

_CENT = 0.005
_WHOLE = 1e-6

PROMISES = {
    "scores_are_explained": "The rows of score_explanations sum to fit and behaviour of every lead, to the cent.",
    "credits_sum_to_one": "The credits of every conversion sum to 1 in every model of attribution.",
    "leads_are_there": "Every scored lead and every lead of a touchpoint is published.",
    "nobody_is_swallowed": "Every qualified lead has a hand-over, a hold or a place in a queue.",
}


def broken(tables: Mapping[str, pl.DataFrame], leads: pl.Series) -> dict[str, int]:
    """How many rows break each promise.

    Args:
        tables: those of `contracts.qualified.QUALIFIED` by name.
        leads: lead_id of the published leads.
    """
    scores, explained = tables["lead_scores"], tables["score_explanations"]
    parts = (
        explained.with_columns(of=pl.when(pl.col("part") == "fit").then(pl.lit("fit")).otherwise(pl.lit("behaviour")))
        .group_by("lead_id", "of")
        .agg(pl.col("contribution").sum())
    )
    told = scores.select("lead_id", "fit", "behaviour").unpivot(index="lead_id", variable_name="of", value_name="said")
    compared = told.drop_nulls("said").join(parts, on=["lead_id", "of"], how="left")
    off = (pl.col("said") - pl.col("contribution").fill_null(0.0)).abs() > _CENT
    credited = tables["attribution"].group_by("conversion_id", "model").agg(pl.col("credit").sum())
    known = set(leads)
    strange = pl.concat([scores["lead_id"], tables["touchpoints"]["lead_id"].drop_nulls()]).unique()
    qualified = scores.filter("qualified")["lead_id"]
    return {
        "scores_are_explained": compared.filter(off).height,
        "credits_sum_to_one": credited.filter((pl.col("credit") - 1.0).abs() > _WHOLE).height,
        "leads_are_there": sum(one not in known for one in strange),
        "nobody_is_swallowed": len(set(qualified) - set(tables["handovers"]["lead_id"])),
    }
