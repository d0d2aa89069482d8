"""CRM feedback: what a CRM says of people, joined to the leads they are.

Belongs here: joining, each statement once, when it was first known. Does not belong here: reading files
(`qualification.activity.feedback`), what a stage means (`rules/stages/`).
"""

from __future__ import annotations

from datetime import datetime

import polars as pl

from contracts.qualified import CRM_FEEDBACK
from contracts.table import TIMESTAMP
from qualification.activity.parts import Parts
from qualification.touchpoints.opportunities import deal_feedback
from qualification.touchpoints.people import People, joined

_KEY = list(CRM_FEEDBACK.key)


def crm_feedback(parts: Parts, people: People, now: datetime, before: pl.DataFrame | None = None) -> pl.DataFrame:
    """All statements, each once.

    Args:
        parts: what the tables of activity give, in the order in which they were received.
        people: who is known tonight.
        now: the run.
        before: the table as the last run left it: what it knew keeps its file, row and known_at; what was nobody's
            then and is somebody's now is known from this run on.

    Returns:
        contracts.qualified.CRM_FEEDBACK, sorted by its key.
    """
    own = parts.of("feedback")
    told = pl.concat([own, deal_feedback(parts).select(pl.col(name).cast(kind) for name, kind in own.schema.items())])
    told = told.unique(_KEY, keep="first", maintain_order=True).with_columns(known_at=pl.lit(now, TIMESTAMP))
    told = joined(told, people)
    if before is not None and before.height:
        had = before.select(
            *_KEY, had_file="file", had_row="row", had_known="known_at", nobodys=pl.col("lead_id").is_null()
        )
        told = told.join(had, on=_KEY, how="left", maintain_order="left")
        learnt = pl.col("nobodys").fill_null(False) & pl.col("lead_id").is_not_null()
        told = told.with_columns(
            file=pl.coalesce("had_file", "file"),
            row=pl.coalesce("had_row", "row"),
            known_at=pl.when(learnt).then("known_at").otherwise(pl.coalesce("had_known", "known_at")),
        )
    # `reason` of joining is another thing than the reason of sales, which joining must not replace.
    return CRM_FEEDBACK.conform(told.select(CRM_FEEDBACK.names)).sort(_KEY)
