"""What goes to a target and what comes back: plain data, the same for every system.

Belongs here: the shapes that the engine and the adapters share. Does not belong here: deciding (`delivery.plan`) or
talking to a system (`delivery.targets`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

# A reference is the other record's id as text; tags are a sorted list of names; what is empty is None, never "" or [].
Value: TypeAlias = str | int | float | bool | list[str] | None


class Entity(StrEnum):
    """What of ours is delivered; accounts go first, for leads refer to them."""

    ACCOUNT = "account"
    LEAD = "lead"


@dataclass(frozen=True, slots=True)
class Write:
    """One record to create (`id` is None) or to update. `values` has only the fields to write, by the target's names.

    `key` is our id (lead_id, account_id); the adapter stores it with the record where the target can hold one.
    A value of None is written as "empty": the engine sends one only where it wants the field cleared.
    """

    key: str
    id: str | None
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Held:
    """One record as the target holds it now. `key` is our id stored there, `values` are as the target writes them.

    `merged_into` is the id it was merged into by a user of the target, where the target still tells.
    """

    id: str
    key: str | None = None
    values: Mapping[str, Value] = field(default_factory=dict)
    archived: bool = False
    merged_into: str | None = None


class Status(StrEnum):
    """How one row fared. Never inferred from the answer's HTTP status alone."""

    WRITTEN = "written"
    REFUSED = "refused"  # this row is wrong for the target; sending it again as it is will not help
    LATER = "later"  # locked or limited: the same row may go through after a while
    GONE = "gone"  # no record with that id (any more)
    UNKNOWN = "unknown"  # no answer: it may have been written; read back before anything else


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one `Write`: one for each, in their order. `id` is the target's id where one is known.

    `reason` is the target's own message, cut to 500 signs; it may hold personal data and is not for logs.
    """

    key: str
    status: Status
    id: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Suppression:
    """An objection to be told to the target before anything else is written. `id` is None where it has no record."""

    key: str
    channel: str  # "email" or "phone"
    address: str
    id: str | None = None


@dataclass(frozen=True, slots=True)
class FieldShape:
    """What the target says of one field: its type by the target's own name, whether it may be written, its choices.

    `required`: a new record must say it, for the target fills it with nothing of its own.
    """

    type: str
    writable: bool = True
    required: bool = False
    choices: frozenset[str] | None = None
