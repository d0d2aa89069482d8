"""Holdings: all that a target holds of the mapped kinds, read back before anything is planned.

Belongs here: the target's records as columns. Does not belong here: what they mean for us (`delivery.following`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from delivery.plain import plain
from delivery.record import Held
from delivery.target import Target

ID, THEIR_KEY = "__id", "__their_key"


@dataclass(frozen=True, slots=True)
class Holdings:
    """What a target holds: by kind, one row a record and key of ours, with the texts of the fields that were read.

    Columns: `__id`, `__their_key` (our key stored there, null for records that are not ours), `archived`, then fields.
    """

    kinds: Mapping[str, pl.DataFrame]

    def ids(self, kind: str) -> frozenset[str]:
        """Ids of all records of a kind."""
        return frozenset(self.kinds[kind][ID])


def read_holdings(target: Target, fields: Mapping[str, Sequence[str]]) -> Holdings:
    """All records of the kinds, with the fields named.

    Raises:
        TargetError: the target cannot be read.
    """
    return Holdings({kind: as_frame(target.find(kind, names), names) for kind, names in fields.items()})


def as_frame(records: Iterable[Held], fields: Sequence[str]) -> pl.DataFrame:
    """Records as columns of texts, as `delivery.plain` writes them."""
    ids, keys, archived = [], [], []
    columns: dict[str, list[str | None]] = {name: [] for name in fields}
    for held in records:
        ids.append(held.id)
        keys.append(held.key)
        archived.append(held.archived)
        for name, column in columns.items():
            column.append(plain(held.values.get(name)))
    texts = [pl.Series(name, column, pl.String) for name, column in columns.items()]
    return pl.DataFrame(
        [
            pl.Series(ID, ids, pl.String),
            pl.Series(THEIR_KEY, keys, pl.String),
            pl.Series("archived", archived, pl.Boolean),
        ]
    ).hstack(texts)
