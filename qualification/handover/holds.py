"""Holds: what keeps a lead from sales although it is marketing-qualified, rule by rule.

Belongs here: reading handover.toml, and which of its rules hold for a lead. Does not belong here: the language of its
conditions (`qualification.handover.condition`), what is done then (`qualification.handover.decisions`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any, NamedTuple

from qualification.handover.condition import BadCondition, Facts, condition
from qualification.handover.facts import KNOWN
from qualification.rule_files import RuleFile, UnsoundRules

ENDS = ("stop", "hold", "nurture", "partner", "attach", "defer")
ROUTES = ("account_owner", "opportunity_owner")
AFTER_A_ROUTE = ("stop", "attach", "defer")
_KEYS = {"hold", "price_classes", "served_countries", "presumed_interest"}
_OF_A_HOLD = {"code", "when", "then"}


class Hold(NamedTuple):
    """One rule: `then` is one of `ENDS`, or one of `ROUTES` where the owner is named by it."""

    code: str
    holds: Callable[[Facts], bool | None]
    then: str

    @property
    def route(self) -> str | None:
        return self.then.removeprefix("route:") if self.then.startswith("route:") else None


class PriceClass(NamedTuple):
    """A class of expected values in EUR, from (included) to below (excluded)."""

    name: str
    least: float
    below: float


class HoldRules(NamedTuple):
    """handover.toml as read and checked."""

    holds: tuple[Hold, ...]
    price_classes: tuple[PriceClass, ...]
    served_countries: tuple[str, ...]
    presumed_interest: tuple[str, ...]

    def price_class(self, value: float | None) -> str | None:
        """The class of an expected value; None where it is unknown or in none."""
        fits = (row.name for row in self.price_classes if value is not None and row.least <= value < row.below)
        return next(fits, None)

    def found(
        self, facts: Mapping[str, Any], queue: Callable[[str | None], Mapping[str, float | None]]
    ) -> tuple[Hold | None, Hold | None]:
        """The rule that ends the way of a lead, and the one that names its owner; each None where there is none.

        The first rule that is true counts. A route says whether and to whom, so behind it only a stop, a colleague in
        contact and a full queue are still asked.

        Args:
            facts: those of `KNOWN` but for the queue.
            queue: `queue.open` and `queue.capacity` on the way by this route; of routing.csv for None.
        """
        route: Hold | None = None
        asked = {**facts, **queue(None)}
        for hold in self.holds:
            if (route and hold.then not in AFTER_A_ROUTE) or not hold.holds(asked):
                continue
            if not hold.route:
                return hold, route
            route, asked = hold, {**facts, **queue(hold.route)}
        return None, route


def read_holds(file: RuleFile) -> HoldRules:
    """The rules of handover.toml.

    Raises:
        UnsoundRules: names the file, the rule, what is wrong and what to write.
    """
    rules = file.toml()
    if unknown := sorted(set(rules) - _KEYS):
        raise UnsoundRules(f"{file.path}: {unknown[0]} is not known; known are {', '.join(sorted(_KEYS))}")
    holds = tuple(_hold(file, place, row) for place, row in enumerate(rules.get("hold", []), 1))
    codes = [hold.code for hold in holds]
    if twice := sorted({code for code in codes if codes.count(code) > 1}):
        raise UnsoundRules(f"{file.path}: hold {twice[0]} stands there twice; give each its own code")
    return HoldRules(
        holds,
        _price_classes(file, rules.get("price_classes", {})),
        _texts(file, rules, "served_countries"),
        _texts(file, rules, "presumed_interest"),
    )


def _hold(file: RuleFile, place: int, row: Mapping[str, Any]) -> Hold:
    name = f"{file.path}: hold {row.get('code') or f'number {place}'}"
    if wrong := sorted(_OF_A_HOLD ^ set(row)):
        raise UnsoundRules(f"{name}: {wrong[0]}: a hold has code, when and then, and nothing else")
    if not all(isinstance(value, str) for value in row.values()):
        raise UnsoundRules(f"{name}: code, when and then are texts; put them in quotes")
    known = (*ENDS, *(f"route:{route}" for route in ROUTES))
    if row["then"] not in known:
        raise UnsoundRules(f"{name}: then = {row['then']} is not known; write {', '.join(known)}")
    try:
        return Hold(row["code"], condition(row["when"], KNOWN), row["then"])
    except BadCondition as fault:
        raise UnsoundRules(f"{name}: when: {fault}") from None


def _price_classes(file: RuleFile, rows: Mapping[str, Any]) -> tuple[PriceClass, ...]:
    try:
        classes = [
            PriceClass(name, float(row.get("from", 0)), float(row.get("below", "inf"))) for name, row in rows.items()
        ]
    except (AttributeError, TypeError, ValueError):
        raise UnsoundRules(f"{file.path}: [price_classes]: write name = {{ from = 10000, below = 100000 }}") from None
    classes.sort(key=lambda row: row.least)
    for low, high in pairwise(classes):
        if low.below > high.least:
            raise UnsoundRules(f"{file.path}: [price_classes] {low.name} and {high.name} overlap; let one end earlier")
    return tuple(classes)


def _texts(file: RuleFile, rules: Mapping[str, Any], name: str) -> tuple[str, ...]:
    said = rules.get(name, [])
    if not isinstance(said, list) or not all(isinstance(word, str) for word in said):
        raise UnsoundRules(f'{file.path}: {name} is a list of texts, such as ["DE", "AT"]')
    return tuple(said)
