"""Effects: what a diff found, as it may be shown.

Belongs here: the order of what happened, who or what an example is about, masked or not. Does not belong here:
choosing examples (`publishing.diff`), how a value is masked (`masking`), where they are shown (the report page,
`leads diff`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import polars as pl

from contracts.published import ACCOUNTS, LEADS
from engine.escaping import visible
from publishing.diff import Diff, Effect, Example
from publishing.report.masking import NOBODY, masked

_EXAMPLES = 2  # of an effect, on the page
_EFFECTS = 16
TOWARD = {"merged": "into", "split": "from"}
_AS_FIELD = {
    **dict.fromkeys(("name", "spelling_variants", "ip_network"), "company"),  # masked as any company's name
    "ip_country": "country",
    "ip_city": "city",
}
_OURS = frozenset(
    column.name
    for table in (LEADS, ACCOUNTS)
    for column in table.columns
    if column.words is not None or column.dtype == pl.Boolean or column.name.endswith("_id")
) | {"block_reasons"}
"""Columns whose values are words or ids of ours."""


class Shown(NamedTuple):
    """The texts of an example: who or what it is about; the value before and after."""

    who: str
    before: str
    after: str


class ShownExample(NamedTuple):
    """An example with its texts."""

    id: str
    other: str
    reason: str
    shown: Shown


@dataclass(frozen=True, slots=True)
class ShownEffect:
    """An effect as the page shows it: what happened to leads or accounts, to changed ones in which field."""

    what: str
    field: str
    count: int
    same: int
    examples: tuple[ShownExample, ...]


def effects(found: Diff, persons: frozenset[str]) -> list[ShownEffect]:
    """What happened to leads and accounts whose records are the same, with masked examples."""
    return [_shown(it, persons) for it in (*found.events, *found.fields) if it.same][:_EFFECTS]


def shown(example: Example, field: str = "", *, persons: frozenset[str] = NOBODY, plain: bool = False) -> Shown:
    """The texts of an example.

    Args:
        field: the column that changed; none where the example is about a lead or an account as a whole.
        persons: names known to be somebody's (`masking.names_of`).
        plain: as they stand, for whoever may see them; else masked.

    >>> shown(Example("L1", who=(("family_name", "Klein"), ("email", "klein@nord.de")))).who
    'K•••• k••••@n•••.de'
    """

    def text(name: str, value: str) -> str:
        return visible(value) if plain or name in _OURS else masked(_AS_FIELD.get(name, name), value, persons)

    return Shown(
        " ".join(text(name, value) for name, value in example.who),
        text(field, example.before),
        text(field, example.after),
    )


def _shown(it: Effect, persons: frozenset[str]) -> ShownEffect:
    examples = (
        ShownExample(one.id, one.other, one.reason, shown(one, it.field, persons=persons))
        for one in it.examples[:_EXAMPLES]
        if one.same
    )
    return ShownEffect(f"{it.entity}_{it.what}", it.field, it.count, it.same, tuple(examples))
