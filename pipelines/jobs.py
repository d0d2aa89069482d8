"""The jobs: what is run as one.

Belongs here: the nightly job. Does not belong here: when it runs (`pipelines.schedules`).
"""

from __future__ import annotations

import dagster as dg

nightly = dg.define_asset_job(
    "nightly",
    selection=dg.AssetSelection.all(),
    description="Read the inbox, clean, match, merge and publish, all or nothing.",
)
