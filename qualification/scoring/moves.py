"""Moves: when each person became and ceased to be marketing-qualified, and reached a score some stage asks for.

Belongs here: triggers, thresholds, hysteresis, replayed over all history. Does not belong here: stages (`stages`),
what a touchpoint gives (`judged`). Facts of the lead (fit, objection) are those of today: who wants to know what was
said on a past night reads what that night published.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import numpy as np
import polars as pl

from contracts.table import TIMESTAMP, Dtype
from qualification.scoring.course import (
    DAY,
    Bools,
    Classes,
    Events,
    Floats,
    Ints,
    classes_of,
    crossing,
    events,
    microseconds,
)
from qualification.scoring.rules import Scoring

MOVES: dict[str, Dtype] = {
    "lead_id": pl.String,
    "signal": pl.String,
    "at": TIMESTAMP,
    "known_at": TIMESTAMP,
    "behaviour": pl.Float64,
    "why": pl.String,
    "touchpoint_id": pl.String,
}
"""signal: qualified, disqualified, or `behaviour >= 25`. at: when it took effect. known_at: the run that first knew
all that it rests on. why: grade, decayed, or `trigger demo_request`. touchpoint_id: the last that counted before."""

_NEVER = np.iinfo(np.int64).max


def moves(
    rows: pl.DataFrame, people: pl.DataFrame, rules: Scoring, as_of: datetime, thresholds: Sequence[float] = ()
) -> pl.DataFrame:
    """Every move until `as_of`.

    Args:
        rows: `judged.JUDGED`.
        people: lead_id, fit_grade, customer_since (null: no customer), objected. Who objected has no moves.
        as_of: with its zone.
        thresholds: scores whose being reached from below is told.

    Returns:
        `MOVES`, sorted by lead_id, at and signal.
    """
    people = people.filter(~pl.col("objected")).sort("lead_id")
    classes, until = classes_of(rules), microseconds(as_of)
    course = events(rows, people["lead_id"], classes, rules, until)
    replay = _Replay(rows, people, rules, classes=classes, course=course, thresholds=thresholds)
    found = replay.run(until)
    return found.sort("lead_id", "at", "signal", "touchpoint_id").select(*MOVES)


class _Replay:
    def __init__(
        self,
        rows: pl.DataFrame,
        people: pl.DataFrame,
        rules: Scoring,
        *,
        classes: Classes,
        course: Events,
        thresholds: Sequence[float],
    ) -> None:
        self.rows, self.people, self.classes, self.course = rows, people, classes, course
        self.thresholds = sorted(set(thresholds))
        self.leave_after = (rules.leave_days - 1) * DAY  # below on the first night and on each of the nights after it
        line = course.owner
        since = people["customer_since"].to_physical().fill_null(_NEVER).to_numpy()
        self.since: Ints = since[line] if len(line) else np.zeros(0, np.int64)
        self.customer_factor = rules.customer_factor
        fits = people["fit_grade"].to_numpy()[line]
        self.enter, self.customer_enter = (self._bound(rules, fits, named) for named in (rules.mql, rules.customer_mql))
        self.margin = rules.leave_margin
        enough = np.array([rules.trigger_suffices(str(grade)) for grade in fits], dtype=bool)
        self.trigger_rows = rows["trigger"].fill_null(False).to_numpy()
        self.trigger_ok = enough
        self.known = rows["known_at"].to_physical().to_numpy()
        n = len(line)
        self.state: Floats = np.zeros((n, len(classes.half_life)))
        self.at: Ints = np.zeros(n, np.int64)
        self.score: Floats = np.zeros(n)
        self.qualified: Bools = np.zeros(n, bool)
        self.below: Ints = np.full(n, _NEVER)  # since when the score has been below the one that is left at
        self.known_at: Ints = np.full(n, np.iinfo(np.int64).min)
        self.last_row: Ints = np.full(n, -1)
        self.told: list[pl.DataFrame] = []

    @staticmethod
    def _bound(rules: Scoring, fits: np.ndarray, named: Sequence[str]) -> Floats:
        bounds = {grade: rules.enters_from(grade, named) for grade, _ in rules.fit_grades}
        return np.array([np.inf if bounds[str(fit)] is None else bounds[str(fit)] for fit in fits], dtype=np.float64)

    def run(self, until: int) -> pl.DataFrame:
        course = self.course
        if len(course.owner):
            self.at[:] = course.time[course.first]
        for n, index in course.steps():
            self._happens(np.arange(n), index)
        everybody = np.arange(len(course.owner))
        self._passes(everybody, np.full(len(everybody), until))
        return pl.concat([pl.DataFrame(schema=MOVES), *self.told])

    def _happens(self, lines: Ints, event: Ints) -> None:
        """The next event of some owners: what decays until then, then what it changes."""
        course = self.course
        time = course.time[event]
        self._passes(lines, time)
        self.state[lines, course.cls[event]] += course.points[event]
        row = course.row[event]
        began = course.starts[event]
        self.known_at[lines] = np.maximum(self.known_at[lines], self.known[row])
        self.last_row[lines] = np.where(began, row, self.last_row[lines])
        triggers = began & self.trigger_rows[row] & self.trigger_ok[lines]
        self._trigger(lines[triggers], time[triggers])
        following = np.minimum(event + 1, len(course.time) - 1)
        more = (event + 1 < course.first[lines] + course.count[lines]) & (course.time[following] == time)
        settled = lines[~more]  # several events of one moment are judged together
        self._settle(settled, time[~more])

    def _limits(self, lines: Ints, time: Ints) -> tuple[Floats, Floats, Floats]:
        """Enter, leave and the factor of a customer."""
        customer = self.since[lines] <= time
        enter = np.where(customer, self.customer_enter[lines], self.enter[lines])
        return enter, enter - self.margin, np.where(customer, self.customer_factor, 1.0)

    def _passes(self, lines: Ints, time: Ints) -> None:
        """Decay until `time`, with the thresholds it crosses."""
        later = time > self.at[lines]  # events of one moment have nothing between them
        lines, time = lines[later], time[later]
        span = time - self.at[lines]
        enter, leave, factor = self._limits(lines, self.at[lines])
        then = self.classes.decayed(self.state[lines], span)
        after = self.classes.score(then, factor)
        before = self.score[lines]
        for bound in self.thresholds:
            named, bounds = f"behaviour >= {bound:g}", np.full(len(lines), bound)
            self._rises(named, lines, span, factor, before=before, after=after, bound=bounds)
        sinks = self.qualified[lines] & (self.below[lines] == _NEVER) & (after < leave)
        if sinks.any():
            at = self._crossing(lines[sinks], span[sinks], factor[sinks], lambda score, i: score < leave[sinks][i])
            self.below[lines[sinks]] = at
        lost = self.qualified[lines] & (self.below[lines] <= time - self.leave_after)
        gone = self.below[lines[lost]] + self.leave_after
        self._tell(lines[lost], gone, "disqualified", "decayed", self._score_at(lines[lost], gone, factor[lost]))
        self.qualified[lines[lost]] = False
        self.below[lines[lost]] = _NEVER
        recovers = self.qualified[lines] & (self.below[lines] != _NEVER) & (after >= leave)
        self.below[lines[recovers]] = _NEVER
        rises = ~self.qualified[lines] & (before < enter) & (after >= enter)
        bounds = np.where(rises, enter, np.inf)
        self._rises("qualified", lines, span, factor, before=before, after=after, bound=bounds)
        self.qualified[lines[rises]] = True
        self.state[lines], self.score[lines], self.at[lines] = then, after, time

    def _crossing(self, lines: Ints, span: Ints, factor: Floats, there: Callable[[Floats, Ints], Bools]) -> Ints:
        return self.at[lines] + crossing(self.classes, self.state[lines], factor, span, there)

    def _rises(
        self, signal: str, lines: Ints, span: Ints, factor: Floats, *, before: Floats, after: Floats, bound: Floats
    ) -> None:
        """What decays below zero lets the score rise by itself."""
        up = (before < bound) & (after >= bound)
        if up.any():
            at = self._crossing(lines[up], span[up], factor[up], lambda score, i: score >= bound[up][i])
            self._tell(lines[up], at, signal, "grade", self._score_at(lines[up], at, factor[up]))

    def _score_at(self, lines: Ints, time: Ints, factor: Floats) -> Floats:
        """The score at a moment before the next event."""
        return self.classes.score(self.classes.decayed(self.state[lines], time - self.at[lines]), factor)

    def _trigger(self, lines: Ints, time: Ints) -> None:
        out = ~self.qualified[lines]
        new, at = lines[out], time[out]
        _, _, factor = self._limits(new, at)
        self._tell(new, at, "qualified", "trigger", self.classes.score(self.state[new], factor))
        self.qualified[lines] = True
        self.below[lines] = _NEVER

    def _settle(self, lines: Ints, time: Ints) -> None:
        enter, leave, factor = self._limits(lines, time)
        before = self.score[lines]
        after = self.classes.score(self.state[lines], factor)
        for bound in self.thresholds:
            up = (before < bound) & (after >= bound)
            self._tell(lines[up], time[up], f"behaviour >= {bound:g}", "grade", after[up])
        enters = ~self.qualified[lines] & (after >= enter)
        self._tell(lines[enters], time[enters], "qualified", "grade", after[enters])
        self.qualified[lines[enters]] = True
        under = self.qualified[lines] & (after < leave)
        self.below[lines] = np.where(under, np.minimum(self.below[lines], time), _NEVER)
        self.score[lines] = after

    def _tell(self, lines: Ints, at: Ints, signal: str, why: str, score: Floats) -> None:
        if not len(lines):
            return
        row = self.last_row[lines]
        shown = self.rows[np.maximum(row, 0)].select("touchpoint_id", "kind")
        reason = pl.lit("trigger ") + pl.col("kind") if why == "trigger" else pl.lit(why)
        self.told.append(
            shown.select(
                pl.Series("lead_id", self.people["lead_id"].gather(self.course.owner[lines])),
                pl.lit(signal).alias("signal"),
                pl.Series("at", at).cast(TIMESTAMP),
                pl.Series("known_at", np.maximum(self.known_at[lines], at)).cast(TIMESTAMP),
                pl.Series("behaviour", score),
                reason.alias("why"),
                "touchpoint_id",
            ).select(*MOVES)
        )
