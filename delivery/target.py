"""The protocol of a target: the few verbs an adapter has to speak, and the faults it may raise.

Belongs here: what the engine may ask of any system. Does not belong here: how one system does it (`delivery.targets`).

An adapter is small and honest: it sends what it is given, in one request a call where the system can, and answers row
by row. It plans nothing, guards nothing and remembers nothing; that is the engine's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Protocol

from delivery.record import FieldShape, Held, Outcome, Suppression, Value, Write


class Ability(StrEnum):
    """What a target can do. A mapping that asks for more is refused before anything is sent, never skipped."""

    CREATE = "create"
    UPDATE = "update"
    ARCHIVE = "archive"  # out of sight, to be had back
    DELETE = "delete"  # gone; asked for by an erasure only
    MERGE = "merge"  # two records become one, with what hangs on them
    SUPPRESS = "suppress"  # an objection has a place of its own (blacklist, subscription), apart from fields


class TargetError(Exception):
    """The target could not be asked at all; the message says what to do. Nothing of the request is known to be done."""


class UnauthorisedError(TargetError):
    """The key is wrong or lacks a right: no retry helps, the run ends."""


class UnreachableError(TargetError):
    """No answer after all retries (network, 5xx, 429). Where a write was under way, its rows are `Status.UNKNOWN`."""


class RefusedError(TargetError):
    """The whole request was refused because of some row in it: the engine halves it until that row stands alone."""


class Target(Protocol):
    """One system. All methods raise `UnauthorisedError` or `UnreachableError`, the writing ones `RefusedError` too.

    `kinds` names what it holds (`res.partner`, `contacts`); `batch` is the most rows a writing call takes.
    """

    name: str
    abilities: frozenset[Ability]
    kinds: tuple[str, ...]
    batch: int

    def fields(self, kind: str) -> Mapping[str, FieldShape]:
        """The fields of a kind as this installation has them, custom ones included."""

    def find(self, kind: str, fields: Sequence[str], keys: Sequence[str] | None = None) -> Iterator[Held]:
        """Records that hold one of our `keys`; with None all records of the kind, ours or not; archived ones too.

        A record that holds two of our keys (a user merged two of ours) comes once a key, with the same id.
        """

    def read(self, kind: str, ids: Sequence[str], fields: Sequence[str]) -> list[Held]:
        """The records with these ids, archived ones too, in any order; those that are gone are missing.

        One that was merged away is answered by the id asked for, with `merged_into`, where the target tells.
        """

    def create(self, kind: str, writes: Sequence[Write]) -> list[Outcome]:
        """Create at most `batch` records with their keys; a key that is there already is `REFUSED`, never doubled."""

    def update(self, kind: str, writes: Sequence[Write]) -> list[Outcome]:
        """Write the given fields of at most `batch` records by their ids; other fields stay as they are."""

    def bind(self, kind: str, writes: Sequence[Write]) -> list[Outcome]:
        """Store the keys of at most `batch` records that are there already, in place of a key of ours they held.

        `values` are empty. For records that were adopted, or go on under another key after a merge.
        """

    def merge(self, kind: str, winner: str, loser: str) -> Outcome:
        """Make two records one; the winner's id and its key stay."""

    def archive(self, kind: str, ids: Sequence[str]) -> list[Outcome]:
        """Take records out of sight. An `Outcome.key` is the record's id here."""

    def delete(self, kind: str, ids: Sequence[str]) -> list[Outcome]:
        """Erase records and what the target keeps of them, as far as it can. An `Outcome.key` is the record's id."""

    def suppress(self, suppressions: Sequence[Suppression]) -> list[Outcome]:
        """Tell the target of objections; those it knows already are `WRITTEN` too."""

    def written(self, kind: str, field: str, value: Value) -> Value:
        """The value as the target will show it after writing (phone formats, trimmed texts, rounded numbers)."""

    def close(self) -> None:
        """End sessions."""
