"""Judging: is a night's measure within what is usual in this home?

Belongs here: the gates as `gates.toml` tells them, the usual range of a measure, and what is outside of it. Does not
belong here: taking measures (`measures`), keeping them (`nights`), what follows (`publishing.publish`).

What is usual is the gate's own word or, where it has none, what the publication before held; from it a night may be as
far as the gate's slack. Once `ENOUGH` nights are known, the range is widened to their median and `SPREAD` times their
median absolute deviation, or the slack where that is more. The median does not follow a single bad night that somebody
released (Hampel 1974), and a night that changes nothing is always within.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any, Literal

from publishing.gates.measures import Measure

ENOUGH = 7
"""Nights from which a home has habits: a week, so that each weekday was seen."""
SPREAD = 6.0
"""Median absolute deviations from the median; about four standard deviations of what is normally distributed."""

Known = Mapping[tuple[str, str], Sequence[float]]


@dataclass(frozen=True, slots=True)
class Gate:
    """A gate as `gates.toml` explains it."""

    name: str
    title: str
    worse: Literal["more", "less"]
    slack: float
    rows: int
    look: str
    usual: float | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A measure held against its gate: the range is what is usual, both ends included."""

    gate: str
    title: str
    subject: str
    value: float
    least: float
    most: float
    rows: int
    tripped: bool
    look: str
    samples: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Finding:
        """Raises TypeError, KeyError: it tells of no finding."""
        return cls(**{**told, "samples": tuple(told["samples"])})


@cache
def gates() -> tuple[Gate, ...]:
    """All gates, in the order of the file."""
    with (Path(__file__).parent / "gates.toml").open("rb") as file:
        return tuple(Gate(name, **told) for name, told in tomllib.load(file).items())


def judge(measures: Sequence[Measure], known: Known) -> list[Finding]:
    """Each measure beside its usual range, in the order of the gates; those that trip first, then the nearest to it.

    Args:
        measures: of one night.
        known: the same measures on the nights before, by gate and subject.
    """
    by_name = {gate.name: gate for gate in gates()}
    order = list(by_name)
    found = [(_room(it, by_name[it.gate], known), it) for it in measures if _usual(it, by_name[it.gate]) is not None]
    found.sort(key=lambda entry: (order.index(entry[1].gate), entry[0], entry[1].subject))
    return [_finding(it, by_name[it.gate], known) for _, it in found]


def usual_range(measure: Measure, gate: Gate, nights: Sequence[float]) -> tuple[float, float]:
    """The least and the most that is usual.

    >>> rate = Measure("merged_leads", "leads", value=0.09, rows=90)
    >>> merged = next(gate for gate in gates() if gate.name == "merged_leads")
    >>> usual_range(rate, merged, nights=[])
    (0.0, 0.05)
    >>> usual_range(rate, merged, nights=[0.04, 0.05, 0.04, 0.06, 0.04, 0.05, 0.04])
    (0.0, 0.09)
    """
    usual = _usual(measure, gate) or 0.0
    least, most = usual - gate.slack, usual + gate.slack
    if len(nights) >= ENOUGH:
        middle = median(nights)
        width = max(gate.slack, SPREAD * median(abs(night - middle) for night in nights))
        least, most = min(least, middle - width), max(most, middle + width)
    return round(max(least, 0.0), 6), round(most, 6)


def _usual(measure: Measure, gate: Gate) -> float | None:
    return measure.usual if gate.usual is None else gate.usual


def _room(measure: Measure, gate: Gate, known: Known) -> float:
    """How far it is from the end of its range; less than nothing outside. Where too few rows count, it is farther."""
    least, most = usual_range(measure, gate, known.get((gate.name, measure.subject), ()))
    left = measure.value - least if gate.worse == "less" else most - measure.value
    return left if left >= 0 or measure.rows >= gate.rows else -left


def _finding(measure: Measure, gate: Gate, known: Known) -> Finding:
    least, most = usual_range(measure, gate, known.get((gate.name, measure.subject), ()))
    tripped = _room(measure, gate, known) < 0
    shown = (gate.name, gate.title, measure.subject, round(measure.value, 6))
    return Finding(*shown, least, most, measure.rows, tripped, gate.look, measure.samples)
