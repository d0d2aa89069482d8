"""When it runs: every night, when files arrive, and after a night into the CRM.

Belongs here: the nightly schedule and the sensors that start a job. Does not belong here: what runs (`pipelines.jobs`).
"""

import hashlib
import os
import time
from pathlib import Path

import dagster as dg

from assets.resources.home import resolve_home
from pipelines.jobs import nightly, sync
from sources.lead_files import FOLDERS, lead_files

CRON = os.environ.get("LEADS_SCHEDULE", "0 2 * * *")
TIMEZONE = os.environ.get("LEADS_TIMEZONE", "Europe/Berlin")
SETTLED_SECONDS = 60

nightly_schedule = dg.ScheduleDefinition(
    name="nightly_schedule",
    job=nightly,
    cron_schedule=CRON,
    execution_timezone=TIMEZONE,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="The night's work, at LEADS_SCHEDULE (default 02:00) in LEADS_TIMEZONE (default Europe/Berlin).",
)


@dg.sensor(
    job=nightly,
    minimum_interval_seconds=60,
    description="Starts a run when new or changed files lie in the inbox and no file has changed for a minute.",
)
def inbox_sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """Ask for a run once per state of the inbox, after the last file has settled."""
    inbox = resolve_home().inbox
    state, youngest_age = _state(inbox)
    if not state or state == context.cursor:
        return dg.SkipReason(f"nothing new in {inbox}")
    if youngest_age < SETTLED_SECONDS:
        return dg.SkipReason("files are still arriving")
    return dg.SensorResult(run_requests=[dg.RunRequest(run_key=state)], cursor=state)


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    monitored_jobs=[nightly],
    request_job=sync,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Brings each publication into the targets that are configured.",
)
def sync_after_night(context: dg.RunStatusSensorContext) -> dg.RunRequest:
    """Ask for a sync once a night."""
    return dg.RunRequest(run_key=context.dagster_run.run_id)


def _state(inbox: Path) -> tuple[str, float]:
    """A digest of names, sizes and times of all files, and the age in seconds of the youngest."""
    seen = [(file.name, *file.state) for channel in FOLDERS for file in lead_files(inbox, channel)]
    if not seen:
        return "", 0.0
    digest = hashlib.sha256(repr(seen).encode()).hexdigest()
    return digest, time.time() - max(entry[2] for entry in seen) / 1e9
