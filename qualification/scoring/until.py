"""Until: when the grade of behaviour will change if nothing more happens.

Belongs here: decay, the horizon and cancellations that are known already. Does not belong here: what happened
(`moves`). On a quiet night only the leads whose moment has come need work.
"""

from __future__ import annotations

from datetime import datetime

import numpy as np
import polars as pl

from contracts.table import TIMESTAMP
from qualification.scoring.course import Bools, Classes, Floats, Ints, classes_of, crossing, events
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
    classes, cls = classes_of(rows, rules)
    now = int(as_of.timestamp() * 1_000_000)
    course = events(rows, people["lead_id"], classes, cls, rules)
    ahead = _Ahead(classes, rules, course.owner, people["factor"].to_numpy()[course.owner], now)
    line = np.repeat(np.arange(len(course.owner)), course.count)
    to_come, begun = ~course.starts & (course.time > now), course.starts & (course.time <= now)
    counts = _among(course.row, to_come) & _among(course.row, begun)
    size = len(classes.half_life)
    left = course.points * np.exp2(-np.maximum(now - course.time, 0) / classes.half_life[course.cls])
    left = np.where(begun & counts, left, 0.0)
    summed = np.bincount(line * size + course.cls, weights=left, minlength=len(course.owner) * size)
    ahead.start(summed.reshape(len(course.owner), size))
    index = np.flatnonzero(to_come & counts)
    first = np.concatenate([[0], np.cumsum(np.bincount(line[index], minlength=len(course.owner)))]).astype(np.int64)
    step = 0
    while len(open_ := ahead.open(first, step)):
        event = index[first[open_] + step]
        ahead.passes(open_, course.time[event])
        ahead.ends(open_, course.cls[event], course.points[event])
        step += 1
    found = np.flatnonzero(ahead.until > 0)
    return pl.DataFrame(
        {
            "lead_id": people["lead_id"].gather(course.owner[found]),
            "grade_until": pl.Series(ahead.until[found], dtype=pl.Int64).cast(TIMESTAMP),
        }
    )


def _among(rows: Ints, these: Bools) -> Bools:
    """Which of the rows are among `these` of them."""
    found = np.zeros(int(rows.max(initial=-1)) + 1, bool)
    found[rows[these]] = True
    return found[rows]


class _Ahead:
    def __init__(self, classes: Classes, rules: Scoring, owner: Ints, factor: Floats, now: int) -> None:
        self.classes, self.factor = classes, factor
        self.bounds = np.array([bound for _, bound in reversed(rules.behaviour_grades)])
        self.at = np.full(len(owner), now)
        self.until = np.zeros(len(owner), np.int64)

    def start(self, state: Floats) -> None:
        self.state = state
        self.grade = self._grades(self.classes.score(state, self.factor))

    def _grades(self, scores: Floats) -> Ints:
        return np.searchsorted(self.bounds, scores, side="right")

    def open(self, first: Ints, step: int) -> Ints:
        """Owners whose grade has not changed yet and that have a further event."""
        return np.flatnonzero((self.until == 0) & (np.diff(first) > step))

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
