"""Signals: what the hand-over tells the stage models.

Belongs here: that a lead was handed over, and that its acceptance was missed for good. Does not belong here: what a
stage model makes of it (`qualification.stages`).
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime

import polars as pl

from qualification.handover.follow import MISSED, clock_of, window_of
from qualification.handover.rules import HandoverRules
from qualification.handover.sla import Clocks
from qualification.handover.told import ids_of

HANDED_OVER = "handed_over"
ACCEPTANCE_MISSED = "acceptance_missed"
OFTEN = 2  # times owners let one qualification lie before it goes back to marketing, as of the Marketo guide
SIGNALS: dict[str, pl.DataType | type[pl.DataType]] = {
    "lead_id": pl.String,
    "signal": pl.String,
    "at": pl.Datetime("us", "UTC"),
    "evidence": pl.String,
}


def handover_signals(handovers: pl.DataFrame, redirects: pl.DataFrame, rules: HandoverRules) -> pl.DataFrame:
    """When each lead was handed over, and when its acceptance was missed twice for one qualification.

    Args:
        handovers: `contracts.qualified.HANDOVERS`.
        redirects: `contracts.published.REDIRECTS`; leads are named by the ids they have today.

    Returns:
        `SIGNALS`, sorted; the same moments on every night.
    """
    given = handovers.filter(pl.col("handed_over_at").is_not_null(), pl.col("status") != "attached")
    rows = [(row["lead_id"], HANDED_OVER, row["handed_over_at"], row["handover_id"]) for row in given.to_dicts()]
    clocks, missed = Clocks(rules.sla), Counter[tuple[str, datetime]]()
    for row in given.filter(pl.col("outcome") == MISSED).sort("handed_over_at", "handover_id").to_dicts():
        qualification = row["lead_id"], row["qualified_at"]
        missed[qualification] += 1
        window = window_of(row, rules)
        if missed[qualification] != OFTEN or not window:
            continue
        allowed = rules.sla.at_share[-1] * window.business_minutes
        at = clock_of(row["owner"], rules, clocks).after(row["handed_over_at"], allowed)
        rows.append((row["lead_id"], ACCEPTANCE_MISSED, at, row["handover_id"]))
    told = pl.DataFrame(rows, schema=SIGNALS, orient="row")
    return told.with_columns(
        pl.col("lead_id").replace(dict(ids_of(redirects).leads)), pl.format("handover {}", "evidence").alias("evidence")
    ).sort("lead_id", "at", "signal", "evidence")
