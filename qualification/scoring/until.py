"""Until: when the grade of behaviour will change if nothing more happens.

Belongs here: decay, the horizon and cancellations that are known already. Does not belong here: what happened
(`moves`). On a quiet night only the leads whose moment has come need work.
"""

from __future__ import annotations

from datetime import datetime

import numpy as np
import polars as pl

from contracts.table import TIMESTAMP
from qualification.scoring.course import Bools, Classes, Floats, Ints, classes_of, counting, crossing, microseconds
from qualification.scoring.rules import Scoring


def grade_until(rows: pl.DataFrame, people: pl.DataFrame, rules: Scoring, as_of: datetime) -> pl.DataFrame:
    """The moment, in whole seconds from `as_of`, at which each lead's grade of behaviour first differs.

    Between two moments at which a touchpoint ceases to count, a score that sinks and rises again by decay alone is
    looked at where it ends.

    Args:
        rows: `judged.JUDGED`.
        people: lead_id and factor, what behaviour counts of customers.
        as_of: with its zone.

    Returns:
        lead_id, grade_until, of the leads whose grade will change.
    """
    people = people.sort("lead_id")
    classes, now = classes_of(rules), microseconds(as_of)
    counts = (pl.col("start") <= now) & (pl.col("end") > now)
    live = counting(rows, people["lead_id"], classes, rules).filter(counts).sort("line", "end", maintain_order=True)
    line, cls, size = live["line"].to_numpy(), live["cls"].to_numpy(), len(classes.half_life)
    age = now - live["start"].to_numpy()
    amount = live["amount"].to_numpy() * np.exp2(-age / classes.half_life[cls])
    summed = np.bincount(line * size + cls, weights=amount, minlength=people.height * size)
    ahead = _Ahead(classes, rules, people["factor"].to_numpy(), now)
    ahead.start(summed.reshape(people.height, size).astype(np.float64))
    first = np.concatenate([[0], np.cumsum(np.bincount(line, minlength=people.height))]).astype(np.int64)
    time, points = live["end"].to_numpy(), -live["left"].to_numpy()
    sinking = np.bincount(line, weights=amount < 0, minlength=people.height) == 0
    lines = np.flatnonzero(~(sinking & ahead.lowest()))  # nothing negative, and no grade below: it stays
    step = 0
    while len(lines := lines[ahead.open(lines) & (first[lines + 1] - first[lines] > step)]):
        event = first[lines] + step
        ahead.passes(lines, time[event])
        ahead.ends(lines, cls[event], points[event])
        step += 1
    found = np.flatnonzero(ahead.until > 0)
    return pl.DataFrame(
        {
            "lead_id": people["lead_id"].gather(found),
            "grade_until": pl.Series(ahead.until[found], dtype=pl.Int64).cast(TIMESTAMP),
        }
    )


class _Ahead:
    def __init__(self, classes: Classes, rules: Scoring, factor: Floats, now: int) -> None:
        self.classes, self.factor = classes, factor
        self.bounds = np.array([bound for _, bound in reversed(rules.behaviour_grades)])
        self.at = np.full(len(factor), now)
        self.until = np.zeros(len(factor), np.int64)

    def start(self, state: Floats) -> None:
        self.state = state
        self.grade: Ints = self._grades(self.classes.score(state, self.factor))

    def _grades(self, scores: Floats) -> Ints:
        return np.searchsorted(self.bounds, scores, side="right")

    def open(self, lines: Ints) -> Bools:
        """Whether the grade has not changed yet."""
        still: Bools = self.until[lines] == 0
        return still

    def lowest(self) -> Bools:
        """Whether there is no lower grade."""
        lowest: Bools = self.grade <= 1
        return lowest

    def passes(self, lines: Ints, time: Ints) -> None:
        span = time - 1 - self.at[lines]  # the moment before
        then = self.classes.decayed(self.state[lines], span)
        differs = self._grades(self.classes.score(then, self.factor[lines])) != self.grade[lines]
        changed, grade = lines[differs], self.grade[lines[differs]]
        if len(changed):
            after = crossing(
                self.classes,
                self.state[changed],
                self.factor[changed],
                span[differs],
                lambda scores, i: self._grades(scores) != grade[i],
            )
            self.until[changed] = self.at[changed] + after
        self.state[lines] = self.classes.decayed(self.state[lines], time - self.at[lines])
        self.at[lines] = time

    def ends(self, lines: Ints, cls: Ints, points: Floats) -> None:
        still = self.until[lines] == 0
        lines, cls, points = lines[still], cls[still], points[still]
        self.state[lines, cls] += points
        differs = self._grades(self.classes.score(self.state[lines], self.factor[lines])) != self.grade[lines]
        self.until[lines[differs]] = self.at[lines[differs]]
