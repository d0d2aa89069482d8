"""Into the CRM, after the night: for each target that is configured its id map, row log and what users did there.

Belongs here: the assets and checks of a sync. Does not belong here: syncing (`delivery`). Nothing is there until the
environment says something of a target, and limits hold the first plan until a person has carried it out.
"""

# No postponed annotations here: Dagster reads the annotation of `context` as it stands.

import os
from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg

from assets.metadata import OWNERS, column_schema, materialised
from assets.resources.lake import Lake
from contracts.delivery import SYNCED
from delivery.apply import Applied
from delivery.feedback import tables
from delivery.registry import configured
from delivery.session import Session, session
from delivery.sync import Planned
from publishing.report.masking import without_contacts

GROUP = "sync"


def sync_assets() -> Sequence[dg.AssetsDefinition]:
    """One step a target that the environment says anything of; its tables are `sync_<target>_<table>`."""
    return [_assets_of(name) for name in configured(os.environ)]


def _assets_of(name: str) -> dg.AssetsDefinition:
    first = f"sync_{name}_{SYNCED[0].name}"

    @dg.multi_asset(
        name=f"sync_{name}",
        specs=[_spec(name, place) for place in range(len(SYNCED))],
        check_specs=[
            dg.AssetCheckSpec("within_limits", asset=first, description="Nothing held the plan."),
            dg.AssetCheckSpec(
                "delivered", asset=first, description="Every row of the plan is there as it was written."
            ),
        ],
    )
    def synced(context: dg.AssetExecutionContext, lake: Lake) -> Iterator[Any]:
        with session(lake.where.root, name, os.environ) as it:
            planned, applied = _sync(it)
            for table, frame in tables(it.state).items():
                yield materialised(lake.write(f"sync_{name}_{table}", frame))
            yield from _checks(planned, applied, first)
        _fail_where(planned, applied, name)

    return synced


def _spec(name: str, place: int) -> dg.AssetSpec:
    table = SYNCED[place]
    return dg.AssetSpec(
        f"sync_{name}_{table.name}",
        deps=["published"],
        description=table.description,
        group_name=GROUP,
        kinds={name},
        owners=OWNERS,
        metadata={"dagster/column_schema": column_schema(table)},
    )


def _sync(it: Session) -> tuple[Planned, Applied | None]:
    """Plan, and carry out what nothing holds."""
    planned = it.plan()
    return planned, None if planned.holds or planned.plan.first else it.apply(planned.id)


def _checks(planned: Planned, applied: Applied | None, asset: str) -> Iterator[dg.AssetCheckResult]:
    held = {"why": [without_contacts(why) for why in planned.holds]}
    yield dg.AssetCheckResult(passed=not planned.holds, check_name="within_limits", asset_key=asset, metadata=held)
    rows = {f"{action}/{status}": count for (action, status), count in (applied.counts if applied else {}).items()}
    yield dg.AssetCheckResult(
        passed=applied is not None and not applied.failed, check_name="delivered", asset_key=asset, metadata=rows
    )


def _fail_where(planned: Planned, applied: Applied | None, name: str) -> None:
    """A sync that did not do all of its plan is no success, whatever its tables say."""
    if applied is None:
        why = planned.holds or [f"{name} is filled already and nothing is bound"]
        raise dg.Failure(without_contacts("; ".join([*why, f"see leads sync {name}"])), allow_retries=False)
    if applied.failed:
        raise dg.Failure(f"{applied.failed:,} rows failed; leads sync status says why", allow_retries=False)
