"""Verdict: what the gates found of one night, kept with what was written of it.

Belongs here: holding a night's tables against the publication before, and telling what came of it. Does
not belong here: what follows from it (`publishing.publish`, `publishing.release`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from publishing.gates.compared import Compared
from publishing.gates.judging import Finding, Gate, Known, judge
from publishing.gates.measures import measure, tally
from publishing.written import told

SHOWN = 5  # of one gate that tripped for many sources, and of their samples


class Tripped(NamedTuple):
    """A gate that tripped, with the findings that are shown."""

    gate: Gate
    findings: tuple[Finding, ...]

    @property
    def samples(self) -> tuple[str, ...]:
        """Ids, each once: many fields of one source are often about the same leads."""
        return tuple(dict.fromkeys(name for it in self.findings for name in it.samples))[:SHOWN]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found.

    Attributes:
        base: the folder name of the publication the night is compared with; None on the first night.
        findings: each measure with its usual range; none on the first night.
        tally: how many leads are new, changed, merged and gone; empty on the first night.
        rolled_back: whether somebody went back to `base`, so that nothing follows it unasked.
        rules: the changes of rules that somebody has to approve first.
        dry: whether it was run to be looked at.
    """

    base: str | None = None
    findings: tuple[Finding, ...] = ()
    tally: Mapping[str, int] | None = None
    rolled_back: bool = False
    rules: tuple[str, ...] = ()
    dry: bool = False

    @property
    def tripped(self) -> list[Finding]:
        return [it for it in self.findings if it.tripped]

    @property
    def holds(self) -> bool:
        """Whether the night must not be published unasked."""
        return self.dry or self.wants_a_person

    @property
    def wants_a_person(self) -> bool:
        """Whether it is held for another reason than that somebody asked for it."""
        return self.rolled_back or bool(self.tripped) or bool(self.rules)

    @property
    def shown(self) -> list[Finding]:
        """Of each gate what tripped it, else what came nearest to it; those that tripped first."""
        of_gate: dict[str, list[Finding]] = {}
        for it in self.findings:
            seen = of_gate.setdefault(it.gate.name, [])
            if not seen or (it.tripped and len(seen) < SHOWN):
                seen.append(it)
        return sorted((it for seen in of_gate.values() for it in seen), key=lambda it: not it.tripped)

    @property
    def by_gate(self) -> list[Tripped]:
        """Each gate that tripped, with what is shown of it."""
        shown = (it for it in self.shown if it.tripped)
        return [Tripped(gate, tuple(found)) for gate, found in groupby(shown, key=lambda it: it.gate)]

    def to_json(self) -> str:
        content = {
            "base": self.base,
            "rolled_back": self.rolled_back,
            "rules": self.rules,
            "dry": self.dry,
            "tally": self.tally,
            "findings": [it.as_json() for it in self.findings],
        }
        return json.dumps(content, ensure_ascii=False)


def judge_night(tables: Path, before: Path | None, known: Known, *, rolled_back: bool) -> Verdict:
    """Hold a night's tables against the publication before.

    Args:
        tables: the folder of the night's tables.
        before: the folder of the publication before; without one nothing can be said.
        known: the measures of the nights before.
        rolled_back: whether somebody went back to `before`.
    """
    if before is None:
        return Verdict()
    night = Compared(before, tables)
    return Verdict(before.name, tuple(judge(measure(night), known)), tally(night), rolled_back)


def read_verdict(folder: Path) -> Verdict | None:
    """The verdict of a publication or a held night; None where there is none that can be read."""
    try:
        verdict = json.loads(told(folder).get("verdict") or "")
        findings = tuple(Finding.from_json(it) for it in verdict["findings"])
        rules, dry = tuple(verdict.get("rules", ())), verdict.get("dry", False)  # lines of before lack both
        return Verdict(verdict["base"], findings, verdict["tally"], verdict["rolled_back"], rules, dry)
    except (ValueError, KeyError, TypeError):  # of another version, or of before there were gates
        return None
