"""Credits: which touchpoints each conversion is owed to, by every model of attribution.toml.

Belongs here: the table from the tables, and why a model says nothing. Does not belong here: paths, models and money
(the files beside).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl

from contracts.qualified import ATTRIBUTION
from qualification.attribution.cents import shared_out
from qualification.attribution.channels import removal_effects, shapley_values, weight
from qualification.attribution.conversions import conversions
from qualification.attribution.paths import created_at, paths, touches
from qualification.attribution.rules import AttributionRules
from qualification.attribution.shapes import weights

_OF_A_TOUCH = ("touchpoint_id", "lead_id", "account_id", "campaign_id")
_KEY = ["conversion_id", "model"]


class Attribution(NamedTuple):
    """`credits` is `contracts.qualified.ATTRIBUTION`; `silent` has conversion, model and reason of what is missing."""

    credits: pl.DataFrame
    silent: pl.DataFrame


def attribution(
    touchpoints: pl.DataFrame,
    stages: pl.DataFrame,
    opportunities: pl.DataFrame,
    leads: pl.DataFrame,
    *,
    rules: AttributionRules,
    model: str,
) -> Attribution:
    """The credits of every conversion: they sum to 1 per model, and its money to the cent.

    Args:
        touchpoints, stages, opportunities: as of `contracts.qualified`; the way a lead went before it was merged into
            another is not counted a second time.
        leads: lead_id, account_id.
        model: the chosen stage model.
    """
    stages = stages.filter(pl.col("merged_from").is_null())
    touched = touches(touchpoints, rules)
    created = created_at(stages, touched, leads, model)
    asked = (
        conversions(stages, opportunities, leads, model)
        .filter(pl.col("conversion").is_in(rules.conversions))
        .join(created, on="unit", how="left", maintain_order="left")
    )
    walked = paths(asked, touched, rules)
    of_models = weights(rules)
    columns = ("conversion_id", "conversion", *_OF_A_TOUCH)
    credited = [
        walked.select(*columns, pl.lit(name).alias("model"), worth.alias("weight")) for name, worth in of_models.items()
    ]
    spoken = [(conversion, name) for conversion in rules.conversions for name in of_models]
    silent: list[tuple[str, str, str]] = []
    walks: pl.DataFrame | None = None
    for conversion in rules.conversions:
        own = walked.filter(pl.col("conversion") == conversion)
        count = own["conversion_id"].n_unique()
        if any(count >= by_channel.least_conversions for by_channel in rules.by_channel.values()):
            walks = _walks(touched) if walks is None else walks
            steps = _steps(own, walks)
        for name, by_channel in rules.by_channel.items():
            if count < by_channel.least_conversions:
                silent.append((conversion, name, f"{count} of {by_channel.least_conversions} conversions"))
                continue
            values = removal_effects(steps) if name == "markov" else shapley_values(steps, by_channel.most_channels)
            credited.append(own.select(*columns, pl.lit(name).alias("model"), weight(values).alias("weight")))
            spoken.append((conversion, name))
    return Attribution(
        _table(credited, asked, pl.DataFrame(spoken, schema=["conversion", "model"], orient="row")),
        pl.DataFrame(silent, schema=dict.fromkeys(("conversion", "model", "reason"), pl.String), orient="row"),
    )


def _table(credited: list[pl.DataFrame], asked: pl.DataFrame, spoken: pl.DataFrame) -> pl.DataFrame:
    shared = pl.concat(credited) if credited else pl.DataFrame()
    walked = shared.select(_KEY).unique()
    untouched = (
        asked.join(spoken, on="conversion", how="inner")
        .join(walked, on=_KEY, how="anti")
        .select("conversion_id", "conversion", "model", "lead_id", "account_id", weight=pl.lit(1.0))
    )
    whole = pl.col("weight").sum().over(_KEY)
    rows = (
        pl.concat([shared, untouched], how="diagonal")
        .sort(*_KEY, "touchpoint_id")
        .with_columns(credit=pl.when(whole > 0).then(pl.col("weight") / whole).otherwise(1 / pl.len().over(_KEY)))
        .join(
            asked.select("conversion_id", "amount", "currency"), on="conversion_id", how="left", maintain_order="left"
        )
        .with_columns(amount=shared_out(pl.col("amount"), pl.col("credit"), _KEY))
        .filter((pl.col("credit") > 0) | (pl.col("amount") != 0))
    )
    return ATTRIBUTION.conform(rows.drop("weight")).sort(*ATTRIBUTION.key)


def _walks(touched: pl.DataFrame) -> pl.DataFrame:
    """Row, path (a number of the unit) and channel of all touches, those of a unit together in the order of time."""
    units = touched.select("unit").unique().with_row_index("path")
    return (
        touched.join(units, on="unit", how="left", maintain_order="left")
        .select("row", pl.col("path").cast(pl.Int64), "channel", "occurred_at")
        .sort("path", "occurred_at", "channel")
        .drop("occurred_at")
    )


def _steps(own: pl.DataFrame, walks: pl.DataFrame) -> pl.DataFrame:
    """The paths that converted, and of each unit the touches that led to nothing: path, channel, converted."""
    led = np.zeros(walks.height, dtype=bool)
    led[own["row"].to_numpy()] = True
    rest = walks.filter(~pl.Series(led).gather(walks["row"])).select("path", "channel", converted=pl.lit(False))
    won = own.select(
        path=-1 - pl.col("conversion_id").rle_id().cast(pl.Int64), channel="channel", converted=pl.lit(True)
    )
    return pl.concat([won, rest])
