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
from contracts.delivery import SYNC_ROWS, SYNCED
from delivery.apply import Applied
from delivery.feedback import tables
from delivery.registry import configured
from delivery.session import Session, session
from delivery.sync import Planned
from publishing.report.masking import without_contacts

GROUP = "sync"
_WITHIN_LIMITS = (
    "Whether the plan does no more of one thing (create, change, archive) than the target's limits allow, and meets "
    "nothing that a person has to decide first. Where it does not, nothing is written there."
)
_DELIVERED = (
    "Whether each row of the plan was taken by the target and, where it can be read back, stands there as it was "
    "written. A row that failed is tried again by later syncs."
)


def sync_assets() -> Sequence[dg.AssetsDefinition]:
    """One step a target that the environment says anything of; its tables are `sync_<target>_<table>`."""
    return [_assets_of(name) for name in configured(os.environ)]


def _assets_of(name: str) -> dg.AssetsDefinition:
    first = f"sync_{name}_{SYNCED[0].name}"

    @dg.multi_asset(
        name=f"sync_{name}",
        specs=[_spec(name, place) for place in range(len(SYNCED))],
        check_specs=[
            dg.AssetCheckSpec("within_limits", asset=first, description=_WITHIN_LIMITS),
            dg.AssetCheckSpec("delivered", asset=first, description=_DELIVERED),
        ],
    )
    def synced(context: dg.AssetExecutionContext, lake: Lake) -> Iterator[Any]:
        with session(lake.where.root, name, os.environ) as it:
            planned, applied = _sync(it)
            for table, frame in tables(it.state).items():
                now = _outcome(planned, applied) if table == SYNC_ROWS.name else {}
                yield materialised(lake.write(f"sync_{name}_{table}", frame), f"sync_{table}", **now)
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


def _outcome(planned: Planned, applied: Applied | None) -> dict[str, int]:
    """What this sync did, and what it left for a later one; a plan that is held does nothing."""
    did = {"done": applied.done, "failed": applied.failed} if applied else {"done": 0, "failed": 0}
    return did | {"waiting": planned.plan.waiting}


def _checks(planned: Planned, applied: Applied | None, asset: str) -> Iterator[dg.AssetCheckResult]:
    holds, steps = [without_contacts(why) for why in planned.holds], len(planned.plan.steps)
    yield dg.AssetCheckResult(
        passed=not holds,
        check_name="within_limits",
        asset_key=asset,
        description="Held: " + "; ".join(holds) if holds else f"Nothing holds the plan of {steps:,} rows.",
        metadata={"rows": steps, "reasons_to_hold": len(holds)},
    )
    rows = {f"{action}/{status}": count for (action, status), count in (applied.counts if applied else {}).items()}
    yield dg.AssetCheckResult(
        passed=applied is not None and not applied.failed,
        check_name="delivered",
        asset_key=asset,
        description=_delivered(planned, applied),
        metadata=_outcome(planned, applied) | rows,
    )


def _delivered(planned: Planned, applied: Applied | None) -> str:
    if applied is None:
        return "Nothing was written; a person looks at the plan first."
    told = (
        f"{applied.done:,} rows are there, {applied.failed:,} failed" if applied.counts else "Nothing had to be written"
    )
    if waiting := planned.plan.waiting:
        told += f"; {waiting:,} that failed before wait for their next try"
    return f"{told}." + (" `leads sync status` says why." if applied.failed or waiting else "")


def _fail_where(planned: Planned, applied: Applied | None, name: str) -> None:
    """A sync that did not do all of its plan is no success, whatever its tables say."""
    if applied is None:
        why = planned.holds or [f"{name} is filled already and nothing is bound"]
        raise dg.Failure(without_contacts("; ".join([*why, f"see leads sync {name}"])), allow_retries=False)
    if applied.failed:
        raise dg.Failure(f"{applied.failed:,} rows failed; leads sync status says why", allow_retries=False)
