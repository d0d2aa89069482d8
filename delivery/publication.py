"""The publication as a sync needs it: who there is, whom ids became, who is gone, who was erased.

Belongs here: reading one publication, once. Does not belong here: what is wanted of a target (`delivery.wishes`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from contracts.published import REDIRECTS, TOMBSTONES
from delivery.mapping import KEYS, TABLES
from delivery.record import Entity
from publishing.feed.erasures import told_ids
from publishing.manifest import read_manifest
from publishing.previous import current_folder


class NothingPublished(ValueError):  # noqa: N818 - says what was found
    """There is no publication to deliver."""


@dataclass(frozen=True, slots=True)
class Publication:
    """One publication. `rows`: the published tables; `became`: old id to the id now; `gone`, `erased`: ids."""

    run_id: str
    rows: Mapping[Entity, pl.DataFrame]
    became: Mapping[str, str]
    gone: frozenset[str]
    erased: frozenset[str]

    @property
    def ours(self) -> frozenset[str]:
        """Every id that is or was ours."""
        now = (key for entity, rows in self.rows.items() for key in rows[KEYS[entity]])
        return frozenset((*now, *self.became, *self.gone, *self.erased))


def read_publication(published: Path) -> Publication:
    """What is published now, from the folder of publications.

    Raises:
        NothingPublished: nothing is.
        BrokenPublication: it is not what was written.
    """
    folder = current_folder(published)
    if folder is None:
        raise NothingPublished("nothing is published yet, so there is nothing to deliver; leads run publishes")
    redirects, tombstones = (
        pl.read_parquet(folder / f"{table.name}.parquet", glob=False) for table in (REDIRECTS, TOMBSTONES)
    )
    rows = {entity: pl.read_parquet(folder / f"{it.name}.parquet", glob=False) for entity, it in TABLES.items()}
    return Publication(
        run_id=read_manifest(folder).run_id,
        rows=rows,
        became=dict(redirects.select("old_id", "new_id").iter_rows()),
        gone=frozenset(tombstones["old_id"]),
        erased=frozenset(told_ids(published)),
    )
