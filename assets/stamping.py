"""The stamp of a run: by which assets date the rows of published tables.

Belongs here: whose run it is, its time, and where the rows published last are. Does not belong here: dating
(`publishing.stamp`).
"""

from __future__ import annotations

from functools import partial

import dagster as dg

from assets.resources.lake import Lake
from publishing.previous import changes_before, moment
from publishing.stamp import Stamp


def stamp_of(context: dg.AssetExecutionContext, lake: Lake) -> Stamp:
    """Rows that changed since the last publication are dated now and named after this run."""
    where = lake.where.published
    return Stamp(context.run.run_id, moment(where), partial(changes_before, where))
