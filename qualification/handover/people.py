"""People: who takes leads, for which team, when, how many at a time.

Belongs here: reading people.csv, who is there on a day. Does not belong here: who gets a lead
(`qualification.handover.routing`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from qualification.handover.holidays import Holidays
from qualification.handover.sla import check_office
from qualification.rule_files import RuleFile, UnsoundRules

_COLUMNS = (
    *("owner", "team", "active_from", "active_to", "absent_from", "absent_to", "capacity_open", "languages"),
    *("timezone", "holidays", "crm_names"),
)


class Person(NamedTuple):
    """One owner; spans of days count both ends, `capacity` None has no bound."""

    owner: str
    teams: frozenset[str]
    active: tuple[tuple[date, date], ...]
    absent: tuple[tuple[date, date], ...]
    capacity: int | None
    languages: frozenset[str]
    timezone: str | None
    region: str | None
    names: frozenset[str]  # in lower case, its own among them

    def employed(self, day: date) -> bool:
        """Whether the owner still, or already, takes leads."""
        return _within(day, self.active)

    def there(self, day: date) -> bool:
        """Whether the owner works on this day, holidays aside."""
        return self.employed(day) and not _within(day, self.absent)


def read_people(file: RuleFile, holidays: Holidays) -> dict[str, Person]:
    """The owners of people.csv by name.

    Raises:
        UnsoundRules: a column is missing, a day or number cannot be read, two lines of an owner contradict each other.
    """
    rows = file.rows()
    if rows and (missing := [name for name in _COLUMNS if name not in rows[0]]):
        raise UnsoundRules(f"{file.path}: the columns {', '.join(missing)} are missing; add them to the first line")
    lines: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        lines.setdefault(row["owner"], []).append(row)
    if "" in lines:
        raise UnsoundRules(f"{file.path}: a line names no owner; name one or remove the line")
    people = {owner: _person(file, owner, lines[owner]) for owner in sorted(lines)}
    names = [name for person in people.values() for name in person.names]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise UnsoundRules(f"{file.path}: {twice[0]} is the name of two owners; leave it with one")
    for person in people.values():
        if person.timezone or person.region:
            check_office(file, person.timezone or "UTC", person.region or "none", holidays)
    return people


def owner_named(people: Mapping[str, Person], name: str | None) -> str | None:
    """The owner a CRM calls so, in whatever case; the name itself where none is called so, None for None."""
    said = (name or "").strip().casefold()
    return next((person.owner for person in people.values() if said in person.names), name)


def _person(file: RuleFile, owner: str, rows: list[dict[str, str]]) -> Person:
    for name in ("capacity_open", "timezone", "holidays"):
        if len({row[name] for row in rows if row[name]}) > 1:
            raise UnsoundRules(f"{file.path}: the lines of {owner} contradict each other in {name}; write it once")
    said = {name: next((row[name] for row in rows if row[name]), None) for name in _COLUMNS}
    try:
        capacity = int(said["capacity_open"]) if said["capacity_open"] else None
        if capacity is not None and capacity < 0:
            raise ValueError(f"capacity_open {capacity} is less than nothing")
        return Person(
            owner,
            frozenset(row["team"] for row in rows if row["team"]),
            tuple(sorted({_span(row["active_from"], row["active_to"]) for row in rows})),
            tuple(
                sorted(
                    _span(row["absent_from"], row["absent_to"])
                    for row in rows
                    if row["absent_from"] or row["absent_to"]
                )
            ),
            capacity,
            frozenset(word.strip() for row in rows for word in row["languages"].split("|") if word.strip()),
            said["timezone"],
            said["holidays"],
            frozenset(
                {owner.casefold()}
                | {name.strip().casefold() for row in rows for name in row["crm_names"].split("|") if name.strip()}
            ),
        )
    except ValueError as fault:
        raise UnsoundRules(f"{file.path}: {owner}: {fault}; write days as 2026-03-09 and whole numbers") from None


def _span(begin: str, end: str) -> tuple[date, date]:
    span = date.fromisoformat(begin) if begin else date.min, date.fromisoformat(end) if end else date.max
    if span[0] > span[1]:
        raise ValueError(f"{begin} is later than {end}")
    return span


def _within(day: date, spans: tuple[tuple[date, date], ...]) -> bool:
    return any(begin <= day <= end for begin, end in spans)
