"""Wording: what the gates found as people read it.

Belongs here: figures and sentences. Does not belong here: where they are shown (terminal, report page, Dagster), or
escaping them for it.
"""

from __future__ import annotations

from collections.abc import Sequence

from publishing.gates.judging import Finding, Gate
from publishing.gates.verdict import Verdict

_NAMED = 5  # of a list


def gate_in_words(gate: Gate) -> str:
    """What a gate measures, from where on it holds a night, and what to look at then."""
    usual = "what the publication before held" if gate.usual is None else _percent(gate.usual)
    beyond = f"Where it is beyond and at least {gate.rows:,} rows are concerned, the night is held. Look: {gate.look}"
    return (
        f"{gate.title}. Usual is {usual}, at most {_percent(gate.slack)} {gate.worse}, or as far as this home's own "
        f"nights vary. {beyond}"
    )


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
    if verdict.rules:
        said.append(f"Somebody is to approve what changed in the rules since {verdict.base}: {in_short(verdict.rules)}")
    if verdict.dry:
        said.append("It was run to be looked at")
    return said + [
        f"{it.gate.title}, {it.subject}: {shown_value(it)}, usual {shown_range(it)}"
        for it in verdict.shown
        if it.tripped
    ]


def in_short(names: Sequence[str]) -> str:
    """`a, b, c, d, e and 3 more`."""
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _percent(share: float) -> str:
    percent = 100 * share
    return f"{percent:.1f} %" if 0 < percent < 10 and percent % 1 else f"{percent:,.0f} %"
