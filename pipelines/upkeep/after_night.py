"""After the night: those who look after it are told, and old runs go; the same whoever started it.

Belongs here: both, for a run that has ended: called by the command, and by Dagster's daemon for the runs it started
itself. Does not belong here: how either is done (`outcome`, `alerts`, `old_runs`).
"""

from __future__ import annotations

import dagster as dg
from sqlalchemy.exc import SQLAlchemyError

from assets.resources.home import Home, resolve_home
from pipelines.jobs import nightly
from pipelines.upkeep.alerts import alert
from pipelines.upkeep.old_runs import days_kept, let_go
from pipelines.upkeep.outcome import outcome_of

BY_COMMAND = "leads/started_by"
"""Tag of a run whose end the command that started it tells."""


def after_night(instance: dg.DagsterInstance, run_id: str, home: Home) -> list[str]:
    """Alert where a person has to look, and let old runs go.

    Returns:
        A sentence for what could not be done; none of it costs the night.
    """
    outcome = outcome_of(instance, run_id)
    said = alert(*outcome) if outcome else []
    try:
        let_go(instance, home, days_kept())
    except (OSError, SQLAlchemyError) as error:
        said.append(f"Old runs stay another night: {type(error).__name__}")
    return said


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    monitored_jobs=[nightly],
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Tells of a night that was published but needs a look, and lets old runs go.",
)
def night_ended(context: dg.RunStatusSensorContext) -> dg.SkipReason:
    """Look after a run that the daemon started."""
    return _tidied(context)


@dg.run_failure_sensor(
    monitored_jobs=[nightly],
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Tells of a night that failed or that a gate held.",
)
def night_failed(context: dg.RunFailureSensorContext) -> dg.SkipReason:
    """Look after a run that the daemon started."""
    return _tidied(context)


def _tidied(context: dg.RunStatusSensorContext) -> dg.SkipReason:
    run = context.dagster_run
    if BY_COMMAND in run.tags:
        return dg.SkipReason("the command that started this run tells of it")
    said = after_night(context.instance, run.run_id, resolve_home())
    for what in said:
        context.log.error(what)
    return dg.SkipReason("; ".join(said) or "looked after")
