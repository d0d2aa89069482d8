"""Stored: the learnt model as a table, so that a decision is explained by the model that made it.

Belongs here: a model's figures as rows of `contracts.matched.MATCH_MODEL`, and back. Does not belong here: what the
figures mean (`matching/leads/model/parameters`), learning them (`matching/leads/model/learning`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import polars as pl

from contracts.matched import MATCH_MODEL
from matching.leads.comparison.levels import FIELDS
from matching.leads.model.parameters import Model

_Row = tuple[str, str | None, int, float]
_OF_LEVELS = ("same", "colleague", "relative", "stranger")
_OF_PLACES = ("namesakes", "mail_kinds")
_COUNTS = ("n", "sampled_pairs")


class OtherRules(ValueError):  # noqa: N818 - the state of a home after an upgrade, not a fault
    """The model was learnt by rules that compare otherwise than today's."""


def as_table(model: Model) -> pl.DataFrame:
    """`contracts.matched.MATCH_MODEL`; every figure is kept bit by bit."""
    return pl.DataFrame(list(_rows(model)), schema=MATCH_MODEL.schema, orient="row")


def from_table(table: pl.DataFrame) -> Model:
    """The model that `as_table` was given.

    Raises:
        OtherRules: today's rules compare other fields or levels.
    """
    found: dict[str, Any] = {name: {} if name in _OF_LEVELS else () for name in (*_OF_LEVELS, *_OF_PLACES)}
    for figure, field, _, value in table.iter_rows():
        if field is not None:
            found[figure][field] = (*found[figure].get(field, ()), value)
        elif figure in _OF_PLACES:
            found[figure] = (*found[figure], value)
        else:
            found[figure] = int(value) if figure in _COUNTS else value
    sizes = {field.name: field.size for field in FIELDS}
    whole = found["same"].keys() == sizes.keys() and found.keys() == {field.name for field in fields(Model)}
    levels = [(name, bits) for figure in _OF_LEVELS for name, bits in found[figure].items()]
    if not whole or any(len(bits) != sizes.get(name) for name, bits in levels):
        raise OtherRules("the model was learnt by rules that compare otherwise; `leads run` learns it anew")
    return Model(**found)


def _rows(model: Model) -> Iterator[_Row]:
    for figure in (field.name for field in fields(Model)):
        value = getattr(model, figure)
        if figure in _OF_LEVELS:
            yield from ((figure, field, at, bits) for field, levels in value.items() for at, bits in enumerate(levels))
        elif figure in _OF_PLACES:
            yield from ((figure, None, at, bits) for at, bits in enumerate(value))
        else:
            yield figure, None, 0, float(value)
