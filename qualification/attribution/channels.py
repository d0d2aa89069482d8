"""Channels: what a channel is worth, learnt from the paths that converted and those that did not.

Belongs here: removal effects of a Markov chain (Anderl et al. 2016) and Shapley values of channel sets (Zhao et al.
2018). Does not belong here: credit by a place on the path (`qualification.attribution.shapes`).
"""

from __future__ import annotations

from collections.abc import Mapping
from math import comb

import numpy as np
import polars as pl

OTHER = "(other)"


def removal_effects(steps: pl.DataFrame) -> dict[str, float]:
    """By channel, which share of the conversions would be lost without it, in a Markov chain of the first order.

    Args:
        steps: path, converted, channel; rows of a path stand together, in the order of time.
    """
    channels = sorted(steps["channel"].unique())
    place = {name: index + 1 for index, name in enumerate(channels)}  # 0 is the start
    goes_on, came_on = (pl.col("path") == pl.col("path").shift(by) for by in (-1, 1))
    size = len(channels) + 1
    counts = np.zeros((size, size + 1))  # the last column is the conversion; what is missing of a row is its failure
    following = steps.with_columns(
        after=pl.when(goes_on).then(pl.col("channel").shift(-1)), begins=~came_on.fill_null(False)
    )
    lost = np.zeros(size)
    moved = following.group_by("channel", "after", "converted").len()
    for channel, after, converted, count in moved.iter_rows():
        if after is not None:
            counts[place[channel], place[after]] += count
        elif converted:
            counts[place[channel], size] += count
        else:
            lost[place[channel]] += count
    for channel, count in following.filter("begins").group_by("channel").len().iter_rows():
        counts[0, place[channel]] += count
    chances = counts / np.maximum(counts.sum(axis=1) + lost, 1)[:, None]
    whole = _converts(chances)
    if whole <= 0:
        return dict.fromkeys(channels, 0.0)
    return {name: max(0.0, 1 - _converts(chances, place[name]) / whole) for name in channels}


def shapley_values(steps: pl.DataFrame, most: int) -> dict[str, float]:
    """By channel, its mean contribution to the conversion rate over all sets of channels; not less than 0.

    Beyond `most` channels the rarest are one, `OTHER`. The rate of a set is that of the paths that use nothing else.

    Args:
        steps: path, converted, channel.
    """
    steps = _lumped(steps, most)
    channels = sorted(steps["channel"].unique())
    bit = {name: 1 << index for index, name in enumerate(channels)}
    sets = (
        steps.with_columns(bit=pl.col("channel").replace_strict(bit, return_dtype=pl.Int64))
        .group_by("path")
        .agg(pl.col("bit").bitwise_or(), pl.col("converted").first())
        .group_by("bit")
        .agg(pl.len().alias("paths"), pl.col("converted").sum().alias("won"))
    )
    paths, won = np.zeros(1 << len(channels)), np.zeros(1 << len(channels))
    for used, count, converted in sets.iter_rows():
        paths[used], won[used] = count, converted
    for index in range(len(channels)):  # sums over all subsets
        with_it = np.array([used for used in range(len(paths)) if used >> index & 1], dtype=np.int64)
        paths[with_it] += paths[with_it ^ (1 << index)]
        won[with_it] += won[with_it ^ (1 << index)]
    rate = np.divide(won, paths, out=np.zeros_like(won), where=paths > 0)
    return {name: max(0.0, _shapley(rate, bit[name], len(channels))) for name in channels}


def _lumped(steps: pl.DataFrame, most: int) -> pl.DataFrame:
    """The steps with all channels but the `most` - 1 most frequent as `OTHER`, where there are more than `most`."""
    counted = steps.group_by("channel").len().sort(["len", "channel"], descending=[True, False])
    if counted.height <= most:
        return steps
    kept = counted["channel"].head(most - 1).to_list()
    return steps.with_columns(
        pl.when(pl.col("channel").is_in(kept)).then("channel").otherwise(pl.lit(OTHER)).alias("channel")
    )


def weight(values: Mapping[str, float]) -> pl.Expr:
    """The weight of a touch by the value of its channel, which the channel's touches on a path share.

    A path whose channels are worth nothing is shared out evenly by place.
    """
    channel = pl.when(pl.col("channel").is_in(sorted(values))).then("channel").otherwise(pl.lit(OTHER))
    worth = channel.replace_strict(dict(values), default=0.0, return_dtype=pl.Float64)
    worth /= pl.len().over("conversion_id", channel)
    return pl.when(worth.sum().over("conversion_id") > 0).then(worth).otherwise(1 / pl.col("sharing"))


def _converts(chances: np.ndarray, without: int | None = None) -> float:
    """The chance that a path converts; `without` a channel its visitors are lost."""
    inner, ends = chances[:, :-1].copy(), chances[:, -1].copy()
    if without is not None:
        inner[:, without] = 0
    return float(np.linalg.solve(np.eye(len(ends)) - inner, ends)[0])


def _shapley(rate: np.ndarray, bit: int, count: int) -> float:
    without = np.array([used for used in range(len(rate)) if not used & bit], dtype=np.int64)
    sizes = np.array([int(used).bit_count() for used in without])
    share = np.array([1 / (count * comb(count - 1, size)) for size in range(count)])
    return float(np.sum(share[sizes] * (rate[without | bit] - rate[without])))
