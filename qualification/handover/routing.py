"""Routing: which team and owner a lead goes to.

Belongs here: the rows of routing.csv, which of them a lead meets, and who of a team has room. Does not belong here:
whether a lead is handed over at all (`qualification.handover.holds`), who the people are
(`qualification.handover.people`).
A way never ends nowhere: whom nobody takes goes to `unassigned`, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from hashlib import blake2b
from typing import Any, NamedTuple

from qualification.handover.people import Person
from qualification.rule_files import RuleFile, UnsoundRules

UNASSIGNED = "unassigned"
ASSIGN = ("round_robin", "account_owner", "manual")
_WORDS = ("country", "industry", "product", "price_class")
_COLUMNS = (
    *("priority", "country", "postcode_from", "postcode_to", "industry", "employees_from", "employees_to"),
    *("product", "price_class", "team", "assign", "fallback"),
)


class Route(NamedTuple):
    """One row of routing.csv; a cell that is empty asks nothing."""

    priority: int
    words: tuple[tuple[str, str], ...]
    postcodes: tuple[str, str]
    employees: tuple[float, float] | None
    team: str
    assign: str
    fallback: str

    @property
    def name(self) -> str:
        return f"routing {self.priority}"

    def meets(self, facts: Mapping[str, Any]) -> bool:
        """Whether a lead is one this row asks for; what is unknown of it meets no cell that asks."""
        if any(word != (facts.get(name) or "").strip().casefold() for name, word in self.words):
            return False
        if self.employees:
            count = facts.get("employees")
            if count is None or not self.employees[0] <= count <= self.employees[1]:
                return False
        return not any(self.postcodes) or _between(facts.get("postcode"), *self.postcodes)


class Placed(NamedTuple):
    """Where a lead goes. Without an owner the team shares it out by hand, unless `team` is unassigned or it waits."""

    team: str
    owner: str | None
    why: str
    code: str | None = None  # why it could not be placed: no_rule, nobody_there or queue_full


class Desk:
    """Who has how much to do, and how many decisions each team has had: the state a night's decisions share."""

    def __init__(
        self, people: Mapping[str, Person], day: date, to_do: Mapping[str, int], turns: Mapping[str, int]
    ) -> None:
        self._people = people
        self._day = day
        self._to_do = dict(to_do)
        self._turns = dict(turns)

    def give(self, placed: Placed, in_work: bool) -> None:
        """Count a lead that was handed over, and whether it is still to do."""
        if placed.owner:
            self._to_do[placed.owner] = self._to_do.get(placed.owner, 0) + in_work
            self._turns[placed.team] = self._turns.get(placed.team, 0) + 1

    def why_not(self, owner: str | None) -> str | None:
        """Why an owner who is named cannot take a lead, room aside; None where nothing speaks against it."""
        if not owner:
            return "owner_unknown"
        person = self._people.get(owner)
        if not person:
            return "owner_not_in_people"
        if not person.employed(self._day):
            return "owner_inactive"
        return None if person.there(self._day) else "owner_absent"

    def room(self, owners: Iterable[str]) -> dict[str, float | None]:
        """`queue.open` and `queue.capacity` of those of the owners who are there; null where nobody is."""
        there = [self._people[owner] for owner in owners if not self.why_not(owner)]
        if not there:
            return {"queue.open": None, "queue.capacity": None}
        bounds = [float("inf") if person.capacity is None else float(person.capacity) for person in there]
        # Who has more than there is room for leaves the others their own room.
        taken = [
            min(float(self._to_do.get(person.owner, 0)), bound) for person, bound in zip(there, bounds, strict=True)
        ]
        return {"queue.open": sum(taken), "queue.capacity": sum(bounds)}

    def has_room(self, owner: str) -> bool:
        person = self._people[owner]
        return person.capacity is None or self._to_do.get(owner, 0) < person.capacity

    def teams_of(self, owner: str) -> frozenset[str]:
        return self._people[owner].teams

    def members(self, team: str) -> list[str]:
        return [owner for owner, person in self._people.items() if team in person.teams]

    def next_of(self, team: str, language: str | None, but: frozenset[str]) -> str | None:
        """Whose turn it is: those with room stand in a ring, in an order by hash, and each decision moves on by one.

        Who speaks the lead's language goes before, and who let it lie comes last.
        """
        able = [owner for owner in self.members(team) if not self.why_not(owner) and self.has_room(owner)]
        for preferred in ([owner for owner in able if owner not in but], able):
            speaking = [owner for owner in preferred if language and language in self._people[owner].languages]
            if ring := sorted(speaking or preferred, key=lambda owner: (_hash(team, owner), owner)):
                return ring[self._turns.get(team, 0) % len(ring)]
        return None

    def somebody_there(self, team: str) -> bool:
        return any(not self.why_not(owner) for owner in self.members(team))


class Router:
    """Places leads by routing.csv on a desk."""

    def __init__(self, routes: tuple[Route, ...], desk: Desk) -> None:
        self._routes = routes
        self._desk = desk

    def route_of(self, facts: Mapping[str, Any]) -> Route | None:
        return next((route for route in self._routes if route.meets(facts)), None)

    def queue(self, facts: Mapping[str, Any], owner: str | None) -> dict[str, float | None]:
        """`queue.open` and `queue.capacity` of the owner who is named and there, else of the first team that is."""
        if owner and not self._desk.why_not(owner):
            return self._desk.room([owner])
        route = self.route_of(facts)
        teams = self._teams(route) if route else ()
        team = next((team for team in teams if self._by_hand(team) or self._desk.somebody_there(team)), None)
        return self._desk.room(self._desk.members(team) if team and not self._by_hand(team) else [])

    def place(
        self, facts: Mapping[str, Any], owner: str | None, asked: str | None, but: frozenset[str] = frozenset()
    ) -> Placed:
        """Where a lead goes.

        Args:
            owner: who is named for it, by its account or opportunity.
            asked: which rule names the owner, and as what; None where only routing.csv may.
            but: owners who let it lie.
        """
        route = self.route_of(facts)
        notes: list[str] = []
        by_route = f"{route.name}: account_owner" if route and route.assign == "account_owner" else None
        if named := asked or by_route:
            why_not = self._desk.why_not(owner) or (None if self._desk.has_room(owner or "") else "owner_full")
            if owner and not why_not and owner not in but:
                return Placed(self._team_of(owner, route), owner, named)
            notes.append(f"{named}: {why_not or 'owner_let_it_lie'}")
        if not route or route.team == UNASSIGNED:
            notes.append(f"{route.name if route else 'routing'}: no_rule")
            return Placed(UNASSIGNED, None, "; ".join(notes), "no_rule")
        full = False
        for team in self._teams(route):
            if self._by_hand(team):
                return Placed(team, None, "; ".join([*notes, f"{route.name}: {team} by hand"]))
            if chosen := self._desk.next_of(team, facts.get("language"), but):
                return Placed(team, chosen, "; ".join([*notes, f"{route.name}: round robin of {team}"]))
            full = full or self._desk.somebody_there(team)
            notes.append(f"{team}: {'queue_full' if self._desk.somebody_there(team) else 'nobody_there'}")
        code = "queue_full" if full else "nobody_there"
        return Placed(UNASSIGNED, None, "; ".join([*notes, f"{route.name}: {code}"]), code)

    def _by_hand(self, team: str) -> bool:
        return any(route.team == team and route.assign == "manual" for route in self._routes)

    def _team_of(self, owner: str, route: Route | None) -> str:
        own = self._desk.teams_of(owner)
        return next(
            (team for team in (self._teams(route) if route else ()) if team in own), min(own, default=UNASSIGNED)
        )

    def _teams(self, route: Route) -> Iterator[str]:
        """The team of a row, then what it falls back on, and so on; each once."""
        seen: list[str] = []
        at: Route | None = route
        while at:
            if at.team not in seen:
                seen.append(at.team)
                yield at.team
            following = at.team if at.fallback == "round_robin" else at.fallback
            if following in (UNASSIGNED, "") or following in seen:
                return
            seen.append(following)
            yield following
            at = next((row for row in self._routes if row.team == following), None)


def read_routes(file: RuleFile) -> tuple[Route, ...]:
    """The rows of routing.csv, in the order in which they are asked: by priority, rows of one by what they say.

    Raises:
        UnsoundRules: a column is missing, a number cannot be read, or a way of assigning is not known.
    """
    rows = file.rows()
    if rows and (missing := [name for name in _COLUMNS if name not in rows[0]]):
        raise UnsoundRules(f"{file.path}: the columns {', '.join(missing)} are missing; add them to the first line")
    routes = [_route(file, row) for row in rows]
    return tuple(sorted(routes, key=lambda route: (route.priority, repr(route))))


def _route(file: RuleFile, row: Mapping[str, str]) -> Route:
    name = f"{file.path}: priority {row['priority'] or '(none)'}"
    if row["assign"] not in ASSIGN:
        raise UnsoundRules(f"{name}: assign = {row['assign']} is not known; write {', '.join(ASSIGN)}")
    if not row["team"]:
        raise UnsoundRules(f"{name}: it names no team; write one, or unassigned")
    try:
        counts = row["employees_from"], row["employees_to"]
        employees = (float(counts[0] or 0), float(counts[1] or "inf")) if any(counts) else None
        return Route(
            int(row["priority"]),
            tuple((column, row[column].casefold()) for column in _WORDS if row[column]),
            (_postcode(row["postcode_from"]), _postcode(row["postcode_to"])),
            employees,
            row["team"],
            row["assign"],
            row["fallback"],
        )
    except ValueError as fault:
        raise UnsoundRules(f"{name}: {fault}; priority and employees are numbers") from None


def _postcode(text: str | None) -> str:
    return (text or "").replace(" ", "").casefold()


def _between(postcode: str | None, begin: str, end: str) -> bool:
    """Whether a postcode is in a range of codes of its own length, ends included: 1010 is not in 01000 to 19999."""
    code = _postcode(postcode)
    lengths = {len(bound) for bound in (begin, end) if bound}
    return len(code) in lengths and (not begin or begin <= code) and (not end or code <= end)


def _hash(*parts: str) -> bytes:
    return blake2b("\0".join(parts).encode(), digest_size=8).digest()
