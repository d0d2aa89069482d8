"""A step of a plan, and what is remembered and told of a record: the shapes the engine's files share.

Belongs here: plain data. Does not belong here: deciding on steps (`delivery.plan`) or taking them (`delivery.apply`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from delivery.record import Entity, Value


class Action(StrEnum):
    """What is done to a record there."""

    SUPPRESS = "suppress"
    ERASE = "erase"
    ADOPT = "adopt"  # a record that was there before us is one of ours from now on
    REBIND = "rebind"  # a record goes on under the id its person or company has now
    CREATE = "create"
    UPDATE = "update"
    ASSOCIATE = "associate"  # an update of references that could not be known before
    MERGE = "merge"
    ARCHIVE = "archive"


WRITING = frozenset({Action.CREATE, Action.UPDATE, Action.ASSOCIATE})
"""What writes fields of a record. Where one fails the row waits for its next try; all else each plan has again."""

# The order of a plan: who objects or is erased comes first, records before what refers to them, removals last.
ORDER = (
    (Action.SUPPRESS, None),
    (Action.ERASE, None),
    (Action.ADOPT, None),
    (Action.REBIND, None),
    (Action.CREATE, Entity.ACCOUNT),
    (Action.UPDATE, Entity.ACCOUNT),
    (Action.CREATE, Entity.LEAD),
    (Action.UPDATE, Entity.LEAD),
    (Action.ASSOCIATE, None),
    (Action.MERGE, None),
    (Action.ARCHIVE, None),
)


class Standing(StrEnum):
    """How a record we know stands there."""

    OURS = "ours"
    ARCHIVED = "archived"  # by a user
    RETIRED = "retired"  # archived by us
    SHARED = "shared"  # a user merged it into the record of another of ours, which owns it
    DELETED = "deleted"  # by a user
    MERGED = "merged"  # by us, into the record of the id it became


class Binding(NamedTuple):
    """Which record stands for which id of ours. `shown` is what the target showed after we last wrote each field.

    Of a field it holds the digest (`delivery.plain.digest`), of tags their names.
    """

    entity: Entity
    key: str
    kind: str
    id: str
    standing: Standing = Standing.OURS
    shown: Mapping[str, str | list[str]] = {}


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to be done to one record.

    `values` are to be written, by their names; `{"ref": key}` stands for the id of a record that is not there yet. Of a
    merge they are the `loser`, of a suppression the `address`. `before` is what stood in those fields, as text.
    `other` is our key that ends (merge, rebind), or the channel of a suppression.
    """

    action: Action
    entity: Entity
    key: str
    kind: str
    id: str | None = None
    values: Mapping[str, Value | Mapping[str, str]] = field(default_factory=dict)
    before: Mapping[str, str | None] = field(default_factory=dict)
    other: str | None = None
    why: str = ""


class Event(NamedTuple):
    """Something people did there that concerns us. `theirs` may hold personal data."""

    event: str  # a key of contracts.delivery.EVENTS
    entity: Entity
    key: str
    kind: str
    id: str
    field: str | None = None
    theirs: str | None = None
