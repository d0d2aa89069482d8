"""What people decided, read once a night: everything that obeys it rests on one reading.

Belongs here: the assets of decisions. Does not belong here: reading, judging or obeying them (`matching.decisions`).
"""

# No postponed annotations here: Dagster reads the annotation of `context` as it stands.

from collections.abc import Iterator
from typing import Any

import dagster as dg

from assets.markdown import markdown
from assets.metadata import asset_spec, masked, materialised
from assets.notices import notice
from assets.resources.lake import Lake
from contracts.matched import DECISION_NOTICES, DECISIONS
from matching.decisions.tonight import Tonight, decisions_of_tonight
from publishing.previous import moment

_GROUP = "decisions"
_FROM = ["enriched_records", "company_names"]
_COUNTS = dg.AssetCheckSpec(
    "every_decision_counts",
    asset=DECISIONS.name,
    description="Every file and line in overrides/ can be read, every decision names records or companies that were "
    "read tonight, and none contradicts another. Where that fails the night goes on without that decision.",
)


@dg.multi_asset(
    name="decisions",
    specs=[asset_spec(table, _GROUP, _FROM) for table in (DECISIONS, DECISION_NOTICES)],
    check_specs=[_COUNTS],
)
def decisions(
    context: dg.AssetExecutionContext, lake: Lake
) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    keys = lake.read("enriched_records", ["source", "source_record_id"])
    at, names = moment(lake.where.published), lake.read("company_names", ["name", "company", "company_key", "postcode"])
    found = decisions_of_tonight(lake.where.match_overrides, keys, names, at)
    for what in masked(found.notices)["notice"]:
        notice(context.log, what)
    yield materialised(lake.write("decisions", found.decisions))
    yield materialised(lake.write("decision_notices", found.notices), notices=markdown(masked(found.notices)))
    yield _check(found)


def _check(found: Tonight) -> dg.AssetCheckResult:
    wrong, lines = found.notices, found.decisions
    holds = f"All of {lines['id'].n_unique():,} decisions can be read."
    return dg.AssetCheckResult(
        check_name=_COUNTS.name,
        asset_key=DECISIONS.name,
        passed=wrong.is_empty(),
        severity=dg.AssetCheckSeverity.WARN,
        description=f"To be looked at: {wrong.height:,}; file and line are below." if wrong.height else holds,
        metadata={
            "decisions": lines["id"].n_unique(),
            "active": lines.filter(state="active")["id"].n_unique(),
            "not_counting": wrong.height,
            "notices": markdown(masked(wrong)),
        },
    )
