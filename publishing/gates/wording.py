"""Wording: what the gates found as people read it.

Belongs here: figures and sentences. Does not belong here: where they are shown (terminal, report page, Dagster), or
escaping them for it.
"""

from __future__ import annotations

from publishing.gates.judging import Finding
from publishing.gates.verdict import Verdict


def shown_value(finding: Finding) -> str:
    """`9.4 %`."""
    return _percent(finding.value)


def shown_range(finding: Finding) -> str:
    """`up to 5 %` or `at least 70 %`: the end of the range at which it gets worse."""
    if finding.gate.worse == "less":
        return f"at least {_percent(finding.least)}"
    return f"up to {_percent(finding.most)}"


def why_held(verdict: Verdict) -> list[str]:
    """A sentence for everything that holds a night."""
    said = [f"Somebody went back to {verdict.base}, and nothing follows it unasked"] if verdict.rolled_back else []
    return said + [
        f"{it.gate.title}, {it.subject}: {shown_value(it)}, usual {shown_range(it)}"
        for it in verdict.shown
        if it.tripped
    ]


def _percent(share: float) -> str:
    percent = 100 * share
    return f"{percent:.1f} %" if 0 < percent < 10 and percent % 1 else f"{percent:,.0f} %"
