"""Fitting: whether a target can take what a mapping asks for, asked before anything is sent.

Belongs here: abilities, kinds, fields and choices that are missing there, each with the remedy. Does not belong here:
whether the mapping itself is sound (`delivery.mapping`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from delivery.mapping import Mapped, Ownership, TargetMapping, quoted
from delivery.plain import Form
from delivery.record import FieldShape
from delivery.target import Ability, Target


def misfits(mapping: TargetMapping, target: Target) -> list[str]:
    """What the target cannot do or does not have of what the mapping says: one sentence each, with the remedy."""
    return [*_modes(mapping, target), *_fields(mapping, target)]


def not_offered(field: Mapped, shape: FieldShape | None, wishes: pl.DataFrame) -> dict[str, int]:
    """Words that would be written and are not among the target's choices, with their number of records."""
    if shape is None or shape.choices is None or field.form is Form.TAGS or field.write is Ownership.NEVER:
        return {}
    words = wishes[field.name].drop_nulls()
    return dict(words.filter(~words.is_in(sorted(shape.choices))).value_counts(sort=True).iter_rows())


def _modes(mapping: TargetMapping, target: Target) -> Iterator[str]:
    asked = [
        (Ability.CREATE, "to make records"),
        (Ability.UPDATE, "to keep them right"),
        (Ability.DELETE, "to let the erased go"),
    ]
    if mapping.suppress:
        asked.append((Ability.SUPPRESS, "suppress"))
    for entity, routes in mapping.entities.items():
        wanted = {Ability.MERGE: routes.merged == "merge", Ability.ARCHIVE: "archive" in (routes.merged, routes.gone)}
        asked += [(ability, f"[{entity}] {ability}") for ability, is_wanted in wanted.items() if is_wanted]
    for ability, what in asked:
        if ability not in target.abilities:
            able = ", ".join(sorted(target.abilities))
            yield f"{target.name} cannot {ability}, and the mapping asks for it ({what}); it can {able}: choose another"


def _fields(mapping: TargetMapping, target: Target) -> Iterator[str]:
    kinds = set(target.kinds)
    for entity, routes in mapping.entities.items():
        for route in routes.to:
            where = f"{entity}.to.{quoted(route.kind)}.fields"
            if route.kind not in kinds:
                yield f"{where}: {target.name} has no {route.kind}; it has {', '.join(target.kinds)}"
                continue
            shapes = target.fields(route.kind)
            for field in route.fields:
                yield from _field(f"{where}.{field.name}", field, shapes)
            mapped = {field.name for field in route.fields if field.write is not Ownership.NEVER}
            for name in sorted(name for name, it in shapes.items() if it.required and name not in mapped):
                yield f"{where}: {target.name} asks for {name} in every new record; map it, or give it a default there"
            for name, read in route.reads.items():
                if read not in shapes:
                    yield f"{entity}.to.{quoted(route.kind)}.reads.{name}: there is no field {read}; correct or drop it"


def _field(where: str, field: Mapped, shapes: Mapping[str, FieldShape]) -> Iterator[str]:
    shape = shapes.get(field.name)
    if field.unless is not None and field.unless not in shapes:
        yield f"{where}.unless: there is no field {field.unless}; correct or drop it"
    if shape is None:
        yield f"{where}: there is no such field in this installation; create it there, or set it to false"
    elif not shape.writable and field.write is not Ownership.NEVER:
        yield f'{where}: it cannot be written there; give it write = "never", or the account the right to write it'
