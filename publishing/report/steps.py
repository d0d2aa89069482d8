"""Next steps: what the report asks people to do in the morning.

Belongs here: choosing the steps from the figures, those that free most first. Does not belong here: counting
(`facts`) or the page (`templates/`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from publishing.report.facts import ReasonCount, RoleKnown
from publishing.report.masking import without_contacts

NOTICES_SHOWN = 10


class Step(NamedTuple):
    """Something to do: what and how often, the command for it, or the section of the page that shows it."""

    what: str
    command: str = ""
    section: str = ""


def next_steps(
    held: Sequence[ReasonCount],
    blocked: Sequence[ReasonCount],
    roles: Sequence[RoleKnown],
    review: int,
    notices: Sequence[str] = (),
) -> list[Step]:
    """The steps that are left, none where all is well; `notices` say what is wrong with decisions of people."""
    steps = []
    if broken := next((reason for reason in held if reason.code == "rule_failed"), None):
        what = f"Report a rule that broke: {broken.count:,} records are held back until it is mended"
        steps.append(Step(what, section="held"))
    if correctable := sum(reason.count for reason in held if reason.wants_action):
        steps.append(Step(f"Correct {correctable:,} held-back files or rows at their sources", section="held"))
    if reason := next((reason for reason in blocked if reason.wants_action), None):
        what = f"{reason.count:,} leads stay because of one reason. {reason.meaning}: {_lower(reason.remedy)}"
        steps.append(Step(what, section="blocked"))
    corrections = [without_contacts(notice).removesuffix(".") for notice in notices[:NOTICES_SHOWN]]
    steps += [Step(f"Correct a decision. {what}", command="leads decisions") for what in corrections]
    if (more := len(notices) - NOTICES_SHOWN) > 0:
        steps.append(Step(f"Correct {more:,} more decisions", command="leads decisions"))
    if review:
        steps.append(Step(f"Decide {review:,} pairs of records that may be one person", command="leads review"))
    if decider := next((role for role in roles if role.role == "decider" and role.known < role.accounts), None):
        gap = decider.accounts - decider.known
        steps.append(Step(f"Find a decider for {gap:,} accounts that have contacts but none who signs", section="gaps"))
    return steps


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
