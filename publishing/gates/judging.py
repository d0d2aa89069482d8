"""Judging: is a night's measure within what is usual in this home?

Belongs here: the gates as `gates.toml` tells them, the usual range of a measure, and what is outside of it. Does not
belong here: taking measures (`measures`), keeping them (`nights`), what follows (`publishing.publish`).

What is usual is the gate's own word or, where it has none, what the publication before held; from it a night may be as
far as the gate's slack. Once `ENOUGH` nights are known, the range is widened to their median and `SPREAD` times their
median absolute deviation, or the slack where that is more. The median does not follow a single bad night that somebody
released (Hampel 1974), and a night that changes nothing is always within.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any, Literal

from engine.rules_folder import settings
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
    """A measure held against its gate: `least` to `most` is what is usual, both included."""

    gate: Gate
    subject: str
    value: float
    least: float
    most: float
    rows: int
    tripped: bool
    samples: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"gate": self.gate.name}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Finding:
        """Raises TypeError, KeyError: it tells of no finding, or of a gate that is no more."""
        return cls(**{**told, "gate": gates()[told["gate"]], "samples": tuple(told["samples"])})


@cache
def gates() -> dict[str, Gate]:
    """All gates by name, in the order of the file, with the numbers of the home in their places."""
    return {name: Gate(name, **told) for name, told in settings(Path(__file__).parent / "gates.toml").items()}


def judge(measures: Sequence[Measure], known: Known) -> list[Finding]:
    """Each measure beside its usual range, in the order of the gates; in a gate those outside first, then the nearest.

    Args:
        measures: of one night.
        known: the same measures on the nights before, by gate and subject.
    """
    found = [_finding(it, gates()[it.gate], known.get((it.gate, it.subject), ())) for it in measures]
    order = list(gates())
    return sorted(found, key=lambda it: (order.index(it.gate.name), not it.tripped, _room(it), it.subject))


def usual_range(measure: Measure, gate: Gate, nights: Sequence[float]) -> tuple[float, float]:
    """The least and the most that is usual.

    >>> merged = gates()["merged_leads"]
    >>> tonight = Measure("merged_leads", "leads", value=0.09, rows=90)
    >>> usual_range(tonight, merged, nights=[])
    (0.0, 0.02)
    >>> usual_range(tonight, merged, nights=[0.04, 0.05, 0.04, 0.06, 0.04, 0.05, 0.04])
    (0.0, 0.06)
    """
    usual = measure.usual if gate.usual is None else gate.usual
    least, most = usual - gate.slack, usual + gate.slack
    if len(nights) >= ENOUGH:
        middle = median(nights)
        width = max(gate.slack, SPREAD * median(abs(night - middle) for night in nights))
        least, most = min(least, middle - width), max(most, middle + width)
    return round(max(least, 0.0), 6), round(most, 6)


def _finding(measure: Measure, gate: Gate, nights: Sequence[float]) -> Finding:
    least, most = usual_range(measure, gate, nights)
    value = round(measure.value, 6)
    outside = value < least if gate.worse == "less" else value > most
    tripped = outside and measure.rows >= gate.rows
    return Finding(gate, measure.subject, value, least, most, measure.rows, tripped, measure.samples)


def _room(finding: Finding) -> float:
    """How far a measure is from the end of its range."""
    return finding.value - finding.least if finding.gate.worse == "less" else finding.most - finding.value
