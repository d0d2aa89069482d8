"""Gathered: the acts of all tables, each once, with the run that first knew it.

Belongs here: the same act delivered again, machines seen over several tables. Does not belong here: joining acts to
people (`qualification.touchpoints`), one act seen by several systems.
"""

from __future__ import annotations

from datetime import datetime

import polars as pl

from contracts.qualified import ACTIVITIES
from qualification.activity.machines import too_quick
from qualification.activity.parts import Parts

_KEY = ["source", "source_record_id"]


def activities_table(parts: Parts, now: datetime, before: pl.DataFrame | None = None) -> pl.DataFrame:
    """All acts, each once, sorted by source and id.

    Args:
        parts: what the tables give, in the order in which they were received; the first that tells an act keeps it.
        now: the run.
        before: the table as the last run left it: what it knew stays as it was, wherever it is delivered again.

    Returns:
        contracts.qualified.ACTIVITIES.
    """
    acts = too_quick(parts.of("activities").unique(_KEY, keep="first", maintain_order=True))
    acts = acts.with_columns(known_at=pl.lit(now, pl.Datetime("us", "UTC")))
    if before is not None and before.height:
        told = before.select(*_KEY, had_file="file", had_row="row", had_known="known_at")
        acts = acts.join(told, on=_KEY, how="left", maintain_order="left")
        acts = acts.with_columns(
            file=pl.coalesce("had_file", "file"),
            row=pl.coalesce("had_row", "row"),
            known_at=pl.coalesce("had_known", "known_at"),
        )
    return ACTIVITIES.conform(acts.select(ACTIVITIES.names)).sort(_KEY)
