"""The code location: assets, checks, job, schedule, sensor and resources put together.

Belongs here: one `Definitions`, built by a function so that tests can pass other resources.
Does not belong here: logic. Importing this module must stay quick and must not import Great Expectations.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dagster as dg

from lead_refinery import own_rooms

own_rooms()

# isort: split
import pipelines.home_first  # noqa: F401 - before all that reads its rules

# isort: split
from assets import (
    clean,
    companies,
    decisions,
    feed,
    gates,
    golden,
    matched,
    publication,
    qualification,
    qualified,
    raw,
)
from assets.resources.choices import choices_from_environment
from assets.resources.lake import Lake
from assets.resources.meter import Meter
from assets.resources.owner import keep_private
from assets.sync import sync_assets
from expectations.asset_checks import build_asset_checks
from expectations.validator import Validator
from pipelines.jobs import nightly, sync
from pipelines.schedules import inbox_sensor, nightly_schedule, sync_after_night
from pipelines.upkeep.after_night import night_ended, night_failed

_MODULES = (raw, clean, decisions, matched, companies, golden, qualification, publication, qualified, feed)


def build_definitions(resources: Mapping[str, Any] | None = None) -> dg.Definitions:
    """All definitions, with `resources` in place of the default ones of the same name."""
    keep_private()  # whoever loads them: a daemon, a web server, a command of Dagster
    defaults = {
        "lake": Lake(),
        "meter": Meter(),
        "choices": choices_from_environment(),
        "validator": Validator(),
        "io_manager": dg.FilesystemIOManager(),
    }
    into = sync_assets()  # none until a target is configured
    return dg.Definitions(
        assets=[*dg.load_assets_from_modules(_MODULES), *into],
        asset_checks=[*build_asset_checks(), gates.gate_checks, qualified.qualification_checks],
        jobs=[nightly, *([sync] if into else [])],
        schedules=[nightly_schedule],
        sensors=[inbox_sensor, night_ended, night_failed, *([sync_after_night] if into else [])],
        resources={name: _settled(resource) for name, resource in (defaults | dict(resources or {})).items()},
        executor=dg.in_process_executor,
    )


def _settled(resource: Any) -> Any:
    """The resource as it was made. A run's own config, which a page may send, has no say in home, inbox or choices."""
    if not isinstance(resource, dg.ConfigurableResource | dg.FilesystemIOManager):
        return resource
    said = resource.model_dump()
    return resource.get_resource_definition().configured(lambda _: said, config_schema={})


defs = build_definitions()
