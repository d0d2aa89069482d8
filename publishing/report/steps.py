"""Next steps: what the report asks people to do in the morning.

Belongs here: choosing the steps from the figures, those that free most first. Does not belong here: counting
(`facts`), the sentences (`words`) or the page (`templates/`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from publishing.report.facts import ReasonCount, RoleKnown
from publishing.report.masking import without_contacts
from publishing.report.words import Words

NOTICES_SHOWN = 10


class Step(NamedTuple):
    """Something to do: what and how often, the command for it, or the section of the page that shows it."""

    what: str
    command: str = ""
    section: str = ""


def next_steps(
    say: Words,
    held: Sequence[ReasonCount],
    blocked: Sequence[ReasonCount],
    roles: Sequence[RoleKnown],
    *,
    to_correct: int = 0,
    review: int = 0,
    notices: Sequence[str] = (),
) -> list[Step]:
    """The steps that are left, none where all is well.

    Args:
        say: the words of the page.
        held, blocked, roles: as `facts` counts them.
        to_correct: values and rows on the list of what can be put right at the sources.
        review: pairs of records or of companies that wait for a person.
        notices: what is wrong with decisions of people, a sentence each.
    """
    steps = []
    if broken := next((reason for reason in held if reason.code == "rule_failed"), None):
        steps.append(Step(say("next.rule_failed", count=broken.count), section="held"))
    if to_correct:
        steps.append(Step(say("next.to_correct", count=to_correct), section="list"))
    if reason := next((reason for reason in blocked if reason.wants_action), None):
        remedy = say.remedy(reason.code)
        what = say("next.blocked", count=reason.count, meaning=say.meaning(reason.code), remedy=remedy)
        steps.append(Step(what, section="blocked"))
    for notice in notices[:NOTICES_SHOWN]:
        said = without_contacts(notice).removesuffix(".")
        steps.append(Step(say("next.decision", notice=said), command="leads decisions"))
    if (more := len(notices) - NOTICES_SHOWN) > 0:
        steps.append(Step(say("next.decisions", count=more), command="leads decisions"))
    if review:
        steps.append(Step(say("next.review", count=review), command="leads review"))
    if decider := next((role for role in roles if role.role == "decider" and role.known < role.accounts), None):
        steps.append(Step(say("next.decider", count=decider.accounts - decider.known), section="gaps"))
    return steps
