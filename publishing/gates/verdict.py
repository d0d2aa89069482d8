"""Verdict: what the gates found of one night, kept with what was written of it.

Belongs here: holding a night's tables against the publication before, and telling what came of it. Does
not belong here: what follows from it (`publishing.publish`, `publishing.release`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from publishing.gates.compared import Compared
from publishing.gates.judging import Finding, Known, judge
from publishing.gates.measures import measure, tally
from publishing.written import told

SHOWN = 5  # of one gate that tripped for many sources


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found.

    Attributes:
        base: the folder name of the publication the night is compared with; None on the first night.
        findings: each measure with its usual range; none on the first night.
        tally: how many leads are new, changed, merged and gone; empty on the first night.
        rolled_back: whether somebody went back to `base`, so that nothing follows it unasked.
    """

    base: str | None = None
    findings: tuple[Finding, ...] = ()
    tally: Mapping[str, int] | None = None
    rolled_back: bool = False

    @property
    def tripped(self) -> list[Finding]:
        return [it for it in self.findings if it.tripped]

    @property
    def holds(self) -> bool:
        """Whether the night must not be published unasked."""
        return self.rolled_back or bool(self.tripped)

    @property
    def shown(self) -> list[Finding]:
        """Of each gate what tripped it, else what came nearest to it; those that tripped first."""
        of_gate: dict[str, list[Finding]] = {}
        for it in self.findings:
            seen = of_gate.setdefault(it.gate.name, [])
            if not seen or (it.tripped and len(seen) < SHOWN):
                seen.append(it)
        return sorted((it for seen in of_gate.values() for it in seen), key=lambda it: not it.tripped)

    def to_json(self) -> str:
        content = {
            "base": self.base,
            "rolled_back": self.rolled_back,
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
        return Verdict(verdict["base"], findings, verdict["tally"], verdict["rolled_back"])
    except (ValueError, KeyError, TypeError):  # of another version, or of before there were gates
        return None
