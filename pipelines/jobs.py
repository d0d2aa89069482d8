"""The jobs: what is run as one.

Belongs here: the nightly job. Does not belong here: when it runs (`pipelines.schedules`).
"""

from __future__ import annotations

import dagster as dg
from dagster._core.definitions.repository_definition import SINGLETON_REPOSITORY_NAME
from dagster._core.storage.tags import REPOSITORY_LABEL_TAG

CODE_LOCATION = "lead_refinery"
"""As `workspace.yaml` names it."""
BELONGS = {REPOSITORY_LABEL_TAG: f"{SINGLETON_REPOSITORY_NAME}@{CODE_LOCATION}"}
"""Tags by which the page finds a run that it did not start under its job, on the overview and as the latest run."""

nightly = dg.define_asset_job(
    "nightly",
    selection=dg.AssetSelection.all(),
    description="The night of a lead: read the inbox, clean every record, find who is one person and what is one "
    "company, choose the best values, and publish all tables at once, or none.",
)
