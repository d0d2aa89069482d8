"""Course: how the behaviour of every owner moves with time, from touchpoint to touchpoint and by decay alone.

Belongs here: the exact formula carried forward over many owners in step. Does not belong here: what follows from a
score (`moves`, `until`), the rows it consists of (`explained`).
All owners take their first event together, then their second, and so on: owners with most events come first, so those
that still have one are always the first `n`. Nothing is summed up anew, so a long history costs no more per event than
a short one, and what is said of a past moment does not depend on when it is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from qualification.scoring.rules import Scoring

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

SECOND = 1_000_000  # times are microseconds
DAY = 86_400 * SECOND
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Classes:
    """Half-lives and ceilings: touchpoints of one class decay alike and lie under the same ceiling."""

    half_life: Floats
    """Microseconds; infinite where nothing decays."""
    ceilings: tuple[tuple[Ints, float], ...]
    """Classes of a group and what they may give together; infinite for those of no group."""
    low: float
    high: float

    def decayed(self, state: Floats, microseconds: Ints | Floats) -> Floats:
        """The state (owner by class) so much later."""
        return state * np.exp2(-np.asarray(microseconds, dtype=np.float64)[:, None] / self.half_life)

    def score(self, state: Floats, factor: Floats) -> Floats:
        """The rounded behaviour, as thresholds see it. `factor` is the owner's own."""
        total = np.zeros(len(state))
        for members, most in self.ceilings:
            total += np.minimum(state[:, members].sum(axis=1) * factor, most)
        return np.rint(np.round(np.clip(total, self.low, self.high) * 100, 6)) / 100 + 0.0


@dataclass(frozen=True)
class Events:
    """What happens to each owner, owners with most events first, the events of an owner in order of time."""

    owner: Ints
    """Owner of each line, as a row of the owners given."""
    first: Ints
    """Its first event."""
    count: Ints
    time: Ints
    cls: Ints
    points: Floats
    row: Ints
    """Row of the judged touchpoint."""
    starts: Bools
    """Whether the touchpoint begins to count, or ends to."""

    def steps(self) -> Iterator[tuple[int, Ints]]:
        """How many owners have a further event, and which it is."""
        for step in range(int(self.count[0]) if len(self.count) else 0):
            n = int(np.searchsorted(-self.count, -step, side="left"))
            yield n, self.first[:n] + step


def microseconds(moment: datetime) -> int:
    """A moment with its zone as microseconds since 1970."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def classes_of(rules: Scoring) -> Classes:
    """The classes the rules make."""
    keys = _keys(rules)
    ceilings = tuple(
        (np.array([i for i, key in enumerate(keys) if key[0] == group]), rules.ceilings.get(group, np.inf))
        for group in sorted({group for group, _ in keys})
    )
    half_life = np.array([days * DAY if days else np.inf for _, days in keys])
    return Classes(half_life, ceilings, *rules.behaviour_range)


def class_of(rules: Scoring) -> pl.Expr:
    """The class of each row of `judged.JUDGED`."""
    keys = _keys(rules)
    by_kind = {act.kind: keys.index((act.group or "", act.half_life)) for act in rules.acts}
    return pl.col("kind").replace_strict(by_kind, return_dtype=pl.Int64).alias("cls")


def _keys(rules: Scoring) -> list[tuple[str, float]]:
    return sorted({(act.group or "", act.half_life) for act in rules.acts})


def events(rows: pl.DataFrame, owners: pl.Series, classes: Classes, rules: Scoring, until: int) -> Events:
    """Beginnings and ends, until a moment, of every touchpoint that counts.

    Args:
        rows: `judged.JUDGED`.
        owners: sorted; only their touchpoints are taken.
        until: microseconds.
    """
    counted = counting(rows, owners, classes, rules)
    begun, ended = (counted.filter(pl.col(name) <= until) for name in ("start", "end"))
    both = pl.concat(
        [
            begun.select("line", "cls", "row", time="start", points="amount", starts=pl.lit(True)),
            ended.select("line", "cls", "row", time="end", points=-pl.col("left"), starts=pl.lit(False)),
        ]
    ).sort("line", "time", maintain_order=True)
    size = both.group_by("line", maintain_order=True).agg(pl.len().cast(pl.Int64).alias("count"))
    size = size.with_columns(first=pl.col("count").cum_sum() - pl.col("count"))
    size = size.sort("count", descending=True, maintain_order=True)
    return Events(
        owner=size["line"].to_numpy(),
        first=size["first"].to_numpy(),
        count=size["count"].to_numpy(),
        time=both["time"].to_numpy(),
        cls=both["cls"].to_numpy(),
        points=both["points"].to_numpy(),
        row=both["row"].to_numpy(),
        starts=both["starts"].to_numpy(),
    )


def counting(rows: pl.DataFrame, owners: pl.Series, classes: Classes, rules: Scoring) -> pl.DataFrame:
    """When each touchpoint that counts begins and ends to, and what it then gives.

    One that a clock ahead dates after the run that first knew it counts from that run on.

    Returns:
        row (of the rows given), line (of the owners), cls, start and end in microseconds, amount at the start and what
        is left of it at the end; in the order of the rows.
    """
    number = pl.DataFrame({"owner": owners, "line": pl.int_range(len(owners), eager=True)})
    horizon = int(rules.horizon.total_seconds() * SECOND) + 1  # it counts on the horizon itself
    end = pl.min_horizontal(pl.col("start") + horizon, pl.col("cancelled_at").to_physical())
    counted = (
        rows.lazy()
        .with_columns(class_of(rules), row=pl.int_range(pl.len()))
        .filter(pl.col("reason").is_null())
        .with_columns(
            start=pl.min_horizontal("occurred_at", "known_at").to_physical(), amount=pl.col("points") * pl.col("weight")
        )
        .with_columns(end=end)
        .join(number.lazy(), on="owner", how="inner", maintain_order="left")
        .select("row", "line", "cls", "start", "end", "amount")
        .collect()
    )
    age = (counted["end"] - counted["start"]).to_numpy()
    left = counted["amount"].to_numpy() * np.exp2(-age / classes.half_life[counted["cls"].to_numpy()])
    return counted.with_columns(left=left)


def crossing(  # the arguments are the parts of one segment
    classes: Classes, state: Floats, factor: Floats, span: Ints, there: Callable[[Floats, Ints], Bools]
) -> Ints:
    """Microseconds, in whole seconds, until a condition on the score that holds at the end of `span` comes to hold.

    Args:
        there: of scores and of the lines they belong to, whether the condition holds.
    """
    lines = np.arange(len(state))
    low, high = np.zeros(len(state), np.int64), -(-span // SECOND)
    while np.any(high - low > 1):
        middle = (low + high) // 2
        holds = there(classes.score(classes.decayed(state, middle * SECOND), factor), lines)
        high, low = np.where(holds, middle, high), np.where(holds, low, middle)
    return np.minimum(high * SECOND, span)
