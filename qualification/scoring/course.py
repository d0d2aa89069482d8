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

import numpy as np
import numpy.typing as npt
import polars as pl

from qualification.scoring.rules import Scoring

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

SECOND = 1_000_000  # times are microseconds
DAY = 86_400 * SECOND


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


def classes_of(rows: pl.DataFrame, rules: Scoring) -> tuple[Classes, Ints]:
    """The classes there are among `judged.JUDGED`, and the class of each row."""
    keys = sorted({(act.group or "", act.half_life) for act in rules.acts})
    number = pl.DataFrame(
        {"group": [k[0] for k in keys], "half_life": [k[1] for k in keys], "cls": list(range(len(keys)))},
        schema={"group": pl.String, "half_life": pl.Float64, "cls": pl.Int64},
    )
    cls = rows.select(pl.col("group").fill_null(""), "half_life").join(
        number, on=["group", "half_life"], how="left", maintain_order="left"
    )["cls"]
    groups = sorted({group for group, _ in keys})
    ceilings = tuple(
        (np.array([i for i, key in enumerate(keys) if key[0] == group]), rules.ceilings.get(group, np.inf))
        for group in groups
    )
    half_life = np.array([days * DAY if days else np.inf for _, days in keys])
    return Classes(half_life, ceilings, *rules.behaviour_range), cls.to_numpy().astype(np.int64)


def events(rows: pl.DataFrame, owners: pl.Series, classes: Classes, cls: Ints, rules: Scoring) -> Events:
    """Beginning and end of every touchpoint that counts.

    Args:
        rows: `judged.JUDGED`.
        owners: sorted; only their touchpoints are taken.
    """
    number = pl.DataFrame({"owner": owners, "line": pl.int_range(len(owners), eager=True)})
    counted = (
        rows.with_row_index("row")
        .filter(pl.col("reason").is_null())
        .select("row", "owner", "occurred_at", "cancelled_at", amount=pl.col("points") * pl.col("weight"))
        .join(number, on="owner", how="inner", maintain_order="left")
    )
    row = counted["row"].to_numpy().astype(np.int64)
    start = counted["occurred_at"].to_physical().to_numpy()
    expiry = start + int(rules.horizon.total_seconds() * SECOND) + 1
    cancelled = counted["cancelled_at"].to_physical().fill_null(np.iinfo(np.int64).max).to_numpy()
    end = np.minimum(expiry, cancelled)
    kind = cls[row]
    amount = counted["amount"].to_numpy()
    left = amount * np.exp2(-(end - start) / classes.half_life[kind])
    both = pl.DataFrame(
        {
            "line": np.concatenate([counted["line"].to_numpy()] * 2),
            "time": np.concatenate([start, end]),
            "cls": np.concatenate([kind, kind]),
            "points": np.concatenate([amount, -left]),
            "row": np.concatenate([row, row]),
            "starts": np.repeat([True, False], len(row)),
        }
    )
    size = both["line"].value_counts(name="count")
    both = both.join(size, on="line", how="left").sort(
        ["count", "line", "time", "starts", "row"], descending=[True, False, False, False, False]
    )
    size = both.group_by("line", maintain_order=True).agg(pl.len().cast(pl.Int64).alias("count"))
    count = size["count"].to_numpy()
    return Events(
        owner=size["line"].to_numpy().astype(np.int64),
        first=np.concatenate([[0], np.cumsum(count)[:-1]]).astype(np.int64),
        count=count,
        time=both["time"].to_numpy(),
        cls=both["cls"].to_numpy(),
        points=both["points"].to_numpy(),
        row=both["row"].to_numpy(),
        starts=both["starts"].to_numpy(),
    )


def crossing(  # the arguments are the parts of one segment
    classes: Classes, state: Floats, factor: Floats, span: Ints, there: Callable[[Floats, Ints], Bools]
) -> Ints:
    """Microseconds until a condition on the score comes to hold, given that it holds at the end of `span`, in whole seconds.

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
