"""What people decided, read once a night: everything that obeys it rests on one reading.

Belongs here: the asset of decisions. Does not belong here: reading, judging or obeying them (`matching.decisions`).
"""

# No postponed annotations here: Dagster reads the annotation of `context` as it stands.

from typing import Any

import dagster as dg

from assets.metadata import asset_options, materialised
from assets.notices import notice
from assets.resources.lake import Lake
from contracts.matched import DECISIONS
from matching.decisions.tonight import decisions_of_tonight
from publishing.previous import moment
from publishing.report.masking import without_contacts


@dg.asset(**asset_options(DECISIONS, "people"), deps=["enriched_records", "company_names"])
def decisions(context: dg.AssetExecutionContext, lake: Lake) -> dg.MaterializeResult[Any]:
    keys = lake.read("enriched_records", ["source", "source_record_id"])
    at, names = moment(lake.where.published), lake.read("company_names", ["name", "company", "company_key", "postcode"])
    found = decisions_of_tonight(lake.where.match_overrides, keys, names, at)
    for what in found.notices:
        notice(context.log, without_contacts(what))
    return materialised(lake.write("decisions", found.decisions))
