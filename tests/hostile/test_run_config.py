"""What a page may send with a run: no home, no inbox, no choice of privacy, no place for files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from assets.resources.lake import Lake
from pipelines.definitions import build_definitions, defs

JOBS = ("nightly", "__ASSET_JOB")


@pytest.mark.parametrize("job", JOBS)
def test_no_resource_of_a_run_can_be_set(job: str) -> None:
    fields: Any = defs.resolve_job_def(job).run_config_schema.config_type
    resources = fields.fields["resources"].config_type.fields
    assert {"lake", "choices", "meter", "validator", "io_manager"} <= set(resources)
    assert {name: field.config_type.fields["config"].config_type.fields for name, field in resources.items()} == {
        name: {} for name in resources
    }


@pytest.mark.parametrize("job", JOBS)
@pytest.mark.parametrize(
    "resources",
    [
        {"lake": {"config": {"home": "/tmp/elsewhere"}}},
        {"lake": {"config": {"inbox": "/etc"}}},
        {"lake": {"config": {"home": {"env": "PATH"}}}},
        {"choices": {"config": {"check_deliverability": True}}},
        {"choices": {"config": {"truncate_ips": False}}},
        {"io_manager": {"config": {"base_dir": "/tmp/elsewhere"}}},
    ],
    ids=str,
)
def test_a_run_that_asks_for_another_place_is_not_started(job: str, resources: dict[str, Any]) -> None:
    with pytest.raises(dg.DagsterInvalidConfigError, match="Received unexpected config entry"):
        dg.validate_run_config(defs.resolve_job_def(job), {"resources": resources})


def test_what_the_command_chose_holds(tmp_path: Path) -> None:
    lake = Lake(home=str(tmp_path), inbox=str(tmp_path / "other"))
    resource = build_definitions({"lake": lake}).resolve_job_def("nightly").resource_defs["lake"]
    with dg.build_resources({"lake": resource}) as resources:
        assert (resources.lake.home, resources.lake.inbox) == (lake.home, lake.inbox)
