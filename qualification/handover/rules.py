"""Rules: everything an expert says of the hand-over, read once.

Belongs here: the four files together. Does not belong here: what each means (the files beside).
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from qualification.handover.holds import HoldRules, read_holds
from qualification.handover.people import Person, read_people
from qualification.handover.routing import Route, read_routes
from qualification.handover.sla import SlaRules, read_sla
from qualification.rule_files import rule_file


class HandoverRules(NamedTuple):
    """handover.toml, routing.csv, people.csv, sla.toml with holidays.csv, and what scoring.toml calls a trigger."""

    holds: HoldRules
    routes: tuple[Route, ...]
    people: dict[str, Person]
    sla: SlaRules
    trigger_kinds: frozenset[str]


def handover_rules(home: Path | None = None) -> HandoverRules:
    """The rules of a home, the shipped ones where it has none of its own.

    Raises:
        UnsoundRules: names the file, the rule and the remedy.
    """
    sla = read_sla(rule_file("sla.toml", home), rule_file("holidays.csv", home))
    return HandoverRules(
        read_holds(rule_file("handover.toml", home)),
        read_routes(rule_file("routing.csv", home)),
        read_people(rule_file("people.csv", home), sla.holidays),
        sla,
        _trigger_kinds(home),
    )


def _trigger_kinds(home: Path | None) -> frozenset[str]:
    rules = rule_file("scoring.toml", home).toml().get("behaviour", [])
    return frozenset(rule["kind"] for rule in rules if rule.get("trigger") is True and "kind" in rule)
