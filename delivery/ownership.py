"""Ownership: whether a value of ours is written over what stands there.

Belongs here: the rules for one field of one record. Does not belong here: which records are looked at
(`delivery.plan`). The rules: a null never wipes; a field we own gets our value; any other only where it is empty, or
still what we wrote; an ordered one never goes back; of tags only those that are ours change; a value that the target
shows in a form of its own is no other value.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import NamedTuple

from delivery.mapping import Mapped, Ownership
from delivery.plain import Form, digest, typed
from delivery.record import Value

Shown = str | list[str] | None


class Decided(NamedTuple):
    """A value to be written, and whether it is written over what a user made of ours."""

    value: Value
    edited: bool = False


def decide(
    field: Mapped, want: str | None, held: str | None, shown: Shown, shows: Callable[[str], str | None]
) -> Decided | None:
    """What to write into a field, if anything.

    Args:
        field: the mapping of the field.
        want: our value as text; null where we have none.
        held: what stands there, as text.
        shown: of tags those that were ours before; else the digest of what the target showed after we last wrote.
        shows: how the target will show a text of ours.
    """
    if want is None or want == held or field.write is Ownership.NEVER:
        return None
    if field.form is Form.TAGS:
        return _tags(want, held, shown if isinstance(shown, list) else [])
    if held is None:
        return Decided(typed(want, field.form))
    if shows(want) == held or (field.order and not _forward(field, want, held)):
        return None
    is_as_we_left_it = shown == digest(held)
    if field.write is Ownership.FILL_IF_EMPTY and not is_as_we_left_it:
        return None
    return Decided(typed(want, field.form), edited=shown is not None and not is_as_we_left_it)


def remembered(field: Mapped, want: Value, showing: str | None) -> Shown:
    """What is kept of a value that was written: `want` of tags, which may stand among others, else a digest."""
    if field.form is Form.TAGS:
        return list(want) if isinstance(want, list) else []
    return None if showing is None else digest(showing)


def _tags(want: str, held: str | None, ours_before: list[str]) -> Decided | None:
    theirs = set(json.loads(held)) if held else set()
    wanted = (theirs - set(ours_before)) | set(json.loads(want))
    return None if wanted == theirs else Decided(sorted(wanted))


def _forward(field: Mapped, want: str, held: str) -> bool:
    """Whether a word comes after another; where the order knows one of them not, it does not."""
    places = {word: place for place, word in enumerate(field.order)}
    return places.get(want, -1) > places.get(held, len(places))
