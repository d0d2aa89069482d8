"""Limits: how much of one thing a plan may do before a person has to say yes.

Belongs here: counting a plan against `[limits]`. Does not belong here: the numbers (`delivery/mappings`). A limit that
cannot be evaluated trips: of nothing, nobody knows what share is usual.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from delivery.mapping import Limit


class Tripped(NamedTuple):
    """A guard that a plan goes beyond, and the sentence that says so."""

    guard: str
    why: str


def tripped(
    counts: Mapping[str, int], known: int, limits: Mapping[str, Limit], allowed: Collection[str]
) -> list[Tripped]:
    """The guards that hold a plan.

    Args:
        counts: what the plan does, by guard.
        known: how many records were bound before it.
        limits: by guard.
        allowed: guards that a person has allowed.
    """
    found = []
    for guard, limit in limits.items():
        count = counts.get(guard, 0)
        if count and guard not in allowed and (why := _why(guard, count, known, limit)):
            found.append(
                Tripped(guard, f"{why}; look at them, then plan again with --allow {guard}, or raise limits.{guard}")
            )
    return found


def _why(guard: str, count: int, known: int, limit: Limit) -> str:
    if limit.most is not None and count > limit.most:
        return f"{guard}: {count:,}, more than {limit.most:,}"
    if limit.share is None:
        return ""
    if not known:
        return f"{guard}: {count:,}, and no share of it can be told, for no record is known there yet"
    share = count / known
    return f"{guard}: {count:,} of {known:,} known records, more than {limit.share:.0%}" if share > limit.share else ""
