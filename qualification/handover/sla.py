"""SLA: until when sales should answer, by which clock, and whose minutes broke it.

Belongs here: the windows of sla.toml, and the clock fields of one hand-over. Does not belong here: business time
(`qualification.handover.business_time`), which lead is handed over (`qualification.handover.decisions`).
Two clocks run: the business clock says whether the promise was kept, the wall clock how long the customer waited, as
Oldroyd (2011) measured it. A request starts both at the customer's moment, not at our run.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from itertools import pairwise
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

from qualification.handover.business_time import BusinessClock, Hours
from qualification.handover.holidays import WEEKDAYS, Holidays, read_holidays
from qualification.rule_files import RuleFile, UnsoundRules

Start = Literal["occurred_at", "handed_over_at"]
_KEYS = {"calendar", "window", "stop", "escalate", "request"}
STEPS = ("note", "team_lead", "back_to_queue")


class Window(NamedTuple):
    """How long something may take: `applies` is trigger, mql or `stage a -> b`."""

    name: str
    applies: str
    starts: Start
    business_minutes: float

    @property
    def stages(self) -> tuple[str, str] | None:
        """The stages it lies between; None for a window of a hand-over."""
        if not self.applies.startswith("stage "):
            return None
        left, _, right = self.applies.removeprefix("stage ").partition("->")
        return left.strip(), right.strip()


class SlaRules(NamedTuple):
    """sla.toml as read and checked."""

    hours: Hours
    timezone: str
    region: str
    holidays: Holidays
    windows: tuple[Window, ...]
    stop_kinds: frozenset[str]
    at_share: tuple[float, ...]
    buckets: tuple[int, ...]
    same_request_days: float

    def window(self, applies: str) -> Window | None:
        """The window for `trigger` or `mql`."""
        return next((window for window in self.windows if window.applies == applies), None)


class Clocks:
    """The business clock of each office, made once."""

    def __init__(self, rules: SlaRules) -> None:
        self._rules = rules
        self._made: dict[tuple[str, str], BusinessClock] = {}

    def of(self, timezone: str | None = None, region: str | None = None) -> BusinessClock:
        """The clock of an office; that of [calendar] for what it does not say."""
        key = (timezone or self._rules.timezone, region or self._rules.region)
        if key not in self._made:
            self._made[key] = BusinessClock(self._rules.hours, key[0], self._rules.holidays, key[1])
        return self._made[key]


class Times(NamedTuple):
    """The moments of one hand-over; `started_at` is the request, or the hand-over itself."""

    started_at: datetime | None
    qualified_at: datetime
    handed_over_at: datetime | None
    due_at: datetime | None
    responded_at: datetime | None


def read_sla(file: RuleFile, holidays: RuleFile) -> SlaRules:
    """The rules of sla.toml.

    Raises:
        UnsoundRules: a key is not known, a window never ends, the office never opens, a zone or region is not known.
    """
    rules = file.toml()
    if unknown := sorted(set(rules) - _KEYS):
        raise UnsoundRules(f"{file.path}: {unknown[0]} is not known; known are {', '.join(sorted(_KEYS))}")
    days = read_holidays(holidays)
    try:
        calendar = rules["calendar"]
        read = SlaRules(
            _hours(calendar["hours"]),
            calendar["timezone"],
            calendar.get("holidays", "none"),
            days,
            tuple(_window(window) for window in rules.get("window", [])),
            frozenset(rules["stop"]["kinds"]),
            tuple(float(share) for share in rules["escalate"]["at_share"]),
            tuple(int(minutes) for minutes in rules["escalate"]["buckets_wall_minutes"]),
            float(rules["request"]["same_within_days"]),
        )
    except KeyError as fault:
        raise UnsoundRules(f"{file.path}: {fault.args[0]} is missing; the shipped file has all of them") from None
    except (TypeError, ValueError, AttributeError) as fault:
        raise UnsoundRules(f"{file.path}: {fault}") from None
    check_office(file, read.timezone, read.region, days)
    for wrong, remedy in (
        (len(read.at_share) != len(STEPS), f"[escalate] at_share has one number for each of {', '.join(STEPS)}"),
        (list(read.at_share) != sorted(read.at_share), "[escalate] at_share must rise"),
        (not read.buckets or list(read.buckets) != sorted(set(read.buckets)), "buckets_wall_minutes must rise"),
    ):
        if wrong:
            raise UnsoundRules(f"{file.path}: {remedy}")
    return read


def check_office(file: RuleFile, timezone: str, region: str, holidays: Holidays) -> None:
    """Refuse a zone or region nobody knows.

    Raises:
        UnsoundRules: names the file, what is not known and what to write.
    """
    try:
        ZoneInfo(timezone)
    except (KeyError, ValueError, OSError):
        raise UnsoundRules(f"{file.path}: {timezone} is no time zone; write one such as Europe/Berlin") from None
    if region != "none" and region not in holidays.regions:
        raise UnsoundRules(f"{file.path}: holidays of {region} are not known; write DE, AT-9, CH-ZH, DE-BW or none")


def clocked(
    times: Times, window: Window | None, clock: BusinessClock, buckets: tuple[int, ...], as_of: datetime
) -> dict[str, Any]:
    """What the clocks say of one hand-over as of a moment.

    Returns:
        first_response_at, pipeline_minutes, business_minutes, wall_minutes, wall_bucket, sla and cause, as in
        `contracts.qualified.HANDOVERS`. `sla` is met, breached or running; null without a window.
    """
    shared, responded = times.handed_over_at, times.responded_at
    said: dict[str, Any] = {
        "first_response_at": responded,
        "pipeline_minutes": _minutes(times.qualified_at, shared) if shared else None,
        **dict.fromkeys(("business_minutes", "wall_minutes", "wall_bucket", "sla", "cause")),
    }
    if not window or not times.started_at:
        return said
    if responded:
        wall = _minutes(times.started_at, max(times.started_at, responded))
        said |= {"wall_minutes": wall, "wall_bucket": bucket(wall, buckets)}
        said["business_minutes"] = clock.minutes(max(times.started_at, shared or responded), responded)
    if not times.due_at:
        return said
    until = responded or as_of
    said["sla"] = "breached" if until > times.due_at else "met" if responded else "running"
    if said["sla"] == "breached":
        handed = min(shared or until, until)
        ours, theirs = clock.minutes(times.started_at, handed), clock.minutes(max(handed, times.started_at), until)
        said["cause"] = f"pipeline {ours:.0f} min, sales {theirs:.0f} min"
    return said


def bucket(minutes: float, bounds: tuple[int, ...]) -> str:
    """The class of wall minutes; a bound belongs to the class above it.

    Example:
        >>> [bucket(minutes, (60, 120, 1440)) for minutes in (59, 60, 1440)]
        ['<1h', '1-2h', '>24h']
    """
    names = bucket_names(bounds)
    return names[sum(minutes >= bound for bound in bounds)]


def bucket_names(bounds: tuple[int, ...]) -> list[str]:
    """The classes, shortest first: whole hours as hours, others as minutes."""
    unit, per = ("h", 60) if all(bound % 60 == 0 for bound in bounds) else ("min", 1)
    steps = [bound // per for bound in bounds]
    between = [f"{low}-{high}{unit}" for low, high in pairwise(steps)]
    return [f"<{steps[0]}{unit}", *between, f">{steps[-1]}{unit}"]


def _minutes(begin: datetime, end: datetime) -> float:
    return (end - begin).total_seconds() / 60


def _window(row: Mapping[str, Any]) -> Window:
    window = Window(row["name"], row["applies"], row.get("starts", "handed_over_at"), float(row["business_minutes"]))
    if window.applies not in ("trigger", "mql") and (not window.stages or not all(window.stages)):
        raise ValueError(f"window {window.name}: applies is trigger, mql or `stage a -> b`, not {window.applies}")
    if window.starts not in ("occurred_at", "handed_over_at"):
        raise ValueError(f"window {window.name}: starts is occurred_at or handed_over_at, not {window.starts}")
    if window.business_minutes <= 0:
        raise ValueError(f"window {window.name}: business_minutes must be more than 0")
    return window


def _hours(rows: Mapping[str, str]) -> Hours:
    if unknown := sorted(set(rows) - set(WEEKDAYS)):
        raise ValueError(f"[calendar] hours: {unknown[0]} is no weekday; write {', '.join(WEEKDAYS)}")
    hours = {day: tuple(_span(day, span) for span in text.split(",")) for day, text in rows.items()}
    if not hours:
        raise ValueError("[calendar] hours: the office never opens; give one weekday its hours")
    for day, spans in hours.items():
        if any(_end(one) > other[0] for one, other in pairwise(spans)):
            raise ValueError(f"[calendar] hours of {day} overlap; write them in order, such as 08:00-12:00,13:00-17:00")
    return hours


def _span(day: str, text: str) -> tuple[time, time]:
    opens, _, closes = text.strip().partition("-")
    span = time.fromisoformat(opens), time() if closes == "24:00" else time.fromisoformat(closes)
    if span[0] >= _end(span):
        raise ValueError(f"[calendar] hours of {day}: {text} does not end on the same day; write 08:00-18:00")
    return span


def _end(span: tuple[time, time]) -> time:
    return span[1] if span[1] != time() else time.max
