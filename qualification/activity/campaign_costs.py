"""Campaign costs: days and deliveries added up to months.

Belongs here: which delivery of a day counts, sums. Does not belong here: reading a file of costs (`costs`), cost per
lead (`qualification.figures`). Costs in several currencies stay apart: nobody adds EUR to CHF.
"""

from __future__ import annotations

import polars as pl

from contracts.qualified import CAMPAIGN_COSTS, MONEY
from qualification.activity.parts import Parts

_OF = ["source", "campaign_id", "month", "channel", "currency"]


def campaign_costs(parts: Parts) -> pl.DataFrame:
    """Costs per campaign, month, channel, currency and source, contracts.qualified.CAMPAIGN_COSTS, sorted.

    Rows of one file and day add up (a campaign has several ads); of several files with the same day the one received
    last counts, as a day's costs are corrected afterwards.
    """
    costs = parts.of("costs")
    days = costs.group_by(*_OF, "day", "received_at", "file", maintain_order=True).agg(
        pl.when(pl.col(name).count() > 0).then(pl.col(name).sum()).alias(name) for name in ("planned", "actual")
    )
    latest = days.sort("received_at", "file").unique([*_OF, "day"], keep="last", maintain_order=True)
    months = latest.group_by(_OF, maintain_order=True).agg(
        *(
            pl.when(pl.col(name).count() > 0).then(pl.col(name).sum()).round(2).cast(MONEY).alias(name)
            for name in ("planned", "actual")
        ),
        pl.last("file"),
    )
    return CAMPAIGN_COSTS.conform(months.select(CAMPAIGN_COSTS.names)).sort(CAMPAIGN_COSTS.key, nulls_last=True)
