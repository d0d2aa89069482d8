"""The jobs: what is run as one.

Belongs here: the nightly job, and the sync into the targets that are configured. Does not belong here: when they run
(`pipelines.schedules`).
"""

from __future__ import annotations

import dagster as dg
from dagster._core.definitions.repository_definition import SINGLETON_REPOSITORY_NAME
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteJobOrigin, RemoteRepositoryOrigin

from assets.sync import GROUP

_SYNC = dg.AssetSelection.groups(GROUP)
nightly = dg.define_asset_job(
    "nightly",
    selection=dg.AssetSelection.all() - _SYNC,
    description="The night of a lead: read the inbox, clean every record, find who is one person and what is one "
    "company, choose the best values, and publish all tables at once, or none.",
)

sync = dg.define_asset_job(
    "sync",
    selection=_SYNC,
    description="Into the CRM: what is published is brought into each target that is configured, within its limits.",
)

# Where the page finds the job, as `deploy/workspace.yaml` names it; else a run is on no overview and under no job.
ORIGIN = RemoteJobOrigin(
    repository_origin=RemoteRepositoryOrigin(
        code_location_origin=RegisteredCodeLocationOrigin(location_name="lead_refinery"),
        repository_name=SINGLETON_REPOSITORY_NAME,
    ),
    job_name="nightly",
)
