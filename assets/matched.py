"""The same person found: pairs, decisions, clusters with stable ids.

Belongs here: the assets of lead matching. Does not belong here: how a pair is judged (`matching`).
"""

# No postponed annotations here: Dagster reads the annotation of `context` as it stands.

from collections.abc import Iterator
from typing import Any

import dagster as dg

from assets.metadata import asset_spec, markdown, materialised, tally
from assets.resources.lake import Lake
from contracts.matched import CANDIDATE_PAIRS, LEAD_CLUSTERS, LEAD_REDIRECTS, LEAD_REVIEW, MATCH_DECISIONS
from matching.identity import KEYS
from matching.leads.blocking import blocking_report, candidate_pairs
from matching.leads.explain import as_markdown, most_doubtful
from matching.leads.learning import learn
from matching.leads.match_records import COLUMNS, prepare
from matching.leads.resolution import ResolvedLeads, resolve_leads
from matching.leads.scoring import score
from matching.overrides import read_lead_overrides
from publishing.previous import load_previous, moment

EXAMPLES = 3  # waterfalls shown on the Dagster page; any pair with `leads explain`
_GROUP = "lead_matching"


@dg.multi_asset(
    name="lead_matching",
    specs=[
        asset_spec(CANDIDATE_PAIRS, _GROUP, ["enriched_records"]),
        asset_spec(MATCH_DECISIONS, _GROUP, ["enriched_records", "candidate_pairs"]),
    ],
)
def lead_matching(lake: Lake) -> Iterator[dg.MaterializeResult[Any]]:
    enriched = lake.read("enriched_records", [*COLUMNS])
    records = prepare(enriched)
    pairs = candidate_pairs(records)
    found = lake.write("candidate_pairs", pairs)
    model = learn(records, pairs)
    decisions = score(records, pairs, model)
    decided = lake.write("match_decisions", decisions)
    waterfalls = map(as_markdown, most_doubtful(enriched, records, model, decisions, EXAMPLES))
    yield materialised(found, rules=markdown(blocking_report(records, pairs), limit=40))
    yield materialised(
        decided,
        outcomes=tally(decisions, "outcome", of="pairs"),
        reasons=tally(decisions, "outcome", "reason", of="pairs"),
        most_doubtful=dg.MetadataValue.md("\n\n".join(waterfalls)),
    )


@dg.multi_asset(
    name="lead_clusters",
    specs=[
        asset_spec(LEAD_CLUSTERS, _GROUP, ["enriched_records", "match_decisions"]),
        asset_spec(LEAD_REVIEW, _GROUP, ["match_decisions", "lead_clusters"]),
        asset_spec(LEAD_REDIRECTS, _GROUP, ["lead_clusters"]),
    ],
)
def lead_clusters(context: dg.AssetExecutionContext, lake: Lake) -> Iterator[dg.MaterializeResult[Any]]:
    previous = load_previous(lake.where.published)
    found = resolve_leads(
        lake.read("match_decisions"),
        lake.read("enriched_records", KEYS).with_row_index("record"),
        read_lead_overrides(lake.where.match_overrides),
        previous=previous.lead_ids,
        retired=previous.retired,
        at=moment(lake.where.published),
    )
    _warn(context, found)
    sizes = found.clusters.group_by("cluster").len("records").group_by("records").len("leads").sort("records")
    yield materialised(
        lake.write("lead_clusters", found.clusters),
        leads=found.clusters["cluster"].n_unique(),
        alarms=markdown(found.alarms),
        records_per_lead=markdown(sizes, limit=15),
    )
    yield materialised(lake.write("lead_review", found.review))
    yield materialised(lake.write("lead_redirects", found.redirects))


def _warn(context: dg.AssetExecutionContext, found: ResolvedLeads) -> None:
    if found.unused:
        context.log.warning(
            f"{found.unused:,} lines of overrides/leads.csv name a record that was not read, or one pair twice"
        )
    if found.alarms.height:
        context.log.warning(f"{found.alarms.height:,} clusters want a look; see the alarms of this materialization")
