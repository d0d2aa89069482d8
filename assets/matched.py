"""The same person found: pairs, decisions, clusters with stable ids.

Belongs here: the assets of lead matching. Does not belong here: how a pair is judged (`matching`).
"""

# No postponed annotations here: Dagster reads the annotation of `context` as it stands.

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import dagster as dg
import polars as pl

from assets.metadata import asset_options, asset_spec, counts, markdown, materialised
from assets.resources.lake import Lake
from contracts.matched import CANDIDATE_PAIRS, LEAD_CLUSTERS, MATCH_DECISIONS
from matching.identity import KEYS, assign_ids
from matching.leads.blocking import blocking_report, candidate_pairs
from matching.leads.clustering import ContradictionError, cluster
from matching.leads.evaluate import review_queue
from matching.leads.explain import Waterfall, as_markdown, explain_pair
from matching.leads.learning import learn
from matching.leads.match_records import COLUMNS, prepare
from matching.leads.scoring import score
from matching.overrides import LEAD_DECISIONS, read_lead_overrides, record_pairs
from publishing.previous import load_previous

EXAMPLES = 3  # waterfalls shown on the Dagster page; any pair with `leads explain`


@dg.multi_asset(
    name="lead_matching",
    specs=[
        asset_spec(CANDIDATE_PAIRS, "matching", ["enriched_records"]),
        asset_spec(MATCH_DECISIONS, "matching", ["enriched_records", "candidate_pairs"]),
    ],
)
def lead_matching(lake: Lake) -> tuple[dg.MaterializeResult[Any], ...]:
    enriched = lake.read("enriched_records", [*COLUMNS])
    records = prepare(enriched)
    pairs = candidate_pairs(records)
    found = lake.write("candidate_pairs", pairs)
    model = learn(records, pairs)
    decisions = score(records, pairs, model)
    path = lake.write("match_decisions", decisions)
    reasons = decisions.group_by("outcome", "reason").len("pairs")
    doubtful = decisions.sort((pl.col("probability") - 0.5).abs(), "left", "right").head(EXAMPLES)
    waterfalls = [
        as_markdown(_without_values(explain_pair(enriched, records, model, left=left, right=right)))
        for left, right in doubtful.select("left", "right").iter_rows()
    ]
    return (
        materialised(found, asset_key="candidate_pairs", rules=markdown(blocking_report(records, pairs), limit=40)),
        materialised(
            path,
            asset_key="match_decisions",
            outcomes=counts(dict(decisions["outcome"].value_counts(sort=True).iter_rows())),
            reasons=markdown(reasons.sort("pairs", "outcome", "reason", descending=[True, False, False])),
            most_doubtful=dg.MetadataValue.md("\n\n".join(waterfalls)),
        ),
    )


def _without_values(waterfall: Waterfall) -> Waterfall:
    """The evidence without the personal data it rests on."""
    return replace(waterfall, steps=tuple(replace(step, left="", right="") for step in waterfall.steps))


@dg.asset(**asset_options(LEAD_CLUSTERS, "matching"), deps=["enriched_records", "match_decisions"])
def lead_clusters(context: dg.AssetExecutionContext, lake: Lake) -> dg.MaterializeResult[Any]:
    keys = lake.read("enriched_records", KEYS).with_row_index("record")
    overrides = read_lead_overrides(lake.where.match_overrides)
    stated = {decision: record_pairs(overrides, keys, decision) for decision in LEAD_DECISIONS}
    try:
        clustering = cluster(lake.read("match_decisions"), keys.height, **stated)
    except ContradictionError as error:
        one, other = (" ".join(keys.row(record)[2:4]) for record in error.records)
        raise ValueError(
            f"{lake.where.match_overrides / 'leads.csv'}: cannot_link keeps {one} and {other} apart, yet must_link "
            "lines join them; delete one of these lines"
        ) from error
    unused = overrides.height - sum(pairs.height for pairs in stated.values())
    if unused:
        context.log.warning(
            f"{unused:,} lines of overrides/leads.csv name a record that was not read, or one pair twice"
        )
    previous = load_previous(lake.where.published)
    ids, redirects = assign_ids(
        clustering.clusters,
        keys,
        previous.lead_ids if previous else None,
        "lead",
        redirects=previous.redirects if previous else None,
        at=datetime.now(UTC),
    )
    review = review_queue(lake.read("match_decisions"), clustering.cut, clustering.clusters)
    lake.write("lead_review", review)
    table = LEAD_CLUSTERS.conform(
        clustering.clusters.join(ids.rename({"id": "lead_id"}), on="cluster", how="left")
    ).sort("record")
    lake.write("lead_redirects", redirects)
    path = lake.write("lead_clusters", table)
    if clustering.alarms.height:
        context.log.warning(
            f"{clustering.alarms.height:,} clusters want a look; see the alarms of this materialization"
        )
    sizes = table.group_by("cluster").len("records").group_by("records").len("leads").sort("records")
    return materialised(
        path,
        leads=table["cluster"].n_unique(),
        review_pairs=review.height,
        alarms=markdown(clustering.alarms.sort("records", "cluster", descending=[True, False])),
        records_per_lead=markdown(sizes, limit=15),
    )
